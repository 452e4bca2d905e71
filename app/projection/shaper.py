"""Generates the function that puts a statement's answer under its response keys.

Two modes. `wire` gives what goes out as JSON and raises `Irregular` for whatever the specification makes an error of (a
null where none may be, a value that does not fit its type): the caller then lets GraphQL's own execution say which.
`raw` gives dictionaries by response key that GraphQL's own execution completes; it checks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

import orjson

from app.domain.waiting import shown
from app.projection.layout import (
    AnyLayout,
    ComposedAt,
    Constant,
    CursorAt,
    EdgeLayout,
    EntryAt,
    InfoLayout,
    LeafAt,
    NodeLayout,
    OneAt,
    PageAt,
    RootLayout,
)
from app.projection.model import Leaf, LeafKind
from app.projection.paging import cursor
from app.projection.selection import PageFact, PartSelected, TypeName
from app.transactions import Value

_TEXTS = frozenset({LeafKind.STRING, LeafKind.ID, LeafKind.TIME, LeafKind.TEXT})


TYPE = ""
"""The key under which `raw` says the type of a node of an interface or a union; no response key is empty."""


class Irregular(Exception):
    """The answer holds something that GraphQL's own execution has to judge."""


class Mode(Enum):
    """For whom values are shaped."""

    WIRE = "wire"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Missing:
    """A root field whose node was not found: response key, type, and the key that was looked for."""

    key: str
    target: str
    wanted: Value


Shape = Callable[[Sequence[Value], Mapping[str, Value]], tuple[dict[str, object], list[Missing]]]
"""From a row's columns and the statement's parameters: the data by response key, and what was not found."""


def generate(layout: RootLayout, mode: Mode) -> Shape:
    """The shaping function for a layout."""
    code = _Code(mode)
    code.root(layout)
    scope = dict(code.scope)
    exec(compile("\n".join(code.lines), "<shaper>", "exec"), scope)
    shape = cast("Shape", scope["shape"])

    def shaped(columns: Sequence[Value], parameters: Mapping[str, Value]) -> tuple[dict[str, object], list[Missing]]:
        try:
            return shape(columns, parameters)
        except TypeError as error:
            # A list, say, where an enum's value should be: it is no key of the names.
            raise Irregular from error

    return shaped


def _json(text: object) -> object:
    if type(text) is not str:
        raise Irregular
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Irregular from error


def _reason(text: object) -> object:
    if type(text) is not str:
        raise Irregular
    try:
        return shown(text)
    except ValueError as error:
        raise Irregular from error


def _texts(values: object) -> object:
    if type(values) is not list:
        raise Irregular
    for value in values:
        if type(value) is not str:
            raise Irregular
    return values


def _many(values: object, one: Callable[[object], object]) -> object:
    if type(values) is not list:
        raise Irregular
    return [one(value) for value in values]


def _int(value: object) -> int:
    if type(value) is not int or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise Irregular
    return value


def _float(value: object) -> float:
    if type(value) is not float or not -1.8e308 < value < 1.8e308:
        raise Irregular
    return value


def _boolean(value: object) -> bool:
    if type(value) is not bool:
        raise Irregular
    return value


def _picked(value: object, parts: Sequence[TypeName | PartSelected]) -> dict[str, object] | None:
    """What is selected of a composed value, by response key."""
    if value is None:
        return None
    found: dict[str, object] = {}
    for part in parts:
        if isinstance(part, TypeName):
            found[part.key] = part.name
        else:
            inner = getattr(value, part.attribute)
            found[part.key] = inner if part.parts is None else _picked(inner, part.parts)
    return found


class _Names(dict[object, str]):
    """The GraphQL names of an enum's stored values."""

    def __missing__(self, value: object) -> str:
        raise Irregular


def _cursor(page: PageAt, place: str) -> str:
    keys = ", ".join(place.format(slot) for slot in page.keys)
    return f"cursor([{keys}]{'' if page.order is None else f', {page.order!r}'})"


_CHECKS: Mapping[LeafKind, Callable[[object], object]] = {
    LeafKind.JSON: _json,
    LeafKind.REASON: _reason,
    LeafKind.INT: _int,
    LeafKind.FLOAT: _float,
    LeafKind.BOOLEAN: _boolean,
}


@dataclass(slots=True)
class _Code:
    mode: Mode
    lines: list[str] = field(default_factory=list)
    scope: dict[str, object] = field(
        default_factory=lambda: {"Irregular": Irregular, "Missing": Missing, "cursor": cursor, "texts": _texts}
    )
    made: int = 0

    def root(self, layout: RootLayout) -> None:
        body = ["def shape(f, p):", " missing = []"]
        parts = []
        for index, (key, how) in enumerate(layout.items):
            match how:
                case Constant(text):
                    parts.append(f"{key!r}: {text!r}")
                case EntryAt():
                    made = self._node(how.node, how.width)
                    body.append(f" x{index} = {made}(f[{how.slot}][0], p) if f[{how.slot}] else None")
                    refused = f"Missing({key!r}, {how.target!r}, p[{how.parameter!r}])"
                    body.append(f" if not f[{how.slot}]: missing.append({refused})")
                    parts.append(f"{key!r}: x{index}")
                case PageAt():
                    parts.append(f"{key!r}: {self._page(how, 'f[{}]')}")
        self.lines += [*body, f" return {{{', '.join(parts)}}}, missing"]

    def _node(self, layout: NodeLayout | AnyLayout, width: int) -> str:
        if isinstance(layout, NodeLayout):
            return self._one(layout, width, [])
        types = [[f"{TYPE!r}: {each.type_name!r}"] if self.mode is Mode.RAW else [] for _, each in layout.each]
        made = [self._one(each, own, type_) for (own, each), type_ in zip(layout.each, types, strict=True)]
        name = self._name("t")
        # Which type it is comes first in its value, and chooses the function.
        self.lines += [
            f"{name}_each = ({', '.join(made)},)",
            f"def {name}(v, p):",
            f" number, row = v[{layout.slot}]",
            f" return {name}_each[number](row, p)",
        ]
        return name

    def _one(self, layout: NodeLayout, width: int, parts: list[str]) -> str:
        checks: list[str] = []
        for key, how in layout.items:
            match how:
                case Constant(text):
                    parts.append(f"{key!r}: {text!r}")
                case LeafAt(slot, leaf):
                    parts.append(f"{key!r}: {self._leaf(f'a{slot}', leaf, checks)}")
                case ComposedAt():
                    parts.append(f"{key!r}: {self._composed(how)}")
                case OneAt(slot, inner, nullable, node):
                    value = f"{self._node(node, inner)}(a{slot}[0], p) if a{slot} else None"
                    if not nullable and self.mode is Mode.WIRE:
                        checks.append(f"not a{slot}")
                    parts.append(f"{key!r}: {value}")
                case PageAt():
                    parts.append(f"{key!r}: {self._page(how, 'a{}')}")
        return self._function("n", width, checks, parts)

    def _edge(self, layout: EdgeLayout, page: PageAt) -> str:
        checks: list[str] = []
        parts = []
        for key, how in layout.items:
            match how:
                case Constant(text):
                    parts.append(f"{key!r}: {text!r}")
                case CursorAt():
                    parts.append(f"{key!r}: {_cursor(page, 'a{}')}")
                case LeafAt(slot, leaf):
                    parts.append(f"{key!r}: {self._leaf(f'a{slot}', leaf, checks)}")
                case NodeLayout() | AnyLayout():
                    parts.append(f"{key!r}: {self._node(how, page.width)}(v, p)")
        return self._function("e", page.width, checks, parts)

    def _function(self, letter: str, width: int, checks: Sequence[str], parts: Sequence[str]) -> str:
        name = self._name(letter)
        self.lines += [f"def {name}(v, p):", f" {' '.join(f'a{slot},' for slot in range(width))} = v"]
        if checks:
            self.lines.append(f" if {' or '.join(checks)}: raise Irregular")
        self.lines.append(f" return {{{', '.join(parts)}}}")
        return name

    def _page(self, page: PageAt, place: str) -> str:
        name = self._name("q")
        body = [f"def {name}(rows, count, p):"]
        if page.rows is not None:
            body.append(f" more = len(rows) >= p[{page.limit!r}]")
            body.append(" if more: rows = rows[:-1]")
        parts = []
        for key, how in page.items:
            match how:
                case Constant(text):
                    parts.append(f"{key!r}: {text!r}")
                case NodeLayout() | AnyLayout():
                    parts.append(f"{key!r}: [{self._node(how, page.width)}(r, p) for r in rows]")
                case EdgeLayout():
                    parts.append(f"{key!r}: [{self._edge(how, page)}(r, p) for r in rows]")
                case InfoLayout(facts):
                    info = ", ".join(f"{own!r}: {self._fact(fact, page)}" for own, fact in facts)
                    parts.append(f"{key!r}: {{{info}}}")
                case PageFact():
                    parts.append(f"{key!r}: {self._fact(how, page)}")
        self.lines += [*body, f" return {{{', '.join(parts)}}}"]
        rows, count = ("None" if slot is None else place.format(slot) for slot in (page.rows, page.count))
        return f"{name}({rows}, {count}, p)"

    def _fact(self, fact: PageFact | Constant, page: PageAt) -> str:
        match fact:
            case Constant(text):
                return repr(text)
            case PageFact.TOTAL:
                return "count"
            case PageFact.MORE:
                return "more"
            case PageFact.BEGUN:
                return repr(page.begun)
            case PageFact.START:
                return f"{_cursor(page, 'rows[0][{}]')} if rows else None"
            case PageFact.END:
                return f"{_cursor(page, 'rows[-1][{}]')} if rows else None"

    def _leaf(self, value: str, leaf: Leaf, checks: list[str]) -> str:
        """The expression for a leaf; adds to `checks` what makes the answer irregular."""
        if self.mode is Mode.RAW:
            return value
        if leaf.kind in _TEXTS and not leaf.many:
            wrong = f"type({value}) is not str"
            checks.append(f"{value} is not None and {wrong}" if leaf.nullable else wrong)
            return value
        checked = self._checked(value, leaf)
        return f"None if {value} is None else {checked}" if leaf.nullable else checked

    def _composed(self, composed: ComposedAt) -> str:
        name = self._name("m")
        make, parts = composed.field.make, composed.parts
        wire = self.mode is Mode.WIRE
        self.scope[name] = (lambda *values: [_picked(each, parts) for each in make(*values)]) if wire else make
        return f"{name}({', '.join(f'a{slot}' for slot in composed.slots)})"

    def _checked(self, value: str, leaf: Leaf) -> str:
        if leaf.kind in _TEXTS:
            return f"texts({value})"
        name = self._name("c")
        if leaf.kind is LeafKind.ENUM:
            self.scope[name] = names = _Names(leaf.names)
            if not leaf.many:
                return f"{name}[{value}]"
            one: Callable[[object], object] = names.__getitem__
        else:
            one = _CHECKS[leaf.kind]
        self.scope[name] = (lambda values: _many(values, one)) if leaf.many else one
        return f"{name}({value})"

    def _name(self, letter: str) -> str:
        self.made += 1
        return f"{letter}{self.made}"
