"""Programs in Node and Python that talk to a served API as a user's would."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.local.node import find_node
from tests.api import Api
from tests.clients.packages import EXAMPLES, workplace
from tests.clients.programs import Programs
from tests.clients.relay import Relay, relaying

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every script and the packages they need."""
    found = [*EXAMPLES.glob("*.mjs"), *HERE.glob("*.mjs")]
    return workplace(tmp_path_factory.mktemp("clients"), find_node(), *found)


@pytest.fixture
async def relay(api: Api) -> AsyncIterator[Relay]:
    """A way to the API that can be cut."""
    async with relaying(api.settings.api_port) as relay:
        yield relay


@pytest.fixture
async def programs(api: Api, scripts: Path) -> AsyncIterator[Programs]:
    """Runs programs against the API, signed in as its administrator; none of them outlives the test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRELLIS_")}
    environment = find_node().environment(kept | {"TRELLIS_SERVER": api.url, "TOKEN": api.token})
    programs = Programs(scripts, environment)
    try:
        async with asyncio.timeout(120):
            yield programs
    finally:
        await programs.end()
