"""Exporting: the graph as the manifests that would make it, in pages, projects first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import orjson
from pydantic import JsonValue

from app.domain import names, versions
from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    DependencyDeclaration,
    EnvironmentDeclaration,
    InstanceDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
    TemplateDeclaration,
    TemplateVersionDeclaration,
    default_label,
)
from app.domain.drift import DriftRules
from app.domain.manifest_writing import document
from app.domain.rows import listed, number, texts
from app.domain.templates.content import TemplateContent
from app.errors import NotFound
from app.transactions import Reader, Row, Value


class Kind(IntEnum):
    """The kinds in the order in which they can be created, which is the order of an export."""

    PROJECT = 0
    ENVIRONMENT = 1
    APPLICATION = 2
    TEMPLATE = 3
    SERVICE = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an export: after the object of this kind and id."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Something of the graph that no manifest can say, and why; it is missing from the export."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A page of an export: manifests, each with the place of its object, and what none can say.

    `start` and `end` are the places of the first and the last object that was looked at, None where there is none.
    """

    manifests: tuple[tuple[Place, dict[str, JsonValue]], ...]
    unsaid: tuple[Unsaid, ...]
    start: Place | None
    end: Place | None
    more: bool


@dataclass(frozen=True, slots=True)
class _Range:
    """Ids from `start` up to, not including, `until`."""

    start: str
    until: str


# Ids are made of a-z, 0-9 and "-./:@": a space sorts before all of them, "~" after.
_ALL = _Range("", "~")
_NONE = _Range("", "")


def _one(id: str) -> _Range:
    return _Range(id, id + " ")


def _within(id: str, separator: str) -> _Range:
    return _Range(f"{id}{separator}", f"{id}{separator}~")


def _ranges(scope: str | None) -> dict[Kind, _Range]:
    """Which ids of each kind belong to a scope. Raises NotFound for what can be none."""
    if scope is None:
        return dict.fromkeys(Kind, _ALL)
    parsers: list[tuple[Callable[[str], object], dict[Kind, _Range]]] = [
        (
            names.parse_project_id,
            {
                Kind.PROJECT: _one(scope),
                Kind.ENVIRONMENT: _within(scope, "@"),
                Kind.APPLICATION: _within(scope, "/"),
                Kind.SERVICE: _within(scope, "/"),
            },
        ),
        (names.parse_environment_id, {Kind.ENVIRONMENT: _one(scope)}),
        (names.parse_application_id, {Kind.APPLICATION: _one(scope), Kind.SERVICE: _within(scope, "/")}),
        (names.parse_service_id, {Kind.SERVICE: _one(scope)}),
        (names.parse_template_id, {Kind.TEMPLATE: _one(scope)}),
    ]
    for parse, ranges in parsers:
        try:
            parse(scope)
        except ValueError:
            continue
        return ranges
    raise NotFound(f"there is no project, environment, application, service or template {scope}", "scope")


async def export_manifests(reader: Reader, scope: str | None, *, first: int, after: Place | None) -> Exported:
    """A page of canonical manifests of everything, or of one project, environment, application, service or template.

    Projects come first, then environments, applications, templates and services, each by id; templates belong to no
    project and come with everything, or alone. A page is read at its own time: what
    is changed between two pages may be in one and not in another. Raises NotFound where there is nothing of that id.
    """
    rows: list[tuple[Kind, Row]] = []
    for kind, ids in _ranges(scope).items():
        if after is not None and kind < after.kind:
            continue
        if len(rows) > first:
            break
        start = after.id + " " if after is not None and kind is after.kind else ids.start
        found = await reader.run(_STATEMENTS[kind], start=start, until=ids.until, limit=first + 1 - len(rows))
        rows += [(kind, row) for row in found]
    if not rows and scope is not None and after is None:
        raise NotFound(f"there is no project, environment, application, service or template {scope}", "scope")
    shown = rows[:first]
    manifests: list[tuple[Place, dict[str, JsonValue]]] = []
    unsaid: list[Unsaid] = []
    for kind, row in shown:
        declaration = _declaration(kind, row, unsaid)
        if declaration is not None:
            manifests.append((Place(kind, str(row["id"])), document(declaration)))
    places = [Place(kind, str(row["id"])) for kind, row in (*shown[:1], *shown[-1:])]
    begin, end = places or (None, None)
    return Exported(tuple(manifests), tuple(unsaid), begin, end, len(rows) > first)


async def count_manifests(reader: Reader, scope: str | None) -> int:
    """How many manifests all pages of an export have. Raises NotFound for what can be no scope."""
    ranges = _ranges(scope)
    ids = [ranges.get(kind, _NONE) for kind in Kind]
    starts, ends = [one.start for one in ids], [one.until for one in ids]
    [row] = await reader.run("manifests/count_manifests", starts=starts, ends=ends)
    return int(str(row["total"]))


_STATEMENTS = {
    Kind.PROJECT: "manifests/export_projects",
    Kind.ENVIRONMENT: "manifests/export_environments",
    Kind.APPLICATION: "manifests/export_applications",
    Kind.TEMPLATE: "manifests/export_templates",
    Kind.SERVICE: "manifests/export_services",
}


def _declaration(kind: Kind, row: Row, unsaid: list[Unsaid]) -> Declaration | None:
    id, name, description = str(row["id"]), str(row["name"]), _text(row["description"]) or ""
    match kind:
        case Kind.PROJECT:
            return ProjectDeclaration(id, name, description)
        case Kind.ENVIRONMENT:
            project = names.parse_environment_id(id).project
            return EnvironmentDeclaration(
                id=id,
                project_id=project,
                name=name,
                description=description,
                stage=str(row["stage"]),
                provider=_text(row["provider"]),
                namespace=_text(row["namespace"]) or names.default_namespace(project, name),
                promotes_to=_text(row["promotes_to"]),
                drift=DriftRules(
                    None if row["drift_every_seconds"] is None else number(row["drift_every_seconds"]),
                    row["drift_heal"] is True,
                    texts(row["drift_ignore"] or []),
                ),
            )
        case Kind.APPLICATION:
            return ApplicationDeclaration(id, names.parse_application_id(id).project, name, description)
        case Kind.TEMPLATE:
            return TemplateDeclaration(
                id=id,
                name=name,
                title=_text(row["title"]) or "",
                description=description,
                icon=_text(row["icon"]),
                category=_text(row["category"]),
                tags=tuple(sorted(texts(row["tags"]))),
                versions=tuple(_template_version(one) for one in listed(row["versions"])),
            )
        case Kind.SERVICE:
            return _service(row, description, unsaid)


def _service(row: Row, description: str, unsaid: list[Unsaid]) -> ServiceDeclaration | None:
    id = str(row["id"])
    if row["version_id"] is None:
        unsaid.append(Unsaid(id, "it desires no version yet, and a manifest needs an image"))
        return None
    place = names.parse_service_id(id)
    label = str(row["version_name"]).rpartition("-")[0]
    version, instance = versions.specification(label, row), None
    if row["template_version_id"] is not None:
        said = None if label == default_label(version.image) else label
        instance = InstanceDeclaration(str(row["template_version_id"]), orjson.loads(str(row["configuration"])), said)
    return ServiceDeclaration(
        id=id,
        project_id=place.project,
        application_id=place.application_id,
        name=place.name,
        description=description,
        version=version if instance is None else None,
        dependencies=tuple(_dependencies(place, listed(row["dependencies"]), unsaid)),
        exposure=_text(row["exposure"]) or "internal",
        data_class=_text(row["data_class"]) or "internal",
        # What is not deprecated says nothing: applied elsewhere, it leaves there as it is what somebody has said there.
        deprecated=True if row["deprecated"] is True else None,
        instance=instance,
    )


def _template_version(one: Value) -> TemplateVersionDeclaration:
    label, deprecated, *contents = listed(one)
    inputs, outputs, workload = (orjson.loads(str(each)) for each in contents)
    return TemplateVersionDeclaration(
        str(label), TemplateContent(inputs, outputs, workload), deprecated=True if deprecated is True else None
    )


def _dependencies(
    place: names.ServiceName, pairs: Sequence[Value], unsaid: list[Unsaid]
) -> list[DependencyDeclaration]:
    found = []
    for target, kind in map(texts, pairs):
        if names.parse_service_id(target).project == place.project:
            found.append(DependencyDeclaration(target, kind))
        else:
            reason = f"its dependency on {target} leaves the project, which a manifest cannot say"
            unsaid.append(Unsaid(f"{place.application_id}/{place.name}", reason))
    return found


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
