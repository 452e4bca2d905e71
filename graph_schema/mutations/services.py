"""Mutations of services, their versions and dependencies."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from app.domain import dependencies, names, services
from app.domain.changes import Change, Saving
from app.domain.dependencies import Dependency
from app.domain.dependencies import DependencyKind as DomainKind
from app.domain.services import ServiceSpec
from app.domain.templates.instances import Instance
from app.domain.version_input import read_version
from app.domain.workloads import DataClass as DomainDataClass
from app.domain.workloads import Exposure as DomainExposure
from app.errors import InvalidInput
from graph_schema.mutations.answers import (
    Asked,
    attempt,
    change_of,
    located,
    mutation,
    node_shown,
)
from graph_schema.mutations.versions import ServiceVersionInput, manifest_spec
from graph_schema.problems import Problem
from graph_schema.services import DataClass, DependencyKind, Exposure, Service, ServiceVersion

_PLACES = located({"parent": "application", "template": "template.name", "template_version": "template.version"})


@strawberry.input(description="A version of a template.")
class TemplateReferenceInput:
    """A version of a template."""

    name: str = strawberry.field(description="The template's name.")
    version: str = strawberry.field(description="The version's label.")


@strawberry.input(description="A service that another one depends on.")
class DependencyInput:
    """A service that another one depends on."""

    service: strawberry.ID = strawberry.field(description="The id of the service that is needed.")
    kind: DependencyKind = strawberry.field(
        default=DependencyKind.HARD, description="Hard: deployed first, and needed. Soft: neither."
    )


@strawberry.input(description="A new service.")
class CreateServiceInput:
    """A new service."""

    application: strawberry.ID = strawberry.field(description="The id of the application it belongs to.")
    name: str = strawberry.field(description="Its name, a DNS label, unique in the application.")
    description: str = strawberry.field(default="", description="What it does.")
    exposure: Exposure = strawberry.field(
        default=Exposure.INTERNAL, description="Who can reach it; policies look at it."
    )
    data_class: DataClass = strawberry.field(
        default=DataClass.INTERNAL, description="How much the data that it holds matters; policies look at it."
    )
    version: ServiceVersionInput | None = strawberry.field(default=None, description="What it is to run.")
    template: TemplateReferenceInput | None = strawberry.field(
        default=None, description="What it is to be an instance of, in place of `version`."
    )
    configuration: JSON | None = strawberry.field(
        default=None, description="What it says to the template's inputs: a mapping. Defaults are the template's."
    )
    dependencies: list[DependencyInput] = strawberry.field(
        default_factory=list, description="The services it depends on."
    )


@strawberry.input(description="What to change of a service; what is left out stays.")
class UpdateServiceInput:
    """What to change of a service."""

    id: strawberry.ID = strawberry.field(description="The service's id.")
    description: str | None = strawberry.field(default=None, description="What it does.")
    exposure: Exposure | None = strawberry.field(default=None, description="Who can reach it.")
    data_class: DataClass | None = strawberry.field(
        default=None, description="How much the data that it holds matters."
    )
    template: TemplateReferenceInput | None = strawberry.field(
        default=None,
        description="What it is to be an instance of from now on. Its configuration stays where none is given.",
    )
    configuration: JSON | None = strawberry.field(
        default=None, description="All that it says to the template's inputs: a mapping, in place of what it said."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where it is not at this version any more."
    )


@strawberry.input(description="A new version of a service, to be deployed next.")
class CreateServiceVersionInput:
    """A new version of a service."""

    service: strawberry.ID = strawberry.field(description="The service's id.")
    version: ServiceVersionInput = strawberry.field(description="What it runs.")


@strawberry.input(description="A dependency to add, or whose kind to change.")
class AddDependencyInput:
    """A dependency to add, or whose kind to change."""

    service: strawberry.ID = strawberry.field(description="The id of the service that depends.")
    depends_on: strawberry.ID = strawberry.field(description="The id of the service it depends on.")
    kind: DependencyKind = strawberry.field(default=DependencyKind.HARD, description="How much it depends.")


@strawberry.input(description="A dependency to remove.")
class RemoveDependencyInput:
    """A dependency to remove."""

    service: strawberry.ID = strawberry.field(description="The id of the service that depends.")
    depends_on: strawberry.ID = strawberry.field(description="The id of the service it depends on.")


@strawberry.type(description="A service that was changed, or why it was not.")
class ServicePayload:
    """A service that was changed, or why it was not."""

    service: Service | None = strawberry.field(description="The service as it is now; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.type(description="A version that was created, or why it was not.")
class ServiceVersionPayload:
    """A version that was created, or why it was not."""

    service_version: ServiceVersion | None = strawberry.field(description="The version; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def _payload(info: Asked, work: Awaitable[str]) -> ServicePayload:
    id, problems = await attempt(work)
    node = await node_shown(info, Service, id, field="service")
    return ServicePayload(service=node, problems=problems)


def _kind(kind: DependencyKind) -> DomainKind:
    return DomainKind(kind.value)


def _instance(reference: TemplateReferenceInput | None, configuration: object) -> Instance | None:
    if reference is None and configuration is None:
        return None
    if configuration is not None and not isinstance(configuration, dict):
        raise InvalidInput("configuration must be a mapping", "configuration")
    template = None
    if reference is not None:
        try:
            template = names.template_version_id(names.template_id(reference.name), reference.version)
        except ValueError as error:
            raise InvalidInput(str(error), "template") from error
    return Instance(template, configuration, locate=_PLACES)


async def _created(change: Change, input: CreateServiceInput) -> str:
    instance = _instance(input.template, input.configuration)
    if instance is not None and input.version is not None:
        raise InvalidInput("a service has a version of its own or is an instance of a template, not both", "template")
    spec = ServiceSpec(
        application_id=input.application,
        name=input.name,
        description=input.description,
        exposure=DomainExposure(input.exposure.value),
        data_class=DomainDataClass(input.data_class.value),
        version=None if input.version is None else read_version(manifest_spec(input.version), at="version"),
        instance=instance,
        dependencies=tuple(
            Dependency(one.service, _kind(one.kind), located({"service": f"dependencies[{position}].service"}))
            for position, one in enumerate(input.dependencies)
        ),
        locate=_PLACES,
    )
    return await services.save_service(change, spec, saving=Saving.CREATE)


async def _updated(change: Change, input: UpdateServiceInput) -> str:
    place = services.place(input.id)
    spec = ServiceSpec(
        place.application_id,
        place.name,
        input.description,
        exposure=None if input.exposure is None else DomainExposure(input.exposure.value),
        data_class=None if input.data_class is None else DomainDataClass(input.data_class.value),
        instance=_instance(input.template, input.configuration),
        expected_version=input.expected_version,
        locate=_PLACES,
    )
    return await services.save_service(change, spec, saving=Saving.UPDATE)


async def _versioned(change: Change, input: CreateServiceVersionInput) -> str:
    spec = read_version(manifest_spec(input.version), at="version")
    return await services.create_version(change, input.service, spec)


@strawberry.type
class ServiceMutations:
    """Mutations of services, their versions and dependencies."""

    @mutation(
        description="Create a service, with a version of its own or as an instance of a template. Refused where one of "
        "that name exists in the application, or its configuration does not fit the template's inputs."
    )
    async def create_service(
        self, info: Asked, input: Annotated[CreateServiceInput, strawberry.argument(description="The service.")]
    ) -> ServicePayload:
        """Create a service."""
        return await _payload(info, _created(change_of(info), input))

    @mutation(
        description="Change a service. Of another template version or configuration comes the version to deploy next."
    )
    async def update_service(
        self, info: Asked, input: Annotated[UpdateServiceInput, strawberry.argument(description="The change.")]
    ) -> ServicePayload:
        """Change a service."""
        return await _payload(info, _updated(change_of(info), input))

    @mutation(
        description="Create a version of a service, to be deployed next. The same content gives the same version. "
        "A service that was an instance of a template is none any more."
    )
    async def create_service_version(
        self, info: Asked, input: Annotated[CreateServiceVersionInput, strawberry.argument(description="The version.")]
    ) -> ServiceVersionPayload:
        """Create a version of a service."""
        id, problems = await attempt(_versioned(change_of(info), input))
        node = await node_shown(info, ServiceVersion, id, field="serviceVersion")
        return ServiceVersionPayload(service_version=node, problems=problems)

    @mutation(
        description="Let a service depend on another, or change how much it does. Refused where it closes a circle."
    )
    async def add_dependency(
        self, info: Asked, input: Annotated[AddDependencyInput, strawberry.argument(description="The dependency.")]
    ) -> ServicePayload:
        """Let a service depend on another."""
        wanted = Dependency(input.depends_on, _kind(input.kind), located({"service": "dependsOn"}))
        return await _payload(info, dependencies.add_dependency(change_of(info), input.service, wanted))

    @mutation(description="Let a service no longer depend on another.")
    async def remove_dependency(
        self, info: Asked, input: Annotated[RemoveDependencyInput, strawberry.argument(description="The dependency.")]
    ) -> ServicePayload:
        """Let a service no longer depend on another."""
        work = dependencies.remove_dependency(change_of(info), input.service, input.depends_on)
        return await _payload(info, work)
