"""Following events: each once and in order, over broken sockets and holes, until the server ends it for good."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import pytest
from pydantic import JsonValue

from app.cli.answers import Event, EventGap
from app.cli.event_stream import EventStream, Idle, Patience
from app.cli.failures import NotSignedIn, Refused, Unreachable
from app.cli.server import Server
from app.local.ports import free_ports
from tests.cli.scripted import Close, Hold, Move, Refuse, ScriptedServer, event, gap


class Watcher:
    """A stream that does not really wait, and remembers what it was told."""

    def __init__(self, server: Server, *, after: str = "0", patience: Patience | None = None) -> None:
        self.told: list[str] = []
        self.pauses: list[float] = []
        self.clock = 0.0
        self.stream = EventStream(
            server,
            "token-1",
            after=after,
            wanted={"correlationId": "request-1"},
            tell=self.told.append,
            patience=patience or Patience(),
            pause=self.pause,
            now=lambda: self.clock,
        )

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock += seconds

    def take(self, number: int) -> list[int | str]:
        """The next items: an event's number, a gap's reason, or `idle`."""
        return [_short(item) for item in islice(self.stream, number)]


def _short(item: Event | EventGap | Idle) -> int | str:
    match item:
        case Event():
            return item.seq
        case EventGap():
            return item.reason
        case Idle():
            return "idle"


def after_cursors(server: ScriptedServer) -> list[object]:
    return [subscription["variables"]["after"] for subscription in server.subscriptions]  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    "end",
    [Close(1006), Close(1011), Close(1012), Close(4408), Close(4429), {"type": "complete", "id": "1"}, Close(4500)],
)
def test_a_broken_socket_is_resumed_after_the_last_event(end: Move) -> None:
    # given
    first: Sequence[Move] = [event(1), event(2), end]
    if end == Close(1006):
        first = [event(1), event(2)]
    scripted = ScriptedServer(sockets=[first, [event(3), Hold()]])
    with scripted.serving() as server:
        watcher = Watcher(server)

        # when
        taken = watcher.take(3)

    # then
    assert taken == [1, 2, 3]
    assert after_cursors(scripted) == ["0", "2"]
    assert [subscription["variables"]["filter"] for subscription in scripted.subscriptions] == [  # type: ignore[index, call-overload]
        {"correlationId": "request-1"},
        {"correlationId": "request-1"},
    ]
    assert len(watcher.told) == 1
    assert watcher.told[0].startswith("connection lost (")
    assert watcher.told[0].endswith("); resuming after 2")
    assert watcher.pauses == [0.2]


def test_a_server_that_keeps_breaking_off_is_asked_ever_more_slowly_and_then_given_up() -> None:
    # given
    scripted = ScriptedServer(sockets=[[event(1), Close(1011)], [Close(1011)]])
    with scripted.serving() as server:
        watcher = Watcher(server, patience=Patience(lost=12.0))

        # when
        with pytest.raises(Unreachable) as failure:
            watcher.take(2)

    # then
    assert watcher.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert failure.value.message == f"{server.url} stays away: close code 1011"


def test_a_server_that_is_not_there_is_given_up() -> None:
    # given
    server = Server(f"http://127.0.0.1:{free_ports(1)[0]}")
    watcher = Watcher(server, patience=Patience(lost=1.0))

    # when
    with pytest.raises(Unreachable) as failure:
        watcher.take(1)

    # then
    assert failure.value.message == f"{server.url} stays away: connection refused"


def test_silence_is_said_while_the_connection_stands() -> None:
    # given
    with ScriptedServer(sockets=[[event(1), Hold()]]).serving() as server:
        watcher = Watcher(server, patience=Patience(idle=0.01))

        # then
        assert watcher.take(3) == [1, "idle", "idle"]
        assert watcher.told == []


def test_events_that_were_left_out_are_fetched() -> None:
    # given
    scripted = ScriptedServer(sockets=[[event(1), gap(1), event(9)], [event(2), event(3), Hold()]])
    with scripted.serving() as server:
        watcher = Watcher(server)

        # when
        taken = watcher.take(3)

    # then
    assert taken == [1, 2, 3]
    assert after_cursors(scripted) == ["0", "1"]


def test_a_log_that_ends_before_the_cursor_is_said_and_followed_from_its_end() -> None:
    # given
    scripted = ScriptedServer(sockets=[[gap(3, "the log ends before the place that was asked for"), event(4), Hold()]])
    with scripted.serving() as server:
        watcher = Watcher(server, after="7")

        # then
        assert watcher.take(2) == ["the log ends before the place that was asked for", 4]
        assert watcher.stream.cursor == "4"


def test_an_event_that_comes_twice_is_passed_on_once() -> None:
    # given
    with ScriptedServer(sockets=[[event(1), event(2), event(2), event(1), event(3), Hold()]]).serving() as server:
        # then
        assert Watcher(server).take(3) == [1, 2, 3]


@pytest.mark.parametrize("moves", [[Refuse()], [Close(4401)], [Close(4403)]])
def test_a_token_that_is_not_accepted_ends_the_stream(moves: Sequence[Move]) -> None:
    # given
    with ScriptedServer(sockets=[moves]).serving() as server:
        watcher = Watcher(server)

        # when
        with pytest.raises(NotSignedIn) as failure:
            watcher.take(1)

    # then
    assert failure.value.message == f"{server.url} does not accept the token: sign in with `trellis login`"
    assert watcher.pauses == []


def test_an_error_ends_the_stream_with_its_code() -> None:
    # given
    error: JsonValue = {"message": "there is no category NOISE", "extensions": {"code": "INVALID_INPUT"}}
    scripted = ScriptedServer(sockets=[[{"type": "error", "id": "1", "payload": [error]}]])

    # when
    with scripted.serving() as server, pytest.raises(Refused) as failure:
        Watcher(server).take(1)

    # then
    assert failure.value.message == "there is no category NOISE"
    assert failure.value.code == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("move", "code"),
    [
        ("not json", "NO_GRAPHQL"),
        ({"type": "hello"}, "NO_GRAPHQL"),
        ({"type": "next", "id": "1", "payload": 5}, "NO_GRAPHQL"),
        ({"type": "next", "id": "1", "payload": {"data": {"events": {"__typename": "Other"}}}}, "ANSWER_MISFIT"),
        (Close(4400, "bad message"), "SUBSCRIPTION_REFUSED"),
    ],
)
def test_what_is_no_event_ends_the_stream(move: Move, code: str) -> None:
    # given
    scripted = ScriptedServer(sockets=[[move, Hold()]])

    # when
    with scripted.serving() as server, pytest.raises(Refused) as failure:
        Watcher(server).take(1)

    # then
    assert failure.value.code == code


def test_a_ping_is_answered_and_the_token_is_sent_first() -> None:
    # given
    scripted = ScriptedServer(sockets=[[{"type": "ping"}, event(1), Hold()]])
    with scripted.serving() as server:
        # when
        taken = Watcher(server).take(1)

    # then
    assert taken == [1]
    assert scripted.received[0] == {"type": "connection_init", "payload": {"authorization": "Bearer token-1"}}
    assert {"type": "pong"} in scripted.received
