"""Schemas that people write: bounded, closed in themselves, and never slow."""

from __future__ import annotations

import time

import pytest
from pydantic import JsonValue

from app.domain.templates import schemas
from app.domain.templates.schemas import Fault, Validator, check
from tests.templates.samples import INPUTS


def _deep(levels: int) -> JsonValue:
    schema: JsonValue = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def _with(**properties: JsonValue) -> dict[str, JsonValue]:
    return {"type": "object", "properties": properties}


_PATTERNS: dict[str, JsonValue] = {f"p{n}": {"pattern": "a"} for n in range(51)}
_FANS: dict[str, JsonValue] = {
    **{f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(20)},
    "d20": {"type": "string"},
}


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ([], (), "must be a mapping: a JSON Schema of an object"),
        ({}, ("type",), "must be object"),
        ({"type": "array"}, ("type",), "must be object"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, ("$schema",), None),
        (_with(a={"type": "strin"}), ("properties", "a", "type"), "is not what JSON Schema takes there"),
        (_with(a={"minLength": "3"}), ("properties", "a", "minLength"), "is not what JSON Schema takes there"),
        (_with(a={"requird": []}), ("properties", "a", "requird"), None),
        (_with(a={"$ref": "https://example.com/a"}), ("properties", "a", "$ref"), None),
        (_with(a={"$ref": "#/properties/b"}), ("properties", "a", "$ref"), None),
        (_with(a={"$ref": "#/$defs/b"}), ("properties", "a", "$ref"), "names nothing in $defs"),
        (_with(a={"$id": "https://example.com/a"}), ("properties", "a", "$id"), None),
        (_with(a={"$dynamicRef": "#a"}), ("properties", "a", "$dynamicRef"), None),
        ({**_with(), "$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}}, ("$defs", "a"), "leads back to itself"),
        (
            {**_with(a={"$ref": "#/$defs/d0"}), "$defs": _FANS},
            (),
            "is too large with all that it refers to: 5000 parts",
        ),
        (_with(a={"pattern": "(?=a)b"}), ("properties", "a", "pattern"), None),
        (_with(a={"pattern": r"(a)\1"}), ("properties", "a", "pattern"), None),
        (_with(a={"pattern": "("}), ("properties", "a", "pattern"), None),
        (_with(a={"pattern": "(a{1,1000}){1,1000}"}), ("properties", "a", "pattern"), None),
        (_with(a={"pattern": "a" * 501}), ("properties", "a", "pattern"), "must have at most 500 characters, not 501"),
        (_with(**_PATTERNS), (), "has 51 patterns: at most 50 are taken"),
        (_with(a={"description": "x" * 70_000}), (), "takes 70055 bytes as JSON: at most 65536 are taken"),
        (_deep(20), ("properties",), "is deeper than 32 levels"),
        (_with(a={"default": 2**64}), (), "holds a number of more than 64 bits"),
    ],
)
def test_what_is_no_schema_that_is_taken_is_refused_with_its_place(
    schema: JsonValue, path: tuple[str | int, ...], message: str | None
) -> None:
    # when
    found = check(schema)
    # then
    assert [one.path for one in found] == [path]
    assert message in (None, found[0].message)


def test_what_looks_like_a_keyword_and_is_a_name_or_a_value_is_taken() -> None:
    # given a schema in which names and values are called as keywords are, with definitions and words of one's own
    schema: dict[str, JsonValue] = {
        **_with(
            pattern={"$ref": "#/$defs/word"},
            default={"default": {"$ref": "https://example.com"}, "x-widget": {"$id": "list"}},
            requird={"const": {"type": "strin"}},
        ),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"word": {"type": "string", "pattern": "^[a-z]+$"}},
    }
    # when
    found = check(schema)
    # then
    assert found == []


def test_every_misfit_is_said_with_its_field_and_without_the_value() -> None:
    # given
    validator = Validator(INPUTS)
    # when
    found = validator.faults(
        {"replicas": 11, "port": "hunter2", "greeting": "hunter2!", "memory": "hunter2", "more": 1}
    )
    # then
    assert found == [
        Fault(("greeting",), "must match ^[A-Za-z ]*$"),
        Fault(("image",), "is required"),
        Fault(("memory",), 'must be one of "64Mi", "128Mi"'),
        Fault(("more",), "is not a field here"),
        Fault(("port",), "must be a whole number"),
        Fault(("replicas",), "must be at most 10"),
    ]


def test_defaults_are_filled_in_within_mappings_and_behind_references() -> None:
    # given
    schema: dict[str, JsonValue] = {
        **_with(
            size={"$ref": "#/$defs/size"}, probe={"default": {}, "properties": {"path": {"default": "/"}}}, none={}
        ),
        "$defs": {"size": {"type": "object", "properties": {"cpu": {"default": "1"}, "memory": {"default": "1Gi"}}}},
    }
    # when
    filled = Validator(schema).filled({"size": {"cpu": "2"}})
    # then
    assert filled == {"size": {"cpu": "2", "memory": "1Gi"}, "probe": {"path": "/"}}


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(x+x+)+y", "^(.*)*$a", "[ab]*a[ab]{100}$", "(a?){100}a{100}$"]
)
def test_no_pattern_makes_a_check_slow(pattern: str) -> None:
    # given a pattern that takes others time without end, and the largest text for it
    schema = _with(a={"type": "string", "pattern": pattern})
    assert check(schema) == []
    validator = Validator(schema)
    # when
    started = time.process_time()
    validator.faults({"a": "a" * (schemas.LARGEST - 100) + "!"})
    # then
    assert time.process_time() - started < 0.5
