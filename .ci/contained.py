"""Runs a command and sees to it that nothing it started outlives it: `python3 .ci/contained.py COMMAND…`.

Processes that leave the command's process tree are handed to this one by the kernel, whatever session they made for
themselves. Any that are left when the command has ended are named, ended by their ids, and make the result a failure.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 10.0


def children() -> dict[int, str]:
    """The ids and commands of this process's children that still run; those that have ended are collected."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) != os.getpid():
                continue
            if state == "Z":
                os.waitpid(int(entry.name), os.WNOHANG)
            else:
                found[int(entry.name)] = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")[:150]
        except (OSError, ValueError):
            continue
    return found


def end(number: signal.Signals) -> None:
    """Send a signal to every child that still runs."""
    for child in children():
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue


def leave_nothing() -> None:
    """End what is left: ask, wait, then kill until nothing is handed over any more."""
    deadline = time.monotonic() + GRACE_SECONDS
    end(signal.SIGTERM)
    while children() and time.monotonic() < deadline:
        time.sleep(0.1)
    while children():
        end(signal.SIGKILL)
        time.sleep(0.1)


def interrupted(number: int, frame: FrameType | None) -> None:
    """A signal to this process ends the command too."""
    raise SystemExit(128 + number)


def main(command: Sequence[str]) -> int:
    """Run the command; returns its exit code, or 70 where it succeeded but left processes behind."""
    if not command:
        sys.stderr.write("usage: python3 .ci/contained.py COMMAND…\n")
        return 2
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.stderr.write(f"contained: {os.strerror(ctypes.get_errno())}\n")
        return 71
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    try:
        code = subprocess.run(command, check=False).returncode
        # What is being shut down at this moment is not left behind.
        deadline = time.monotonic() + GRACE_SECONDS
        while (left := children()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for child, line in left.items():
            sys.stderr.write(f"contained: left behind: {child} {line}\n")
    finally:
        leave_nothing()
    return code if code or not left else 70


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
