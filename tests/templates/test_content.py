"""A version of a template is whole, or it is said where it is not."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from app.domain.manifest_validation import validate, workload_faults
from app.domain.templates.content import TemplateContent, check
from app.domain.templates.placeholders import render
from tests.templates.samples import INPUTS, WORKLOAD, template, version


def _inputs(**properties: JsonValue) -> dict[str, JsonValue]:
    return {"type": "object", "properties": properties}


def _fields(inputs: dict[str, JsonValue], workload: dict[str, JsonValue]) -> list[tuple[str, str]]:
    found = check(TemplateContent(inputs, {}, workload), workload_faults)
    return [(".".join(map(str, one.path)), one.message) for one in found]


def test_a_whole_version_has_no_faults() -> None:
    # when
    found = check(TemplateContent(INPUTS, {"type": "object"}, WORKLOAD), workload_faults)
    # then
    assert found == []


_ONE = _inputs(image={"type": "string", "default": "example/web:v1"})


@pytest.mark.parametrize(
    ("inputs", "workload", "field", "message"),
    [
        ({"type": "list"}, {"image": "a"}, "inputs.type", "must be object"),
        (_ONE, {}, "workload.image", "is required"),
        (_ONE, {"image": "a", "exposure": "public"}, "workload.exposure", "is no part of a workload"),
        (_ONE, {"image": "${inputs.imag}"}, "workload.image", "names the input imag, which the schema does not have"),
        (_ONE, {"image": "${inputs}"}, "workload.image", "has '${inputs}', which names no input"),
        (_ONE, {"image": "a:${ inputs.image }"}, "workload.image", "has '${ inputs.image }', which names no input"),
        (_ONE, {"image": "a", "${inputs.image}": 1}, "workload.${inputs.image}", "is no part of a workload"),
        (
            _ONE,
            {"image": "a", "resources": {"${inputs.image}": {}}},
            "workload.resources.${inputs.image}",
            "has '${inputs.image}', which names no input",
        ),
        (
            _inputs(image={"type": "string"}),
            {"image": "${inputs.image}"},
            "workload.image",
            "names the input image, which has no default and is not required",
        ),
        (
            _inputs(words={"type": "array", "default": []}),
            {"image": "a", "args": ["--${inputs.words}"]},
            "workload.args.0",
            "names the input words, which becomes text there",
        ),
        (
            _inputs(image={"type": "string", "default": 3}),
            {"image": "a"},
            "inputs.properties.image.default",
            "does not fit the schema: it must be text",
        ),
        (
            {**_inputs(tag={"type": "string", "pattern": "^v[0-9]+$"}), "required": ["tag"]},
            {"image": "a:${inputs.tag}"},
            "inputs.properties.tag",
            "needs a default, or examples that fit: what was made up for it must match ^v[0-9]+$",
        ),
        (
            {**_inputs(cpu={"type": "string"}), "required": ["cpu"]},
            {"image": "a", "resources": {"limits": {"cpu": "${inputs.cpu}"}}},
            "workload.resources.limits.cpu",
            "(with the defaults and examples of its inputs)",
        ),
        (_ONE, {"image": "a", "replica": 1}, "workload.replica", "is no part of a workload"),
        (_ONE, {"image": "a", "ports": [{"name": "http", "prot": 1}]}, "workload.ports.0.port", "is required"),
    ],
)
def test_a_version_that_is_not_whole_is_refused_with_the_field(
    inputs: dict[str, JsonValue], workload: dict[str, JsonValue], field: str, message: str
) -> None:
    # when
    found = _fields(inputs, workload)
    # then
    assert found[0][0] == field
    assert message in found[0][1]


def test_problems_of_a_manifest_name_the_version_and_the_field() -> None:
    # given a template with two versions of one label, of which the second names an input that is not there
    manifest = template(version("1.0"), version("1.0", workload={"image": "${inputs.picture}"}))
    # when
    found = validate(manifest)
    # then
    assert isinstance(found, tuple)
    assert [one.field for one in found] == ["spec.versions[1].version", "spec.versions[1].workload.image"]


def test_placeholders_become_values_text_or_stay() -> None:
    # given
    workload: dict[str, JsonValue] = {
        "image": "${inputs.name}:${inputs.tag}",
        "replicas": "${inputs.count}",
        "args": ["${inputs.count}", "--on=${inputs.on}", "$${inputs.name}", "${cart.address}"],
        "command": "${inputs.words}",
        "env": [{"name": "A", "value": "${inputs.db.host}"}, {"name": "B", "value": "${${inputs.name}.address}"}],
    }
    inputs: dict[str, JsonValue] = {
        "name": "web",
        "tag": "${inputs.count}",
        "count": 3,
        "on": True,
        "words": ["a", "b"],
        "db": {"host": "h"},
    }
    # when
    rendered = render(workload, inputs)
    # then
    assert rendered == {
        "image": "web:${inputs.count}",
        "replicas": 3,
        "args": ["3", "--on=true", "$${inputs.name}", "${cart.address}"],
        "command": ["a", "b"],
        "env": [{"name": "A", "value": "h"}, {"name": "B", "value": "${web.address}"}],
    }


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec.image"),
        ({"image": "a", "configuration": {"b": 1}}, "spec.configuration"),
        ({"template": {"name": "web", "version": "1"}, "image": "a"}, "spec.image"),
        ({"template": {"name": "web", "version": "1"}, "env": []}, "spec.env"),
        ({"template": {"name": "web", "version": 1.2}}, "spec.template.version"),
        ({"template": {"name": "web"}}, "spec.template.version"),
    ],
)
def test_a_service_says_a_workload_or_a_template(spec: JsonValue, field: str) -> None:
    # given
    metadata: JsonValue = {"project": "shop", "application": "boutique", "name": "cart"}
    # when
    found = validate({"apiVersion": "trellis/v1", "kind": "Service", "metadata": metadata, "spec": spec})
    # then
    assert isinstance(found, tuple)
    assert [one.field for one in found] == [field]
