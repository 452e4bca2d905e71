"""How a mutation asks a use case and answers with a payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, TypeVar, cast

import strawberry

from app.domain.changes import Change
from app.errors import Refusal
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.kinds import kinds_in
from graph_schema.problems import Problem, problems_of
from graph_schema.projected import projected
from graph_schema.weights import WRITING, weighing

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])
Asked: TypeAlias = strawberry.Info[Context, None]


def mutation(*, description: str, weight: Weight = WRITING) -> Callable[[F], F]:
    """Make a method a mutation of the schema; it stays typed as it is.

    `weight` says what it costs where it does more than change a few nodes.
    """

    def decorate(method: F) -> F:
        return cast("F", strawberry.mutation(method, description=description, metadata=weighing(weight)))

    return decorate


def change_of(info: Asked) -> Change:
    """What a use case that writes is given. Raises Unauthenticated."""
    context = info.context
    parts, kinds = context.application, kinds_in(info.schema._schema)
    return Change(parts.graph, parts.ids, parts.doorbell, context.signed_in(), context.request_id, kinds)


async def attempt(work: Awaitable[T]) -> tuple[T | None, list[Problem]]:
    """The use case's result and no problems, or None and the problems it was refused for."""
    try:
        return await work, []
    except Refusal as refusal:
        return None, problems_of(refusal)


async def node_shown(info: Asked, type_: type[T], id: str | None, *, field: str) -> T | None:
    """The node that a payload's `field` shows, read with what is selected of it; None where there is no id.

    That is so where the use case refused.
    """
    return None if id is None else await projected(info, type_, id, field=field)


def located(places: Mapping[str, str]) -> Callable[[str], str]:
    """Turns a use case's field names into those of the input."""

    def path(field: str) -> str:
        return places.get(field, field)

    return path


@strawberry.input(description="What to delete.")
class DeleteInput:
    """What to delete."""

    id: strawberry.ID = strawberry.field(description="The id of what is to be deleted.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse where it is not at this version any more."
    )
    impact_digest: str | None = strawberry.field(
        default=None,
        description="The digest of `impact(node, DELETE)` as it was shown. Needed where something depends on what "
        "is to be deleted; refused where the impact is another by now.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again.",
    )


@strawberry.type(description="What became of a deletion.")
class DeletePayload:
    """What became of a deletion."""

    id: strawberry.ID | None = strawberry.field(description="The id of what was deleted; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def deleted(work: Awaitable[str]) -> DeletePayload:
    """The payload of a deletion."""
    id, problems = await attempt(work)
    return DeletePayload(id=None if id is None else strawberry.ID(id), problems=problems)
