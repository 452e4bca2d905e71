"""Mutations of applications."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from app.domain import applications
from app.domain.applications import ApplicationSpec
from app.domain.changes import Change, Saving
from graph_schema.applications import Application
from graph_schema.mutations.answers import (
    Asked,
    DeleteInput,
    DeletePayload,
    attempt,
    change_of,
    deleted,
    located,
    mutation,
)
from graph_schema.problems import Problem
from graph_schema.projected import projected

_PLACES = located({"parent": "project"})


@strawberry.input(description="A new application.")
class CreateApplicationInput:
    """A new application."""

    project: strawberry.ID = strawberry.field(description="The id of the project it belongs to.")
    name: str = strawberry.field(description="Its name, a DNS label, unique in the project.")
    description: str = strawberry.field(default="", description="What it is for.")


@strawberry.input(description="What to change of an application; what is left out stays.")
class UpdateApplicationInput:
    """What to change of an application."""

    id: strawberry.ID = strawberry.field(description="The application's id.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where it is not at this version any more."
    )


@strawberry.type(description="An application that was changed, or why it was not.")
class ApplicationPayload:
    """An application that was changed, or why it was not."""

    application: Application | None = strawberry.field(
        description="The application as it is now; null where it was refused."
    )
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def _payload(info: Asked, work: Awaitable[str]) -> ApplicationPayload:
    id, problems = await attempt(work)
    node = None if id is None else await projected(info, Application, id, field="application")
    return ApplicationPayload(application=node, problems=problems)


async def _updated(change: Change, input: UpdateApplicationInput) -> str:
    place = applications.place(input.id)
    spec = ApplicationSpec(place.project, place.name, input.description, input.expected_version, _PLACES)
    return await applications.save_application(change, spec, saving=Saving.UPDATE)


@strawberry.type
class ApplicationMutations:
    """Mutations of applications."""

    @mutation(description="Create an application. Refused where one of that name exists in the project.")
    async def create_application(
        self, info: Asked, input: Annotated[CreateApplicationInput, strawberry.argument(description="The application.")]
    ) -> ApplicationPayload:
        """Create an application."""
        spec = ApplicationSpec(input.project, input.name, input.description, locate=_PLACES)
        return await _payload(info, applications.save_application(change_of(info), spec, saving=Saving.CREATE))

    @mutation(description="Change an application.")
    async def update_application(
        self, info: Asked, input: Annotated[UpdateApplicationInput, strawberry.argument(description="The change.")]
    ) -> ApplicationPayload:
        """Change an application."""
        return await _payload(info, _updated(change_of(info), input))

    @mutation(
        description="Delete an application with its services and their versions. Refused while any of them is "
        "deployed, or services of other applications depend on them."
    )
    async def delete_application(
        self, info: Asked, input: Annotated[DeleteInput, strawberry.argument(description="Which application.")]
    ) -> DeletePayload:
        """Delete an application."""
        change = change_of(info)
        return await deleted(applications.delete_application(change, input.id, expected_version=input.expected_version))
