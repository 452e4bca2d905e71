"""A supervised command is started again when it ends, and ends when its supervisor is asked to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.local.processes import Process, alive, kill, spawn, stop, wait_for

RUNS_UNTIL_ASKED = """
import os, signal, sys, time
def asked(number, frame):
    print("asked", number, flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, asked)
print("runs", os.getpid(), flush=True)
time.sleep(1000)
"""
WITHOUT_PATIENCE = """
import sys
from app.local.supervise import Patience, supervise
def say(text): print(text, flush=True)
sys.exit(supervise("example", sys.argv[1:], say, Patience(first=0.01, longest=0.04, steady=60, grace=0.3)))
"""


@contextmanager
def supervised(folder: Path, *command: str, quick: bool = False) -> Iterator[Process]:
    """A command under a supervisor of its own; `quick` makes its pauses short."""
    starter = ["-c", WITHOUT_PATIENCE] if quick else ["-m", "app.local.supervise", "example", "--"]
    process = spawn(
        "example",
        [sys.executable, *starter, *command],
        log=folder / "example.log",
        environment={"PATH": os.environ["PATH"]},
    )
    try:
        yield process
    finally:
        kill(process)


def lines(process: Process, beginning: str) -> list[str]:
    return [line for line in Path(process.log).read_text().splitlines() if line.startswith(beginning)]


def runs(process: Process) -> list[int]:
    """The process ids that the command has had so far."""
    return [int(line.split()[1]) for line in lines(process, "runs ")]


def test_a_command_that_is_killed_is_started_again(tmp_path: Path) -> None:
    # given
    with supervised(tmp_path, sys.executable, "-c", RUNS_UNTIL_ASKED) as supervisor:
        assert wait_for(lambda: len(runs(supervisor)) == 1, 10)

        # when
        os.kill(runs(supervisor)[0], signal.SIGKILL)

        # then
        assert wait_for(lambda: len(runs(supervisor)) == 2, 10)
        first, second = runs(supervisor)
        assert first != second
        assert alive(supervisor)
        log = Path(supervisor.log).read_text()
        assert "supervise: example ended (signal 9: Killed); it is started again in 0.5 seconds" in log


@pytest.mark.parametrize("code", [0, 7])
def test_the_pause_grows_with_each_quick_end_up_to_its_limit(tmp_path: Path, code: int) -> None:
    # when
    with supervised(tmp_path, "sh", "-c", f"exit {code}", quick=True) as supervisor:
        assert wait_for(lambda: len(lines(supervisor, "example ended")) >= 4, 10)

        # then
        said = lines(supervisor, "example ended")[:4]
        assert said == [
            f"example ended (exit code {code}); it is started again in {pause} seconds"
            for pause in ("0.01", "0.02", "0.04", "0.04")
        ]


def test_sigterm_is_passed_on_and_nothing_is_started_any_more(tmp_path: Path) -> None:
    # given
    with supervised(tmp_path, sys.executable, "-c", RUNS_UNTIL_ASKED) as supervisor:
        assert wait_for(lambda: len(runs(supervisor)) == 1, 10)

        # when
        stopped = stop(supervisor)

        # then
        assert stopped
        assert lines(supervisor, "asked") == ["asked 15"]
        assert len(runs(supervisor)) == 1
        assert Path(supervisor.log).read_text().endswith("supervise: example was asked to stop\n")


def test_a_command_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    # given
    deaf = RUNS_UNTIL_ASKED.replace("signal.signal(signal.SIGTERM, asked)", "signal.signal(15, signal.SIG_IGN)")
    with supervised(tmp_path, sys.executable, "-c", deaf, quick=True) as supervisor:
        assert wait_for(lambda: len(runs(supervisor)) == 1, 10)
        command = runs(supervisor)[0]

        # when
        stop(supervisor, seconds=10)

        # then
        assert lines(supervisor, "example was") == ["example was asked to stop"]
        assert not Path(f"/proc/{command}").exists()


def test_sigterm_during_a_pause_ends_it(tmp_path: Path) -> None:
    # given
    with supervised(tmp_path, "false") as supervisor:
        assert wait_for(lambda: "started again in 2 seconds" in Path(supervisor.log).read_text(), 10)

        # when
        stop(supervisor, seconds=1)

        # then
        assert Path(supervisor.log).read_text().endswith("supervise: example was asked to stop\n")


def test_a_program_that_is_not_there_ends_the_supervisor(tmp_path: Path) -> None:
    # when
    with supervised(tmp_path, "/nowhere/program") as supervisor:
        assert wait_for(lambda: not alive(supervisor), 10)

        # then
        assert "example cannot be started: " in Path(supervisor.log).read_text()
