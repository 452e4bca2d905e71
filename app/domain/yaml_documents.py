"""YAML text as JSON-compatible documents, with the place of every value and a sentence for everything that is wrong.

Only what every YAML reader understands alike is read. YAML 1.1 and 1.2 disagree about plain `no`, `on`, `010`, `1_000`,
`1e3`, `12:30`, `2026-01-01` and their like, and both read an image tag `1.10` as the number 1.1: such values are
reported with the advice to quote them. Merge keys (`<<`) and tags other than the JSON types are refused, and so is
text that grows through aliases or nests without end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import yaml
from pydantic import JsonValue

MAX_DEPTH: Final = 50
"""Mappings and lists inside each other."""

MAX_ALIASED: Final = 100_000
"""Values that the aliases of one text may stand for, all together."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,29})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,29})\.[0-9]{1,30}")
_NUMBER_TO_SOME = re.compile(
    r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[1-9][0-9_]*(:[0-5]?[0-9])+|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*"
    r"|([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
_DATE_TO_SOME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TRUTH_TO_SOME: Final = {
    word: truth
    for truth, words in (("true", ("yes", "on")), ("false", ("no", "off")))
    for lower in words
    for word in (lower, lower.capitalize(), lower.upper())
}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a text; line and column count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Place:
    """Where a value is written: at its key in a mapping, else where it begins.

    `children` are the places within it; `source` is the text of a plain value that was not read as text.
    """

    position: Position
    children: dict[str | int, Place] = field(default_factory=dict)
    source: str | None = None

    def find(self, path: tuple[str | int, ...]) -> Place:
        """The place of the value at a path, or of the last part of the path that there is."""
        place = self
        for part in path:
            if part not in place.children:
                return place
            place = place.children[part]
        return place


@dataclass(frozen=True, slots=True)
class TextProblem:
    """One thing that is wrong with a text, at which position and in which field."""

    position: Position
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """The value of one document, and where everything in it is written."""

    content: JsonValue
    place: Place


def read_yaml(text: str) -> tuple[list[YamlDocument], list[TextProblem]]:
    """The documents of a YAML text that hold anything, and everything that is wrong with it.

    After a syntax error nothing more of the text is read; the documents before it are returned.
    """
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        message = f"holds the character U+{ord(forbidden[0]):04X}, which YAML does not allow"
        return [], [TextProblem(_position_in(text, forbidden.start()), (), message)]
    composer = _Composer()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except _Beyond as beyond:
        composer.problems.append(beyond.problem)
    except yaml.MarkedYAMLError as error:
        composer.problems.append(_syntax_problem(error, text))
    return composer.documents, composer.problems


def is_ambiguous(text: str) -> bool:
    """Whether a text that is written without quotes would be read as something else, by whichever reader."""
    return not isinstance(_plain(text), str) or _doubt(text) is not None or text == "<<"


class _Beyond(Exception):
    """The text goes beyond what is read of it."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is not closed yet; `size` counts the values in it."""

    content: dict[str, JsonValue] | list[JsonValue]
    place: Place
    anchor: str | None
    key: str = ""
    key_position: Position | None = None
    size: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for."""

    content: JsonValue
    place: Place
    size: int


class _Composer:
    """Builds documents from the parser's events, without recursion."""

    def __init__(self) -> None:
        self.documents: list[YamlDocument] = []
        self.problems: list[TextProblem] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._aliased = 0

    def take(self, event: yaml.Event) -> None:
        """Continue with the parser's next event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            frame = self._frames.pop()
            self._add(_Anchored(frame.content, frame.place, frame.size), frame.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if self._key_is_next():
            raise _Beyond(TextProblem(_position(event), self._path(), "a key must be text, not a mapping or list"))
        if len(self._frames) == MAX_DEPTH:
            message = f"mappings and lists are nested more than {MAX_DEPTH} deep"
            raise _Beyond(TextProblem(_position(event), self._path(), message))
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", f"{_TAG}map" if mapping else f"{_TAG}seq"):
            self._complain(event, f"has the tag {event.tag}, which is not read here")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._frames.append(_Frame({} if mapping else [], Place(self._here(event)), event.anchor))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag not in (None, "!", f"{_TAG}str"):
            self._complain(event, f"has the tag {event.tag}, which is not read here")
        plain = event.tag is None and event.implicit[0]
        if self._key_is_next():
            self._key(event, plain)
            return
        if plain:
            doubt = _doubt(event.value)
            if doubt is not None:
                self._complain(event, doubt)
        value: JsonValue = _plain(event.value) if plain else event.value
        source = event.value if plain and not isinstance(value, str) else None
        self._add(_Anchored(value, Place(self._here(event), source=source), 1), event.anchor)

    def _key(self, event: yaml.ScalarEvent, plain: bool) -> None:
        frame, key = self._frames[-1], event.value
        if key == "<<" and plain:
            self._complain(event, "merge keys (<<) are not read here: write the fields out")
        elif plain and not isinstance(_plain(key), str):
            self._complain(event, f'the key {key or "that is empty"} is not text: quote it, "{key}"')
        elif plain and (doubt := _doubt(key)) is not None:
            self._complain(event, doubt)
        frame.key, frame.key_position = key, _position(event)
        if key in frame.place.children:
            first = frame.place.children[key].position
            self._complain(event, f"is written twice; first in line {first.line}, column {first.column}")

    def _alias(self, event: yaml.AliasEvent) -> None:
        if self._key_is_next():
            raise _Beyond(TextProblem(_position(event), self._path(), "a key must be text, not an alias"))
        if event.anchor not in self._anchors:
            self._complain(event, f"the alias *{event.anchor} has no anchor &{event.anchor} before it")
            self._add(_Anchored(None, Place(self._here(event)), 1), None)
            return
        anchored = self._anchors[event.anchor]
        if anchored is None:
            message = f"the alias *{event.anchor} stands within what it refers to, without end"
            raise _Beyond(TextProblem(self._here(event), self._path(), message))
        self._aliased += anchored.size
        if self._aliased > MAX_ALIASED:
            message = f"the aliases stand for more than {MAX_ALIASED:,} values"
            raise _Beyond(TextProblem(self._here(event), self._path(), message))
        place = Place(self._here(event), anchored.place.children, anchored.place.source)
        self._add(_Anchored(anchored.content, place, anchored.size), None)

    def _add(self, value: _Anchored, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._frames:
            if value.content is not None:
                self.documents.append(YamlDocument(value.content, value.place))
            return
        frame = self._frames[-1]
        frame.size += value.size
        if isinstance(frame.content, list):
            frame.place.children[len(frame.content)] = value.place
            frame.content.append(value.content)
        else:
            frame.place.children[frame.key] = value.place
            frame.content[frame.key] = value.content
            frame.key_position = None

    def _key_is_next(self) -> bool:
        return bool(self._frames) and isinstance(self._frames[-1].content, dict) and not self._frames[-1].key_position

    def _here(self, event: yaml.Event) -> Position:
        return (self._frames[-1].key_position if self._frames else None) or _position(event)

    def _path(self) -> tuple[str | int, ...]:
        path: list[str | int] = []
        for frame in self._frames:
            if isinstance(frame.content, list):
                path.append(len(frame.content))
            elif frame.key_position is not None:
                path.append(frame.key)
        return tuple(path)

    def _complain(self, event: yaml.Event, message: str) -> None:
        self.problems.append(TextProblem(self._here(event), self._path(), message))


def _plain(text: str) -> JsonValue:
    """What YAML 1.1 and 1.2 both read in plain text; what they disagree about stays text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _doubt(text: str) -> str | None:
    """Why a plain text must be quoted; None where every reader understands it alike."""
    if text in _TRUTH_TO_SOME:
        return f'{text} is {_TRUTH_TO_SOME[text]} to some YAML readers and text to others: quote it, "{text}"'
    if _DATE_TO_SOME.fullmatch(text):
        return f'{text} is a date to some YAML readers and text to others: quote it, "{text}"'
    if _NUMBER_TO_SOME.fullmatch(text) and isinstance(_plain(text), str):
        return f'{text} is not the same number, or none, to every YAML reader: quote it, "{text}", if it is text'
    return None


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)


def _position_in(text: str, index: int) -> Position:
    line = text.count("\n", 0, index) + 1
    return Position(line, index - (text.rfind("\n", 0, index) + 1) + 1)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> TextProblem:
    mark = error.problem_mark or error.context_mark
    position = Position(1, 1) if mark is None else Position(mark.line + 1, mark.column + 1)
    message = f"is not YAML: {error.problem}"
    if error.context is not None:
        message += f" {error.context}"
    if error.context_mark is not None and error.context_mark.line + 1 != position.line:
        message += f" that begins in line {error.context_mark.line + 1}"
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        message += "; indent with spaces, not tabs"
    return TextProblem(position, (), message)
