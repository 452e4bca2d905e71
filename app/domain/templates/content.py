"""What a version of a template holds, and whether it is whole: inputs, outputs, and the workload made of the inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import JsonValue

from app.domain.templates import placeholders, schemas
from app.domain.templates.placeholders import Malformed, Placeholder
from app.domain.templates.schemas import Fault, Path, Schema, Validator

WORKLOAD_FIELDS: Final = (
    "image",
    "replicas",
    "ports",
    "env",
    "command",
    "args",
    "resources",
    "readiness",
    "deadlineSeconds",
)
"""What a service's manifest says of its workload, and a template in its place."""
SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})

ReadWorkload = Callable[[Mapping[str, JsonValue]], Iterable[Fault]]
"""What is wrong with a workload, as a service's manifest would say it."""


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """What a version of a template holds; none of it ever changes.

    `inputs` and `outputs` are JSON Schemas of objects, `workload` has the shape of a service's own, with placeholders.
    """

    inputs: Mapping[str, JsonValue]
    outputs: Mapping[str, JsonValue]
    workload: Mapping[str, JsonValue]

    @property
    def digest(self) -> str:
        """The SHA-256 of what it holds, in whatever order that is written."""
        held = {"inputs": self.inputs, "outputs": self.outputs, "workload": self.workload}
        return hashlib.sha256(orjson.dumps(held, option=orjson.OPT_SORT_KEYS)).hexdigest()


def check(content: TemplateContent, read: ReadWorkload) -> list[Fault]:
    """All that keeps a version from being whole: its schemas, its placeholders, and what a sample of it makes.

    The sample is made of the inputs' defaults, their first examples, and where there is neither, of something that is
    of the input's type. Paths begin with `inputs`, `outputs` or `workload`.
    """
    faults = [one.within("inputs") for one in schemas.check(dict(content.inputs))]
    if content.outputs:
        faults += [one.within("outputs") for one in schemas.check(dict(content.outputs))]
    faults += [one.within("workload") for one in _workload(content.workload)]
    if not faults:
        faults = list(dict.fromkeys(_placed(content)))
    return faults or _sampled(content, read)


def _workload(workload: Mapping[str, JsonValue]) -> list[Fault]:
    faults = schemas.measured(dict(workload))
    known = ", ".join(WORKLOAD_FIELDS)
    faults += [
        Fault((key,), f"is no part of a workload; there is {known}") for key in workload if key not in WORKLOAD_FIELDS
    ]
    if "image" not in workload:
        faults.append(Fault(("image",), "is required"))
    return faults


def _placed(content: TemplateContent) -> Iterator[Fault]:
    for one in placeholders.find(dict(content.workload)):
        where: Path = ("workload", *one.path)
        match one:
            case Malformed(written=written):
                yield Fault(where, f"has {written!r}, which names no input: write ${{inputs.name}}, in values alone")
            case Placeholder():
                reason = _unusable(one, content.inputs)
                if reason is not None:
                    yield Fault(where, f"names the input {one.name}, {reason}")


def _unusable(one: Placeholder, inputs: Schema) -> str | None:
    at: Schema = inputs
    for part in one.input:
        if part not in schemas.properties(at):
            return "which the schema does not have among its properties"
        inner = schemas.resolved(schemas.properties(at)[part], inputs)
        if part not in schemas.required(at) and "default" not in inner:
            return "which has no default and is not required"
        at = inner
    if not one.text:
        return None
    said = at.get("type")
    types = {str(each) for each in (said if isinstance(said, list) else [said])}
    if types - {"null"} <= SCALARS and types != {"null"}:
        return None
    return "which becomes text there and so has to be of the type string, integer, number or boolean"


@dataclass(frozen=True, slots=True)
class _Made:
    """A value of a sample, and the place in the schema that it comes from; `invented` says that nobody wrote it."""

    path: Path
    invented: bool


class _Sample:
    """Values for the inputs that are always there, and where each comes from."""

    def __init__(self, inputs: Schema) -> None:
        self._inputs = inputs
        self._numbers = 0
        self.origins: dict[Path, _Made] = {}
        self.values = self._object(inputs, (), ("inputs",))

    def _object(self, schema: Schema, at: Path, place: Path) -> dict[str, JsonValue]:
        values: dict[str, JsonValue] = {}
        for name, part in schemas.properties(schema).items():
            inner = schemas.resolved(part, self._inputs)
            if name in schemas.required(schema) or "default" in inner:
                values[name] = self._value(inner, (*at, name), (*place, "properties", name))
        return values

    def _value(self, schema: Schema, at: Path, place: Path) -> JsonValue:
        if "default" in schema:
            self.origins[at] = _Made((*place, "default"), invented=False)
            return schema["default"]
        for key in ("examples", "enum"):
            listed = schema.get(key)
            if isinstance(listed, list) and listed:
                self.origins[at] = _Made((*place, key, 0), invented=False)
                return listed[0]
        self.origins[at] = _Made(place, invented=True)
        return schema["const"] if "const" in schema else self._invented(schema, at, place)

    def _invented(self, schema: Schema, at: Path, place: Path) -> JsonValue:
        said = schema.get("type")
        match said[0] if isinstance(said, list) and said else said:
            case "integer" | "number":
                return self._number(schema)
            case "boolean":
                return False
            case "array":
                least = schema.get("minItems")
                count = min(least, 100) if isinstance(least, int) else 0
                inner = schemas.resolved(schema.get("items"), self._inputs)
                return [self._value(inner, (*at, number), (*place, "items")) for number in range(count)]
            case "object":
                return self._object(schema, at, place)
            case "null":
                return None
            case _:
                least, most = schema.get("minLength"), schema.get("maxLength")
                text = "sample".ljust(min(least, schemas.LARGEST) if isinstance(least, int) else 0, "x")
                return text[:most] if isinstance(most, int) else text

    def _number(self, schema: Schema) -> JsonValue:
        least, above, most = schema.get("minimum"), schema.get("exclusiveMinimum"), schema.get("maximum")
        start = above + 1 if isinstance(above, int | float) else 1
        first = least if isinstance(least, int | float) else start
        # Two ports must not be the same one: numbers that nobody wrote differ as long as they may.
        self._numbers += 1
        other = first + self._numbers - 1
        return first if isinstance(most, int | float) and other > most else other


def _sampled(content: TemplateContent, read: ReadWorkload) -> list[Fault]:
    sample = _Sample(content.inputs)
    validator = Validator(content.inputs)
    values = validator.filled(sample.values)
    faults = [_misfit(one, sample.origins) for one in validator.faults(values)]
    if faults:
        return list(dict.fromkeys(faults))
    rendered = placeholders.render(dict(content.workload), values)
    if not isinstance(rendered, dict):
        raise TypeError("a workload was rendered as something else")
    hint = "with the defaults and examples of its inputs"
    return [Fault(("workload", *one.path), f"{one.message} ({hint})") for one in read(rendered)]


def _misfit(fault: Fault, origins: Mapping[Path, _Made]) -> Fault:
    for length in range(len(fault.path), 0, -1):
        made = origins.get(fault.path[:length])
        if made is not None and made.invented:
            reason = f"what was made up for it {fault.message}"
            return Fault(made.path, f"needs a default, or examples that fit: {reason}")
        if made is not None:
            return Fault((*made.path, *fault.path[length:]), f"does not fit the schema: it {fault.message}")
    return Fault(("inputs", *fault.path), f"cannot be met by a sample of the inputs: it {fault.message}")
