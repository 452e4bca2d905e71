"""Mutations that plan and deploy."""

from typing import Annotated

import strawberry

from app.domain import plans, runs
from app.domain.runs import OnFailure, Started, Wishes
from app.errors import InvalidInput, PolicyDenied
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation, node_shown
from graph_schema.plans import Plan
from graph_schema.problems import Problem, problems_of
from graph_schema.projected import projected
from graph_schema.proposals import ProposedPlan, proposed
from graph_schema.runs import Run
from graph_schema.weights import PLANNING


@strawberry.input(description="What to plan.")
class PlanInput:
    """What to plan."""

    application: strawberry.ID = strawberry.field(description="The application's id.")
    environment: strawberry.ID = strawberry.field(description="The environment's id, of the same project.")
    dry_run: bool = strawberry.field(
        default=False, description="Compute everything and write nothing: the answer is `proposal`, not `plan`."
    )


@strawberry.type(description="A plan that was stored, or why there is none.")
class PlanPayload:
    """A plan that was stored, or why there is none."""

    plan: Plan | None = strawberry.field(
        description="The plan, also one that a policy blocks; null where refused, and for a dry run."
    )
    proposal: ProposedPlan | None = strawberry.field(description="What a dry run found; null without one.")
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
    priority: int = strawberry.field(
        default=0,
        description="From 0 to 9: of the project's runs that wait for a worker, the highest are taken up first.",
    )
    confirm_after_wave: int | None = strawberry.field(
        default=None,
        description="Someone has to confirm, by `confirmRun`, before anything that comes after this wave begins.",
    )
    break_glass: str | None = strawberry.field(
        default=None,
        description="Why it has to be done although a freeze holds. Only administrators may, and it is recorded.",
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
    wishes = Wishes(input.on_failure, input.confirm_after_wave, input.priority)
    if input.plan is not None:
        if input.application is not None or input.environment is not None:
            raise InvalidInput("give either a plan, or an application and an environment", "plan")
        return await runs.create_run(
            change,
            queue,
            plan_id=input.plan,
            wishes=wishes,
            idempotency_key=input.idempotency_key,
            break_glass=input.break_glass,
        )
    if input.application is None or input.environment is None:
        missing = "application" if input.application is None else "environment"
        raise InvalidInput("give either a plan, or an application and an environment", missing)
    return await runs.deploy(
        change,
        queue,
        application_id=input.application,
        environment_id=input.environment,
        wishes=wishes,
        idempotency_key=input.idempotency_key,
        break_glass=input.break_glass,
    )


@strawberry.type
class RunMutations:
    """Mutations that plan and deploy."""

    @mutation(
        description="Compute and store what deploying an application to an environment would do.", weight=PLANNING
    )
    async def plan(
        self, info: Asked, input: Annotated[PlanInput, strawberry.argument(description="What to plan.")]
    ) -> PlanPayload:
        """Compute and store a plan."""
        if input.dry_run:
            place = {"application_id": str(input.application), "environment_id": str(input.environment)}
            foreseen, problems = await attempt(plans.foresee(change_of(info), **place))
            shown = None if foreseen is None else proposed(foreseen)
            return PlanPayload(plan=None, proposal=shown, problems=problems)
        id, problems = await attempt(_planned(info, input))
        node = await node_shown(info, Plan, id, field="plan")
        return PlanPayload(plan=node, proposal=None, problems=problems)

    @mutation(
        description="Carry out a plan, or plan an application in an environment and carry that out.", weight=PLANNING
    )
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
