"""How this process does: /health (it runs), /ready (what it needs answers, by name), /metrics."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.access import Action, can
from app.domain.sessions import Session
from app.errors import Unauthenticated
from app.http.middleware import bearer

Probe = Callable[[], Awaitable[object]]
_log = structlog.get_logger("trellis.health")


async def _answer(name: str, probe: Probe, limit: float) -> tuple[str, str]:
    try:
        async with asyncio.timeout(limit):
            await probe()
    except Exception as error:
        _log.warning("dependency does not answer", dependency=name, error=type(error).__name__)
        return name, "unavailable"
    return name, "ok"


class MetricsAccess:
    """Who may read /metrics: administrators with their bearer token, and whoever has the token kept for scrapers."""

    def __init__(self, *, authenticate: Callable[[str], Session], scraper: str | None) -> None:
        self._authenticate = authenticate
        self._scraper = scraper

    def __call__(self, token: str | None) -> bool:
        """Whether a bearer token opens /metrics."""
        if token is None:
            return False
        if self._scraper is not None and hmac.compare_digest(token.encode(), self._scraper.encode()):
            return True
        try:
            return can(self._authenticate(token).actor, Action.ADMINISTER)
        except Unauthenticated:
            return False


def health_routes(
    *,
    registry: CollectorRegistry,
    probes: Mapping[str, Probe],
    may_read: Callable[[str | None], bool],
    limit: float = 2.0,
) -> list[Route]:
    """The three routes.

    `probes` are asked side by side at each /ready, each for at most `limit` seconds; an answer of 503 says which of
    them did not answer. /health and /ready need no token, because what starts and stops programs has none; they tell
    names alone. /metrics is answered where `may_read` accepts the request's bearer token.
    """

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        states = dict(await asyncio.gather(*(_answer(name, probe, limit) for name, probe in probes.items())))
        whole = all(state == "ok" for state in states.values())
        body = {"status": "ok" if whole else "unavailable", "dependencies": states}
        return JSONResponse(body, status_code=200 if whole else 503)

    async def metrics(request: Request) -> Response:
        if not may_read(bearer(request.headers.get("authorization", ""))):
            return JSONResponse(
                {"status": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": 'Bearer realm="trellis"'}
            )
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)]
