"""A checkout of its own in another folder, as somebody has it who has just cloned the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.local.ports import free_ports

HERE = Path(__file__).parents[2]
PORTS = {
    "TRELLIS_API_PORT": "the api",
    "TRELLIS_WORKER_PORT": "the worker",
    "TRELLIS_LOCAL_NEO4J_BOLT_PORT": "Neo4j",
    "TRELLIS_LOCAL_NEO4J_HTTP_PORT": "the Neo4j Browser",
    "TRELLIS_LOCAL_REDIS_PORT": "Redis",
}


@dataclass(frozen=True, slots=True)
class Checkout:
    """The folder, and the environment in which its commands are run."""

    folder: Path
    environment: dict[str, str]

    def make(self, target: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run `make` with that target; output and errors together as a terminal shows them."""
        return subprocess.run(
            ["make", target],
            cwd=self.folder,
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def trellis(self, *arguments: str) -> str:
        """What the checkout's own command line prints."""
        ended = subprocess.run(
            [str(self.folder / ".venv" / "bin" / "trellis"), *arguments],
            cwd=self.folder,
            env=self.environment | {"TRELLIS_SERVER": self.address},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def port(self, setting: str) -> int:
        """The port that this setting chooses."""
        return int(self.environment[setting])

    @property
    def address(self) -> str:
        """Where its API answers."""
        return f"http://127.0.0.1:{self.port('TRELLIS_API_PORT')}"

    def processes(self) -> dict[int, str]:
        """Every process of this machine that works in this folder or was started with something in it."""
        return dict(_processes(str(self.folder)))


def clone(folder: Path) -> Checkout:
    """Copy the tracked files to `folder`, and link the packages that are installed here already.

    Nothing that is written in place is shared with this checkout: what is linked are files of packages only, and what
    points back here is left out, so that the copy makes its own.
    """
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (HERE / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(HERE / name, folder / name)
    own = shutil.ignore_patterns("trellis", "trellis.pth", "trellis-*", "__pycache__")
    if sys.prefix != sys.base_prefix:
        _link(Path(sys.prefix), folder / ".venv", own)
    packages = HERE / "web" / "node_modules"
    if packages.is_dir():
        _link(packages, folder / "web" / "node_modules", shutil.ignore_patterns(".building-*"))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TRELLIS_", "NEO4J_", "REDIS_", "PYTHON", "MAKE", "MFLAGS"))
        and name not in ("KUBECONFIG", "VIRTUAL_ENV", "COLUMNS", "FORCE_COLOR")
    }
    ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    tokens = {"TRELLIS_CLI_CREDENTIALS": str(folder.parent / "tokens.json")}
    return Checkout(folder, kept | ports | tokens)


def _link(source: Path, target: Path, ignored: Callable[[str, list[str]], set[str]]) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=ignored, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        # Another file system, or one without links.
        shutil.copy2(source, target)
    return target


def _processes(folder: str) -> Iterator[tuple[int, str]]:
    rows = subprocess.run(
        ["ps", "-ax", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    for row in rows.splitlines():
        pid, _, command = row.strip().partition(" ")
        if folder in command or _works_in(pid, folder):
            yield int(pid), command


def _works_in(pid: str, folder: str) -> bool:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink()).startswith(folder)
    except OSError:
        return False
