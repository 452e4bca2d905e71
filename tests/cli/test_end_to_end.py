"""The command line as people use it: a process of its own, against the real API, with a real worker."""

from __future__ import annotations

import asyncio
import re
import signal
import stat
from pathlib import Path

import orjson
import pytest

from tests.api import PASSWORD, Api
from tests.cli.shell import DEVELOPMENT, EXAMPLE, PRODUCTION, SHOP, Shell


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
