"""A service put together from pieces that remember where they were written, so that none is lost without a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from app.domain import names
from app.domain.manifest_validation import FieldPath, validate
from app.domain.manifests import API_VERSION
from app.domain.names import ApplicationName


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of a file that the manifests do not say: its path in the document, and why."""

    path: FieldPath
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The services of a file as manifests, and what they do not say, in the order of the file."""

    manifests: tuple[dict[str, JsonValue], ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A field of a service's specification, or with `item` an entry of a list, and where it was written."""

    target: tuple[str, ...]
    value: JsonValue
    origin: FieldPath
    item: bool


@dataclass(slots=True)
class Sketch:
    """A service that is being put together; `origin` is where the file says it."""

    name: str
    origin: FieldPath
    left_out: list[LeftOut]
    _pieces: list[_Piece] = field(default_factory=list)

    def put(self, target: tuple[str, ...], value: JsonValue, origin: FieldPath) -> None:
        """Say a field of the specification."""
        self._pieces.append(_Piece(target, value, origin, item=False))

    def add(self, target: str, value: JsonValue, origin: FieldPath) -> None:
        """Say an entry of one of the specification's lists, unless it says the same already."""
        piece = _Piece((target,), value, origin, item=True)
        if all((each.target, each.value) != (piece.target, value) for each in self._pieces):
            self._pieces.append(piece)

    def leave(self, path: FieldPath, reason: str) -> None:
        """Note that something of the file is not said."""
        self.left_out.append(LeftOut(path, reason))

    def keep_dependencies(self, known: Iterable[str]) -> None:
        """Leave out dependencies on services that are not among the known ones."""
        there = set(known)
        for piece in list(self._pieces):
            needed = piece.value.get("service") if isinstance(piece.value, dict) else None
            if piece.target == ("dependencies",) and needed not in there:
                self._pieces.remove(piece)
                self.leave(piece.origin, f"{needed} is not carried over itself")

    def manifest(self, application: ApplicationName) -> dict[str, JsonValue] | None:
        """The service's manifest without the pieces that a manifest does not take; None where it cannot be one at all.

        What it does not take is noted as left out, with the rule that it breaks.
        """
        while True:
            content, written = self._assembled(application)
            problems = validate(content)
            if not isinstance(problems, tuple):
                return content
            wrong: dict[int, str] = {}
            for problem in problems:
                piece = _blamed(written, problem.path)
                if piece is None or piece.target == ("image",):
                    path = self.origin if piece is None else piece.origin
                    self.leave(path, f"it is no service here: {problem.field} {problem.message}")
                    return None
                wrong.setdefault(id(piece), problem.message)
            for piece in [each for each in self._pieces if id(each) in wrong]:
                self.leave(piece.origin, wrong[id(piece)])
                self._pieces.remove(piece)

    def _assembled(self, application: ApplicationName) -> tuple[dict[str, JsonValue], Mapping[FieldPath, _Piece]]:
        spec: dict[str, JsonValue] = {}
        written: dict[FieldPath, _Piece] = {}
        for piece in self._pieces:
            part = spec
            for key in piece.target[:-1]:
                inner = part.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise TypeError(f"{key} is said twice, once as a whole and once in part")
                part = inner
            last = piece.target[-1]
            if not piece.item:
                part[last] = piece.value
                written["spec", *piece.target] = piece
                continue
            items = part.setdefault(last, [])
            if not isinstance(items, list):
                raise TypeError(f"{last} is said twice, once as a whole and once by its entries")
            written["spec", *piece.target, len(items)] = piece
            items.append(piece.value)
        metadata: dict[str, JsonValue] = {
            "name": self.name,
            "project": application.project,
            "application": application.name,
        }
        return {"apiVersion": API_VERSION, "kind": "Service", "metadata": metadata, "spec": spec}, written


def _blamed(written: Mapping[FieldPath, _Piece], path: FieldPath) -> _Piece | None:
    for length in range(len(path), 0, -1):
        if path[:length] in written:
            return written[path[:length]]
    # A rule between fields names a field that holds several pieces, such as the resources: the last of them gives way.
    held = [piece for place, piece in written.items() if place[: len(path)] == path and len(path) > 1]
    return held[-1] if held else None


def finish(sketches: list[Sketch], application: ApplicationName, left_out: list[LeftOut], *, closed: bool) -> Imported:
    """The manifests of all sketches; with `closed` they may need each other only."""
    possible = {sketch.name for sketch in sketches if sketch.manifest(application) is not None}
    manifests = []
    for sketch in sketches:
        if sketch.name in possible:
            if closed:
                sketch.keep_dependencies(possible)
            manifest = sketch.manifest(application)
            if manifest is not None:
                manifests.append(manifest)
    return Imported(tuple(manifests), tuple(dict.fromkeys(left_out)))


def text_of(value: JsonValue) -> str | None:
    """A value as the text that its writer meant; None for what YAML has made something else of."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: JsonValue) -> dict[str, JsonValue]:
    """A mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def service_name(text: str) -> str | None:
    """The name that a service of another tool has here: in lower case, with hyphens; None where that is no name."""
    name = text.lower().replace("_", "-").replace(".", "-")
    return name if names.is_slug(name) else None
