"""The policies of this installation, read from their folders; one that cannot be trusted is refused with the reason."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

import cypher
from app.domain.policies.policy import Policy
from app.graph import Graph
from app.graph_failures import StatementFailed
from app.transactions import Value
from cypher import Mode, StatementInvalid, parse

DIRECTORY = cypher.ROOT / "policies"
COLUMNS = {
    "findings": ("subject", "clause", "message", "node_ids", "node_labels", "node_names", "edges"),
    "count": ("total",),
    "picture": ("path",),
}
GIVEN = frozenset({"tenant", "application_id", "environment_id", "project_id", "planned", "edges", "services", "at"})
"""What a findings statement may ask for beside the policy's own parameters: see docs/policies.md."""


class PolicyInvalid(Exception):
    """A policy cannot be loaded: the message names the file and what is wrong with it."""


def load(folder: Path) -> Policy:
    """Read one policy's folder: `policy.yaml`, three statements, and fixtures that pass and that violate.

    Raises PolicyInvalid for what can be seen without a database.
    """
    file = folder / "policy.yaml"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        policy = Policy.model_validate(content)
    except (OSError, yaml.YAMLError) as error:
        raise PolicyInvalid(f"{file}: cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise PolicyInvalid(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if policy.name != folder.name:
        raise PolicyInvalid(f"{file}: the name is {policy.name!r}, but the folder's is {folder.name!r}")
    for kind, columns in COLUMNS.items():
        _statement(policy, folder / f"{kind}.cypher", columns=columns)
    _fixtures(policy, folder)
    return policy.model_copy(update={"digest": _digest(folder)})


def _statement(policy: Policy, file: Path, *, columns: tuple[str, ...]) -> None:
    try:
        found = parse(f"policies/{policy.name}/{file.stem}", file.read_text(encoding="utf-8"))
    except (OSError, StatementInvalid) as error:
        raise PolicyInvalid(f"{file}: {error}") from error
    if found.mode is not Mode.READ:
        raise PolicyInvalid(f"{file}: a policy only reads, but its mode is {found.mode}")
    if found.columns != columns:
        raise PolicyInvalid(f"{file}: its columns are {', '.join(found.columns)}, not {', '.join(columns)}")
    unknown = found.parameters - GIVEN - set(policy.parameters)
    if unknown:
        raise PolicyInvalid(f"{file}: nothing gives it the parameters {', '.join(sorted(unknown))}")


def _fixtures(policy: Policy, folder: Path) -> None:
    file = folder / "policy.yaml"
    if not any(fixture.subjects for fixture in policy.fixtures):
        raise PolicyInvalid(f"{file}: no fixture violates it")
    if all(fixture.subjects for fixture in policy.fixtures):
        raise PolicyInvalid(f"{file}: no fixture passes it")
    for fixture in policy.fixtures:
        setup = folder / "fixtures" / f"{fixture.setup}.cypher"
        if not setup.is_file():
            raise PolicyInvalid(f"{setup}: there is no such file")
        if fixture.point not in policy.points:
            raise PolicyInvalid(f"{file}: fixture {fixture.setup} asks at {fixture.point}, where it is not bound")
        unknown = sorted(set(fixture.clauses) - set(policy.clauses))
        if unknown or (fixture.subjects and len(fixture.clauses) != len(fixture.subjects)):
            raise PolicyInvalid(f"{file}: fixture {fixture.setup} needs one of the policy's clauses for each subject")
        for name, value in fixture.settings.items():
            try:
                policy.parameters[name].check(value)
            except (KeyError, ValueError) as error:
                raise PolicyInvalid(f"{file}: fixture {fixture.setup}: setting {name}: {error}") from error


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in (".yaml", ".cypher"):
            content = file.read_bytes()
            whole.update(f"{file.relative_to(folder)} {len(content)}\n".encode())
            whole.update(content)
    return whole.hexdigest()


@cache
def known(directory: Path = DIRECTORY) -> tuple[Policy, ...]:
    """The policies of a directory, by name. Raises PolicyInvalid."""
    return tuple(load(file.parent) for file in sorted(directory.glob("*/policy.yaml")))


async def verify(graph: Graph, directory: Path = DIRECTORY) -> None:
    """Let the server read every statement of every policy: it must compile, only read, and return what it says.

    Raises PolicyInvalid naming file and reason, GraphUnavailable.
    """
    for policy in known(directory):
        for kind, columns in COLUMNS.items():
            file = directory / policy.name / f"{kind}.cypher"
            try:
                found = await graph.explain(file.read_text(encoding="utf-8"), {})
            except StatementFailed as error:
                raise PolicyInvalid(f"{file}: does not compile: {error}") from error
            if found.writes:
                raise PolicyInvalid(f"{file}: a policy only reads, but this writes")
            if found.columns != columns:
                raise PolicyInvalid(f"{file}: returns {', '.join(found.columns)}, not {', '.join(columns)}")


def rows() -> list[dict[str, Value]]:
    """The policies as rows of the graph."""
    return [
        {
            "name": policy.name,
            "description": policy.description,
            "enforcement": policy.enforcement.value,
            "points": [point.value for point in policy.points],
            "owner": policy.owner,
            "links": list(policy.links),
            "parameters": [f"{name}={each.write(each.default)}" for name, each in policy.parameters.items()],
            "digest": policy.digest,
        }
        for policy in known()
    ]
