"""What a dry run answers: a plan that was computed and stored nowhere."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import ID

from app.domain.plan_approval import needed
from app.domain.plan_steps import PlanApproval, PlanState, Step, StepAction
from app.domain.plan_storing import COST_CHANGE
from app.domain.plans import Foreseen
from app.errors import InvalidInput
from app.projection.model import LeafKind, Order
from app.projection.ordering import Ordering
from app.projection.paging import cursor, place
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.entries import resolved
from graph_schema.plans import USUAL_CHANGES, FieldChange, UnknownValue
from graph_schema.resolved_connections import Connection, connection
from graph_schema.scalars import IDList
from graph_schema.weights import weighing

Asked: TypeAlias = strawberry.Info[Context, None]
MOST_STEPS = 1_000
DEFAULT_STEPS = 100
_ORDER = Ordering((Order("position", LeafKind.INT),))


@strawberry.type(description="What a plan would do to one service.")
class ProposedStep:
    """What a plan would do to one service."""

    key: ID = strawberry.field(description="The id of the deployment it would change.")
    position: int = strawberry.field(description="Its place in the plan, from 0.")
    wave: int = strawberry.field(description="How many steps have to come before it, one after the other.")
    action: StepAction = strawberry.field(description="What it would do.")
    kind: str = strawberry.field(description="What the service is for a provider.")
    service_id: ID = strawberry.field(description="The service's id.")
    service_name: str = strawberry.field(description="The service's name.")
    version_id: ID | None = strawberry.field(description="The id of the version it would deploy; null for none.")
    image: str | None = strawberry.field(description="The image it would deploy; null for none.")
    changes: list[FieldChange] = strawberry.field(
        description="The fields that it would change, by name.", metadata=weighing(Weight(items=USUAL_CHANGES))
    )
    irreversible: str | None = strawberry.field(description="Why it could not be undone; null where it could.")
    waiting_on: list[ID] = strawberry.field(
        description="The ids of the services whose steps have to come before it.", metadata=weighing(Weight(items=3))
    )
    policy: ID | None = strawberry.field(description="The policy that blocks it.")
    reason: str | None = strawberry.field(description="Why it is blocked.")
    path: list[ID] = strawberry.field(
        description="The ids of the nodes that show why it is blocked.", metadata=weighing(Weight(items=1))
    )
    path_edges: list[str] = strawberry.field(
        description="The edge types between the nodes of `path`.", metadata=weighing(Weight(items=1))
    )


@strawberry.type(description="A plan that was computed and stored nowhere.")
class ProposedPlan:
    """A plan that was computed and stored nowhere."""

    digest: str = strawberry.field(description="The SHA-256 of what it says: a stored plan of the same has the same.")
    state: PlanState = strawberry.field(description="Whether it could be run.")
    application_id: ID = strawberry.field(description="The application's id.")
    environment_id: ID = strawberry.field(description="The environment's id.")
    provider: str = strawberry.field(description="What would carry it out.")
    creates: int = strawberry.field(description="How many services it would deploy for the first time.")
    updates: int = strawberry.field(description="How many services it would change.")
    replaces: int = strawberry.field(description="How many services it would take away and deploy anew.")
    deletes: int = strawberry.field(description="How many services it would take away.")
    no_ops: int = strawberry.field(description="How many services it would leave as they are.")
    blocked: int = strawberry.field(description="How many steps must not be carried out.")
    waves: int = strawberry.field(description="How many steps, at the least, have to follow one another.")
    irreversible: int = strawberry.field(description="How many of its steps could not be undone.")
    cost_change: float = strawberry.field(
        description="What it would change of the costs: zero, because nothing has a price yet."
    )
    warnings: list[str] = strawberry.field(description="What is missing, and what policies that only warn found.")
    approval: PlanApproval = strawberry.field(description="Whether somebody would have to agree to it.")
    approval_reasons: list[str] = strawberry.field(description="Why somebody would have to agree to it.")
    impact: int = strawberry.field(description="How many services of other applications need what it would change.")
    impact_digest: str | None = strawberry.field(
        description="The SHA-256 of these services and their versions; null where there are too many."
    )
    affects: IDList = strawberry.field(description="The ids of these services.")
    planned: strawberry.Private[tuple[Step, ...]]

    @resolved(description="The steps, in the order they would be carried out.", weight=Weight(100, most=MOST_STEPS))
    async def steps(
        self,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many steps at most, 1 to {MOST_STEPS:,}.")
        ] = DEFAULT_STEPS,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> Connection[ProposedStep]:
        """The steps, in the order they would be carried out."""
        size = DEFAULT_STEPS if first is None else first
        if not 1 <= size <= MOST_STEPS:
            raise InvalidInput(f"first must be between 1 and {MOST_STEPS}, not {size}", "first")
        start = 0 if after is None else int(str(place(after, _ORDER)[0])) + 1
        shown = self.planned[start : start + size]
        services = {step.key: step.service_id for step in self.planned}
        found = [(cursor([at]), _step(at, step, services)) for at, step in enumerate(shown, start)]
        more, total = start + size < len(self.planned), len(self.planned)
        return connection(found, more=more, later=after is not None, count=total)


def proposed(foreseen: Foreseen) -> ProposedPlan:
    """A plan that was computed, as it is shown."""
    proposal, counts = foreseen.proposal, foreseen.proposal.counts
    return ProposedPlan(
        digest=proposal.digest,
        state=proposal.state,
        application_id=ID(proposal.place.application_id),
        environment_id=ID(proposal.place.environment_id),
        provider=proposal.place.provider,
        creates=counts[StepAction.CREATE],
        updates=counts[StepAction.UPDATE],
        replaces=counts[StepAction.REPLACE],
        deletes=counts[StepAction.DELETE],
        no_ops=counts[StepAction.NO_OP],
        blocked=counts[StepAction.BLOCKED],
        waves=proposal.waves,
        irreversible=proposal.irreversible,
        cost_change=COST_CHANGE,
        warnings=list(proposal.warnings),
        approval=needed(proposal),
        approval_reasons=list(proposal.approval_reasons),
        impact=len(foreseen.touched.services),
        impact_digest=foreseen.touched.digest,
        affects=IDList(list(foreseen.touched.ids)),
        planned=proposal.steps,
    )


def _step(position: int, step: Step, services: dict[str, str]) -> ProposedStep:
    return ProposedStep(
        key=ID(step.key),
        position=position,
        wave=step.wave,
        action=step.action,
        kind=step.kind,
        service_id=ID(step.service_id),
        service_name=step.service_name,
        version_id=None if step.version_id is None else ID(step.version_id),
        image=step.image,
        changes=[
            FieldChange(
                field=one.field,
                before=one.before,
                after=one.after,
                sensitive=one.sensitive,
                unknown=None
                if one.unknown is None
                else UnknownValue(reason=one.unknown.reason, origin=ID(one.unknown.origin)),
            )
            for one in step.changes
        ],
        irreversible=step.irreversible,
        waiting_on=[ID(services[key]) for key in step.requires],
        policy=None if step.policy is None else ID(step.policy),
        reason=step.reason,
        path=[ID(one) for one in step.path],
        path_edges=list(step.path_edges),
    )
