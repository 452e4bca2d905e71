"""Two plans side by side."""

from typing import Annotated

import strawberry
from strawberry import ID

from app.domain import plan_diff
from app.domain.access import Action, require
from app.domain.plan_diff import StepDifference
from app.projection.model import Order
from app.projection.ordering import Ordering
from app.projection.paging import DEFAULT_FIRST, MOST_FIRST, cursor, page_size, place
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.entries import resolved
from graph_schema.plans import StepAction
from graph_schema.resolved_connections import Connection, connection
from graph_schema.weights import weighing

USUAL_DIFFERENCES = 6
"""What the cost of a page counts for the fields of each step."""
_ORDER = Ordering((Order("key"),))


@strawberry.type(description="A field that the same step has otherwise in two plans.")
class PlanFieldDifference:
    """A field that the same step has otherwise in two plans."""

    field: str = strawberry.field(description="`action`, `wave`, `version`, … or `changes.` and the field's name.")
    a: str | None = strawberry.field(description="What the first plan says; null where it says nothing.")
    b: str | None = strawberry.field(description="What the second plan says; null where it says nothing.")


@strawberry.type(description="A step that is not the same in two plans.")
class PlanStepDifference:
    """A step that is not the same in two plans."""

    key: ID = strawberry.field(description="The id of the deployment that the step changes.")
    service_name: str = strawberry.field(description="The service's name.")
    action_a: StepAction | None = strawberry.field(description="What it does in the first; null where it is not in it.")
    action_b: StepAction | None = strawberry.field(
        description="What it does in the second; null where it is not in it."
    )
    fields: list[PlanFieldDifference] = strawberry.field(
        description="What differs, where both have it, by field. A secret's value is not compared.",
        metadata=weighing(Weight(items=USUAL_DIFFERENCES)),
    )


@strawberry.type(description="What two plans say otherwise.")
class PlanDiff:
    """What two plans say otherwise."""

    same: bool = strawberry.field(description="Whether both have the same digest, and so say the same.")
    digest_a: str = strawberry.field(description="The first plan's digest.")
    digest_b: str = strawberry.field(description="The second plan's digest.")
    only_in_a: int = strawberry.field(description="How many steps only the first has.")
    only_in_b: int = strawberry.field(description="How many steps only the second has.")
    differing: int = strawberry.field(description="How many steps both have, and not the same.")
    found: strawberry.Private[tuple[StepDifference, ...]]

    @resolved(description="The steps that are not the same, by key.", weight=Weight(10, most=MOST_FIRST))
    async def steps(
        self,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many steps at most, 1 to {MOST_FIRST}.")
        ] = DEFAULT_FIRST,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> Connection[PlanStepDifference]:
        """The steps that are not the same."""
        size = page_size(first)
        start = "" if after is None else str(place(after, _ORDER)[0])
        rest = [one for one in self.found if one.key > start]
        shown = rest[:size]
        found = [(cursor([one.key]), _step(one)) for one in shown]
        return connection(found, more=len(rest) > size, later=after is not None, count=len(self.found))


async def read_plan_diff(context: Context, a: str, b: str) -> PlanDiff:
    """Compare two plans. Raises Unauthenticated, Forbidden, NotFound."""
    actor = context.signed_in()
    require(actor, Action.READ)
    found = await plan_diff.diff_plans(context.application.graph.reader(actor.tenant), a, b)
    return PlanDiff(
        same=found.same,
        digest_a=found.digest_a,
        digest_b=found.digest_b,
        only_in_a=found.only_in_a,
        only_in_b=found.only_in_b,
        differing=found.differing,
        found=found.steps,
    )


def _step(one: StepDifference) -> PlanStepDifference:
    return PlanStepDifference(
        key=ID(one.key),
        service_name=one.service_name,
        action_a=one.action_a,
        action_b=one.action_b,
        fields=[PlanFieldDifference(field=each.field, a=each.a, b=each.b) for each in one.fields],
    )
