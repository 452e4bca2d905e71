"""Subscriptions: what happens, as it happens."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, TypeAlias, TypeVar, cast

import strawberry

from app.domain.access import Action, require
from app.domain.event_filter import EVERYTHING
from app.domain.events import Category, Level
from app.domain.recorded_events import RecordedEvent
from app.errors import InvalidInput
from app.event_hub import Gap
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.events import Event, EventFilter
from graph_schema.interfaces import Node
from graph_schema.projected import reference
from graph_schema.weights import FOLLOWING, weighing

F = TypeVar("F", bound=Callable[..., object])

# The class is declared field by field, so its constructor's parameters are not known to the type checker.
_event: Callable[..., Event] = Event


def subscription(*, description: str, weight: Weight) -> Callable[[F], F]:
    """Make a method a subscription of the schema; it stays typed as it is.

    `weight` says what following it costs beside what one message shows.
    """

    def decorate(method: F) -> F:
        return cast("F", strawberry.subscription(method, description=description, metadata=weighing(weight)))

    return decorate


@strawberry.type(description="Says that events were left out of a subscription; the subscription goes on.")
class EventGap:
    """Says that events were left out."""

    cursor: str = strawberry.field(
        description="The place after which events are missing: subscribing again with it as `after` brings them."
    )
    reason: str = strawberry.field(description="Why they were left out, as a sentence for people.")


EventMessage: TypeAlias = Annotated[
    Event | EventGap,
    strawberry.union("EventMessage", description="What a subscription to events delivers."),
]


@strawberry.type(description="What can be followed as it happens.")
class Subscription:
    """What can be followed as it happens."""

    @subscription(
        description=(
            "Everything that happens, in the order of the log: each event once and none left out without an `EventGap`."
        ),
        weight=FOLLOWING,
    )
    async def events(
        self,
        info: strawberry.Info[Context, None],
        after: Annotated[
            str | None,
            strawberry.argument(
                description="The cursor of the last event that was seen; `0` is the beginning. From now on if left out."
            ),
        ] = None,
        wanted: Annotated[
            EventFilter | None, strawberry.argument(name="filter", description="Which events to deliver.")
        ] = None,
    ) -> AsyncGenerator[EventMessage, None]:
        """Everything that happens, in the order of the log."""
        actor = info.context.signed_in()
        require(actor, Action.READ)
        hub = info.context.application.events
        which = EVERYTHING if wanted is None else wanted.wanted()
        async with aclosing(hub.subscribe(actor.tenant, place(after), which)) as items:
            async for item in items:
                yield EventGap(cursor=str(item.cursor), reason=item.reason) if isinstance(item, Gap) else shown(item)


def place(after: str | None) -> int | None:
    """The number that a cursor stands for. Raises InvalidInput for text that is no cursor."""
    if after is None:
        return None
    if not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise InvalidInput("a cursor is the number of an event, such as 42; 0 is the beginning", "after")
    return int(after)


def shown(event: RecordedEvent) -> Event:
    """The event as the schema has it. Raises ValueError for a category or level that this release does not know."""
    return _event(
        id=event.id,
        seq=event.seq,
        cursor=str(event.seq),
        type=event.type,
        category=Category(event.category),
        level=Level(event.level),
        subject=event.subject,
        subject_label=event.subject_label,
        subject_version=event.subject_version,
        about=reference(Node, event.subject),
        actor=event.actor,
        at=event.at,
        correlation_id=event.correlation_id,
        change_set=event.change_set,
        application_id=event.application_id,
        environment_id=event.environment_id,
        message=event.message,
        data=event.data,
        hash=event.hash,
        previous_hash=event.previous_hash,
    )
