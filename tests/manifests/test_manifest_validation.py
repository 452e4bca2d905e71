"""What is a manifest and what is not: every rule, with the exact message and the field's path."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from pydantic import JsonValue

from app.domain.manifest_validation import MAX_PROBLEMS, ManifestProblem, validate
from app.domain.manifests import Manifest, ServiceManifest
from app.domain.yaml_documents import read_yaml
from tests.manifests.samples import changed, document, environments, services, within

SLUG = "must be 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends, not "


def told(content: JsonValue) -> list[tuple[str, str]]:
    result = validate(content)
    assert isinstance(result, tuple), f"accepted: {result}"
    return [(problem.field, problem.message) for problem in result]


@pytest.mark.parametrize("kind", ["Project", "Environment", "Application", "Service"])
def test_a_document_of_each_kind_is_a_manifest(kind: str) -> None:
    manifest = validate(document(kind))
    assert not isinstance(manifest, tuple)
    assert manifest.kind == kind


def test_what_is_left_out_has_its_default() -> None:
    # given
    content = document()
    content["spec"] = {"image": "redis:8"}

    # when
    manifest = validate(content)

    # then
    assert isinstance(manifest, ServiceManifest)
    assert manifest.spec.model_dump(exclude_defaults=True) == {"image": "redis:8"}
    assert (manifest.spec.replicas, manifest.spec.deadline_seconds) == (1, 300)


@pytest.mark.parametrize(
    ("content", "kind"), [(None, "empty"), ([], "a list"), ("x", "text"), (3, "a number"), (True, "true")]
)
def test_a_document_is_a_mapping(content: JsonValue, kind: str) -> None:
    assert told(content) == [("", f"must be a mapping with apiVersion, kind, metadata and spec, not {kind}")]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("apiVersion",), "v1", "must be trellis/v1, not 'v1'"),
        (("kind",), "Pod", "must be Project, Environment, Application, Template or Service, not 'Pod'"),
        (("kind",), 1, "must be Project, Environment, Application, Template or Service, not a number"),
        (("kind",), None, "is required: Project, Environment, Application, Template or Service"),
        (("metadata",), "cart", "must be a mapping, not 'cart'"),
        (("metadata", "name"), "Cart", SLUG + "'Cart'"),
        (("metadata", "name"), "a" * 64, SLUG + repr("a" * 64)),
        (("metadata", "name"), "cart\n", SLUG + "'cart\\n'"),
        (("metadata", "project"), 5, "must be text, not the number 5"),
        (("spec",), None, "must be a mapping, not empty"),
        (("spec", "image"), "Redis", "'Redis' is no image reference: the repository 'Redis' must be in lower case"),
        (("spec", "image"), 1.1, "must be text, not the number 1.1"),
        (
            ("spec", "version"),
            "v 1",
            "must be 1 to 54 letters, digits, '_', '.' and '-', with a letter or digit at both ends, not 'v 1'",
        ),
        (("spec", "replicas"), "2", "must be a whole number, not '2'"),
        (("spec", "replicas"), 2.0, "must be a whole number, not the number 2.0"),
        (("spec", "replicas"), True, "must be a whole number, not true"),
        (("spec", "replicas"), -1, "must be at least 0, not the number -1"),
        (("spec", "replicas"), 1001, "must be at most 1000, not the number 1001"),
        (("spec", "replica"), 1, "is not a field here; did you mean replicas?"),
        (
            ("metadata", "team"),
            "x",
            "is not a field here; there is name, project or application",
        ),
        (("spec", "ports", 0, "nam"), "x", "is not a field here; did you mean name?"),
        (("spec", "ports"), {}, "must be a list, not a mapping"),
        (("spec", "ports", 1), "http", "must be a mapping, not 'http'"),
        (("spec", "ports", 1, "port"), 65536, "must be at most 65535, not the number 65536"),
        (("spec", "ports", 1, "port"), 80, "must be unique: spec.ports[0] has 80 already"),
        (("spec", "ports", 1, "name"), "http", "must be unique: spec.ports[0] has http already"),
        (
            ("spec", "ports", 1, "name"),
            "a" * 16,
            "must be 1 to 15 lower-case letters, digits and single hyphens, with at least one letter and no hyphen at "
            "either end, not 'aaaaaaaaaaaaaaaa'",
        ),
        (("spec", "env", 1, "name"), "PORT", "must be unique: spec.env[0] has PORT already"),
        (
            ("spec", "env", 1, "name"),
            "A=B",
            "must be 1 to 253 letters, digits, '_', '.' and '-' that begin with a letter or '_', not 'A=B'",
        ),
        (("spec", "env", 1, "value"), "a\0b", "must not hold the character NUL"),
        (("spec", "env", 1, "value"), "a" * 131_073, "must have at most 131072 characters, not 131073"),
        (("spec", "description"), "a" * 2_001, "must have at most 2000 characters, not 2001"),
        (("spec", "args", 0), 5, "must be text, not a number"),
        (("spec", "args"), ["x"] * 1_001, "must have at most 1000 entries, not 1001"),
        (
            ("spec", "resources", "requests", "cpu"),
            "one",
            "'one' is no quantity: write a number such as 100m, 0.5, 2, 64Mi or 1Gi",
        ),
        (
            ("spec", "resources", "limits", "memory"),
            "64m",
            "'64m' is not a whole number of bytes; did you mean 64Mi?",
        ),
        (("spec", "resources", "requests", "cpu"), "0.3", "must not exceed the limit of 200m, not '0.3'"),
        (("spec", "resources", "requests", "memory"), "2Gi", "must not exceed the limit of 1024Mi, not '2Gi'"),
        (("spec", "readiness"), {}, "must have exactly one of tcp, http and grpc"),
        (("spec", "readiness", "tcp"), {"port": 1}, "must have exactly one of tcp, http and grpc"),
        (("spec", "readiness", "http", "path"), "healthz", "must begin with a slash, not 'healthz'"),
        (("spec", "deadlineSeconds"), 0, "must be at least 1, not the number 0"),
        (("spec", "deadlineSeconds"), 3601, "must be at most 3600, not the number 3601"),
        (("spec", "dependencies", 0, "kind"), "medium", "must be hard or soft, not 'medium'"),
        (
            ("spec", "dependencies", 0, "service"),
            "a/b/c",
            "must be a service's name, or application/name for a service of another application of the project, not "
            "'a/b/c'",
        ),
        (
            ("spec", "dependencies", 1, "service"),
            "cart",
            "must name another service: cart cannot depend on itself",
        ),
        (
            ("spec", "dependencies", 1, "service"),
            "boutique/cart",
            "must name another service: cart cannot depend on itself",
        ),
        (
            ("spec", "dependencies", 1, "service"),
            "boutique/redis",
            "must be unique: spec.dependencies[0] names shop/boutique/redis already",
        ),
    ],
)
def test_a_wrong_field_of_a_service_is_told(path: tuple[str | int, ...], value: JsonValue, message: str) -> None:
    # when
    result = validate(changed(path, value))

    # then
    at = {"Pod": ("kind",)}.get(str(value), path)
    if message.startswith("must have exactly one"):
        at = ("spec", "readiness")
    assert result == (ManifestProblem(at, message, quotes=message.startswith("must be text")),)


@pytest.mark.parametrize(
    ("path", "value", "field", "message"),
    [
        (("spec", "stage"), "test", "spec.stage", "must be development, staging or production, not 'test'"),
        (("spec", "promotesTo"), "thing", "spec.promotesTo", "must name another environment than this one"),
        (("spec", "provider"), "Echo", "spec.provider", SLUG + "'Echo'"),
        (
            ("metadata", "project"),
            "p" * 60,
            "spec.namespace",
            f"is required here: the default, {'p' * 60}-thing, is longer than 63 characters",
        ),
    ],
)
def test_a_wrong_field_of_an_environment_is_told(
    path: tuple[str | int, ...], value: JsonValue, *, field: str, message: str
) -> None:
    assert told(changed(path, value, kind="Environment")) == [(field, message)]


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("Project", ("metadata",), "metadata"),
        ("Project", ("metadata", "name"), "metadata.name"),
        ("Environment", ("spec",), "spec"),
        ("Environment", ("spec", "stage"), "spec.stage"),
        ("Application", ("metadata", "project"), "metadata.project"),
        ("Service", ("metadata", "application"), "metadata.application"),
        ("Service", ("spec", "image"), "spec.image"),
        ("Service", ("spec", "ports", 0, "port"), "spec.ports[0].port"),
        ("Service", ("spec", "env", 1, "value"), "spec.env[1].value"),
    ],
)
def test_a_missing_field_is_told(kind: str, path: tuple[str | int, ...], field: str) -> None:
    # given
    content = document(kind)
    part = within(content, path[:-1])
    assert isinstance(part, dict)
    del part[str(path[-1])]

    # then
    assert told(content) == [(field, "is required")]


def test_a_missing_api_version_is_told() -> None:
    content = document()
    del content["apiVersion"]
    assert told(content) == [("apiVersion", "must be trellis/v1")]


def test_all_problems_are_told_at_once() -> None:
    # given
    content = changed(("spec", "replicas"), -1)
    content["metadata"] = {"name": "Cart", "project": "shop", "application": "boutique"}
    content["extra"] = None

    # then
    assert told(content) == [
        ("metadata.name", SLUG + "'Cart'"),
        ("spec.replicas", "must be at least 0, not the number -1"),
        ("extra", "is not a field here; there is apiVersion, kind, metadata or spec"),
    ]


def test_no_more_than_a_hundred_problems_are_told() -> None:
    assert len(told(changed(("spec", "args"), [0] * 1_000))) == MAX_PROBLEMS == 100


@pytest.mark.parametrize("path", [("spec", "env", 0, "value"), ("spec", "args", 0), ("spec", "command", 0)])
def test_what_can_be_a_password_is_not_repeated(path: tuple[str | int, ...]) -> None:
    (problem,) = told(changed(path, 31337))
    assert problem[1] == "must be text, not a number"


class Quoting(yaml.SafeDumper):
    """Writes all text in quotes."""

    def represent_scalar(self, tag: str, value: str, style: str | None = None) -> yaml.ScalarNode:
        """Quotes for text, nothing for numbers."""
        return super().represent_scalar(tag, value, '"' if tag.endswith(":str") else style)


@given(services)
def test_a_service_survives_yaml(content: dict[str, JsonValue]) -> None:
    _survives(content)


@given(environments)
def test_an_environment_survives_yaml(content: dict[str, JsonValue]) -> None:
    _survives(content)


def _survives(content: dict[str, JsonValue]) -> None:
    # given
    manifest = _valid(content)
    text = yaml.dump(manifest.model_dump(by_alias=True, exclude_unset=True), Dumper=Quoting, allow_unicode=True)

    # when
    documents, problems = read_yaml(text)

    # then
    assert problems == []
    assert [_valid(document.content) for document in documents] == [manifest]


def _valid(content: JsonValue) -> Manifest:
    manifest = validate(content)
    assert not isinstance(manifest, tuple), manifest
    return manifest
