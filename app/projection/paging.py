"""Pages: how many, from where, and the opaque text that says where."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import orjson

from app.errors import InvalidInput
from app.projection.model import LeafKind, Order

DEFAULT_FIRST = 20
MOST_FIRST = 100

Key = str | int | float


def page_size(first: object) -> int:
    """How many nodes a page has: `first`, or 20 where it is null.

    Raises InvalidInput outside of 1..100.
    """
    if first is None:
        return DEFAULT_FIRST
    if not isinstance(first, int) or not 1 <= first <= MOST_FIRST:
        raise InvalidInput(f"first must be between 1 and {MOST_FIRST}, not {first}", "first")
    return first


def cursor(keys: Sequence[Key]) -> str:
    """The opaque text for a place in an order, from the values of its keys; a number alone stands for itself."""
    if len(keys) == 1 and isinstance(keys[0], int):
        return str(keys[0])
    return urlsafe_b64encode(orjson.dumps(keys)).rstrip(b"=").decode()


def place(after: object, order: Sequence[Order]) -> tuple[Key, ...]:
    """The values of the order's keys at a cursor.

    Raises InvalidInput for what `cursor` did not make for this order.
    """
    refused = InvalidInput(
        "after is not a cursor of this list: pass an endCursor or cursor that the list returned", "after"
    )
    text = str(after)
    try:
        if len(order) == 1 and order[0].kind is LeafKind.INT:
            return (_number(text),)
        values = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise refused from error
    if not isinstance(values, list) or len(values) != len(order):
        raise refused
    for value, key in zip(values, order, strict=True):
        if type(value) is not (int if key.kind is LeafKind.INT else str):
            raise refused
    if cursor(values) != text:
        raise refused
    return tuple(values)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(text)
    return int(text)
