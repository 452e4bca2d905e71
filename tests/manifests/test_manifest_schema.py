"""The published JSON Schema is that of the models, and agrees with them."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from pydantic import JsonValue

from app.domain.manifest_schema import SCHEMA_FILE, schema_text
from tests.manifests.samples import changed, document, environments, services

SCHEMA = json.loads(schema_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run python -m app.domain.manifest_schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["discriminator"]["propertyName"] == "kind"
    assert sorted(SCHEMA["discriminator"]["mapping"]) == [
        "Application",
        "Environment",
        "Project",
        "Service",
        "Template",
    ]


def test_every_property_is_described() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, part in SCHEMA["$defs"].items()
        for field, content in part["properties"].items()
        if "description" not in content
    ]
    assert undescribed == []


@pytest.mark.parametrize("kind", ["Project", "Environment", "Application", "Service"])
def test_a_document_of_each_kind_is_valid(kind: str) -> None:
    assert VALIDATOR.is_valid(document(kind))


@given(services)
def test_a_valid_service_is_valid_by_the_schema(content: dict[str, JsonValue]) -> None:
    assert VALIDATOR.is_valid(content)


@given(environments)
def test_a_valid_environment_is_valid_by_the_schema(content: dict[str, JsonValue]) -> None:
    assert VALIDATOR.is_valid(content)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("apiVersion",), "v1"),
        (("kind",), "Pod"),
        (("metadata", "name"), "Cart"),
        (("spec", "image"), "Redis"),
        (("spec", "image"), 1.1),
        (("spec", "replica"), 1),
        (("spec", "replicas"), 1_001),
        (("spec", "ports", 0, "name"), "Http"),
        (("spec", "env", 0, "value"), 5),
        (("spec", "resources", "requests", "cpu"), "one"),
        (("spec", "readiness", "http", "path"), "healthz"),
        (("spec", "dependencies", 0, "kind"), "medium"),
    ],
)
def test_what_the_models_refuse_an_editor_marks_too(path: tuple[str | int, ...], value: JsonValue) -> None:
    assert not VALIDATOR.is_valid(changed(path, value))
