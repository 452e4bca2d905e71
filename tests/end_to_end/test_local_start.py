"""What a new user does: one command starts everything and deploys the example, one command stops it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.local.ports import free_ports, is_free
from app.local.processes import Process, alive, wait_for
from app.local.state import State

CHECKOUT = Path(__file__).parents[2]
SERVICES = {
    "adservice",
    "cartservice",
    "checkoutservice",
    "currencyservice",
    "emailservice",
    "frontend",
    "loadgenerator",
    "paymentservice",
    "productcatalogservice",
    "recommendationservice",
    "redis-cart",
    "shippingservice",
}
NAMES = (
    "TRELLIS_API_PORT",
    "TRELLIS_WORKER_PORT",
    "TRELLIS_LOCAL_NEO4J_BOLT_PORT",
    "TRELLIS_LOCAL_NEO4J_HTTP_PORT",
    "TRELLIS_LOCAL_REDIS_PORT",
)


@dataclass(frozen=True, slots=True)
class Local:
    """A local start in a folder of its own, on ports of its own."""

    folder: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        """The command line of what the Makefile calls."""
        return [sys.executable, "-m", "app.local", *arguments]

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run it, its output and its errors together as a terminal shows them."""
        return subprocess.run(
            self.command(*arguments),
            cwd=CHECKOUT,
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def runs(self) -> list[tuple[str, str, int]]:
        """The runs that had anything to do: id, state and number of steps."""
        ended = subprocess.run(
            [sys.executable, "-c", "from app.cli.commands import main; main()", "--json", "runs"],
            cwd=CHECKOUT,
            env=self.environment | {"TRELLIS_SERVER": f"http://127.0.0.1:{self.environment['TRELLIS_API_PORT']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        found = json.loads(ended.stdout)["runs"]
        return [(run["id"], run["state"], run["total"]) for run in found if run["total"]]

    @property
    def processes(self) -> dict[str, Process]:
        """What is recorded, by name."""
        return State(self.folder).processes()

    @property
    def ports(self) -> list[int]:
        """Every port it may use."""
        return [int(self.environment[name]) for name in NAMES]

    @property
    def secrets(self) -> dict[str, str]:
        """The generated credentials."""
        content: dict[str, str] = json.loads((self.folder / "credentials.json").read_text())
        return content


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A folder in which nothing was ever started."""
    place = tmp_path_factory.mktemp("local-start")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRELLIS_", "NEO4J_", "REDIS_")) and name != "KUBECONFIG"
    }
    chosen = {name: str(port) for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True)}
    own = {"TRELLIS_LOCAL_FOLDER": str(place / "local"), "TRELLIS_CLI_CREDENTIALS": str(place / "cli" / "tokens.json")}
    found = Local(place / "local", kept | chosen | own)
    try:
        yield found
    finally:
        found.run("down")


@pytest.fixture(scope="module")
def first(local: Local) -> str:
    """What the first start said."""
    ended = local.run("up")
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_a_port_in_use_is_said_before_anything_starts(local: Local) -> None:
    # given
    with socket.create_server(("127.0.0.1", int(local.environment["TRELLIS_LOCAL_REDIS_PORT"]))):
        # when
        ended = local.run("up")

    # then
    assert ended.returncode == 1
    assert f"{local.environment['TRELLIS_LOCAL_REDIS_PORT']} on 127.0.0.1, wanted for Redis, is in use" in ended.stdout
    assert "TRELLIS_LOCAL_REDIS_PORT=" in ended.stdout
    assert local.processes == {}


def test_a_wrong_setting_is_said_before_anything_starts(local: Local) -> None:
    # when
    ended = local.run("up", TRELLIS_API_PORT="eighty")

    # then
    assert ended.returncode == 1
    assert ended.stdout.startswith("A setting is wrong. TRELLIS_API_PORT: ")
    assert local.processes == {}


def test_the_first_start_deploys_the_example_and_says_what_is_up(local: Local, first: str) -> None:
    # then: each service is reported as it comes, and all of it by the closing summary
    for service in SERVICES:
        assert service in first, service
    closing = first.partition("Trellis is up\n")[2]
    secrets, ports = local.secrets, local.environment
    assert f"http://127.0.0.1:{ports['TRELLIS_API_PORT']}/\n" in closing
    assert f"http://127.0.0.1:{ports['TRELLIS_LOCAL_NEO4J_HTTP_PORT']}/browser/\n" in closing
    assert f"admin, password {secrets['admin_password']}\n" in closing
    assert f"neo4j, password {secrets['neo4j_password']}\n" in closing
    assert "the echo provider: the steps were played, no cluster was touched" in closing
    assert f"{local.folder / 'credentials.json'}\n" in closing
    assert "make down" in closing


def test_everything_runs_and_listens_on_this_machine_only(local: Local, first: str) -> None:
    # when
    ended = local.run("status")
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    listening = {row[1] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) in local.ports}

    # then
    assert ended.returncode == 0
    assert set(local.processes) == {"neo4j", "redis", "api", "worker"}
    assert all(alive(process) for process in local.processes.values())
    assert len(listening) == len(local.ports)
    assert {address.rpartition(":")[0] for address in listening} <= {"0100007F", "0000000000000000FFFF00000100007F"}


def test_what_it_keeps_is_private_and_no_log_holds_a_secret(local: Local, first: str) -> None:
    # given
    secret = {value for name, value in local.secrets.items() if not name.endswith("_user")}

    # then
    assert stat.S_IMODE(local.folder.stat().st_mode) == 0o700
    for name in ("credentials.json", "state.json"):
        assert stat.S_IMODE((local.folder / name).stat().st_mode) == 0o600
    logs = list((local.folder / "logs").iterdir()) + list((local.folder / "neo4j" / "logs").iterdir())
    assert {log.name for log in logs} >= {"api.log", "worker.log", "neo4j.log", "redis.log", "debug.log"}
    for path in [*logs, local.folder / "state.json"]:
        text = path.read_text(errors="replace")
        assert [value for value in secret if value in text] == [], path
    for process in local.processes.values():
        line = Path(f"/proc/{process.pid}/cmdline").read_text()
        assert [value for value in secret if value in line] == [], process.name


def test_a_second_start_leaves_everything_alone_and_deploys_nothing(local: Local, first: str) -> None:
    # given
    before, secrets = local.processes, local.secrets
    runs = local.runs()
    assert [run[1:] for run in runs] == [("SUCCEEDED", len(SERVICES))]

    # when
    ended = local.run("up")

    # then
    assert ended.returncode == 0, ended.stdout
    assert "nothing to deploy" in ended.stdout
    assert (local.processes, local.secrets) == (before, secrets)
    assert local.runs() == runs


def test_two_starts_at_once_wait_for_each_other(local: Local, first: str) -> None:
    # given
    before = local.processes
    with contextlib.ExitStack() as stack:
        # when
        both = [
            stack.enter_context(
                subprocess.Popen(
                    local.command("up"),
                    cwd=CHECKOUT,
                    env=local.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        said = [each.communicate()[0] for each in both]

    # then
    assert [each.returncode for each in both] == [0, 0], said
    assert sum("is at work in" in each for each in said) == 1
    assert local.processes == before


def test_what_was_killed_is_started_again(local: Local, first: str) -> None:
    # given
    before = local.processes
    for name in ("api", "redis"):
        os.kill(before[name].pid, signal.SIGKILL)
    assert wait_for(lambda: not alive(before["api"]) and not alive(before["redis"]), 10)

    # when
    ended = local.run("up")

    # then
    assert ended.returncode == 0, ended.stdout
    assert "nothing to deploy" in ended.stdout
    after = local.processes
    assert all(alive(process) for process in after.values())
    assert {name for name in after if after[name] != before[name]} == {"api", "redis"}


def test_stopping_ends_exactly_what_was_started_and_keeps_the_data(local: Local, first: str) -> None:
    # given
    before, secrets = local.processes, local.secrets
    runs = local.runs()
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        # when
        ended = local.run("down")
        again = local.run("down")
        stranger_lives = stranger.poll() is None
        stranger.kill()

    # then
    assert (ended.returncode, again.returncode) == (0, 0)
    assert "Nothing was running." in again.stdout
    assert not any(alive(process) for process in before.values())
    assert all(is_free(port) for port in local.ports)
    assert stranger_lives
    assert local.processes == {}
    assert local.run("status").returncode == 3

    # when
    restarted = local.run("up")

    # then
    assert restarted.returncode == 0, restarted.stdout
    assert "nothing to deploy" in restarted.stdout
    assert local.secrets == secrets
    assert local.runs() == runs
