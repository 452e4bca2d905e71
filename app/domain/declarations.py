"""What a manifest declares, with its ids: the plain values that use cases work on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from app.domain import names
from app.domain.drift import USUAL, DriftRules
from app.domain.images import parse_image
from app.domain.manifests import (
    ApplicationManifest,
    EnvironmentManifest,
    Manifest,
    ProjectManifest,
    ReadinessSpec,
    ServiceManifest,
    ServiceSpec,
)
from app.domain.quantities import canonical_quantity
from app.domain.versions import VersionSpec, version_id
from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds


@dataclass(frozen=True, slots=True)
class ProjectDeclaration:
    """A project as it should be."""

    id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class EnvironmentDeclaration:
    """An environment as it should be; `provider` None is the server's default, `promotes_to` an environment's id."""

    id: str
    project_id: str
    name: str
    description: str
    stage: str
    provider: str | None
    namespace: str
    promotes_to: str | None
    drift: DriftRules = USUAL


@dataclass(frozen=True, slots=True)
class ApplicationDeclaration:
    """An application as it should be."""

    id: str
    project_id: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DependencyDeclaration:
    """A service that another one calls; `kind` is hard (orders deployments) or soft."""

    service_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class ServiceDeclaration:
    """A service as it should be: its desired version, its id, and what it depends on, sorted by id."""

    id: str
    project_id: str
    application_id: str
    name: str
    description: str
    version: VersionSpec
    dependencies: tuple[DependencyDeclaration, ...]
    exposure: str = "internal"
    data_class: str = "internal"
    deprecated: bool | None = None

    @property
    def version_id(self) -> str:
        """The id of its desired version, by what that contains."""
        return version_id(self.id, self.version)


Declaration: TypeAlias = ProjectDeclaration | EnvironmentDeclaration | ApplicationDeclaration | ServiceDeclaration


def declare(manifest: Manifest) -> Declaration:
    """What a valid manifest declares."""
    match manifest:
        case ProjectManifest(metadata=metadata, spec=about):
            return ProjectDeclaration(names.project_id(metadata.name), metadata.name, about.description)
        case EnvironmentManifest():
            return _environment(manifest)
        case ApplicationManifest(metadata=place, spec=told):
            return ApplicationDeclaration(
                names.application_id(place.project, place.name), place.project, place.name, told.description
            )
        case ServiceManifest():
            return _service(manifest)


def version_spec(spec: ServiceSpec) -> VersionSpec:
    """The part of a service's specification that a version keeps.

    Ports and variables are sorted by name and quantities are in canonical form, so that what runs alike is one version.
    """
    requests, limits = spec.resources.requests, spec.resources.limits
    return VersionSpec(
        label=default_label(spec.image) if spec.version is None else spec.version,
        image=spec.image,
        replicas=spec.replicas,
        ports=tuple(
            Port(port.name, port.port, port.port if port.target_port is None else port.target_port)
            for port in sorted(spec.ports, key=lambda port: port.name)
        ),
        environment=tuple(sorted((variable.name, variable.value) for variable in spec.env)),
        command=tuple(spec.command),
        args=tuple(spec.args),
        resources=ResourceNeeds(
            cpu_request=_canonical(requests.cpu),
            cpu_limit=_canonical(limits.cpu),
            memory_request=_canonical(requests.memory),
            memory_limit=_canonical(limits.memory),
        ),
        probe=_probe(spec.readiness),
        deadline_seconds=spec.deadline_seconds,
    )


def default_label(image: str) -> str:
    """The label of a version of that image: its tag, else the beginning of its digest, else latest.

    What a label cannot hold at its ends is cut off.
    """
    reference = parse_image(image)
    if reference.tag is not None:
        text = reference.tag
    elif reference.digest is not None:
        algorithm, _, digits = reference.digest.partition(":")
        text = f"{algorithm.replace('+', '-')}-{digits[:12]}"
    else:
        text = "latest"
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", text[: names.LABEL_LENGTH]) or "image"


def _canonical(quantity: str | None) -> str | None:
    return None if quantity is None else canonical_quantity(quantity)


def _probe(readiness: ReadinessSpec | None) -> Probe | None:
    if readiness is None:
        return None
    if readiness.http is not None:
        return Probe(ProbeKind.HTTP, readiness.http.port, readiness.http.path)
    if readiness.grpc is not None:
        return Probe(ProbeKind.GRPC, readiness.grpc.port)
    return None if readiness.tcp is None else Probe(ProbeKind.TCP, readiness.tcp.port)


def _environment(manifest: EnvironmentManifest) -> EnvironmentDeclaration:
    metadata, spec = manifest.metadata, manifest.spec
    return EnvironmentDeclaration(
        id=names.environment_id(metadata.project, metadata.name),
        project_id=metadata.project,
        name=metadata.name,
        description=spec.description,
        stage=spec.stage,
        provider=spec.provider,
        namespace=spec.namespace or names.default_namespace(metadata.project, metadata.name),
        promotes_to=None if spec.promotes_to is None else names.environment_id(metadata.project, spec.promotes_to),
        drift=DriftRules(spec.drift.every_seconds, spec.drift.heal, tuple(sorted(set(spec.drift.ignore)))),
    )


def _service(manifest: ServiceManifest) -> ServiceDeclaration:
    metadata, spec = manifest.metadata, manifest.spec
    application = names.application_id(metadata.project, metadata.application)
    service = names.service_id(application, metadata.name)
    dependencies = (
        DependencyDeclaration(names.dependency_id(application, dependency.service), dependency.kind)
        for dependency in spec.dependencies
    )
    return ServiceDeclaration(
        id=service,
        project_id=metadata.project,
        application_id=application,
        name=metadata.name,
        description=spec.description,
        version=version_spec(spec),
        dependencies=tuple(sorted(dependencies, key=lambda dependency: dependency.service_id)),
        exposure=spec.exposure,
        data_class=spec.data_class,
        deprecated=spec.deprecated,
    )
