"""npm packages, exactly those of a folder's lock, installed into the folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.local.failures import LocalFailure
from app.local.node import Node

FILES = ("package.json", "package-lock.json", ".npmrc")
_STAMP = ".trellis"
_LAST_LINES = 30


def install(folder: Path, node: Node, progress: Callable[[str], None], *, what: str) -> None:
    """Install the locked packages unless exactly those are there, for this machine's kind and Node's line.

    `what` begins the sentence of a failure ("Installing the page's packages"); `progress` is told before a download.
    Raises LocalFailure. Callers hold others off with `alone`.
    """
    machine = f"{platform.system()} {platform.machine()} {node.version[0]}"
    wanted = f"{digest(folder, [folder / name for name in FILES])} {machine}"
    stamp = folder / "node_modules" / _STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return
    progress(f"installing packages with {node}")
    run([*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder, node, what=what)
    stamp.write_text(wanted)


def run(command: Sequence[str], folder: Path, node: Node, *, what: str) -> None:
    """Run a command of Node's in a folder. Raises LocalFailure with the end of what it said."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=node.environment(_environment(os.environ)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            last.extend(line.rstrip() for line in process.stdout)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        said = "\n".join(f"  {line}" for line in last)
        raise LocalFailure(f"{what} failed with exit code {process.returncode}, using {node}:\n{said}")


def digest(folder: Path, files: Sequence[Path]) -> str:
    """SHA-256 over the names within the folder and the contents of files; one that is missing counts as empty."""
    found = hashlib.sha256()
    for file in files:
        content = file.read_bytes() if file.exists() else b""
        found.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold other installations in the folder off; the folder itself is the lock, so that nothing is left behind."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if not name.startswith("TRELLIS_")}
