"""A statement as it was written, and what it takes to run it and to read its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import FieldNode

from app.gathering import Together
from app.projection.layout import EntryAt, NodeLayout, OneAt, PageAt, RootLayout
from app.projection.selection import Arguments
from app.transactions import Value

PART: Final = 20
"""Rows of a page that are returned at a time where an answer may be large."""


@dataclass(frozen=True, slots=True)
class Binding:
    """How a parameter gets its value from a field's arguments."""

    parameter: str
    arguments: Arguments
    read: Callable[[Mapping[str, object]], Value]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, how its parameters get their values, and where its answer's values stand.

    `name` is one of a bounded set, for metrics; `nodes` are the root fields' that may find nothing, by response key;
    `searches` says that the full-text index is asked, and the parameter `scope` needed.
    """

    name: str
    text: str
    bindings: tuple[Binding, ...]
    layout: RootLayout
    nodes: Mapping[str, tuple[FieldNode, ...]]
    searches: bool


_PARAMETER = re.compile(r"\$(\w+)")
_SHARED = frozenset({"tenant", "role"})


def together(written: Written) -> Together | None:
    """The statement that asks the same for many at once: where each asks for single nodes by what was given.

    None where a list is read, which may be long, and where the answer depends on more than the tenant and the role of
    who asks.
    """
    own = {each.parameter for each in written.bindings}
    used = set(_PARAMETER.findall(written.text))
    if not own or used - own - _SHARED or not all(_is_small(how) for _, how in written.layout.items):
        return None
    text = _PARAMETER.sub(lambda found: f"asked.{found[1]}" if found[1] in own else found[0], written.text)
    return Together(
        f"UNWIND range(0, size($all) - 1) AS number WITH number, $all[number] AS asked {text},\nnumber AS number",
        tuple(sorted(own)),
        tuple(sorted(used & _SHARED - {"tenant"})),
    )


def _is_small(how: object) -> bool:
    match how:
        case EntryAt(node=NodeLayout(items=items)) | OneAt(node=NodeLayout(items=items)):
            return all(_is_small(each) for _, each in items)
        case PageAt() | EntryAt() | OneAt():
            return False
    return True


def in_parts(written: Written) -> str:
    """The same statement in several rows: each has a few rows of its root pages, the first has everything else."""
    lists = written.layout.lists
    largest = f"reduce(most = 0, f IN [{', '.join(f'f{each}' for each in lists)}] | "
    largest += "CASE WHEN size(f) > most THEN size(f) ELSE most END)"
    columns = (
        f"f{each}[part..part + {PART}] AS f{each}" if each in lists else f"CASE part WHEN 0 THEN f{each} END AS f{each}"
        for each in range(written.layout.width)
    )
    rows = written.text.removeprefix("RETURN ")
    return f"WITH {rows}\nUNWIND range(0, {largest}, {PART}) AS part\nRETURN {', '.join(columns)}"
