"""Keeps one command running: `python -m app.local.supervise NAME -- COMMAND…`.

When the command ends, however it ends, it is started again after a pause that grows with each quick end. SIGTERM and
SIGINT are passed on, and then nothing is started any more.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Patience:
    """How restarts are paced, in seconds.

    The pause before a restart starts at `first` and doubles up to `longest`; a command that ran for `steady` starts at
    `first` again. After SIGTERM the command has `grace` to end by itself.
    """

    first: float = 0.5
    longest: float = 30.0
    steady: float = 60.0
    grace: float = 20.0


class _Signals:
    """Signals as something to wait for: the interpreter writes the number of each into a pipe."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in (*STOPPING, signal.SIGCHLD):
            signal.signal(number, _noted)

    def wait(self, seconds: float | None = None) -> set[int]:
        """The signals that have come since the last call; waits up to `seconds` for one, or for ever."""
        if not select.select([self._reading], [], [], seconds)[0]:
            return set()
        return set(os.read(self._reading, 4096))


def _noted(number: int, frame: FrameType | None) -> None:
    """Nothing to do here: the number is in the pipe already."""


def supervise(name: str, command: Sequence[str], say: Callable[[str], None], patience: Patience = Patience()) -> int:
    """Run a command until SIGTERM or SIGINT comes, starting it again whenever it ends; returns 0 then.

    Runs in the main thread of a process of its own, since it takes over that process's signals.
    """
    signals = _Signals()
    pause = patience.first
    while True:
        began = time.monotonic()
        try:
            child = subprocess.Popen(command)
        except OSError as error:
            say(f"{name} cannot be started: {error}")
            return 1
        while child.poll() is None:
            if signals.wait() & set(STOPPING):
                _end(child, signals, patience.grace)
                say(f"{name} was asked to stop")
                return 0
        if time.monotonic() - began >= patience.steady:
            pause = patience.first
        say(f"{name} ended ({_how(child.returncode)}); it is started again in {pause:g} seconds")
        again = time.monotonic() + pause
        while (left := again - time.monotonic()) > 0:
            if signals.wait(left) & set(STOPPING):
                say(f"{name} was asked to stop")
                return 0
        pause = min(pause * 2, patience.longest)


def _end(child: subprocess.Popen[bytes], signals: _Signals, grace: float) -> None:
    child.terminate()
    deadline = time.monotonic() + grace
    while child.poll() is None and (left := deadline - time.monotonic()) > 0:
        signals.wait(left)
    if child.poll() is None:
        child.kill()
        child.wait()


def _how(code: int) -> str:
    return f"signal {-code}: {signal.strsignal(-code)}" if code < 0 else f"exit code {code}"


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} supervise: {text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Read `NAME -- COMMAND…` and run it; returns the exit code."""
    if len(arguments) < 3 or arguments[1] != "--":
        sys.stderr.write("usage: python -m app.local.supervise NAME -- COMMAND…\n")
        return 2
    return supervise(arguments[0], arguments[2:], _say)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
