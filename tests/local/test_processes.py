"""Processes that were started here are stopped; others are never touched."""

from __future__ import annotations

import dataclasses
import os
import platform
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.ports import free_ports, is_free
from app.local.processes import Process, alive, kill, spawn, stop, wait_for

SLEEPS = ("sleep", "1000")
IGNORES = ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done")
# The shell waits for its child; killing the shell alone leaves the child behind.
LEAVES_A_CHILD = ("sh", "-c", "sleep 1000 & echo $!; wait")


@contextmanager
def running(folder: Path, command: tuple[str, ...]) -> Iterator[Process]:
    """A process for a test, ended with all it started."""
    process = spawn("example", command, log=folder / "logs" / "example.log", environment={"PATH": os.environ["PATH"]})
    try:
        yield process
    finally:
        kill(process)


def said(process: Process) -> str:
    return Path(process.log).read_text()


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_gets_a_session_of_its_own_a_private_log_and_only_the_given_environment(tmp_path: Path) -> None:
    # given
    command = ("sh", "-c", "env; echo to-stderr >&2; sleep 1000")

    # when
    with running(tmp_path, command) as process:
        assert wait_for(lambda: "to-stderr" in said(process), 10)

        # then
        assert alive(process)
        assert os.getsid(process.pid) == process.pid != os.getsid(0)
        assert stat.S_IMODE(Path(process.log).stat().st_mode) == 0o600
        names = {line.partition("=")[0] for line in said(process).splitlines() if "=" in line}
        assert names <= {"PATH", "PWD", "SHLVL", "_", "OLDPWD", "TRELLIS_LOCAL_PROCESS"}
        assert f"TRELLIS_LOCAL_PROCESS={process.mark}" in said(process)


def test_stop_ends_a_process_and_says_so(tmp_path: Path) -> None:
    # given
    with running(tmp_path, SLEEPS) as process:
        # when
        first = stop(process)
        second = stop(process)

        # then
        assert (first, second) == (True, False)
        assert not alive(process)
        assert not exists(process.pid)


def test_stop_kills_a_process_that_does_not_listen(tmp_path: Path) -> None:
    # given
    with running(tmp_path, IGNORES) as process:
        assert wait_for(lambda: "ready" in said(process), 10)

        # when
        stopped = stop(process, seconds=0.3)

        # then
        assert stopped
        assert not exists(process.pid)


def test_stop_ends_the_children_too(tmp_path: Path) -> None:
    # given
    with running(tmp_path, LEAVES_A_CHILD) as process:
        assert wait_for(lambda: said(process).endswith("\n"), 10)
        child = int(said(process))
        assert exists(child)

        # when
        stop(process)

        # then
        assert wait_for(lambda: not exists(child), 10)


def test_what_a_killed_process_left_behind_is_stopped(tmp_path: Path) -> None:
    # given
    with running(tmp_path, LEAVES_A_CHILD) as process:
        assert wait_for(lambda: said(process).endswith("\n"), 10)
        child = int(said(process))
        os.kill(process.pid, 9)
        assert wait_for(lambda: not alive(process), 10)
        assert exists(child)

        # when
        stopped = stop(process)

        # then
        assert stopped
        assert not exists(child)


@pytest.mark.parametrize("end", [stop, kill])
def test_a_process_that_got_the_id_of_ours_is_never_touched(tmp_path: Path, end: object) -> None:
    # given: the id is somebody else's now, which shows in the moment it was started
    with running(tmp_path, LEAVES_A_CHILD) as stranger:
        assert wait_for(lambda: said(stranger).endswith("\n"), 10)
        child = int(said(stranger))
        ours = dataclasses.replace(stranger, started=f"{stranger.started}0", mark="of a process that has gone")

        # when
        assert not alive(ours)
        assert callable(end)
        outcome = end(ours)

        # then
        assert not outcome
        assert alive(stranger)
        assert exists(child)


def test_a_process_of_before_a_restart_of_the_machine_is_not_ours(tmp_path: Path) -> None:
    # given
    with running(tmp_path, SLEEPS) as process:
        boot, ticks = process.started.split(" ")
        before = dataclasses.replace(process, started=f"{boot[::-1]} {ticks}")

        # when
        outcome = alive(before)

        # then
        assert not outcome
        assert alive(process)


def test_a_process_that_has_ended_is_not_alive(tmp_path: Path) -> None:
    # given
    with running(tmp_path, ("sleep", "0.2")) as process:
        # when
        ended = wait_for(lambda: not alive(process), 10)

        # then
        assert ended


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    # when
    with ExitStack() as stack, pytest.raises(LocalFailure) as caught:
        stack.enter_context(running(tmp_path, ("/nowhere/neo4j",)))

    # then
    assert str(caught.value) == "example cannot be started: /nowhere/neo4j is not there or may not be run"
    assert not (tmp_path / "logs").exists()


def test_a_process_of_which_only_the_first_thread_has_ended_still_has_its_port(tmp_path: Path) -> None:
    # given: what a process with threads is for a moment while it is killed, and this one stays
    [port] = free_ports(1)
    exit_one_thread = {"x86_64": 60, "aarch64": 93}[platform.machine()]
    program = (
        "import ctypes, socket, threading, time\n"
        f"server = socket.create_server(('127.0.0.1', {port}))\n"
        "threading.Thread(target=time.sleep, args=(1000,)).start()\n"
        f"ctypes.CDLL(None).syscall({exit_one_thread}, 0)\n"
    )
    with running(tmp_path, (sys.executable, "-c", program)) as process:
        assert wait_for(lambda: not exists(process.pid), 10)

        # when
        before = alive(process), is_free(port)
        stop(process)
        after = alive(process), is_free(port)

        # then
        assert before == (True, False)
        assert after == (False, True)
