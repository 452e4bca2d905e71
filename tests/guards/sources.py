"""The files of this checkout: those that are tracked, and those that would be."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
ROOMS = ("app", "cypher", "graph_schema", "workers")
_LARGE = 2_000_000


@cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or new and not ignored, relative to the checkout, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = {Path(name) for name in listed.split("\0") if name}
    return tuple(sorted(path for path in found if (CHECKOUT / path).is_file()))


def texts() -> Iterator[tuple[Path, str]]:
    """Path and content of every file that is text and not larger than two megabytes."""
    for path in files():
        whole = CHECKOUT / path
        if whole.stat().st_size > _LARGE:
            continue
        try:
            yield path, whole.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    """Path and syntax tree of every Python module in these folders."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in rooms:
            yield path, ast.parse((CHECKOUT / path).read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, wherever in the module it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield node.lineno, "." * node.level + f"{node.module or ''}.{name.name}"
