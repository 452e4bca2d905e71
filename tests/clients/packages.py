"""The Node packages of `examples/clients/`, installed once into the cache outside the checkout."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from app.local.jars import cache_folder
from app.local.node import Node, find_node
from app.local.packages import FILES, alone, digest, install
from tests.guards.sources import CHECKOUT

EXAMPLES = CHECKOUT / "examples" / "clients"


def installed(node: Node, *, cache: Path | None = None) -> Path:
    """A folder whose `node_modules` is exactly what the lock names; the first call downloads it.

    A folder for each lock and each line of Node, under `cache` (`cache_folder()` unless given). Raises LocalFailure
    where a package cannot be had.
    """
    key = digest(EXAMPLES, [EXAMPLES / name for name in FILES])[:16]
    folder = (cache or cache_folder()) / "clients" / f"{key}-node{node.version[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        for name in FILES:
            shutil.copy(EXAMPLES / name, folder)
        install(folder, node, _say, what="Installing the clients' packages")
    return folder


def workplace(folder: Path, node: Node, *scripts: Path) -> Path:
    """`folder` with copies of these scripts, in which they find the packages."""
    for script in scripts:
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(installed(node) / "node_modules", target_is_directory=True)
    return folder


def _say(step: str) -> None:
    sys.stderr.write(f"clients: {step}\n")


if __name__ == "__main__":
    installed(find_node())
