"""Mutations that plan and deploy."""

from typing import Annotated

import strawberry

from app.domain import plans, runs
from app.domain.runs import OnFailure, Started
from app.errors import InvalidInput, PolicyDenied
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation
from graph_schema.plans import Plan
from graph_schema.problems import Problem, problems_of
from graph_schema.projected import projected
from graph_schema.runs import Run


@strawberry.input(description="What to plan.")
class PlanInput:
    """What to plan."""

    application: strawberry.ID = strawberry.field(description="The application's id.")
    environment: strawberry.ID = strawberry.field(description="The environment's id, of the same project.")


@strawberry.type(description="A plan that was stored, or why there is none.")
class PlanPayload:
    """A plan that was stored, or why there is none."""

    plan: Plan | None = strawberry.field(description="The plan, also one that a policy blocks; null where refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


@strawberry.input(description="What to deploy: a plan as it is, or an application in an environment by a new plan.")
class DeployInput:
    """What to deploy."""

    plan: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the plan to carry out; then neither application nor environment is given."
    )
    application: strawberry.ID | None = strawberry.field(default=None, description="The application's id.")
    environment: strawberry.ID | None = strawberry.field(default=None, description="The environment's id.")
    on_failure: OnFailure = strawberry.field(
        default=OnFailure.STOP, description="What the run does once a step has failed."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again.",
    )


@strawberry.type(description="A run that was created, or why there is none.")
class DeployPayload:
    """A run that was created, or why there is none."""

    run: Run | None = strawberry.field(description="The run; one that a policy denies has ended already.")
    plan: Plan | None = strawberry.field(description="The plan that it carries out.")
    problems: list[Problem] = strawberry.field(description="Why it was refused or denied; empty where it was accepted.")


async def _planned(info: Asked, input: PlanInput) -> str:
    planned = await plans.create_plan(
        change_of(info), application_id=input.application, environment_id=input.environment
    )
    return planned.id


async def _deployed(info: Asked, input: DeployInput) -> Started:
    change, queue = change_of(info), info.context.application.queue
    if input.plan is not None:
        if input.application is not None or input.environment is not None:
            raise InvalidInput("give either a plan, or an application and an environment", "plan")
        return await runs.create_run(
            change,
            queue,
            plan_id=input.plan,
            on_failure=input.on_failure,
            idempotency_key=input.idempotency_key,
        )
    if input.application is None or input.environment is None:
        missing = "application" if input.application is None else "environment"
        raise InvalidInput("give either a plan, or an application and an environment", missing)
    return await runs.deploy(
        change,
        queue,
        application_id=input.application,
        environment_id=input.environment,
        on_failure=input.on_failure,
        idempotency_key=input.idempotency_key,
    )


@strawberry.type
class RunMutations:
    """Mutations that plan and deploy."""

    @mutation(description="Compute and store what deploying an application to an environment would do.")
    async def plan(
        self, info: Asked, input: Annotated[PlanInput, strawberry.argument(description="What to plan.")]
    ) -> PlanPayload:
        """Compute and store a plan."""
        id, problems = await attempt(_planned(info, input))
        node = None if id is None else await projected(info, Plan, id, field="plan")
        return PlanPayload(plan=node, problems=problems)

    @mutation(description="Carry out a plan, or plan an application in an environment and carry that out.")
    async def deploy(
        self, info: Asked, input: Annotated[DeployInput, strawberry.argument(description="What to deploy.")]
    ) -> DeployPayload:
        """Carry out a plan."""
        started, problems = await attempt(_deployed(info, input))
        if started is None:
            return DeployPayload(run=None, plan=None, problems=problems)
        if started.violations:
            problems = problems_of(PolicyDenied(started.violations[0].message, started.violations, "plan"))
        return DeployPayload(
            run=await projected(info, Run, started.run_id, field="run"),
            plan=await projected(info, Plan, started.plan_id, field="plan"),
            problems=problems,
        )
