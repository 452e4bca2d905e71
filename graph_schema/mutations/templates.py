"""Mutations of the versions of templates; those of templates follow from their declaration."""

from collections.abc import Mapping
from typing import Annotated

import strawberry
from pydantic import JsonValue
from strawberry.scalars import JSON

from app.domain import declared
from app.domain.access import Action, require
from app.domain.changes import Change, refuse
from app.domain.manifest_validation import field_name, workload_faults
from app.domain.templates import templates
from app.domain.templates.content import TemplateContent, check
from app.domain.templates.templates import VersionSpec
from app.errors import InvalidInput
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation
from graph_schema.problems import Problem
from graph_schema.projected import projected
from graph_schema.templates import TemplateVersion

_KEY = "Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again."


@strawberry.input(description="A new version of a template. It never changes.")
class CreateTemplateVersionInput:
    """A new version of a template."""

    template: strawberry.ID = strawberry.field(description="The template's id.")
    version: str = strawberry.field(description="Its label, unique in the template, such as `1.2`.")
    inputs: JSON = strawberry.field(
        description="What a service's configuration may say: a JSON Schema (draft 2020-12) of an object."
    )
    outputs: JSON | None = strawberry.field(
        default=None, description="What a service of it says once it is deployed: a JSON Schema of an object."
    )
    workload: JSON = strawberry.field(
        description="What runs, as a service's manifest says it, with placeholders such as `${inputs.image}`."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="A version of a template that is not to be used any more, or is after all.")
class DeprecateTemplateVersionInput:
    """A version of a template that is not to be used any more, or is after all."""

    id: strawberry.ID = strawberry.field(description="The version's id.")
    deprecated: bool = strawberry.field(default=True, description="False takes it back.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="A version of a template that was created or changed, or why it was not.")
class TemplateVersionPayload:
    """A version of a template that was created or changed, or why it was not."""

    template_version: TemplateVersion | None = strawberry.field(description="The version; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


def _mapping(value: object, field: str) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{field} must be a mapping", field)
    return value


async def _created(change: Change, input: CreateTemplateVersionInput) -> str:
    require(change.actor, Action.ADMINISTER)
    content = TemplateContent(
        inputs=_mapping(input.inputs, "inputs"),
        outputs={} if input.outputs is None else _mapping(input.outputs, "outputs"),
        workload=_mapping(input.workload, "workload"),
    )
    faults = check(content, workload_faults)
    refuse([InvalidInput(f"{field_name(one.path)} {one.message}", field_name(one.path)) for one in faults])
    spec = VersionSpec(input.version, content)
    return await templates.create_version(change, input.template, spec, idempotency_key=input.idempotency_key)


async def _answer(info: Asked, id: str | None, problems: list[Problem]) -> TemplateVersionPayload:
    node = None if id is None else await projected(info, TemplateVersion, id, field="templateVersion")
    return TemplateVersionPayload(template_version=node, problems=problems)


@strawberry.type
class TemplateMutations:
    """Mutations of the versions of templates."""

    @mutation(
        description="Add a version to a template. Refused where it is not whole, or one of that label exists. "
        "No service changes by it. Administrators only."
    )
    async def create_template_version(
        self, info: Asked, input: Annotated[CreateTemplateVersionInput, strawberry.argument(description="The version.")]
    ) -> TemplateVersionPayload:
        """Add a version to a template."""
        return await _answer(info, *await attempt(_created(change_of(info), input)))

    @mutation(
        description="Say that services are not to be instances of a version any more, or are after all. "
        "Those that are stay so. Administrators only."
    )
    async def deprecate_template_version(
        self,
        info: Asked,
        input: Annotated[DeprecateTemplateVersionInput, strawberry.argument(description="Which version.")],
    ) -> TemplateVersionPayload:
        """Say that services are not to be instances of a version any more."""
        work = declared.update(
            change_of(info),
            "TemplateVersion",
            id=input.id,
            values={"deprecated": input.deprecated},
            idempotency_key=input.idempotency_key,
            action=Action.ADMINISTER,
        )
        return await _answer(info, *await attempt(work))
