"""Applying manifests: thousands of documents become one transaction, or none of them does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from app.domain import applications, environments, projects, services
from app.domain.applications import ApplicationSpec
from app.domain.changes import Change, Outcome, Saved, Saving, refuse
from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    EnvironmentDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
    declare,
)
from app.domain.dependencies import Dependency, DependencyKind
from app.domain.environments import EnvironmentSpec, Stage
from app.domain.manifest_validation import validate
from app.domain.manifests import Manifest, ServiceManifest
from app.domain.names import dependency_id
from app.domain.projects import ProjectSpec
from app.domain.services import ServiceSpec
from app.errors import Conflict, InvalidInput, Refusal
from app.graph import Transaction

MOST = 20_000
"""More documents than this are not taken at once."""


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
_SERVICE_PLACES = {**_PLACES, "parent": "metadata.application"}


def _read(contents: Sequence[JsonValue]) -> list[_Document]:
    if not contents:
        raise InvalidInput("there are no manifests to apply", "manifests")
    if len(contents) > MOST:
        raise InvalidInput(f"{len(contents)} manifests are more than {MOST} at once", "manifests")
    problems: list[Refusal] = []
    documents = []
    first: dict[str, int] = {}
    for index, content in enumerate(contents):
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
        version=declared.version,
        dependencies=tuple(
            Dependency(one.service_id, DependencyKind(one.kind), dependency(one.service_id))
            for one in declared.dependencies
        ),
        locate=document.locate(_SERVICE_PLACES),
    )


async def apply_manifests(
    change: Change, contents: Sequence[JsonValue], *, prune: bool, default_provider: str
) -> list[Applied]:
    """Make the graph what the manifests say, all of it or nothing; a repeat changes nothing.

    With `prune`, services of the applications named that no document declares are deleted. Environments that name no
    provider get `default_provider`. Results come in the order of the documents, what was pruned after them.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied, InUse, Forbidden; several together as Problems, each with the
    document's place in its field.
    """
    documents = _read(contents)
    project_specs: list[tuple[_Document, ProjectSpec]] = []
    environment_specs: list[tuple[_Document, EnvironmentSpec]] = []
    application_specs: list[tuple[_Document, ApplicationSpec]] = []
    service_specs: list[tuple[_Document, ServiceSpec]] = []
    for document in documents:
        locate = document.locate(_PLACES)
        match document.declaration:
            case ProjectDeclaration() as declared:
                project_specs.append((document, ProjectSpec(declared.name, declared.description, locate=locate)))
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
                            locate=locate,
                        ),
                    )
                )
            case ApplicationDeclaration() as declared:
                spec = ApplicationSpec(declared.project_id, declared.name, declared.description, locate=locate)
                application_specs.append((document, spec))
            case ServiceDeclaration() as declared:
                service_specs.append((document, _service(document, declared)))

    async def work(transaction: Transaction) -> list[Applied]:
        done = _results(
            "Project",
            project_specs,
            await projects.save_all(change, transaction, [spec for _, spec in project_specs], saving=Saving.UPSERT),
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
            await applications.save_all(
                change, transaction, [spec for _, spec in application_specs], saving=Saving.UPSERT
            ),
        )
        done += _results(
            "Service",
            service_specs,
            await services.save_all(change, transaction, [spec for _, spec in service_specs], saving=Saving.UPSERT),
        )
        done.sort(key=lambda one: -1 if one.index is None else one.index)
        if prune:
            done += await _prune(change, transaction, documents)
        return done

    return await change.commit("apply_manifests", work)


def _results(kind: str, wanted: Sequence[tuple[_Document, object]], saved: Sequence[Saved]) -> list[Applied]:
    return [
        Applied(document.index, kind, one.id, one.outcome) for (document, _), one in zip(wanted, saved, strict=True)
    ]


async def _prune(change: Change, transaction: Transaction, documents: Sequence[_Document]) -> list[Applied]:
    declared = {document.declaration.id for document in documents}
    gone: list[str] = []
    for document in documents:
        if isinstance(document.declaration, ApplicationDeclaration):
            rows = await transaction.run("services/list_services_of", application_id=document.declaration.id)
            gone += [str(row["id"]) for row in rows if str(row["id"]) not in declared]
    deleted = await services.delete_all(change, transaction, gone) if gone else []
    return [Applied(None, "Service", one.id, one.outcome) for one in deleted]
