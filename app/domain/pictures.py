"""The platform as nodes and edges: what is declared, what would be after the newest plans, or what is deployed.

The same thing has the same id in all three, so that they can be compared as sets. Projects, environments, applications
and providers are in each; services, versions and deployments are those that are declared, planned or recorded. What is
recorded may be of services that are declared no more: it is shown as long as it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from app.domain import names
from app.domain.impact import Link, project_of
from app.domain.rows import listed, texts
from app.errors import InvalidInput, NotFound
from app.transactions import Reader, Value

DEFAULT_NODES: Final = 500
MOST_NODES: Final = 2_000
EDGES_A_NODE: Final = 10
DEFAULT_DEPTH: Final = 1
MOST_DEPTH: Final = 6


class GraphMode(StrEnum):
    """Which graph of the platform is shown."""

    DESIRED = "desired"
    PLANNED = "planned"
    ACTUAL = "actual"


class GraphKind(StrEnum):
    """What can be shown; the values are labels. They are shown in this order."""

    TEAM = "Team"
    PROJECT = "Project"
    PROVIDER = "Provider"
    ENVIRONMENT = "Environment"
    APPLICATION = "Application"
    SERVICE = "Service"
    DEPLOYMENT = "Deployment"
    SERVICE_VERSION = "ServiceVersion"


USUAL: Final = (
    GraphKind.PROJECT,
    GraphKind.ENVIRONMENT,
    GraphKind.APPLICATION,
    GraphKind.SERVICE,
    GraphKind.DEPLOYMENT,
)


@dataclass(frozen=True, slots=True)
class Node:
    """A node; `version` is the id of the version that a deployment runs, or that a service desires."""

    id: str
    label: str
    name: str
    status: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes, and edges both ends of which are among them; `truncated` says that there is more."""

    nodes: tuple[Node, ...]
    edges: tuple[Link, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show; None stands for what is usual.

    `scope` is any node's id; `depth` how many dependencies away from it, 0 to 6; `first` how many nodes at most,
    1 to 2,000; `plan` another plan than the newest.
    """

    mode: GraphMode = GraphMode.DESIRED
    scope: str | None = None
    depth: int | None = None
    kinds: Sequence[GraphKind] | None = None
    first: int | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class _Running:
    id: str
    service_id: str
    name: str
    application_id: str
    environment_id: str
    version: str
    status: str | None
    needs: tuple[str, ...]


@dataclass(slots=True)
class _Drawing:
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], Link] = field(default_factory=dict)

    def node(
        self, id: str, kind: GraphKind, name: str, *, status: str | None = None, version: str | None = None
    ) -> None:
        self.nodes.setdefault(id, Node(id, kind.value, name, status, version))

    def edge(self, start: str, type_: str, end: str, kind: str | None = None) -> None:
        self.edges.setdefault((start, type_, end), Link(start, end, type_, kind))


@dataclass(frozen=True, slots=True)
class _Scope:
    projects: tuple[str, ...]
    applications: tuple[str, ...]
    environments: tuple[str, ...]
    services: tuple[str, ...]


async def read_picture(reader: Reader, asked: Asked) -> Picture:
    """Read what is to be shown: a statement or two for the scope, one a level of depth, and three for the rest.

    Raises NotFound (the scope, the plan) and InvalidInput (a number out of bounds, a plan in another mode).
    """
    most, depth = _checked(asked)
    limit = most + 1
    scope = await _scope(reader, asked, limit)
    services = await _near(reader, scope.services, depth=depth if asked.scope is not None else 0, limit=limit)
    applications = sorted({*scope.applications, *(_application_of(id) for id in services)})
    projects = sorted({*scope.projects, *(project_of(id) for id in (*applications, *scope.environments))})
    drawing = _Drawing()
    (frame,) = await reader.run("graph/read_frame", project_ids=projects, application_ids=applications)
    environments = _draw_frame(drawing, frame, scope)
    (declared,) = await reader.run("graph/read_services", ids=list(services))
    running, more = await _running(reader, asked, services, scope, applications, environments, declared, limit=limit)
    _draw_services(drawing, asked.mode, declared, running)
    _draw_running(drawing, asked.mode, running)
    return _cut(drawing, asked, most, truncated=more or len(services) > most)


def _checked(asked: Asked) -> tuple[int, int]:
    most = DEFAULT_NODES if asked.first is None else asked.first
    depth = DEFAULT_DEPTH if asked.depth is None else asked.depth
    if not 1 <= most <= MOST_NODES:
        raise InvalidInput(f"first must be between 1 and {MOST_NODES}, not {most}", "first")
    if not 0 <= depth <= MOST_DEPTH:
        raise InvalidInput(f"depth must be between 0 and {MOST_DEPTH}, not {depth}", "depth")
    if asked.plan is not None and asked.mode is not GraphMode.PLANNED:
        raise InvalidInput("a plan is shown in the mode PLANNED only", "plan")
    return most, depth


async def _scope(reader: Reader, asked: Asked, limit: int) -> _Scope:
    id = asked.scope
    if asked.plan is not None:
        plan = await reader.run("graph/read_scope", id=asked.plan, limit=limit)
        if not plan or plan[0]["label"] != "Plan":
            raise NotFound(f"there is no Plan {asked.plan[:100]!r}", "plan")
        id = id or asked.plan
    if id is None:
        (row,) = await reader.run("graph/list_all", limit=limit)
        return _Scope(texts(row["project_ids"]), texts(row["application_ids"]), (), texts(row["service_ids"]))
    rows = await reader.run("graph/read_scope", id=id, limit=limit)
    if not rows:
        raise NotFound(f"there is no node {id[:100]!r}", "scope")
    row = rows[0]
    return _Scope(
        texts(row["project_ids"]),
        texts(row["application_ids"]),
        texts(row["environment_ids"]),
        texts(row["service_ids"]),
    )


async def _near(reader: Reader, services: Sequence[str], *, depth: int, limit: int) -> tuple[str, ...]:
    found = dict.fromkeys(services)
    frontier = list(services)
    for _ in range(depth):
        if not frontier or len(found) >= limit:
            break
        (row,) = await reader.run("graph/list_neighbours", ids=frontier, limit=limit)
        frontier = [id for id in texts(row["ids"]) if id not in found]
        found |= dict.fromkeys(frontier)
    return tuple(found)[:limit]


def _application_of(service_id: str) -> str:
    return service_id.rpartition("/")[0]


def _draw_frame(drawing: _Drawing, frame: Mapping[str, Value], scope: _Scope) -> dict[str, list[str]]:
    """Draw what is the same in every mode; returns the environments of each project that matter."""
    environments: dict[str, list[str]] = {}
    for id, name, team, team_name in map(listed, listed(frame["projects"])):
        drawing.node(str(id), GraphKind.PROJECT, str(name))
        if team is not None:
            drawing.node(str(team), GraphKind.TEAM, str(team_name))
            drawing.edge(str(team), "OWNS", str(id))
    for id, name, project, following, provider, provider_name in map(listed, listed(frame["environments"])):
        if scope.environments and str(id) not in scope.environments:
            continue
        environments.setdefault(str(project), []).append(str(id))
        drawing.node(str(id), GraphKind.ENVIRONMENT, str(name))
        drawing.edge(str(project), "HAS_ENVIRONMENT", str(id))
        if following is not None:
            drawing.edge(str(id), "PROMOTES_TO", str(following))
        if provider is not None:
            drawing.node(str(provider), GraphKind.PROVIDER, str(provider_name))
            drawing.edge(str(id), "TARGETS", str(provider))
    for id, name, project in map(listed, listed(frame["applications"])):
        drawing.node(str(id), GraphKind.APPLICATION, str(name))
        drawing.edge(str(project), "CONTAINS", str(id))
    return environments


async def _running(
    reader: Reader,
    asked: Asked,
    services: Sequence[str],
    scope: _Scope,
    applications: Sequence[str],
    environments: Mapping[str, list[str]],
    declared: Mapping[str, Value],
    *,
    limit: int,
) -> tuple[list[_Running], bool]:
    if asked.mode is GraphMode.DESIRED:
        wanted = list(_wanted(declared, environments, limit))
        return wanted, len(wanted) >= limit
    (row,) = await reader.run(
        "graph/read_deployed", ids=list(services), application_ids=list(applications), limit=limit
    )
    rows = listed(row["deployments"])
    found = {one.id: one for one in map(_recorded, map(listed, rows)) if one is not None}
    if asked.mode is GraphMode.PLANNED:
        places = sorted(id for some in environments.values() for id in some)
        planned = await reader.run(
            "graph/read_planned", application_ids=list(applications), environment_ids=places, plan_id=asked.plan
        )
        for step in listed(planned[0]["steps"]):
            _overlay(found, listed(step))
    inside = {*services}
    whole = {*scope.applications}
    there = {id for some in environments.values() for id in some}
    kept = [
        one
        for one in sorted(found.values(), key=lambda one: one.id)
        if one.environment_id in there and (one.service_id in inside or one.application_id in whole)
    ]
    return kept, len(rows) >= limit


def _wanted(declared: Mapping[str, Value], environments: Mapping[str, list[str]], limit: int) -> Iterable[_Running]:
    needs: dict[str, list[str]] = {}
    for start, end, _ in map(texts, listed(declared["dependencies"])):
        needs.setdefault(start, []).append(end)
    count = 0
    for id, name, version, _ in map(listed, listed(declared["services"])):
        service = str(id)
        for environment in environments.get(project_of(service), []) if version is not None else []:
            if count == limit:
                return
            count += 1
            yield _Running(
                names.deployment_id(service, environment),
                service,
                str(name),
                _application_of(service),
                environment,
                str(version),
                None,
                tuple(needs.get(service, ())),
            )


def _recorded(row: Sequence[Value]) -> _Running | None:
    id, service, name, application, environment, version, status, needs = row
    if version is None:
        return None
    return _Running(
        str(id), str(service), str(name), str(application), str(environment), str(version), str(status), texts(needs)
    )


def _overlay(found: dict[str, _Running], step: Sequence[Value]) -> None:
    key, service, name, application, environment, version, action, needs = step
    id = str(key)
    if action == "delete":
        found.pop(id, None)
    elif action in ("create", "update", "replace"):
        before = found.get(id)
        found[id] = _Running(
            id, str(service), str(name), str(application), str(environment), str(version), None, texts(needs)
        )
        if before is not None:
            found[id] = replace(found[id], status=before.status)


def _draw_services(
    drawing: _Drawing, mode: GraphMode, declared: Mapping[str, Value], running: Sequence[_Running]
) -> None:
    called = {str(id): str(name) for id, name, _, _ in map(listed, listed(declared["services"]))}
    if mode is GraphMode.DESIRED:
        for id, name, version, version_name in map(listed, listed(declared["services"])):
            desired = None if version is None else str(version)
            drawing.node(str(id), GraphKind.SERVICE, str(name), version=desired)
            if desired is not None:
                drawing.node(desired, GraphKind.SERVICE_VERSION, str(version_name))
                drawing.edge(str(id), "HAS_VERSION", desired)
                drawing.edge(str(id), "DESIRES", desired)
        for start, end, kind in map(texts, listed(declared["dependencies"])):
            drawing.edge(start, "DEPENDS_ON", end, kind)
    for one in running:
        drawing.node(one.service_id, GraphKind.SERVICE, called.get(one.service_id, one.name))
    for service in [node.id for node in drawing.nodes.values() if node.label == GraphKind.SERVICE]:
        drawing.edge(_application_of(service), "HAS_SERVICE", service)


def _draw_running(drawing: _Drawing, mode: GraphMode, running: Sequence[_Running]) -> None:
    for one in running:
        drawing.node(one.id, GraphKind.DEPLOYMENT, one.name, status=one.status, version=one.version)
        drawing.node(one.version, GraphKind.SERVICE_VERSION, one.version.partition(":")[2] or one.version)
        drawing.edge(one.service_id, "HAS_VERSION", one.version)
        drawing.edge(one.id, "OF", one.service_id)
        drawing.edge(one.id, "IN", one.environment_id)
        drawing.edge(one.id, "RUNS", one.version)
        if mode is not GraphMode.DESIRED:
            for on in one.needs:
                drawing.edge(one.service_id, "DEPENDS_ON", on, "hard")


def _cut(drawing: _Drawing, asked: Asked, most: int, *, truncated: bool) -> Picture:
    kinds = [kind for kind in GraphKind if kind in (USUAL if asked.kinds is None else asked.kinds)]
    ranks = {kind.value: rank for rank, kind in enumerate(kinds)}
    nodes = sorted(
        (node for node in drawing.nodes.values() if node.label in ranks),
        key=lambda node: (ranks[node.label], node.id),
    )
    shown = {node.id for node in nodes[:most]}
    edges = [link for link in drawing.edges.values() if link.start in shown and link.end in shown]
    edges.sort(key=lambda link: (link.start, link.type, link.end))
    limit = most * EDGES_A_NODE
    return Picture(tuple(nodes[:most]), tuple(edges[:limit]), truncated or len(nodes) > most or len(edges) > limit)
