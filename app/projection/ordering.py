"""Orders: what an `orderBy` says, ended by a key that is unique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from app.errors import InvalidInput
from app.projection.model import Leaf, NodeType, Order, SortDirection

MOST_KEYS = 5
"""How many keys an `orderBy` may name."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """The keys of an order, and how its cursors call it: None for the list's own order."""

    keys: tuple[Order, ...]
    name: str | None = None


def ordering(values: Mapping[str, object], node_type: NodeType, default: tuple[Order, ...]) -> Ordering:
    """The order that a field's arguments ask for; the id is its last key, in the direction of the key before it.

    Raises InvalidInput for more keys than may be, and for a key that is named twice.
    """
    asked = cast("list[Mapping[str, SortDirection]]", values.get("orderBy") or [])
    if not asked:
        return Ordering(default)
    if len(asked) > MOST_KEYS:
        raise InvalidInput(f"orderBy may name at most {MOST_KEYS} keys", "orderBy")
    keys: list[Order] = []
    names: list[str] = []
    for item in asked:
        ((name, direction),) = item.items()
        if name in names:
            raise InvalidInput(f"orderBy names {name} twice", "orderBy")
        names.append(name)
        keys.append(_key(node_type, name, descending=direction is SortDirection.DESC))
    if "id" not in names:
        names.append("id")
        keys.append(_key(node_type, "id", descending=keys[-1].descending))
    # What follows the id decides nothing.
    keys, names = keys[: names.index("id") + 1], names[: names.index("id") + 1]
    if tuple(keys) == default:
        return Ordering(default)
    said = (f"{name}:DESC" if key.descending else name for name, key in zip(names, keys, strict=True))
    return Ordering(tuple(keys), " ".join(said))


def _key(node_type: NodeType, name: str, *, descending: bool) -> Order:
    leaf = node_type.fields[name]
    assert isinstance(leaf, Leaf)
    if name == "id":
        return Order(leaf.property, leaf.kind, descending)
    certain = leaf.indexed and not leaf.nullable
    return Order(leaf.property, leaf.kind, descending, nullable=not certain, indexed=certain)
