"""JSON Schemas that people write: bounded, closed in themselves, and compiled to validators that cannot hang.

A schema is one of draft 2020-12 of an object. It refers to nothing but its own `$defs`, none of which leads back to
itself, and its patterns are matched in time in proportion to the text: they have no look-around and no back-references.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias, cast

import orjson
from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError
from pydantic import JsonValue

Path: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = Mapping[str, JsonValue]

LARGEST: Final = 65_536
"""Bytes of JSON; a larger schema, workload or configuration is refused."""
DEEPEST: Final = 32
MOST_PATTERNS: Final = 50
LONGEST_PATTERN: Final = 500
PATTERN_BYTES: Final = 131_072
"""What one compiled pattern may take."""
MOST_PARTS: Final = 5_000
"""Schemas within a schema, each as often as it is referred to."""
MOST_FAULTS: Final = 100

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PATTERNS: Final = RegexOptions(size_limit=PATTERN_BYTES, dfa_size_limit=1_048_576)
_MASK: Final = "the value"
_MAPS: Final = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLES: Final = frozenset(
    {
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_VALUES: Final = frozenset(
    {
        "$comment",
        "$ref",
        "$schema",
        "const",
        "default",
        "dependentRequired",
        "deprecated",
        "description",
        "enum",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "readOnly",
        "required",
        "title",
        "type",
        "uniqueItems",
        "writeOnly",
    }
)
_KNOWN: Final = _MAPS | _LISTS | _SINGLES | _VALUES
_DEFINED: Final = "#/$defs/"
_TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `path` leads to the field, `message` completes "<field> …" and repeats no value."""

    path: Path
    message: str

    def within(self, *above: str | int) -> Fault:
        """The same fault, seen from further up."""
        return Fault((*above, *self.path), self.message)


def measured(content: JsonValue) -> list[Fault]:
    """What is wrong with the size of something that is to be kept as JSON: bytes and depth."""
    deep = _deeper(content)
    if deep is not None:
        return [Fault(deep, f"is deeper than {DEEPEST} levels")]
    try:
        size = len(orjson.dumps(content))
    except TypeError:
        return [Fault((), "holds a number of more than 64 bits")]
    return [Fault((), f"takes {size} bytes as JSON: at most {LARGEST} are taken")] if size > LARGEST else []


def _deeper(content: JsonValue) -> Path | None:
    level: list[tuple[Path, JsonValue]] = [((), content)]
    for _ in range(DEEPEST + 1):
        level = [((*path, key), value) for path, holder in level for key, value in _children(holder)]
        if not level:
            return None
    return level[0][0][:1]


def _children(content: JsonValue) -> Iterator[tuple[str | int, JsonValue]]:
    if isinstance(content, dict):
        yield from content.items()
    elif isinstance(content, list):
        yield from enumerate(content)


def check(schema: JsonValue) -> list[Fault]:
    """All that keeps a value from being a schema of the kind that is taken here."""
    if not isinstance(schema, dict):
        return [Fault((), "must be a mapping: a JSON Schema of an object")]
    faults = measured(schema)
    if faults:
        return faults
    if schema.get("type") != "object":
        faults.append(Fault(("type",), "must be object"))
    if schema.get("$schema", _DIALECT) != _DIALECT:
        faults.append(Fault(("$schema",), f"must be {_DIALECT}"))
    faults += islice(_shape(schema), MOST_FAULTS)
    if not faults:
        faults = _references(schema)
    if not faults:
        try:
            _compiled(schema)
        except ValidationError as error:
            faults.append(_invalid(tuple(error.instance_path)))
    return faults


def _invalid(path: Path) -> Fault:
    if path[-1:] == ("pattern",) or path[-2:-1] == ("patternProperties",):
        return Fault(path, "is no pattern that is taken: it has look-around or back-references, or becomes too large")
    return Fault(path, "is not what JSON Schema takes there")


def _parts(schema: Mapping[str, JsonValue]) -> Iterator[tuple[Path, JsonValue]]:
    """The schemas that stand directly in a schema."""
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            yield from (((key, name), part) for name, part in value.items())
        elif key in _LISTS and isinstance(value, list):
            yield from (((key, place), part) for place, part in enumerate(value))
        elif key in _SINGLES:
            yield (key,), value


def _walk(schema: JsonValue) -> Iterator[tuple[Path, Mapping[str, JsonValue]]]:
    """A schema and all within it, each with its path."""
    pending: list[tuple[Path, JsonValue]] = [((), schema)]
    while pending:
        path, part = pending.pop()
        if isinstance(part, dict):
            yield path, part
            pending += [((*path, *below), inner) for below, inner in _parts(part)]


def _shape(schema: JsonValue) -> Iterator[Fault]:
    patterns = 0
    for path, part in _walk(schema):
        for key in part:
            if key not in _KNOWN and not key.startswith("x-"):
                close = difflib.get_close_matches(key[:80], _KNOWN, n=1)
                hint = f"; did you mean {close[0]}?" if close else "; a word of your own begins with x-"
                yield Fault((*path, key), f"is no keyword that is taken here{hint}")
        if path and "$defs" in part:
            yield Fault((*path, "$defs"), "must stand at the top of the schema")
        named = part.get("patternProperties")
        own = [((*path, "patternProperties", key), key) for key in named] if isinstance(named, dict) else []
        if isinstance(part.get("pattern"), str):
            own.append(((*path, "pattern"), cast("str", part["pattern"])))
        patterns += len(own)
        for where, pattern in own:
            if len(pattern) > LONGEST_PATTERN:
                yield Fault(where, f"must have at most {LONGEST_PATTERN} characters, not {len(pattern)}")
    if patterns > MOST_PATTERNS:
        yield Fault((), f"has {patterns} patterns: at most {MOST_PATTERNS} are taken")


def _references(schema: Schema) -> list[Fault]:
    defined = schema.get("$defs")
    definitions = defined if isinstance(defined, dict) else {}
    faults = []
    for path, part in _walk(dict(schema)):
        if "$ref" in part:
            named = part["$ref"]
            if not isinstance(named, str) or not named.startswith(_DEFINED):
                faults.append(Fault((*path, "$ref"), f"must be {_DEFINED} and a name: nothing else is referred to"))
            elif named.removeprefix(_DEFINED) not in definitions:
                faults.append(Fault((*path, "$ref"), "names nothing in $defs"))
    if faults:
        return faults[:MOST_FAULTS]
    top = {key: value for key, value in schema.items() if key != "$defs"}
    sizes: dict[str, int] = {}
    for name in definitions:
        if _size(name, definitions[name], definitions, sizes, ()) is None:
            return [Fault(("$defs", name), "leads back to itself")]
    total = sum(sizes.values()) + (_size("", top, definitions, sizes, ()) or 0)
    return [Fault((), f"is too large with all that it refers to: {MOST_PARTS} parts")] if total > MOST_PARTS else []


def _size(
    name: str, schema: JsonValue, definitions: Schema, sizes: dict[str, int], above: tuple[str, ...]
) -> int | None:
    """How many parts a definition has with all that it refers to; None where it leads back to itself."""
    if name in above or len(above) > DEEPEST:
        return None
    if name in sizes:
        return sizes[name]
    total = 0
    for _, part in _walk(schema):
        total += 1
        if "$ref" in part:
            other = str(part["$ref"]).removeprefix(_DEFINED)
            inner = _size(other, definitions[other], definitions, sizes, (*above, name))
            if inner is None:
                return None
            total = min(total + inner, MOST_PARTS + 1)
    if name:
        sizes[name] = total
    return total


def _compiled(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(dict(schema), pattern_options=_PATTERNS, mask=_MASK, offline=True)


class Validator:
    """Says what of a value does not fit a schema that `check` has found nothing wrong with."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._compiled = _compiled(schema)

    def faults(self, value: Mapping[str, JsonValue]) -> list[Fault]:
        """All that does not fit, at most a hundred, by path; no message repeats a value."""
        found: list[Fault] = []
        for error in islice(self._compiled.iter_errors(dict(value)), MOST_FAULTS):
            found += _told(error)
        return sorted(dict.fromkeys(found), key=lambda one: (tuple(map(str, one.path)), one.message))

    def filled(self, value: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The value with the schema's defaults where nothing is said, in mappings within it too."""
        return _filled(self._schema, value, self._schema)


def resolved(schema: JsonValue, top: Schema) -> Schema:
    """A schema with what it refers to beside what it says itself; what is no mapping says nothing."""
    said = schema if isinstance(schema, dict) else {}
    while "$ref" in said:
        definitions = cast("Mapping[str, JsonValue]", top.get("$defs", {}))
        target = definitions[str(said["$ref"]).removeprefix(_DEFINED)]
        said = {**(target if isinstance(target, dict) else {}), **{k: v for k, v in said.items() if k != "$ref"}}
    return said


def properties(schema: Schema) -> Mapping[str, JsonValue]:
    """The properties that a schema names."""
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def required(schema: Schema) -> Sequence[JsonValue]:
    """The names of the properties that a value must have."""
    found = schema.get("required")
    return found if isinstance(found, list) else []


def _filled(schema: Schema, value: Mapping[str, JsonValue], top: Schema) -> dict[str, JsonValue]:
    result = dict(value)
    for name, part in properties(schema).items():
        inner = resolved(part, top)
        if name not in result and "default" in inner:
            result[name] = inner["default"]
        held = result.get(name)
        if isinstance(held, dict):
            result[name] = _filled(inner, held, top)
    return result


def _told(error: ValidationError) -> list[Fault]:
    path: Path = tuple(error.instance_path)
    said = error.kind.as_dict()
    limit = said.get("limit")
    match error.kind.name:
        case "required":
            return [Fault((*path, str(said["property"])), "is required")]
        case "additionalProperties" | "unevaluatedProperties":
            return [Fault((*path, str(name)), "is not a field here") for name in said["unexpected"]]
        case "falseSchema":
            message = "is not a field here"
        case "type":
            # More than one type comes in no order of its own.
            message = f"must be {' or '.join(sorted(_TYPES.get(str(one), str(one)) for one in said['types']))}"
        case "enum":
            message = f"must be one of {_cut(', '.join(_json(one) for one in said['options']))}"
        case "const":
            message = f"must be {_cut(_json(said['expected_value']))}"
        case "minimum":
            message = f"must be at least {limit}"
        case "maximum":
            message = f"must be at most {limit}"
        case "exclusiveMinimum":
            message = f"must be more than {limit}"
        case "exclusiveMaximum":
            message = f"must be less than {limit}"
        case "multipleOf":
            message = f"must be a multiple of {said['multiple_of']}"
        case "minLength":
            message = f"must have at least {limit} characters"
        case "maxLength":
            message = f"must have at most {limit} characters"
        case "minItems" | "minProperties":
            message = f"must have at least {limit} entries"
        case "maxItems" | "maxProperties":
            message = f"must have at most {limit} entries"
        case "uniqueItems":
            message = "must not hold the same twice"
        case "pattern":
            message = f"must match {_cut(str(said['pattern']))}"
        case name:
            message = f"does not fit what the schema says under {name}"
    return [Fault(path, message)]


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _cut(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}…"
