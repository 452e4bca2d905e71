"""Pages: how many, from where, and the opaque text that says where."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime

import orjson

from app.errors import InvalidInput
from app.projection.model import LeafKind, Order
from app.projection.ordering import Ordering

DEFAULT_FIRST = 20
MOST_FIRST = 100

Key = str | int | float | bool | None

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def page_size(first: object) -> int:
    """How many nodes a page has: `first`, or 20 where it is null.

    Raises InvalidInput outside of 1..100.
    """
    if first is None:
        return DEFAULT_FIRST
    if not isinstance(first, int) or not 1 <= first <= MOST_FIRST:
        raise InvalidInput(f"first must be between 1 and {MOST_FIRST}, not {first}", "first")
    return first


def cursor(keys: Sequence[Key], order: str | None = None) -> str:
    """The opaque text for a place in an order, from the values of its keys; a number alone stands for itself.

    `order` is the name of the order, None for the list's own.
    """
    if order is not None:
        return _opaque({order: keys})
    if len(keys) == 1 and type(keys[0]) is int:
        return str(keys[0])
    return _opaque(keys)


def _opaque(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def place(after: object, ordering: Ordering) -> tuple[Key, ...]:
    """The values of the order's keys at a cursor.

    Raises InvalidInput for what `cursor` did not make for this order.
    """
    refused = InvalidInput(
        "after is not a cursor of this list: pass an endCursor or cursor that the list returned", "after"
    )
    text, order = str(after), ordering.keys
    try:
        if ordering.name is None and len(order) == 1 and order[0].kind is LeafKind.INT:
            return (_number(text),)
        values = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise refused from error
    name = None
    if isinstance(values, dict) and len(values) == 1:
        ((name, values),) = values.items()
    if not isinstance(values, list) or cursor(values, name) != text:
        raise refused
    if name != ordering.name:
        raise InvalidInput(
            "after is a cursor of another order: pass one that the list returned with the same orderBy", "after"
        )
    if len(values) != len(order) or not all(_fits(value, key) for value, key in zip(values, order, strict=True)):
        raise refused
    return tuple(values)


def _fits(value: object, key: Order) -> bool:
    if value is None:
        return key.nullable
    match key.kind:
        case LeafKind.INT:
            return type(value) is int and -(2**63) <= value < 2**63
        case LeafKind.FLOAT:
            return type(value) in (int, float)
        case LeafKind.BOOLEAN:
            return type(value) is bool
        case LeafKind.TIME:
            return type(value) is str and _is_time(value)
        case _:
            return type(value) is str


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1] + match[4])
    except ValueError:
        return False
    return True


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValueError(text)
    return int(text)
