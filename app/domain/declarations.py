"""What a manifest declares, with its ids: the plain values that use cases work on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

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
    TemplateManifest,
)
from app.domain.quantities import canonical_quantity
from app.domain.templates.content import TemplateContent
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
class TemplateVersionDeclaration:
    """A version of a template as it should be; `deprecated` None leaves it as it is."""

    label: str
    content: TemplateContent
    deprecated: bool | None = None


@dataclass(frozen=True, slots=True)
class TemplateDeclaration:
    """A template as it should be, with those of its versions that are said, sorted by label."""

    id: str
    name: str
    title: str
    description: str
    icon: str | None
    category: str | None
    tags: tuple[str, ...]
    versions: tuple[TemplateVersionDeclaration, ...]


@dataclass(frozen=True, slots=True)
class InstanceDeclaration:
    """What a service is an instance of, by the template version's id; `label` is its own version's, if that is said."""

    template_version_id: str
    configuration: Mapping[str, JsonValue]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceDeclaration:
    """A service as it should be: its desired version, its id, and what it depends on, sorted by id.

    Where it is an `instance`, the version comes of that: it and its id are None.
    """

    id: str
    project_id: str
    application_id: str
    name: str
    description: str
    version: VersionSpec | None
    dependencies: tuple[DependencyDeclaration, ...]
    exposure: str = "internal"
    data_class: str = "internal"
    deprecated: bool | None = None
    instance: InstanceDeclaration | None = None

    @property
    def own(self) -> VersionSpec:
        """The version that it says itself. ValueError where that comes of a template."""
        if self.version is None:
            raise ValueError(f"what {self.id} runs comes of a template")
        return self.version

    @property
    def version_id(self) -> str | None:
        """The id of its desired version, by what that contains; None where that comes of a template."""
        return None if self.version is None else version_id(self.id, self.version)


Declaration: TypeAlias = (
    ProjectDeclaration | EnvironmentDeclaration | ApplicationDeclaration | TemplateDeclaration | ServiceDeclaration
)


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
        case TemplateManifest():
            return _template(manifest)
        case ServiceManifest():
            return _service(manifest)


def version_spec(spec: ServiceSpec) -> VersionSpec:
    """The part of a service's specification that a version keeps.

    Ports and variables are sorted by name and quantities are in canonical form, so that what runs alike is one version.
    ValueError where it has no image.
    """
    if spec.image is None:
        raise ValueError("what comes from a template is no version yet")
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
    instance = None
    if spec.template is not None:
        template = names.template_version_id(names.template_id(spec.template.name), spec.template.version)
        instance = InstanceDeclaration(template, spec.configuration, spec.version)
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
        version=version_spec(spec) if instance is None else None,
        dependencies=tuple(sorted(dependencies, key=lambda dependency: dependency.service_id)),
        exposure=spec.exposure,
        data_class=spec.data_class,
        deprecated=spec.deprecated,
        instance=instance,
    )


def _template(manifest: TemplateManifest) -> TemplateDeclaration:
    name, spec = manifest.metadata.name, manifest.spec
    versions = (
        TemplateVersionDeclaration(
            one.version, TemplateContent(one.inputs, one.outputs, one.workload), deprecated=one.deprecated
        )
        for one in spec.versions
    )
    return TemplateDeclaration(
        id=names.template_id(name),
        name=name,
        title=spec.title,
        description=spec.description,
        icon=spec.icon,
        category=spec.category,
        tags=tuple(sorted(spec.tags)),
        versions=tuple(sorted(versions, key=lambda one: one.label)),
    )
