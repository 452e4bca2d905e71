"""The house stays in order: imports go one way, and names say something."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards.sources import CHECKOUT, ROOMS, files, imported, modules

MAY_IMPORT = {
    "cypher": {"cypher"},
    "app": {"app", "cypher"},
    "graph_schema": {"graph_schema", "app", "cypher"},
    "workers": {"workers", "app", "cypher"},
}
COMPOSITION_ROOTS = {Path("app/main.py"), Path("workers/main.py")}
ONLY_IN = {
    "neo4j": ("app/graph.py", "app/local/"),
    "arq": ("workers/queue.py", "workers/main.py"),
    "strawberry": ("graph_schema/", "app/main.py", "app/http/"),
}
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "core"}
LONGEST = 600


def against_the_rules(path: Path, tree: ast.Module) -> list[str]:
    """What a module imports although its room may not."""
    found = []
    for line, name in imported(tree):
        top = name.split(".")[0]
        if top == "":
            found.append(f"{path}:{line}: relative import {name}")
        if top in {"tests", "benchmarks"} or (
            top in ROOMS and top not in MAY_IMPORT[path.parts[0]] and path not in COMPOSITION_ROOTS
        ):
            found.append(f"{path}:{line}: {path.parts[0]} may not import {top}")
        if top in ONLY_IN and not str(path).startswith(ONLY_IN[top]):
            found.append(f"{path}:{line}: {top} belongs in {', '.join(ONLY_IN[top])}")
    return found


def test_imports_go_one_way() -> None:
    # given every module of every room
    # when what they import is read from their syntax
    found = [each for path, tree in modules(*ROOMS) for each in against_the_rules(path, tree)]
    # then nothing points back, and each foreign door stays where it is
    assert found == []


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("cypher/x.py", "import app.graph", "cypher may not import app"),
        ("app/domain/x.py", "from graph_schema import schema", "app may not import graph_schema"),
        ("app/domain/x.py", "def f():\n    from workers.queue import Queue", "app may not import workers"),
        ("workers/x.py", "import graph_schema.schema as s", "workers may not import graph_schema"),
        ("graph_schema/x.py", "from tests import servers", "graph_schema may not import tests"),
        ("app/domain/x.py", "import neo4j.time", "neo4j belongs in app/graph.py, app/local/"),
        ("app/queue.py", "from arq import create_pool", "arq belongs in workers/queue.py, workers/main.py"),
        ("app/domain/x.py", "import strawberry", "strawberry belongs in graph_schema/, app/main.py, app/http/"),
        ("app/domain/x.py", "from . import names", "relative import ..names"),
    ],
)
def test_a_wrong_import_is_found(path: str, source: str, said: str) -> None:
    # given a module that imports what it may not
    # when it is checked
    found = against_the_rules(Path(path), ast.parse(source))
    # then that is said, once
    assert [each.split(": ", 1)[1] for each in found] == [said]


def test_composition_roots_may_import_every_room() -> None:
    # given the same imports in a composition root and beside it
    source = ast.parse("import graph_schema.schema\nimport workers.queue")
    # when both are checked
    # then only the one beside it is refused
    assert against_the_rules(Path("app/main.py"), source) == []
    assert len(against_the_rules(Path("app/mainly.py"), source)) == 2


def test_names_say_something() -> None:
    # given every file of ours
    suffixes = {".py", ".ts", ".tsx", ".cypher"}
    # when names are read
    vague = [str(path) for path in files() if path.suffix in suffixes and path.stem.lower() in SAY_NOTHING]
    vague += [str(path) for path in files() if SAY_NOTHING.intersection(path.parts[:-1])]
    # then none is one that could hold anything
    assert vague == []


def test_modules_have_one_subject() -> None:
    # given every module of ours that is not generated
    suffixes = {".py", ".ts", ".tsx"}
    written = [path for path in files() if path.suffix in suffixes and "generated" not in str(path)]
    # when lines are counted
    lines = {str(path): len((CHECKOUT / path).read_text(encoding="utf-8").splitlines()) for path in written}
    # then none is longer than one subject needs
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}
