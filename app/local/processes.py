"""Processes that outlive the command that starts them, and are stopped only when they are certainly ours.

A process id alone says little: the system gives it to somebody else once its owner has gone. What is recorded is
therefore the id together with the moment the kernel started it, and nothing is signalled unless both still match.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local.failures import LocalFailure

_MARK = "TRELLIS_LOCAL_PROCESS"
_POLL_SECONDS = 0.05
_PROC = Path("/proc/self/stat")
"""Linux answers from files; elsewhere `ps` is asked."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started here, as it is recorded.

    `started` is the kernel's own note of when it began (compare it, do not read it); `mark` is in the environment of
    the process and of its children, so that what it leaves behind can be told from everybody else's.
    """

    name: str
    pid: int
    started: str
    mark: str
    command: str
    log: str


def spawn(name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> Process:
    """Start a command in a session of its own, without a terminal, its output appended to `log` (mode 600).

    It keeps running when this process ends. `environment` is all it gets. Raises LocalFailure where the program
    cannot be started.
    """
    program = shutil.which(command[0])
    if program is None:
        raise LocalFailure(f"{name} cannot be started: {command[0]} is not there or may not be run")
    log.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(16)
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        pid = os.posix_spawn(
            program,
            list(command),
            {**environment, _MARK: mark},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), writing, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
        )
    except OSError as error:
        raise LocalFailure(f"{name} cannot be started: {error}") from error
    started = _started(pid)
    if started is None:
        raise LocalFailure(f"{name} ended at once: {program}")
    return Process(name, pid, started, mark, shlex.join(command)[:200], str(log))


def alive(process: Process) -> bool:
    """Whether that very process still runs. False for another one that has got its id."""
    _reap(process.pid)
    return _started(process.pid) == process.started


def wait_for(condition: Callable[[], bool], seconds: float, every: float = _POLL_SECONDS) -> bool:
    """Ask until the condition holds or the time has passed; returns whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def stop(process: Process, seconds: float = 20.0) -> bool:
    """End a process: ask (SIGTERM), wait up to `seconds`, then kill what is left of its session.

    Returns whether anything had to be stopped. A process that is not ours any more is not touched; children that a dead
    process left behind are ended as well.
    """
    if not alive(process):
        return _sweep(process)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGTERM)
    if not wait_for(lambda: not alive(process), seconds):
        _kill_group(process)
        wait_for(lambda: not alive(process), seconds)
    _sweep(process)
    return True


def kill(process: Process) -> None:
    """End a process and its children at once (SIGKILL), as a power cut would; not one that is not ours any more."""
    if alive(process):
        _kill_group(process)
        wait_for(lambda: not alive(process), 10.0)
    _sweep(process)


def _kill_group(process: Process) -> None:
    # A session leader's group has its own id, and the kernel does not give that id away while the group has members.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _sweep(process: Process) -> bool:
    """Kill what a dead process left in its session; each one shows the mark we gave it."""
    left = [pid for pid in _session(process.pid) if _marked(pid, process.mark)]
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(_started(pid) is None for pid in left), 5.0)
    return bool(left)


def _reap(pid: int) -> None:
    """Collect a child of this very process that has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _started(pid: int) -> str | None:
    """When the kernel started what has this id now; None if nothing has it, or only a dead entry is left."""
    if _PROC.exists():
        fields = _stat(pid)
        # A dead entry with more than one thread is still closing: its ports and files are not given back yet.
        if fields is None or (fields[0] in ("Z", "X") and int(fields[17]) <= 1):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {fields[19]}"
    answer = _ps("-o", "stat=,lstart=", "-p", str(pid))
    state, _, started = answer.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def _session(pid: int) -> list[int]:
    """The ids of what runs in the process group that `pid` led, itself left out."""
    if _PROC.exists():
        everyone = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        stats = ((other, _stat(other)) for other in everyone if other != pid)
        return [other for other, fields in stats if fields is not None and fields[2] == str(pid)]
    rows = (line.split() for line in _ps("-ax", "-o", "pid=,pgid=").splitlines())
    return [int(row[0]) for row in rows if len(row) == 2 and row[1] == str(pid) and row[0] != str(pid)]


def _marked(pid: int, mark: str) -> bool:
    """Whether a process carries our mark in its environment."""
    if _PROC.exists():
        try:
            return f"{_MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
    return f"{_MARK}={mark}" in _ps("-E", "-ww", "-o", "command=", "-p", str(pid)).split()


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat from the state on: the name before it may hold spaces and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _ps(*arguments: str) -> str:
    # The C locale keeps the dates the same whoever asks.
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False, env=environment).stdout
