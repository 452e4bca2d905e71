"""Kinds of nodes as data: what can be written of one, what it is part of, and what its deletion means for others.

`graph_schema` reads these descriptions off its declarations and hands them to the use cases; GraphQL is unknown here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from app.domain import names
from app.errors import InvalidInput
from app.transactions import Value

Check = Callable[[Value], None]
"""Returns for an acceptable value, else raises ValueError with a sentence that says what is needed."""
LONGEST_TEXT = 2_000
"""Characters of any text that callers write: a page shows a hundred of them."""

_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Rule(StrEnum):
    """What becomes of an edge's other end when the node that declares the edge is deleted."""

    CASCADE = "cascade"
    """It is deleted too."""
    RESTRICT = "restrict"
    """While it exists, the node cannot be deleted."""
    CONFIRM = "confirm"
    """While it exists, the node is deleted only with the digest of the impact; it stays, and the edge goes."""
    DETACH = "detach"
    """It stays; the edge goes."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One relationship, and the label of the node that it leads to."""

    type: str
    outgoing: bool
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """A property, and what is asked of its values."""

    name: str
    checks: tuple[Check, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge that callers write by naming ids; `prefix` is what the ids begin with and callers leave out."""

    name: str
    hop: Hop
    many: bool = False
    prefix: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """What a node is part of: the edge from there, and the one id it has where callers do not choose."""

    name: str
    type: str
    label: str
    fixed: str | None = None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What the deletion of a node means for those that a path leads to."""

    path: tuple[Hop, ...]
    rule: Rule


@dataclass(frozen=True)
class Kind:
    """One kind of node.

    `key` makes a node's id of its name and, where the parent is part of it, of the parent's id: `{project}/{name}`;
    `named` is the pattern of names. `fields` and `edges` are what callers write, or at least what events say.
    `constants` are properties that every node is created with. `users` names a statement (parameter `ids`, columns
    `used_id`, `id` and `label`) that finds what keeps nodes from being deleted beside what edges lead to.
    """

    label: str
    key: str
    parent: Parent
    fields: tuple[Field, ...] = ()
    edges: tuple[Edge, ...] = ()
    constants: Mapping[str, Value] = field(default_factory=dict)
    users: str | None = None
    named: str = names.SLUG_PATTERN

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The names of all that events say, fields first."""
        return (*(field.name for field in self.fields), *(edge.name for edge in self.edges))

    def identify(self, parent_id: str, name: str) -> str:
        """The id of a node. ValueError where the name is no DNS label."""
        slug = names.slug(name)
        return _PART.sub(lambda part: slug if part[1] == "name" else parent_id, self.key)

    def check(self, values: Mapping[str, Value], locate: Callable[[str], str]) -> list[InvalidInput]:
        """What is wrong with these values, each at its place in the input; what is left out is not looked at."""
        problems: list[InvalidInput] = []
        for one in (one for one in self.fields if one.name in values):
            value = values[one.name]
            if value is None and one.required:
                problems.append(InvalidInput("it cannot be without a value", locate(one.name)))
            try:
                for check in (_short, *one.checks) if value is not None else ():
                    check(value)
            except ValueError as error:
                problems.append(InvalidInput(str(error), locate(one.name)))
        missing = [one for one in self.edges if one.required and one.name in values and values[one.name] is None]
        return [*problems, *(InvalidInput("it cannot lead nowhere", locate(one.name)) for one in missing)]


class Kinds:
    """All kinds of nodes that callers write, and what the deletion of any node means, by label."""

    def __init__(self, kinds: Sequence[Kind], consequences: Mapping[str, Sequence[Consequence]]) -> None:
        self._kinds = {kind.label: kind for kind in kinds}
        self._consequences = consequences
        self._patterns = {kind.label: re.compile(self._pattern(kind, ())) for kind in kinds}

    @property
    def labels(self) -> frozenset[str]:
        """All labels, also of nodes that callers do not write."""
        return frozenset(self._consequences)

    def __getitem__(self, label: str) -> Kind:
        return self._kinds[label]

    def get(self, label: str) -> Kind | None:
        """The kind with that label, if callers can write it."""
        return self._kinds.get(label)

    def consequences(self, label: str, rule: Rule) -> list[Consequence]:
        """What of that rule follows for others when a node with that label is deleted."""
        return [each for each in self._consequences.get(label, ()) if each.rule is rule]

    def places(self, label: str, id: str) -> Mapping[str, str]:
        """The ids of a node and of what it is part of, by label, as far as its id says."""
        match = self._patterns[label].fullmatch(id)
        return {label: id} if match is None else {label: id, **match.groupdict()}

    def _pattern(self, kind: Kind, above: tuple[str, ...]) -> str:
        def part(found: re.Match[str]) -> str:
            if found[1] == "name":
                return kind.named
            parent = self._kinds.get(kind.parent.label)
            inner = "[^/@:]+" if parent is None else self._pattern(parent, (*above, kind.label))
            return f"(?P<{kind.parent.label}>{inner})"

        pieces = _PART.split(kind.key)
        texts, parts = pieces[::2], _PART.finditer(kind.key)
        if kind.label in above:
            raise ValueError(f"{kind.label} is part of itself")
        return re.escape(texts[0]) + "".join(
            part(found) + re.escape(text) for found, text in zip(parts, texts[1:], strict=True)
        )


def _short(value: Value) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise ValueError(f"at most {LONGEST_TEXT} characters are taken, not {len(value)}")


def at_most(characters: int) -> Check:
    """A check that a text is no longer than that."""

    def check(value: Value) -> None:
        if len(str(value)) > characters:
            raise ValueError(f"at most {characters} characters are taken, not {len(str(value))}")

    return check


def matching(pattern: str, said: str) -> Check:
    """A check that a text is wholly of that pattern; `said` ends the sentence "… is needed"."""
    compiled = re.compile(pattern)

    def check(value: Value) -> None:
        if compiled.fullmatch(str(value)) is None:
            raise ValueError(f"{str(value)[:80]!r} will not do: {said} is needed")

    return check


def between(least: int, most: int) -> Check:
    """A check that a number is in that range, its ends included."""

    def check(value: Value) -> None:
        if not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"{value} will not do: {least} to {most} is needed")

    return check
