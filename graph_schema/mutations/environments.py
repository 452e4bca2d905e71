"""Mutations of environments."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from app.domain import environments
from app.domain.changes import Change, Saving
from app.domain.drift import DriftRules
from app.domain.environments import EnvironmentSpec, Stage
from graph_schema.environments import Environment
from graph_schema.environments import Stage as GraphStage
from graph_schema.mutations.answers import (
    Asked,
    attempt,
    change_of,
    located,
    mutation,
    node_shown,
)
from graph_schema.problems import Problem

_PLACES = located({"parent": "project", "promotes_to": "promotesTo"})


@strawberry.input(description="What is to be done about what was changed outside of Trellis.")
class DriftRulesInput:
    """What is to be done about what was changed outside of Trellis."""

    every_seconds: int | None = strawberry.field(
        default=None,
        description="Seconds between two looks, at most a day; 0 is never; as the workers are set if left out.",
    )
    heal: bool = strawberry.field(default=False, description="Whether it is put back without being asked.")
    ignore: list[str] = strawberry.field(
        default_factory=list,
        description="Fields that may differ, such as `replicas`; also patterns, such as `environment.*`.",
    )


def _rules(input: DriftRulesInput | None) -> DriftRules | None:
    if input is None:
        return None
    return DriftRules(input.every_seconds, input.heal, tuple(sorted(set(input.ignore))))


@strawberry.input(description="A new environment.")
class CreateEnvironmentInput:
    """A new environment."""

    project: strawberry.ID = strawberry.field(description="The id of the project it belongs to.")
    name: str = strawberry.field(description="Its name, a DNS label, unique in the project.")
    description: str = strawberry.field(default="", description="What it is for.")
    stage: GraphStage = strawberry.field(description="How much it matters; policies look at it.")
    provider: str | None = strawberry.field(
        default=None, description="What carries deployments out: echo or kubernetes; the server's default if left out."
    )
    namespace: str | None = strawberry.field(
        default=None, description="Where services run within the provider's target; project-name if left out."
    )
    promotes_to: strawberry.ID | None = strawberry.field(
        default=None, description="The environment that comes after this one."
    )
    drift: DriftRulesInput | None = strawberry.field(default=None, description="What is to be done about drift.")


@strawberry.input(description="What to change of an environment; what is left out stays.")
class UpdateEnvironmentInput:
    """What to change of an environment."""

    id: strawberry.ID = strawberry.field(description="The environment's id.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    stage: GraphStage | None = strawberry.field(default=None, description="How much it matters.")
    provider: str | None = strawberry.field(default=None, description="What carries deployments out.")
    namespace: str | None = strawberry.field(default=None, description="Where services run.")
    promotes_to: strawberry.ID | None = strawberry.field(default=None, description="What comes after this one.")
    drift: DriftRulesInput | None = strawberry.field(
        default=None, description="What is to be done about drift; it replaces all that was said of it."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where it is not at this version any more."
    )


@strawberry.type(description="An environment that was changed, or why it was not.")
class EnvironmentPayload:
    """An environment that was changed, or why it was not."""

    environment: Environment | None = strawberry.field(
        description="The environment as it is now; null where it was refused."
    )
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def _payload(info: Asked, work: Awaitable[str]) -> EnvironmentPayload:
    id, problems = await attempt(work)
    node = await node_shown(info, Environment, id, field="environment")
    return EnvironmentPayload(environment=node, problems=problems)


def _stage(stage: GraphStage | None) -> Stage | None:
    return None if stage is None else Stage(stage.value)


async def _updated(change: Change, input: UpdateEnvironmentInput) -> str:
    place = environments.place(input.id)
    spec = EnvironmentSpec(
        project_id=place.project,
        name=place.name,
        description=input.description,
        stage=_stage(input.stage),
        namespace=input.namespace,
        provider=input.provider,
        promotes_to=input.promotes_to,
        drift=_rules(input.drift),
        expected_version=input.expected_version,
        locate=_PLACES,
    )
    return await environments.save_environment(change, spec, saving=Saving.UPDATE)


@strawberry.type
class EnvironmentMutations:
    """Mutations of environments."""

    @mutation(description="Create an environment. Refused where one of that name exists in the project.")
    async def create_environment(
        self, info: Asked, input: Annotated[CreateEnvironmentInput, strawberry.argument(description="The environment.")]
    ) -> EnvironmentPayload:
        """Create an environment."""
        spec = EnvironmentSpec(
            project_id=input.project,
            name=input.name,
            description=input.description,
            stage=_stage(input.stage),
            namespace=input.namespace,
            provider=input.provider,
            promotes_to=input.promotes_to,
            drift=_rules(input.drift),
            locate=_PLACES,
        )
        whole = environments.completed(spec, default_provider=info.context.application.default_provider)
        return await _payload(info, environments.save_environment(change_of(info), whole, saving=Saving.CREATE))

    @mutation(description="Change an environment.")
    async def update_environment(
        self, info: Asked, input: Annotated[UpdateEnvironmentInput, strawberry.argument(description="The change.")]
    ) -> EnvironmentPayload:
        """Change an environment."""
        return await _payload(info, _updated(change_of(info), input))
