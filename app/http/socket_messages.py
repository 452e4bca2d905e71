"""The messages of graphql-transport-ws that a client may send, checked before anything is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.http.asked import Asked, RequestInvalid, asked_of, decoded

PROTOCOL = "graphql-transport-ws"
LONGEST_ID = 128


class FrameInvalid(Exception):
    """A frame is no message of the protocol; the message says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Initialise:
    """`connection_init`: who the client is."""

    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ping:
    """`ping`: answer with a pong."""


@dataclass(frozen=True, slots=True)
class Pong:
    """`pong`: nothing to do."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`subscribe`: carry an operation out under that id."""

    id: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Complete:
    """`complete`: end the operation of that id."""

    id: str


ClientMessage = Initialise | Ping | Pong | Subscribe | Complete


def parse(text: str) -> ClientMessage:
    """The message in a text frame. Raises FrameInvalid."""
    try:
        frame = decoded(text)
    except RequestInvalid as error:
        raise FrameInvalid(f"a message must be valid JSON: {error}") from error
    if not isinstance(frame, dict):
        raise FrameInvalid("a message must be an object")
    match frame.get("type"):
        case "connection_init":
            return Initialise(_object(frame, "payload"))
        case "ping":
            _object(frame, "payload")
            return Ping()
        case "pong":
            _object(frame, "payload")
            return Pong()
        case "subscribe":
            return _subscribe(frame)
        case "complete":
            return Complete(_id(frame))
    raise FrameInvalid("unknown message type")


def _subscribe(frame: Mapping[str, object]) -> Subscribe:
    payload = frame.get("payload")
    if not isinstance(payload, dict):
        raise FrameInvalid("payload must be an object")
    try:
        asked = asked_of(payload)
    except RequestInvalid as error:
        raise FrameInvalid(str(error)) from error
    return Subscribe(_id(frame), asked)


def _id(frame: Mapping[str, object]) -> str:
    value = frame.get("id")
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise FrameInvalid(f"id must be text of 1 to {LONGEST_ID} characters")
    return value


def _object(frame: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = frame.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrameInvalid(f"{name} must be an object")
    return value
