"""The API and the worker stay up, and are started anew only where something about them has changed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local import children
from app.local.failures import LocalFailure
from app.local.ports import PortInUse, answers, free_ports
from app.local.processes import alive, stop, wait_for
from app.local.state import State

READY = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
    def log_message(self, *arguments): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
NOT_READY = READY.replace("200 if", "503 if").replace(
    "self.end_headers()", "self.end_headers(); self.wfile.write(b'no')"
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's files, as far as a change of them counts."""
    folder = tmp_path / "checkout"
    for room in ("app", "cypher", "graph_schema", "workers"):
        (folder / room).mkdir(parents=True)
        (folder / room / "example.py").write_text("")
    monkeypatch.setattr(children, "CHECKOUT", folder)
    return folder


@pytest.fixture
def state(tmp_path: Path, checkout: Path) -> Iterator[State]:
    """The state of a local start whose children are stopped after the test."""
    found = State(tmp_path / "local")
    yield found
    for process in found.processes().values():
        stop(process, 5)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a child is given; `app` is found as it is in an installed environment."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("server: one")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TRELLIS_LOG_LEVEL": "info",
        "KUBECONFIG": str(kubeconfig),
    }


def serving(port: int, program: str = READY) -> tuple[str, ...]:
    return (sys.executable, "-c", program, str(port))


def test_a_child_that_runs_is_left_alone(state: State, environment: dict[str, str]) -> None:
    # given
    [port] = free_ports(1)
    first, started = children.keep_running(state, "api", command=serving(port), environment=environment)

    # when: another command, in another terminal
    again = environment | {"TERM": "dumb", "SHLVL": "7"}
    second, runs = children.keep_running(State(state.folder), "api", command=serving(port), environment=again)

    # then
    assert (started, runs) == ("started", "runs")
    assert second == first
    assert alive(first)


@pytest.mark.parametrize("change", ["setting", "kubeconfig", "file", "another file"])
def test_a_child_is_started_anew_where_what_it_was_started_from_has_changed(
    state: State, environment: dict[str, str], checkout: Path, change: str
) -> None:
    # given
    [port] = free_ports(1)
    first, _ = children.keep_running(state, "api", command=serving(port), environment=environment)
    assert wait_for(lambda: answers(port), 10)

    # when
    match change:
        case "setting":
            environment["TRELLIS_LOG_LEVEL"] = "debug"
        case "kubeconfig":
            Path(environment["KUBECONFIG"]).write_text("server: two")
        case "file":
            newer = (checkout / "app" / "example.py").stat().st_mtime_ns + 10_000_000_000
            os.utime(checkout / "cypher" / "example.py", ns=(newer, newer))
        case _:
            (checkout / "workers" / "new.py").touch()
    second, done = children.keep_running(
        state,
        "api",
        command=serving(port),
        environment=environment,
        before_start=lambda: children.require_port(state, "api", port),
    )

    # then
    assert done == "restarted"
    assert not alive(first)
    assert alive(second)
    assert state.processes() == {"api": second}


def test_what_a_killed_supervisor_left_is_ended_and_the_child_started_again(
    state: State, environment: dict[str, str]
) -> None:
    # given
    [port] = free_ports(1)
    first, _ = children.keep_running(state, "api", command=serving(port), environment=environment)
    assert wait_for(lambda: answers(port), 10)
    os.kill(first.pid, signal.SIGKILL)
    assert wait_for(lambda: not alive(first), 10)
    assert answers(port)

    # when
    children.require_port(state, "api", port)
    second, done = children.keep_running(state, "api", command=serving(port), environment=environment)
    children.wait_until_ready(second, host="127.0.0.1", port=port, seconds=10, waiting=lambda text: None)

    # then
    assert done == "started"
    assert alive(second)


def test_a_port_that_another_program_has_is_said_with_its_setting(state: State, environment: dict[str, str]) -> None:
    # given
    [port] = free_ports(1)
    process, _ = children.keep_running(state, "something", command=serving(port), environment=environment)
    children.wait_until_ready(process, host="0.0.0.0", port=port, seconds=10, waiting=lambda text: None)

    # when
    with pytest.raises(PortInUse) as caught:
        children.require_port(state, "worker", port)

    # then
    assert caught.value.setting == "TRELLIS_WORKER_PORT"
    assert str(caught.value).startswith(f"Port {port} on 127.0.0.1, wanted for the worker, is in use")


def test_waiting_says_what_is_missing_and_then_shows_the_log(state: State, environment: dict[str, str]) -> None:
    # given
    [port] = free_ports(1)
    said: list[str] = []
    process, _ = children.keep_running(state, "api", command=serving(port, NOT_READY), environment=environment)

    # when
    with pytest.raises(LocalFailure) as caught:
        children.wait_until_ready(process, host="127.0.0.1", port=port, seconds=2, waiting=said.append)

    # then
    assert str(caught.value) == f"The api was not ready after 2 seconds. ({process.log} is empty)"
    assert said[0] == "not listening yet"
    assert said[-1] == "/ready answers 503 no"


def test_a_child_that_ends_again_and_again_is_said_before_the_time_is_over(
    state: State, environment: dict[str, str]
) -> None:
    # given
    [port] = free_ports(1)
    command = ("sh", "-c", "echo a setting is wrong; exit 2")
    process, _ = children.keep_running(state, "worker", command=command, environment=environment)

    # when
    with pytest.raises(LocalFailure) as caught:
        children.wait_until_ready(process, host="127.0.0.1", port=port, seconds=60, waiting=lambda text: None)

    # then
    assert str(caught.value).startswith(f"The worker ends again and again. The end of {process.log}:\n")
    assert str(caught.value).count("  a setting is wrong") >= 2
