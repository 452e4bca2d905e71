"""Health, readiness and metrics, and what is around every request."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.access import Actor, Role
from app.domain.sessions import Session
from app.errors import Unauthenticated
from app.http.health import MetricsAccess, health_routes
from app.http.middleware import Authentication, RequestScope, SafetyHeaders
from app.ids import Ids
from app.ports import SystemClock
from app.telemetry import Metrics, configure_logs

CLOCK = SystemClock()
SESSION = Session(Actor("user:admin", "default", "admin", Role.ADMIN), CLOCK.now())


def _authenticate(token: str) -> Session:
    if token == "viewer":
        return Session(Actor("user:v", "default", "v", Role.VIEWER), CLOCK.now())
    if token != "good":
        raise Unauthenticated("no")
    return SESSION


async def _fine() -> None:
    """Answers."""


async def _broken() -> None:
    raise ConnectionError("secret-canary in the message")


async def _who(request: Request) -> Response:
    actor = request.scope["state"]["actor"]
    structlog.get_logger("test").warning("seen", password="hunter2", nested={"api_token": "t", "name": "n"})
    return JSONResponse({"actor": None if actor is None else actor.id, "id": request.scope["state"]["request_id"]})


def _client(metrics: Metrics) -> httpx2.AsyncClient:
    routes = [
        Route("/who", _who),
        *health_routes(
            registry=metrics.registry,
            probes={"neo4j": _fine, "redis": _broken},
            may_read=MetricsAccess(authenticate=_authenticate, scraper="scrape"),
        ),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(RequestScope, ids=Ids(CLOCK), metrics=metrics, routes=[route.path for route in routes]),
            Middleware(SafetyHeaders),
            Middleware(Authentication, authenticate=_authenticate),
        ],
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")


async def test_health_needs_nothing() -> None:
    async with _client(Metrics()) as client:
        # when
        answer = await client.get("/health")
    # then
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_names_each_dependency_and_tells_no_more() -> None:
    async with _client(Metrics()) as client:
        # when
        answer = await client.get("/ready")
    # then
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "dependencies": {"neo4j": "ok", "redis": "unavailable"}}


async def test_metrics_count_requests_by_known_routes_only() -> None:
    # given
    metrics = Metrics()
    metrics.statement_done("declared/lock_nodes", seconds=0.002, rows=3, failed=False)
    async with _client(metrics) as client:
        # when
        await client.get("/who")
        await client.get("/nowhere/at/all")
        text = (await client.get("/metrics", headers={"Authorization": "Bearer good"})).text
    # then
    assert 'trellis_http_requests_total{method="GET",route="/who",status="200"} 1.0' in text
    assert 'trellis_http_requests_total{method="GET",route="other",status="404"} 1.0' in text
    assert 'trellis_statement_rows_total{statement="declared/lock_nodes"} 3.0' in text
    assert "/nowhere" not in text


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer bad", 401),
        ("Bearer viewer", 401),
        ("Basic scrape", 401),
        ("Bearer good", 200),
        ("Bearer scrape", 200),
    ],
)
async def test_metrics_are_for_administrators_and_the_scraper(header: str | None, status: int) -> None:
    async with _client(Metrics()) as client:
        # when
        answer = await client.get("/metrics", headers={} if header is None else {"Authorization": header})
    # then
    assert answer.status_code == status
    assert ("trellis_" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("header", "actor"),
    [
        (None, None),
        ("Bearer good", "user:admin"),
        ("bearer good", "user:admin"),
        ("Bearer bad", None),
        ("Basic good", None),
        ("Bearer", None),
    ],
)
async def test_only_a_valid_token_says_who_asks(header: str | None, actor: str | None) -> None:
    async with _client(Metrics()) as client:
        # when
        answer = await client.get("/who", headers={} if header is None else {"Authorization": header})
    # then
    assert answer.json()["actor"] == actor


async def test_a_request_keeps_its_callers_id_where_it_is_harmless() -> None:
    async with _client(Metrics()) as client:
        # when
        kept = await client.get("/who", headers={"X-Request-Id": "mine-1"})
        replaced = await client.get("/who", headers={"X-Request-Id": 'a"b\\c' * 30})
    # then
    assert (kept.headers["X-Request-Id"], kept.json()["id"]) == ("mine-1", "mine-1")
    assert len(replaced.headers["X-Request-Id"]) == 36


async def test_every_answer_carries_the_safety_headers() -> None:
    async with _client(Metrics()) as client:
        # when
        answer = await client.get("/health")
    # then
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@contextmanager
def _logged(form: Literal["json", "pretty"]) -> Iterator[io.StringIO]:
    """What is logged meanwhile, as this process would write it."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    configure_logs(form=form, level="info", service="test")
    out = io.StringIO()
    root.handlers[0].setStream(out)  # type: ignore[attr-defined]
    try:
        yield out
    finally:
        root.handlers, root.level = before, level
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_the_traceback_of_an_error_shows_no_values(form: Literal["json", "pretty"]) -> None:
    # given
    given = ["hunter", "2"]
    # when
    with _logged(form) as out:
        try:
            password = "".join(given)
            raise ValueError(f"{len(password)} characters")
        except ValueError:
            structlog.get_logger("test").exception("sign-in broke")
    # then: where it happened is said, and what the password was is not
    assert "test_the_traceback_of_an_error_shows_no_values" in out.getvalue()
    assert "ValueError: 7 characters" in out.getvalue()
    assert "hunter2" not in out.getvalue()


async def test_log_lines_are_json_with_the_request_id_and_without_secrets() -> None:
    # given
    with _logged("json") as out:
        async with _client(Metrics()) as client:
            # when
            await client.get("/who", headers={"X-Request-Id": "mine-2"})
            logging.getLogger("library").error("plain %s", "line")
            structlog.get_logger("odd").warning("odd", beyond=2**70, half="\ud800")
            structlog.get_logger("quiet").debug("not said at this level")
            logging.getLogger("library").debug("nor this")
    # then
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    seen = next(line for line in lines if line["event"] == "seen")
    request = next(line for line in lines if line["event"] == "request")
    odd = next(line for line in lines if line["event"] == "odd")
    plain = next(line for line in lines if line["event"] == "plain line")
    assert (seen["request_id"], seen["level"], seen["service"]) == ("mine-2", "warning", "test")
    assert (seen["password"], seen["nested"]) == ("[redacted]", {"api_token": "[redacted]", "name": "n"})
    assert (request["path"], request["status"], request["request_id"]) == ("/who", 200, "mine-2")
    assert request["duration_ms"] >= 0
    assert (plain["level"], plain["logger"], plain["service"]) == ("error", "library", "test")
    assert (odd["logger"], request["logger"], request["level"]) == ("odd", "trellis.http", "info")
    assert set(plain) >= {"time", "level", "logger", "service", "event"} <= set(odd)
    assert not [line for line in lines if line["event"] in ("not said at this level", "nor this")]
    assert (odd["beyond"], odd["half"]) == (2**70, "\ud800")
