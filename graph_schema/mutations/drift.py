"""Mutations about drift: look now, let the desired follow what was seen, or plan to put it back."""

from typing import Annotated

import strawberry

from app.domain import drift_control
from graph_schema.environments import Environment
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation, node_shown
from graph_schema.plans import Plan
from graph_schema.problems import Problem
from graph_schema.services import ServiceVersion
from graph_schema.weights import PLANNING

_KEY = "Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again."
_REFUSED = "Why it was refused; empty where it was done."


@strawberry.input(description="Which environment to look at.")
class ObserveDriftInput:
    """Which environment to look at."""

    environment: strawberry.ID = strawberry.field(description="The environment's id.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Which deployment's drift is meant.")
class DriftInput:
    """Which deployment's drift is meant."""

    deployment: strawberry.ID = strawberry.field(description="The deployment's id.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The deployment's version as it was looked at: refused where something else was seen since.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="An environment that is to be observed, or why it is not.")
class ObserveDriftPayload:
    """An environment that is to be observed, or why it is not."""

    environment: Environment | None = strawberry.field(description="The environment; null where it was refused.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.type(description="The version that says what was seen, or why there is none.")
class AcceptDriftPayload:
    """The version that says what was seen, or why there is none."""

    service_version: ServiceVersion | None = strawberry.field(
        description="The version that the service desires now; null where it was refused."
    )
    problems: list[Problem] = strawberry.field(description=_REFUSED)


@strawberry.type(description="The plan that puts back what was changed, or why there is none.")
class RevertDriftPayload:
    """The plan that puts back what was changed, or why there is none."""

    plan: Plan | None = strawberry.field(description="The plan, to be deployed; null where it was refused.")
    problems: list[Problem] = strawberry.field(description=_REFUSED)


_Which = Annotated[DriftInput, strawberry.argument(description="Which deployment.")]


@strawberry.type
class DriftMutations:
    """Mutations about drift."""

    @mutation(
        description="Compare what runs in an environment with what is recorded as soon as a worker can. An event "
        "`environment.drift.observed` of the same `correlationId` says what came of it."
    )
    async def observe_drift(
        self,
        info: Asked,
        input: Annotated[ObserveDriftInput, strawberry.argument(description="Which environment.")],
    ) -> ObserveDriftPayload:
        """Compare what runs with what is recorded."""
        work = drift_control.observe_drift(
            change_of(info),
            info.context.application.queue,
            environment_id=input.environment,
            idempotency_key=input.idempotency_key,
        )
        id, problems = await attempt(work)
        node = await node_shown(info, Environment, id, field="environment")
        return ObserveDriftPayload(environment=node, problems=problems)

    @mutation(
        description="Let the service desire what was seen of a drifted deployment, as a new version; the next "
        "deployment records it. Refused for what no version can say, such as something missing as a whole."
    )
    async def accept_drift(self, info: Asked, input: _Which) -> AcceptDriftPayload:
        """Let the desired follow what was seen."""
        work = drift_control.accept_drift(
            change_of(info),
            deployment_id=input.deployment,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
        )
        id, problems = await attempt(work)
        node = await node_shown(info, ServiceVersion, id, field="serviceVersion")
        return AcceptDriftPayload(service_version=node, problems=problems)

    @mutation(
        description="Plan the application of a drifted deployment in its environment; deploying the plan puts back "
        "what was changed.",
        weight=PLANNING,
    )
    async def revert_drift(self, info: Asked, input: _Which) -> RevertDriftPayload:
        """Plan to put back what was changed."""
        work = drift_control.revert_drift(
            change_of(info),
            deployment_id=input.deployment,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
        )
        id, problems = await attempt(work)
        node = await node_shown(info, Plan, id, field="plan")
        return RevertDriftPayload(plan=node, problems=problems)
