"""Applying manifests: thousands of documents become one transaction, or none of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from app.domain import confirming, deleting, environments, services
from app.domain import declared as nodes
from app.domain.changes import Change, Outcome, Saved, Saving, Wanted, refuse, save
from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    EnvironmentDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
    TemplateDeclaration,
    declare,
)
from app.domain.dependencies import Dependency, DependencyKind
from app.domain.environments import EnvironmentSpec, Stage
from app.domain.manifest_validation import validate
from app.domain.manifests import Manifest, ServiceManifest, TemplateManifest
from app.domain.names import dependency_id
from app.domain.services import ServiceSpec
from app.domain.templates import templates
from app.domain.templates.instances import Instance
from app.domain.templates.templates import TemplateSpec, VersionSpec
from app.domain.workloads import DataClass, Exposure
from app.errors import Conflict, InvalidInput, Refusal
from app.transactions import Transaction

MOST = 20_000
"""More documents than this are not taken at once."""
AT_ONCE = 100
"""Documents that are checked before others have a turn."""
EXTRA, SECONDS_A_DOCUMENT, LONGEST_EXTRA = 30.0, 0.01, 90.0
"""How much longer than other changes applying may take: a database that has just started compiles its many statements,
and thousands of documents take their time on a busy machine."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one object; `index` is its document's place in the input, None for what was pruned."""

    index: int | None
    kind: str
    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Document:
    index: int
    manifest: Manifest
    declaration: Declaration

    def locate(self, names: Mapping[str, str]) -> Callable[[str], str]:
        def path(field: str) -> str:
            return f"manifests[{self.index}].{names.get(field, field)}"

        return path


_PLACES = {
    "id": "metadata.name",
    "name": "metadata.name",
    "parent": "metadata.project",
    "provider": "spec.provider",
    "promotes_to": "spec.promotesTo",
    "namespace": "spec.namespace",
}
_SERVICE_PLACES = {
    **_PLACES,
    "parent": "metadata.application",
    "template": "spec.template.name",
    "template_version": "spec.template.version",
    "configuration": "spec.configuration",
}


async def _read(contents: Sequence[JsonValue]) -> list[_Document]:
    if not contents:
        raise InvalidInput("there are no manifests to apply", "manifests")
    if len(contents) > MOST:
        raise InvalidInput(f"{len(contents)} manifests are more than {MOST} at once", "manifests")
    problems: list[Refusal] = []
    documents = []
    first: dict[str, int] = {}
    for index, content in enumerate(contents):
        if index % AT_ONCE == 0:
            # Thousands of documents take a second: other requests have their turns meanwhile.
            await asyncio.sleep(0)
        checked = validate(content)
        if isinstance(checked, tuple):
            problems += [
                InvalidInput(f"{one.field} {one.message}".lstrip(), f"manifests[{index}].{one.field}".rstrip("."))
                for one in checked
            ]
            continue
        document = _Document(index, checked, declare(checked))
        earlier = first.setdefault(document.declaration.id, index)
        if earlier != index:
            problems.append(
                Conflict(
                    f"{document.declaration.id} is declared by manifests[{earlier}] already",
                    f"manifests[{index}].metadata.name",
                )
            )
        documents.append(document)
    refuse(problems)
    return documents


def _service(document: _Document, declared: ServiceDeclaration) -> ServiceSpec:
    # A declaration sorts its dependencies; a problem names the place at which one was written.
    written: dict[str, int] = {}
    if isinstance(document.manifest, ServiceManifest):
        references = (one.service for one in document.manifest.spec.dependencies)
        written = {dependency_id(declared.application_id, one): place for place, one in enumerate(references)}

    def dependency(service_id: str) -> Callable[[str], str]:
        return document.locate({"service": f"spec.dependencies[{written[service_id]}].service"})

    return ServiceSpec(
        application_id=declared.application_id,
        name=declared.name,
        description=declared.description,
        exposure=Exposure(declared.exposure),
        data_class=DataClass(declared.data_class),
        version=declared.version,
        instance=_instance(document, declared),
        deprecated=declared.deprecated,
        dependencies=tuple(
            Dependency(one.service_id, DependencyKind(one.kind), dependency(one.service_id))
            for one in declared.dependencies
        ),
        locate=document.locate(_SERVICE_PLACES),
    )


def _instance(document: _Document, declared: ServiceDeclaration) -> Instance | None:
    said = declared.instance
    if said is None:
        return None
    return Instance(
        said.template_version_id, said.configuration, label=said.label, locate=document.locate(_SERVICE_PLACES)
    )


def _template(document: _Document, declared: TemplateDeclaration) -> TemplateSpec:
    # A declaration sorts its versions; a problem names the place at which one was written.
    written: dict[str, int] = {}
    if isinstance(document.manifest, TemplateManifest):
        written = {one.version: place for place, one in enumerate(document.manifest.spec.versions)}

    def version(label: str) -> Callable[[str], str]:
        return document.locate({"version": f"spec.versions[{written[label]}].version"})

    return TemplateSpec(
        name=declared.name,
        values={
            "title": declared.title or None,
            "description": declared.description,
            "icon": declared.icon,
            "category": declared.category,
            "tags": list(declared.tags),
        },
        versions=tuple(
            VersionSpec(one.label, one.content, deprecated=one.deprecated, locate=version(one.label))
            for one in declared.versions
        ),
        locate=document.locate(_PLACES),
    )


def _wanted(
    change: Change, declared: ProjectDeclaration | ApplicationDeclaration, *, locate: Callable[[str], str]
) -> Wanted:
    parent = declared.project_id if isinstance(declared, ApplicationDeclaration) else None
    kind = change.kinds["Project" if parent is None else "Application"]
    values = {"description": declared.description}
    return nodes.new(kind, name=declared.name, parent_id=parent, values=values, locate=locate)


async def apply_manifests(
    change: Change,
    contents: Sequence[JsonValue],
    *,
    prune: bool,
    default_provider: str,
    impact_digests: Sequence[str] = (),
) -> list[Applied]:
    """Make the graph what the manifests say, all of it or nothing; a repeat changes nothing.

    With `prune`, services of the applications named that no document declares are deleted; where others still depend
    on one afterwards, the digest of its impact before has to be among `impact_digests`. Environments that name no
    provider get `default_provider`. Results come in the order of the documents, what was pruned after them.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied, InUse, ImpactRequired, StaleImpact, Forbidden; several
    together as Problems, each with the document's place in its field.
    """
    documents = await _read(contents)
    project_specs: list[tuple[_Document, Wanted]] = []
    environment_specs: list[tuple[_Document, EnvironmentSpec]] = []
    application_specs: list[tuple[_Document, Wanted]] = []
    template_specs: list[tuple[_Document, TemplateSpec]] = []
    service_specs: list[tuple[_Document, ServiceSpec]] = []
    for document in documents:
        locate = document.locate(_PLACES)
        match document.declaration:
            case ProjectDeclaration() as declared:
                project_specs.append((document, _wanted(change, declared, locate=locate)))
            case EnvironmentDeclaration() as declared:
                environment_specs.append(
                    (
                        document,
                        EnvironmentSpec(
                            project_id=declared.project_id,
                            name=declared.name,
                            description=declared.description,
                            stage=Stage(declared.stage),
                            namespace=declared.namespace,
                            provider=declared.provider or default_provider,
                            promotes_to=declared.promotes_to,
                            drift=declared.drift,
                            locate=locate,
                        ),
                    )
                )
            case ApplicationDeclaration() as declared:
                application_specs.append((document, _wanted(change, declared, locate=locate)))
            case TemplateDeclaration() as declared:
                template_specs.append((document, _template(document, declared)))
            case ServiceDeclaration() as declared:
                service_specs.append((document, _service(document, declared)))

    async def work(transaction: Transaction) -> list[Applied]:
        gone = await _undeclared(transaction, documents) if prune else []
        # The caller saw the graph as it was before these manifests: so does this, before anything is changed.
        confirmed = await confirming.confirm(transaction, change.kinds["Service"], gone, digests=impact_digests)
        done = _results(
            "Project",
            project_specs,
            await save(change, transaction, "Project", wanted=[one for _, one in project_specs], saving=Saving.UPSERT),
        )
        done += _results(
            "Environment",
            environment_specs,
            await environments.save_all(
                change, transaction, [spec for _, spec in environment_specs], saving=Saving.UPSERT
            ),
        )
        done += _results(
            "Application",
            application_specs,
            await save(
                change, transaction, "Application", wanted=[one for _, one in application_specs], saving=Saving.UPSERT
            ),
        )
        done += _results(
            "Template",
            template_specs,
            await templates.save_all(change, transaction, [spec for _, spec in template_specs]),
        )
        done += _results(
            "Service",
            service_specs,
            await services.save_all(change, transaction, [spec for _, spec in service_specs], saving=Saving.UPSERT),
        )
        done.sort(key=lambda one: -1 if one.index is None else one.index)
        wanted = [Wanted(id, id, {}) for id in gone]
        if wanted:
            deleted = await deleting.delete(change, transaction, "Service", wanted=wanted, confirmed=confirmed)
            done += [Applied(None, "Service", one.id, one.outcome) for one in deleted]
        return done

    extra = min(LONGEST_EXTRA, EXTRA + len(documents) * SECONDS_A_DOCUMENT)
    return await change.commit("apply_manifests", work, extra_seconds=extra)


def _results(kind: str, wanted: Sequence[tuple[_Document, object]], saved: Sequence[Saved]) -> list[Applied]:
    return [
        Applied(document.index, kind, one.id, one.outcome) for (document, _), one in zip(wanted, saved, strict=True)
    ]


async def _undeclared(transaction: Transaction, documents: Sequence[_Document]) -> list[str]:
    declared = {document.declaration.id for document in documents}
    found: list[str] = []
    for document in documents:
        if isinstance(document.declaration, ApplicationDeclaration):
            rows = await transaction.run("services/list_services_of", application_id=document.declaration.id)
            found += [str(row["id"]) for row in rows if str(row["id"]) not in declared]
    return sorted(found)
