"""The platform's events as they happen, without loss over broken connections."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue, ValidationError

from app.cli.answers import Event, EventGap, EventsSubscription
from app.cli.documents import document
from app.cli.failures import Refused, Unreachable
from app.cli.server import Server
from app.cli.subscription import ConnectionLost, open_subscription

BEYOND_THE_END: Final = str(2**53 - 1)
ANSWER_SECONDS: Final = 10.0
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came for a while although the connection stands: a moment to look at something else."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    `lost`: how long the server may stay away before the stream gives up; `idle`: after how much silence an Idle comes.
    """

    lost: float = 60.0
    idle: float = 2.0


class EventStream:
    """The events after a cursor, each once, in order.

    A broken connection is made anew after the last event that came, and so is one on which the server had to leave
    events out. Only what the server cannot replay comes out as an EventGap. `pause` waits between two attempts.
    """

    def __init__(
        self,
        server: Server,
        token: str,
        *,
        after: str,
        wanted: Mapping[str, JsonValue],
        tell: Callable[[str], None],
        patience: Patience = Patience(),
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._token = token
        self._cursor = after
        self._seq = 0
        self._wanted = dict(wanted)
        self._tell = tell
        self._patience = patience
        self._pause = pause
        self._now = now

    @property
    def cursor(self) -> str:
        """Where the stream stands: what has come so far is before it."""
        return self._cursor

    def __iter__(self) -> Iterator[Event | EventGap | Idle]:
        """Items as they come, until the caller stops.

        Raises Unreachable where the server stays away, NotSignedIn and Refused where it ends the subscription.
        """
        wait, alive = FIRST_PAUSE, self._now()
        while True:
            try:
                for item in self._connection():
                    wait, alive = FIRST_PAUSE, self._now()
                    yield item
            except ConnectionLost as error:
                if self._now() - alive > self._patience.lost:
                    raise Unreachable(f"{self._server.url} stays away: {error}") from error
                self._tell(f"connection lost ({error}); resuming after {self._cursor}")
            self._pause(wait)
            wait = min(wait * 2, LONGEST_PAUSE)

    def _connection(self) -> Iterator[Event | EventGap | Idle]:
        """What one connection brings. Raises ConnectionLost at its end, whichever it is."""
        variables: dict[str, JsonValue] = {"after": self._cursor, "filter": self._wanted}
        with open_subscription(
            self._server, self._token, text=document("events_subscription"), variables=variables
        ) as subscription:
            while True:
                data = subscription.next(self._patience.idle)
                if data is None:
                    yield Idle()
                    continue
                item = _item(data)
                if isinstance(item, Event):
                    if item.seq > self._seq:
                        self._seq, self._cursor = item.seq, item.cursor
                        yield item
                    continue
                went_back = int(item.cursor) < int(self._cursor)
                self._seq, self._cursor = int(item.cursor), item.cursor
                if not went_back:
                    raise ConnectionLost(f"the server left events out: {item.reason}")
                yield item


def newest_cursor(server: Server, token: str) -> str:
    """The cursor of the newest event there is: following after it misses nothing that happens from now on.

    Asks for what comes after the end of the log, which the server answers with where the end is. Raises Unreachable,
    NotSignedIn and Refused.
    """
    variables: dict[str, JsonValue] = {"after": BEYOND_THE_END}
    try:
        with open_subscription(
            server, token, text=document("events_subscription"), variables=variables
        ) as subscription:
            data = subscription.next(ANSWER_SECONDS)
    except ConnectionLost as error:
        raise Unreachable(f"{server.url} cannot be followed ({error})") from error
    if data is None:
        raise Unreachable(f"{server.url} did not say in time where its events end")
    return _item(data).cursor


def _item(data: dict[str, JsonValue]) -> Event | EventGap:
    try:
        return EventsSubscription.model_validate(data).events
    except ValidationError as error:
        raise Refused("an event does not fit this version of the command line", "ANSWER_MISFIT") from error
