"""Schemathesis sends operations that it generates from the schema; every answer conforms, and nothing breaks."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from app.graph import GraphSettings
from tests.api import Api, free_port, settings_for, sign_in
from tests.guards.sources import CHECKOUT
from tests.platform import SHOP, Platform, service

SEED = 20_261_121
EXAMPLES = 10
"""Operations for each field of Query and Mutation, at most; half of them break the schema's rules on purpose."""
SECONDS = 40
LONGEST_SECONDS = 300
EXPECTED = frozenset({"Invalid HTTP request received.", "a request is too dear"})
"""Schemathesis first tries a header with a byte that no header may have; some of what it generates costs too much."""
MEDIA = "application/graphql-response+json"
CONFIG = """
[dictionaries.names]
values = {names}
[dictionaries.sizes]
values = [1, 2, 5, 100]
[dictionaries.places]
values = {places}
[generation.dictionaries]
string = {{ dictionary = "names", probability = 0.6 }}
integer = {{ dictionary = "sizes", probability = 0.7 }}
[parameters]
"*.*.after" = {{ dictionary = "places", probability = 0.7 }}
"""


@asynccontextmanager
async def api_process(api: Api, log: Path) -> AsyncIterator[Api]:
    """The API as a process of its own, whose log goes to a file; signed in to as the administrator."""
    environment = api.environment() | {
        "TRELLIS_API_PORT": str(api.settings.api_port),
        "TRELLIS_PROVIDER_DEFAULT": "echo",
        "TRELLIS_LOG_FORMAT": "json",
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.main", "serve", env=environment, stdout=output, stderr=output, cwd=CHECKOUT
        )
        try:
            async with asyncio.timeout(60), httpx2.AsyncClient(trust_env=False) as client:
                while True:
                    assert process.returncode is None, f"the API did not start: {log}"
                    try:
                        if (await client.get(f"{api.url}/ready")).status_code == 200:
                            break
                    except httpx2.TransportError:
                        await asyncio.sleep(0.05)
            yield Api(api.url, api.settings, await sign_in(api.url))
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@pytest.fixture
async def served(
    graph_settings: GraphSettings, redis_url: str, platform: Platform, tmp_path: Path
) -> AsyncIterator[Api]:
    """The API for a tenant with a little in it."""
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    settings = settings_for(graph_settings, redis_url, tenant=platform.tenant, port=free_port())
    async with api_process(Api(f"http://127.0.0.1:{settings.api_port}", settings, ""), tmp_path / "api.log") as api:
        yield api


async def run(api: Api, folder: Path, *options: str, config: str = "") -> tuple[int | None, str]:
    """Run Schemathesis in `folder`; its exit code, and what it said. The last option is where the schema is."""
    (folder / "schemathesis.toml").write_text(config)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"--header=Authorization: Bearer {api.token}",
        f"--header=Accept: {MEDIA}",
        "--checks=answers_conform",
        f"--seed={SEED}",
        "--no-color",
        *options,
        cwd=folder,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode()


def environment() -> Mapping[str, str]:
    """What Schemathesis gets: our module of hooks, and no settings of Trellis."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRELLIS_")}
    return kept | {"PYTHONPATH": str(CHECKOUT), "SCHEMATHESIS_HOOKS": "tests.clients.schemathesis_hooks"}


def complaints(log: Path) -> list[str]:
    """The lines of a log that say something went wrong."""
    wrong = []
    for line in log.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            wrong.append(line)
            continue
        if entry["level"] not in {"debug", "info"} and entry["event"] not in EXPECTED:
            wrong.append(line)
    return wrong


async def test_every_generated_operation_is_answered_as_the_schema_says(
    served: Api, platform: Platform, tmp_path: Path
) -> None:
    # given the served API, and the ids of what is in the tenant
    nodes, _ = await platform.picture()
    page = await served.ask("{ services(first: 1) { pageInfo { endCursor } } applications { totalCount } }")
    assert page["applications"] == {"totalCount": 1}
    places = ["0", "1", json.loads(json.dumps(page["services"]))["pageInfo"]["endCursor"]]
    config = CONFIG.format(names=json.dumps([*nodes, "shop", "new"]), places=json.dumps(places))
    # when operations are generated for every field of Query and Mutation
    bounds = (f"--max-examples={EXAMPLES}",)
    code, said = await run(served, tmp_path, *bounds, f"{served.url}/graphql", config=config)
    # then each answer conforms, every field was asked, and the server has nothing to complain of
    assert code == 0, said
    [(selected, total)] = re.findall(r"Selected: (\d+)/(\d+)", said)
    assert (selected, re.findall(r"Tested: (\d+)", said)) == (total, [total])
    [(generated, passed)] = re.findall(r"(\d+) generated, (\d+) passed", said)
    assert int(generated) == int(passed) >= int(total)
    assert f"Seed: {SEED}" in said
    assert complaints(tmp_path / "api.log") == []


async def test_an_answer_that_does_not_conform_is_found(served: Api, tmp_path: Path) -> None:
    # given a token that is none, so that every answer says so
    stranger = Api(served.url, served.settings, "none")
    # when operations are generated from the schema's file
    schema = CHECKOUT / "graph_schema" / "schema.graphql"
    # then they are reported
    options = (f"--url={served.url}/graphql", "--include-name=Query.me", "--max-examples=1", "--no-shrink")
    code, said = await run(stranger, tmp_path, *options, str(schema))
    assert code == 1
    assert "the answer says UNAUTHENTICATED" in said
