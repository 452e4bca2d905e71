"""Mutations of projects."""

from typing import Annotated

import strawberry

from app.domain import projects
from app.domain.changes import Saving
from app.domain.projects import ProjectSpec
from graph_schema.mutations.answers import Asked, DeleteInput, DeletePayload, attempt, change_of, deleted, mutation
from graph_schema.problems import Problem
from graph_schema.projected import projected
from graph_schema.projects import Project


@strawberry.input(description="A new project.")
class CreateProjectInput:
    """A new project."""

    name: str = strawberry.field(description="Its name, a DNS label; it becomes the project's id.")
    description: str = strawberry.field(default="", description="What it is for.")


@strawberry.input(description="What to change of a project; what is left out stays.")
class UpdateProjectInput:
    """What to change of a project."""

    id: strawberry.ID = strawberry.field(description="The project's id.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where it is not at this version any more."
    )


@strawberry.type(description="A project that was changed, or why it was not.")
class ProjectPayload:
    """A project that was changed, or why it was not."""

    project: Project | None = strawberry.field(description="The project as it is now; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def _payload(info: Asked, spec: ProjectSpec, saving: Saving) -> ProjectPayload:
    id, problems = await attempt(projects.save_project(change_of(info), spec, saving=saving))
    return ProjectPayload(
        project=None if id is None else await projected(info, Project, id, field="project"), problems=problems
    )


@strawberry.type
class ProjectMutations:
    """Mutations of projects."""

    @mutation(description="Create a project. Refused where one of that name exists.")
    async def create_project(
        self, info: Asked, input: Annotated[CreateProjectInput, strawberry.argument(description="The project.")]
    ) -> ProjectPayload:
        """Create a project."""
        return await _payload(info, ProjectSpec(input.name, input.description), Saving.CREATE)

    @mutation(description="Change a project.")
    async def update_project(
        self, info: Asked, input: Annotated[UpdateProjectInput, strawberry.argument(description="The change.")]
    ) -> ProjectPayload:
        """Change a project."""
        spec = ProjectSpec(input.id, input.description, input.expected_version)
        return await _payload(info, spec, Saving.UPDATE)

    @mutation(description="Delete a project. Refused while it holds applications or environments.")
    async def delete_project(
        self, info: Asked, input: Annotated[DeleteInput, strawberry.argument(description="Which project.")]
    ) -> DeletePayload:
        """Delete a project."""
        change = change_of(info)
        return await deleted(projects.delete_project(change, input.id, expected_version=input.expected_version))
