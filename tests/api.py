"""The real API, served on a free port of this machine while a test runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import uvicorn
from pydantic import JsonValue, SecretStr

from app.cli.documents import document
from app.graph import GraphSettings
from app.local.ports import free_ports
from app.main import LARGEST_FRAME, composed
from app.settings import Settings

PASSWORD = "correct horse battery"
KEY = "a signing key that only tests use"


@dataclass(frozen=True, slots=True)
class Api:
    """Where the API answers, and how to ask it as its administrator."""

    url: str
    settings: Settings
    token: str

    @property
    def socket(self) -> str:
        """The address of the GraphQL socket."""
        return self.url.replace("http:", "ws:") + "/graphql"

    def environment(self) -> dict[str, str]:
        """The environment that a process needs to run with the same settings as this API."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRELLIS_", "KUBECONFIG"))}
        return kept | {
            "TRELLIS_NEO4J_URI": self.settings.neo4j_uri,
            "TRELLIS_NEO4J_PASSWORD": self.settings.neo4j_password.get_secret_value(),
            "TRELLIS_REDIS_URL": self.settings.redis_url.get_secret_value(),
            "TRELLIS_AUTH_SIGNING_KEY": KEY,
            "TRELLIS_TENANT": self.settings.tenant,
            "TRELLIS_SERVER": self.url,
        }

    async def post(
        self, query: str, variables: Mapping[str, JsonValue] | None = None, *, token: str | None = None
    ) -> httpx2.Response:
        """Send one GraphQL request, signed in as the administrator unless another token is given ("" for none)."""
        bearer = self.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with httpx2.AsyncClient(timeout=30) as client:
            body = {"query": query, "variables": dict(variables or {})}
            return await client.post(f"{self.url}/graphql", json=body, headers=headers)

    async def ask(self, query: str, variables: Mapping[str, JsonValue] | None = None) -> dict[str, JsonValue]:
        """The data of a request that must succeed without errors."""
        answer = (await self.post(query, variables)).json()
        assert "errors" not in answer, answer
        data: dict[str, JsonValue] = answer["data"]
        return data


def settings_for(graph: GraphSettings, redis_url: str, *, tenant: str, port: int) -> Settings:
    """Settings of an API of a test's own."""
    return Settings(
        neo4j_uri=graph.uri,
        neo4j_user=graph.user,
        neo4j_password=SecretStr(graph.password),
        redis_url=SecretStr(redis_url),
        auth_signing_key=SecretStr(KEY),
        tenant=tenant,
        api_port=port,
        provider_default="echo",
    )


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Api]:
    """The API, signed in to as the administrator, stopped at the end."""
    async with composed(settings) as app:
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=settings.api_port,
            log_config=None,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=LARGEST_FRAME,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        # The test runner keeps its own handling of signals.
        task = asyncio.create_task(server._serve())
        try:
            while not server.started:
                await asyncio.sleep(0.01)
                assert not task.done(), "the API did not start"
            url = f"http://127.0.0.1:{settings.api_port}"
            yield Api(url, settings, await sign_in(url))
        finally:
            server.should_exit = True
            await task


async def sign_in(url: str) -> str:
    """A bearer token of the administrator."""
    # What the command line sends: an API that takes only trusted documents takes this one, too.
    text = document("login")
    async with httpx2.AsyncClient(timeout=30) as client:
        variables = {"input": {"name": "admin", "password": PASSWORD}}
        answer = (await client.post(f"{url}/graphql", json={"query": text, "variables": variables})).json()
    token = answer["data"]["login"]["token"]
    assert isinstance(token, str), answer
    return token


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    return free_ports(1)[0]
