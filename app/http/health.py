"""How this process does: /health (it runs), /ready (what it needs answers, by name), /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

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


def health_routes(*, registry: CollectorRegistry, probes: Mapping[str, Probe], limit: float = 2.0) -> list[Route]:
    """The three routes.

    `probes` are asked side by side at each /ready, each for at most `limit` seconds; an answer of 503 says which of
    them did not answer. None of the routes needs a token, and none tells more than names.
    """

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        states = dict(await asyncio.gather(*(_answer(name, probe, limit) for name, probe in probes.items())))
        whole = all(state == "ok" for state in states.values())
        body = {"status": "ok" if whole else "unavailable", "dependencies": states}
        return JSONResponse(body, status_code=200 if whole else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)]
