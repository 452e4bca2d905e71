"""The command line as people use it: a process of its own, against the real API, with a real worker."""

from __future__ import annotations

import asyncio
import re
import signal
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson
import pytest

from tests.api import PASSWORD, Api, free_port
from tests.cli.conftest import Ended

ROOT = Path(__file__).parents[2]
TRELLIS = str(Path(sys.executable).with_name("trellis"))
EXAMPLE = str(ROOT / "examples" / "online-boutique")
DEVELOPMENT = ("online-boutique/boutique", "online-boutique@development")
PRODUCTION = ("online-boutique/boutique", "online-boutique@production")
SHOP = """\
apiVersion: trellis/v1
kind: Project
metadata: {name: shop}
---
apiVersion: trellis/v1
kind: Environment
metadata: {name: test, project: shop}
spec: {stage: development}
---
apiVersion: trellis/v1
kind: Application
metadata: {name: boutique, project: shop}
---
apiVersion: trellis/v1
kind: Service
metadata: {name: redis, project: shop, application: boutique}
spec:
  image: example/redis:1
---
apiVersion: trellis/v1
kind: Service
metadata: {name: cart, project: shop, application: boutique}
spec:
  image: example/cart:1
  dependencies:
    - service: redis
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs command lines as a user of the API under test."""

    environment: dict[str, str]

    async def start(self, *arguments: str, stdout: int = PIPE) -> Process:
        """Start a command and return without waiting for it."""
        return await asyncio.create_subprocess_exec(
            TRELLIS, *arguments, env=self.environment, stdin=PIPE, stdout=stdout, stderr=PIPE, cwd=ROOT
        )

    async def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """Run a command to its end."""
        process = await self.start(*arguments)
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 120)
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def worker(api: Api, tmp_path: Path) -> AsyncIterator[Process]:
    """A worker of the API's tenant."""
    port = free_port()
    with (tmp_path / "worker.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workers.main",
            env=api.environment() | {"TRELLIS_WORKER_PORT": str(port)},
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
        try:
            await _ready(process, f"http://127.0.0.1:{port}/ready")
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _ready(process: Process, url: str) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient(trust_env=False) as client:
        while True:
            assert process.returncode is None, "the worker did not start"
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)


@pytest.fixture
async def shell(api: Api, tmp_path: Path) -> Shell:
    """A shell in which nobody is signed in yet."""
    return Shell(api.environment() | {"TRELLIS_CLI_CREDENTIALS": str(tmp_path / "cli.json")})


@pytest.fixture
async def signed_in(shell: Shell) -> Shell:
    """A shell in which the administrator is signed in."""
    ended = await shell("login", "--password-stdin", stdin=PASSWORD)
    assert ended.code == 0, ended.err
    return shell


async def test_signing_in_asks_for_the_right_password(api: Api, shell: Shell, tmp_path: Path) -> None:
    # when
    before = await shell("whoami")
    wrong = await shell("login", "--password-stdin", stdin="wrong")
    between = await shell("whoami")
    right = await shell("login", "--password-stdin", stdin=PASSWORD)
    after = await shell("whoami", "--json")
    away = await shell("logout")
    again = await shell("whoami")

    # then
    assert [ended.code for ended in (before, wrong, between, right, after, away, again)] == [3, 3, 3, 0, 0, 0, 3]
    assert not wrong.out
    user = after.json["user"]
    assert isinstance(user, dict)
    assert user["name"] == "admin"
    assert stat.S_IMODE((tmp_path / "cli.json").stat().st_mode) == 0o600
    for ended in (right, after):
        assert PASSWORD not in ended.out + ended.err


@pytest.mark.usefixtures("worker")
async def test_from_manifests_to_what_runs(signed_in: Shell) -> None:
    trellis = signed_in

    # when applied
    first = await trellis("apply", "-f", EXAMPLE)
    second = await trellis("apply", "-f", EXAMPLE, "--prune")

    # then
    assert (first.code, first.lines[-1]) == (0, "17 created, 0 updated, 0 unchanged, 0 deleted"), first.err
    assert (second.code, second.lines[-1]) == (0, "0 created, 0 updated, 17 unchanged, 0 deleted")

    # when planned
    planned = await trellis("plan", *DEVELOPMENT, "--exit-code", "--json")

    # then
    assert planned.code == 5
    steps = planned.json["steps"]
    assert isinstance(steps, list)
    assert {step["action"] for step in steps if isinstance(step, dict)} == {"CREATE"}
    assert len(steps) == 12

    # when deployed
    deployed = await trellis("deploy", *DEVELOPMENT)

    # then
    assert deployed.code == 0, deployed.out + deployed.err
    assert re.fullmatch(r"run [0-9a-f-]{36} of 12 steps", deployed.lines[0])
    assert sum("run.step.succeeded" in line for line in deployed.lines) == 12
    assert "run.finished" in deployed.lines[-2]
    assert re.fullmatch(
        r"run [0-9a-f-]{36} succeeded: 12 of 12 steps succeeded, 0 failed, 0 skipped, in \d.*", deployed.lines[-1]
    )

    # when deployed again
    planned_again = await trellis("plan", *DEVELOPMENT, "--exit-code")
    deployed_again = await trellis("deploy", *DEVELOPMENT)

    # then
    assert (planned_again.code, planned_again.lines[0]) == (0, "nothing to change: 12 services as desired")
    assert (deployed_again.code, deployed_again.lines) == (
        0,
        ["nothing to deploy: 0 to create, 0 to update, 0 to delete, 12 unchanged"],
    )

    # when looked at
    status = await trellis("status", *DEVELOPMENT, "--json")
    runs = await trellis("runs", "--application", DEVELOPMENT[0], "--json")
    services = await trellis("get", "services", "--project", "online-boutique")

    # then
    standings = status.json["status"]
    assert isinstance(standings, list)
    assert {(one["status"], one["current"]) for one in standings if isinstance(one, dict)} == {("SUCCEEDED", True)}
    assert len(standings) == 12
    found = runs.json["runs"]
    assert isinstance(found, list)
    newest, run = found[0], found[-1]
    assert isinstance(run, dict)
    assert isinstance(newest, dict)
    assert (newest["total"], run["total"], run["succeeded"]) == (0, 12, 12)
    shown = await trellis("run", "show", str(run["id"]))
    assert (shown.code, len(shown.lines)) == (0, 14)
    assert len(services.lines) == 13


@pytest.mark.usefixtures("worker")
async def test_a_failed_step_ends_the_command_with_1(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.replace("redis:1", "redis:1\n  env: [{name: ECHO_FAIL, value: out of memory}]"))
    assert (await signed_in("apply", "-f", str(file))).code == 0

    # when
    ended = await signed_in("deploy", "shop/boutique", "shop@test")

    # then
    assert ended.code == 1
    assert any("run.step.failed" in line and "out of memory" in line for line in ended.lines), ended
    assert "failed: 0 of 2 steps succeeded, 1 failed, 1 skipped" in ended.lines[-1]
    status = await signed_in("status", "shop/boutique")
    assert [re.split(r"\s{2,}", line)[2] for line in status.lines[1:]] == ["not deployed", "failed"]


async def test_a_policy_refuses_production_before_the_stage_before_it(signed_in: Shell) -> None:
    # given
    assert (await signed_in("apply", "-f", EXAMPLE)).code == 0

    # when
    planned = await signed_in("plan", *PRODUCTION, "--exit-code")
    deployed = await signed_in("deploy", *PRODUCTION)

    # then
    assert planned.code == 1
    assert "policy promotion-order" in planned.out
    assert (deployed.code, deployed.out) == (1, "")
    assert deployed.err.startswith("error POLICY_DENIED online-boutique/boutique cannot be deployed: ")
    assert "policy promotion-order" in deployed.err
    standings = (await signed_in("status", *PRODUCTION, "--json")).json["status"]
    assert isinstance(standings, list)
    assert {one["version"] for one in standings if isinstance(one, dict)} == {None}


async def test_the_server_refuses_at_the_line_of_the_file(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(f"{SHOP}    - service: nothing\n")

    # when
    ended = await signed_in("apply", "-f", str(file))

    # then
    assert (ended.code, ended.out) == (1, "")
    line = len(SHOP.splitlines()) + 1
    assert f"{file}:{line}:7 spec.dependencies[1].service: " in ended.err
    assert (await signed_in("get", "projects")).out == ""


async def test_a_circle_of_services_is_refused_with_its_path(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.replace("redis:1", "redis:1\n  dependencies: [{service: cart}]"))

    # when
    ended = await signed_in("apply", "-f", str(file))

    # then
    assert (ended.code, ended.out) == (1, "")
    assert "POLICY_DENIED" in ended.err
    assert "policy no-dependency-cycle" in ended.err
    assert "Service shop/boutique/cart -DEPENDS_ON-> Service shop/boutique/redis" in ended.err
    assert (await signed_in("get", "projects")).out == ""


async def test_a_search_finds_what_is_called_like_this(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    # when
    found = await signed_in("search", "boutique", "redsi")
    narrowed = await signed_in("search", "shop", "--kind", "application", "--kind", "service", "--json")
    first = await signed_in("search", "shop", "--limit", "1", "--json")
    nothing = await signed_in("search", "***")
    unknown = await signed_in("search", "shop", "--kind", "cluster")
    empty = await signed_in("search", " ")

    # then
    assert [re.split(r"\s{2,}", line)[:3] for line in found.lines] == [
        ["KIND", "ID", "NAME"],
        ["Service", "shop/boutique/redis", "redis"],
    ]
    hits = narrowed.json["search"]
    assert isinstance(hits, list)
    assert [(hit["__typename"], hit["id"]) for hit in hits if isinstance(hit, dict)] == [
        ("Application", "shop/boutique"),
        ("Service", "shop/boutique/cart"),
        ("Service", "shop/boutique/redis"),
    ]
    assert first.json == {"search": [{"__typename": "Project", "id": "shop", "name": "shop", "description": ""}]}
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "nothing is called like this\n")
    assert (unknown.code, unknown.out) == (1, "")
    assert "'CLUSTER' does not exist in 'NodeKind' enum" in unknown.err
    assert (empty.code, empty.out) == (1, "")
    assert "text is empty: say what to look for" in empty.err


async def test_what_does_not_exist_is_an_error(signed_in: Shell) -> None:
    for command in (
        ("plan", "shop/nothing", "shop@test"),
        ("deploy", "shop/nothing", "shop@test"),
        ("deploy", "--plan", "nothing"),
        ("status", "shop/nothing"),
        ("status", "shop/nothing", "shop@nowhere"),
        ("graph", "shop/nothing"),
        ("run", "show", "nothing"),
    ):
        # when
        ended = await signed_in(*command)

        # then
        assert (ended.code, ended.out) == (1, ""), command
        assert ended.err.startswith("error NOT_FOUND "), command


async def test_what_others_depend_on_is_deleted_after_looking(signed_in: Shell, tmp_path: Path) -> None:
    # given redis, which cart needs
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    redis = "shop/boutique/redis"

    # when looked at
    shown = await signed_in("impact", redis)
    found = (await signed_in("impact", redis, "--json")).json
    outage = (await signed_in("impact", redis, "--change", "outage", "--json")).json

    # then
    assert shown.code == 0, shown.err
    assert f"{redis} <-DEPENDS_ON- shop/boutique/cart" in shown.out
    assert shown.lines[-2:] == ["2 nodes affected: 1 Service, 1 ServiceVersion", f"digest {found['digest']}"]
    assert (found["total"], found["change"], outage["total"]) == (2, "DELETE", 1)

    # when it is not confirmed, asked for in a script, or changed since
    refused = await signed_in("delete", redis, stdin="n\n")
    script = await signed_in("delete", redis, "--json")
    stale = await signed_in("delete", redis, "--digest", str(outage["digest"]))
    unknown = await signed_in("delete", "shop/boutique/cart@test")

    # then
    assert [ended.code for ended in (refused, script, stale, unknown)] == [1, 2, 1, 2]
    assert "NOT_CONFIRMED" in refused.err
    assert "STALE_IMPACT" in stale.err
    assert "used by shop/boutique/cart" in stale.err
    assert (await signed_in("impact", redis, "--json")).json["digest"] == found["digest"]

    # when it is
    deleted = await signed_in("delete", redis, stdin="y\n")
    gone = await signed_in("delete", "shop/boutique/cart", "--yes", "--json")

    # then
    assert (deleted.code, deleted.lines[-1]) == (0, f"deleted {redis}"), deleted.err
    assert gone.json == {"deleted": "shop/boutique/cart"}
    services = await signed_in("get", "services", "--json")
    assert services.json == {"services": []}


async def test_the_graph_is_shown_in_each_mode(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    found = {}
    for mode in ("desired", "planned", "actual"):
        # when
        graph = (await signed_in("graph", "shop/boutique", "--mode", mode, "--json")).json
        assert isinstance(graph["nodes"], list)
        found[mode] = sum(1 for node in graph["nodes"] if isinstance(node, dict) and node["label"] == "Deployment")
    # then nothing is planned or runs yet
    assert found == {"desired": 2, "planned": 0, "actual": 0}


async def test_events_are_listed_from_either_end(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    async def numbers(*options: str) -> list[int]:
        events = (await signed_in("events", "--json", *options)).json["events"]
        assert isinstance(events, list)
        return [event["seq"] for event in events if isinstance(event, dict)]  # type: ignore[misc]

    # then
    everything = await numbers("--after", "0")
    assert everything == list(range(1, len(everything) + 1))
    assert len(everything) >= 5
    assert await numbers() == everything
    assert await numbers("--limit", "2") == everything[-2:]
    assert await numbers("--after", "2", "--limit", "2") == [3, 4]
    services = await numbers("--type", "service.")
    assert 0 < len(services) < len(everything)
    assert await numbers("--type", "service.", "--limit", "1") == services[-1:]
    assert await numbers("--text", "nothing of the kind") == []


async def test_following_shows_what_happens_until_it_is_interrupted(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    following = await signed_in.start("events", "--follow", "--after", "0", "--type", "service.", "--json")
    assert following.stdout is not None
    assert following.stderr is not None

    # when
    assert (await signed_in("apply", "-f", str(file))).code == 0
    async with asyncio.timeout(60):
        lines = [await following.stdout.readline() for _ in range(2)]
    following.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        code = await following.wait()

    # then
    assert [b'"type":"service.created"' in line for line in lines] == [True, True]
    assert code == 130
    assert await following.stderr.read() == b""


async def test_a_reader_that_goes_away_is_no_failure_to_talk_about(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0
    process = await signed_in.start("events", "--after", "0", "--json")
    assert process.stdout is not None
    assert process.stderr is not None

    # when
    process.stdout._transport.close()  # type: ignore[attr-defined]
    async with asyncio.timeout(60):
        code = await process.wait()

    # then
    assert code == 141
    assert await process.stderr.read() == b""


async def test_the_graph_has_every_form(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    assert (await signed_in("apply", "-f", str(file))).code == 0

    # when
    tree, table, dot, json = [
        await signed_in("graph", "shop/boutique", "--format", form) for form in ("tree", "table", "dot", "json")
    ]

    # then
    assert [ended.code for ended in (tree, table, dot, json)] == [0, 0, 0, 0]
    assert any(line.endswith("DEPENDS_ON Service shop/boutique/redis (hard)") for line in tree.lines)
    edge = ["shop/boutique/cart", "DEPENDS_ON", "shop/boutique/redis", "hard"]
    assert any(line.split() == edge for line in table.lines)
    assert '  "shop/boutique/cart" -> "shop/boutique/redis" [label="DEPENDS_ON"];' in dot.lines
    edges = json.json["edges"]
    assert isinstance(edges, list)
    assert dict(zip(("from", "type", "to", "kind"), edge, strict=True)) in edges


@pytest.mark.usefixtures("worker")
async def test_a_run_goes_on_when_nobody_follows_it_any_more(signed_in: Shell, tmp_path: Path) -> None:
    # given
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.replace("redis:1", 'redis:1\n  env: [{name: ECHO_DELAY_SECONDS, value: "3600"}]'))
    assert (await signed_in("apply", "-f", str(file))).code == 0
    following = await signed_in.start("deploy", "shop/boutique", "shop@test", "--json")
    assert following.stdout is not None
    assert following.stderr is not None
    run = orjson.loads(await following.stdout.readline())["run"]["id"]
    async with asyncio.timeout(60):
        while b"run.step.started" not in await following.stdout.readline():
            assert following.returncode is None

    # when
    following.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        code = await following.wait()

    # then
    assert code == 130
    said = (await following.stderr.read()).decode()
    assert said == f"no longer following; run {run} goes on: `trellis run show {run}`\n"
    shown = await signed_in("run", "show", run, "--json")
    assert shown.json["state"] == "RUNNING"
