"""What people write down of a platform: one object a document, `apiVersion: trellis/v1`.

The classes describe a document's shape and the rules of each field; `app.domain.manifest_validation` applies them and
the rules between fields. Field names are written in camelCase, as Kubernetes does.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain import names
from app.domain.manifest_fields import (
    MOST_TAGS,
    Argument,
    Content,
    Cpu,
    DependencyName,
    Description,
    HttpPath,
    Icon,
    Ignored,
    Image,
    Label,
    Memory,
    Name,
    PortName,
    PortNumber,
    Title,
    VariableName,
)

API_VERSION: Final = "trellis/v1"


class Part(BaseModel):
    """A mapping of a manifest: unknown fields and values of another type are refused."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )


class ProjectMetadata(Part):
    """Names a project."""

    name: Name = Field(description="The project's name, unique in the organisation.")


class ProjectPartMetadata(Part):
    """Names a part of a project."""

    name: Name = Field(description="Its name, unique among its kind in the project.")
    project: Name = Field(description="The project it belongs to.")


class ServiceMetadata(Part):
    """Names a service of an application."""

    name: Name = Field(description="The service's name, unique in the application.")
    project: Name = Field(description="The project its application belongs to.")
    application: Name = Field(description="The application it belongs to.")


class TemplateMetadata(Part):
    """Names a template."""

    name: Name = Field(description="The template's name, unique in the organisation.")


class ProjectSpec(Part):
    """What there is to say about a project."""

    description: Description = ""


class ApplicationSpec(Part):
    """What there is to say about an application."""

    description: Description = ""


class DriftSpec(Part):
    """What is to be done about what was changed outside of Trellis."""

    every_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = Field(
        default=None, description="Seconds between two looks; 0 is never, and the workers' setting if left out."
    )
    heal: bool = Field(default=False, description="Whether it is put back without being asked.")
    ignore: Annotated[list[Ignored], Field(max_length=100)] = Field(
        default=[], description="Fields that may differ, such as replicas; also patterns, such as environment.*."
    )


class EnvironmentSpec(Part):
    """Where the services of a project run, and what comes after it."""

    description: Description = ""
    stage: Literal["development", "staging", "production"] = Field(
        description="How far along the way to its users it is; policies look at it."
    )
    provider: Name | None = Field(
        default=None, description="What makes services real there (echo, kubernetes); the server's default if left out."
    )
    namespace: Name | None = Field(
        default=None, description="The namespace its services run in; <project>-<environment> if left out."
    )
    promotes_to: Name | None = Field(
        default=None, description="The environment of the same project that a version is promoted to from here."
    )
    drift: DriftSpec = Field(default=DriftSpec(), description="What is to be done about drift.")


class PortSpec(Part):
    """A port of a service."""

    name: PortName = Field(description="Its name, unique in the service.")
    port: PortNumber = Field(description="The number others connect to, unique in the service.")
    target_port: PortNumber | None = Field(
        default=None, description="The number the container listens on; the same as port if left out."
    )


class VariableSpec(Part):
    """An environment variable of the container."""

    name: VariableName = Field(description="Its name, unique in the service.")
    value: Argument = Field(description="Its value, as text: quote numbers.")


class Bounds(Part):
    """Amounts of CPU and memory, as Kubernetes quantities."""

    cpu: Cpu | None = Field(default=None, description='Cores, down to a thousandth: "100m", "0.5", "2".')
    memory: Memory | None = Field(default=None, description='Bytes: "64Mi", "1Gi".')


class ResourcesSpec(Part):
    """What a container is given at least, and at most."""

    requests: Bounds = Field(default=Bounds(), description="What is set aside for it.")
    limits: Bounds = Field(default=Bounds(), description="What it may not exceed.")


class PortProbe(Part):
    """A probe that opens a connection (tcp) or asks the gRPC health service (grpc)."""

    port: PortNumber = Field(description="The port the container listens on.")


class HttpProbe(Part):
    """A probe that asks for a page; an answer from 200 to 399 means ready."""

    port: PortNumber = Field(description="The port the container listens on.")
    path: HttpPath = Field(default="/", description="The page to ask for; it begins with a slash.")


class ReadinessSpec(Part):
    """How a container is asked whether it is ready: exactly one of tcp, http and grpc."""

    tcp: PortProbe | None = Field(default=None, description="Ready once the port accepts a connection.")
    http: HttpProbe | None = Field(default=None, description="Ready once the page answers.")
    grpc: PortProbe | None = Field(default=None, description="Ready once the gRPC health service says so.")


class DependencySpec(Part):
    """Another service that this one calls."""

    service: DependencyName = Field(
        description="The service's name, or application/name in another application of the same project.",
    )
    kind: Literal["hard", "soft"] = Field(
        default="hard", description="hard: it cannot work without it, and is deployed after it; soft: it can."
    )


class TemplateReference(Part):
    """A version of a template."""

    name: Name = Field(description="The template's name.")
    version: Label = Field(description="The version of it, as text: quote numbers.")


class ServiceSpec(Part):
    """What a service runs and needs: a workload of its own, or a template and a configuration that it is made of."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["image"]}, {"required": ["template"]}]})

    description: Description = ""
    template: TemplateReference | None = Field(
        default=None, description="What it is an instance of; image and all else that runs comes from there."
    )
    configuration: Content = Field(
        default={}, description="What it says to the template's inputs; defaults are the template's."
    )
    exposure: Literal["internal", "public"] = Field(
        default="internal", description="Who can reach it: other services, or anybody; policies look at it."
    )
    data_class: Literal["public", "internal", "confidential", "personal"] = Field(
        default="internal", description="How much the data that it holds matters; policies look at it."
    )
    version: Label | None = Field(
        default=None,
        description="A label for this version; from the image's tag or digest if left out.",
    )
    deprecated: bool | None = Field(
        default=None,
        description="Whether this version is not to be deployed any more; policies look at it. As it is if left out.",
    )
    image: Image | None = Field(
        default=None,
        description="The container image: registry/repository:tag@digest. Needed where there is no template.",
    )
    replicas: Annotated[int, Field(ge=0, le=1_000)] = Field(default=1, description="How many copies run.")
    ports: Annotated[list[PortSpec], Field(max_length=100)] = Field(default=[], description="What it listens on.")
    env: Annotated[list[VariableSpec], Field(max_length=1_000)] = Field(
        default=[], description="The container's environment variables."
    )
    command: Annotated[list[Argument], Field(max_length=1_000)] = Field(
        default=[], description="What to run in place of the image's entry point."
    )
    args: Annotated[list[Argument], Field(max_length=1_000)] = Field(
        default=[], description="Arguments in place of the image's own."
    )
    resources: ResourcesSpec = Field(default=ResourcesSpec(), description="How much CPU and memory it gets.")
    readiness: ReadinessSpec | None = Field(
        default=None, description="When it is ready to serve; as soon as it runs if left out."
    )
    deadline_seconds: Annotated[int, Field(ge=1, le=3_600)] = Field(
        default=300, description="How long a rollout may take before it has failed, in seconds."
    )
    dependencies: Annotated[list[DependencySpec], Field(max_length=1_000)] = Field(
        default=[], description="The services it calls."
    )


class TemplateVersionSpec(Part):
    """A version of a template: it never changes, so what is to be another has another label."""

    version: Label = Field(
        description="Its label, unique in the template, as text: quote numbers.",
    )
    deprecated: bool | None = Field(
        default=None, description="Whether services are not to be instances of it any more. As it is if left out."
    )
    inputs: Content = Field(
        description="What a service's configuration may say: a JSON Schema (draft 2020-12) of an object."
    )
    outputs: Content = Field(
        default={}, description="What a service of it says once it is deployed: a JSON Schema of an object, or nothing."
    )
    workload: Content = Field(
        description="What runs: image, replicas, ports, env, command, args, resources, readiness and deadlineSeconds "
        "as a service has them, with placeholders such as ${inputs.image}."
    )


class TemplateSpec(Part):
    """What is offered: versions that are not said stay as they are."""

    title: Title = Field(default="", description="What people read instead of its name.")
    description: Description = ""
    icon: Icon | None = Field(default=None, description="The name of a picture, or an https address.")
    category: Name | None = Field(default=None, description="What it is offered under, such as web.")
    tags: Annotated[list[Name], Field(max_length=MOST_TAGS)] = Field(
        default=[], description="Words that it can be found by."
    )
    versions: Annotated[list[TemplateVersionSpec], Field(max_length=100)] = Field(
        default=[], description="Its versions."
    )


class ProjectManifest(Part):
    """A project: what a team owns."""

    api_version: Literal["trellis/v1"] = Field(description="The version of this format.")
    kind: Literal["Project"] = Field(description="What the document declares.")
    metadata: ProjectMetadata = Field(description="Its name.")
    spec: ProjectSpec = Field(default=ProjectSpec(), description="What it is.")


class EnvironmentManifest(Part):
    """An environment of a project: where its services run."""

    api_version: Literal["trellis/v1"] = Field(description="The version of this format.")
    kind: Literal["Environment"] = Field(description="What the document declares.")
    metadata: ProjectPartMetadata = Field(description="Its name and place.")
    spec: EnvironmentSpec = Field(description="What it is.")


class ApplicationManifest(Part):
    """An application of a project: services that belong together."""

    api_version: Literal["trellis/v1"] = Field(description="The version of this format.")
    kind: Literal["Application"] = Field(description="What the document declares.")
    metadata: ProjectPartMetadata = Field(description="Its name and place.")
    spec: ApplicationSpec = Field(default=ApplicationSpec(), description="What it is.")


class ServiceManifest(Part):
    """A service of an application: a container image, how to run it, and what it calls."""

    api_version: Literal["trellis/v1"] = Field(description="The version of this format.")
    kind: Literal["Service"] = Field(description="What the document declares.")
    metadata: ServiceMetadata = Field(description="Its name and place.")
    spec: ServiceSpec = Field(description="What it is.")


class TemplateManifest(Part):
    """A template: something that services can be instances of. Administrators only."""

    api_version: Literal["trellis/v1"] = Field(description="The version of this format.")
    kind: Literal["Template"] = Field(description="What the document declares.")
    metadata: TemplateMetadata = Field(description="Its name.")
    spec: TemplateSpec = Field(default=TemplateSpec(), description="What it is.")


Manifest: TypeAlias = ProjectManifest | EnvironmentManifest | ApplicationManifest | TemplateManifest | ServiceManifest

MODELS: Final[dict[str, type[Manifest]]] = {
    "Project": ProjectManifest,
    "Environment": EnvironmentManifest,
    "Application": ApplicationManifest,
    "Template": TemplateManifest,
    "Service": ServiceManifest,
}
"""The model of each kind, in the order in which objects can be created."""


def identity(manifest: Manifest) -> str:
    """The id of what a manifest declares, unique over all kinds."""
    match manifest:
        case ProjectManifest():
            return names.project_id(manifest.metadata.name)
        case EnvironmentManifest():
            return names.environment_id(manifest.metadata.project, manifest.metadata.name)
        case ApplicationManifest():
            return names.application_id(manifest.metadata.project, manifest.metadata.name)
        case TemplateManifest():
            return names.template_id(manifest.metadata.name)
        case ServiceManifest():
            metadata = manifest.metadata
            return names.service_id(names.application_id(metadata.project, metadata.application), metadata.name)
