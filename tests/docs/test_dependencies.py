"""What is written about the dependencies is what there is."""

from __future__ import annotations

import json
import re
import tomllib

from tests.guards.sources import CHECKOUT


def test_every_dependency_has_its_line() -> None:
    # given the dependencies that are declared
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    declared = [re.split(r"[^A-Za-z0-9-]", each)[0] for each in python]
    for folder in ("web", "benchmarks/peers/neo4j_graphql", "examples/clients"):
        package = json.loads((CHECKOUT / folder / "package.json").read_text(encoding="utf-8"))
        declared += [*package["dependencies"], *package.get("devDependencies", {})]
    # when the page is read
    page = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    # then each has one line, with a licence
    assert sorted(line[0].strip("`") for line in lines) == sorted(declared)
    assert [line[0] for line in lines if not line[2]] == []
