"""Templates over GraphQL: created, read, changed, listed and deleted, and services that are instances of them."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from app.domain.access import Actor, Role
from app.domain.sessions import Tokens
from app.ports import SystemClock
from tests.api import KEY, Api
from tests.platform import SHOP, Platform, service
from tests.templates.samples import INPUTS, WORKLOAD, instance, template, version

PROBLEMS = "problems { __typename code message field }"
WEB: dict[str, JsonValue] = {"name": "web", "title": "Web", "category": "web", "icon": "globe", "tags": ["http"]}
V1: dict[str, JsonValue] = {"template": "template:web", "version": "1.0", "inputs": INPUTS, "workload": WORKLOAD}
CART: dict[str, JsonValue] = {
    "application": "shop/boutique",
    "name": "cart",
    "template": {"name": "web", "version": "1.0"},
    "configuration": {"image": "example/web:v1", "replicas": 3},
}


async def _mutate(api: Api, field: str, input: dict[str, JsonValue], selection: str = "") -> dict[str, JsonValue]:
    name = "DeleteInput" if field.startswith("delete") else field[0].upper() + field[1:] + "Input"
    query = f"mutation M($input: {name}!) {{ answer: {field}(input: $input) {{ {selection} {PROBLEMS} }} }}"
    answer = (await api.ask(query, {"input": input}))["answer"]
    assert isinstance(answer, dict)
    return answer


def _problem(kind: str, code: str, message: str, field: str | None) -> dict[str, JsonValue]:
    return {"__typename": kind, "code": code, "message": message, "field": field}


async def test_a_template_from_its_creation_to_its_deletion(api: Api) -> None:
    # when
    created = await _mutate(api, "createTemplate", dict(WEB), "template { id version title tags }")
    again = await _mutate(api, "createTemplate", {"name": "web"})
    added = await _mutate(
        api,
        "createTemplateVersion",
        {**V1, "idempotencyKey": "a"},
        "templateVersion { id name inputs outputs deprecated }",
    )
    repeated = await _mutate(api, "createTemplateVersion", {**V1, "idempotencyKey": "a"}, "templateVersion { id }")
    taken = await _mutate(api, "createTemplateVersion", V1)
    orphan = await _mutate(api, "createTemplateVersion", {**V1, "template": "template:none"})
    changed = await _mutate(
        api, "updateTemplate", {"id": "template:web", "title": "The web", "expectedVersion": 1}, "template { version }"
    )
    deprecated = await _mutate(
        api, "deprecateTemplateVersion", {"id": "template:web:1.0"}, "templateVersion { deprecated version }"
    )
    listed = await api.ask(
        """{
          templates(where: {category: {eq: "web"}}, orderBy: [{name: DESC}]) {
            totalCount nodes { id title icon category tags team { id } versions { nodes { id deprecated } } }
          }
          search(text: "web", kinds: [TEMPLATE]) { nodes { __typename ... on Template { id } } }
        }"""
    )
    deleted = await _mutate(api, "deleteTemplate", {"id": "template:web"}, "id")
    gone = await api.ask("{ templates { totalCount } templateVersions { totalCount } }")
    # then
    assert created == {
        "template": {"id": "template:web", "version": 1, "title": "Web", "tags": ["http"]},
        "problems": [],
    }
    assert again["problems"] == [_problem("Conflict", "CONFLICT", "Template template:web exists already", "name")]
    assert added["templateVersion"] == {
        "id": "template:web:1.0",
        "name": "1.0",
        "inputs": INPUTS,
        "outputs": {},
        "deprecated": None,
    }
    assert repeated == {"templateVersion": {"id": "template:web:1.0"}, "problems": []}
    assert taken["problems"] == [
        _problem("Conflict", "CONFLICT", "TemplateVersion template:web:1.0 exists already", "version")
    ]
    assert orphan["problems"] == [_problem("NotFound", "NOT_FOUND", "there is no Template template:none", "template")]
    assert changed == {"template": {"version": 2}, "problems": []}
    assert deprecated["templateVersion"] == {"deprecated": True, "version": 2}
    assert listed["templates"] == {
        "totalCount": 1,
        "nodes": [
            {
                "id": "template:web",
                "title": "The web",
                "icon": "globe",
                "category": "web",
                "tags": ["http"],
                "team": {"id": "team:platform"},
                "versions": {"nodes": [{"id": "template:web:1.0", "deprecated": True}]},
            }
        ],
    }
    assert listed["search"] == {"nodes": [{"__typename": "Template", "id": "template:web"}]}
    assert deleted == {"id": "template:web", "problems": []}
    assert gone == {"templates": {"totalCount": 0}, "templateVersions": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"inputs": []}, "inputs", "inputs must be a mapping"),
        ({"inputs": {"type": "array"}}, "inputs.type", "inputs.type must be object"),
        ({"outputs": {"type": "array"}}, "outputs.type", "outputs.type must be object"),
        (
            {"workload": {"image": "${inputs.picture}"}},
            "workload.image",
            "workload.image names the input picture, which the schema does not have among its properties",
        ),
        (
            {"version": "a version"},
            "version",
            "'a version' is no version: up to 54 letters, digits, '_', '.' and '-', "
            "with a letter or digit at both ends",
        ),
    ],
)
async def test_a_version_that_is_not_whole_is_refused(
    api: Api, platform: Platform, changed: dict[str, JsonValue], field: str, message: str
) -> None:
    # given
    await _mutate(api, "createTemplate", {"name": "web"})
    before = await platform.picture(), await platform.events()
    # when
    refused = await _mutate(api, "createTemplateVersion", {**V1, **changed})
    # then
    assert refused["problems"] == [_problem("InvalidInput", "INVALID_INPUT", message, field)]
    assert (await platform.picture(), await platform.events()) == before


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"icon": "http://example.com/a.png"}, "icon"),
        ({"category": "Not a word"}, "category"),
        ({"tags": ["Not a word"]}, "tags"),
        ({"tags": ["a", "a"]}, "tags"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"title": "x" * 201}, "title"),
        ({"name": "Not a name"}, "name"),
    ],
)
async def test_what_a_template_cannot_be_called_is_refused(
    api: Api, platform: Platform, changed: dict[str, JsonValue], field: str
) -> None:
    # given
    before = await platform.picture(), await platform.events()
    # when
    refused = await _mutate(api, "createTemplate", {**WEB, **changed})
    # then
    problems = refused["problems"]
    assert isinstance(problems, list)
    assert [(one["code"], one["field"]) for one in problems if isinstance(one, dict)] == [("INVALID_INPUT", field)]
    assert (await platform.picture(), await platform.events()) == before


async def test_a_service_as_an_instance_from_its_creation_to_its_deletion(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(version("1.0"), version("1.1")), service("plain"))
    shown = "service { version configuration template { name } templateVersion { name } "
    shown += "desiredVersion { image replicas } }"
    # when
    created = await _mutate(api, "createService", CART, shown)
    configured = await _mutate(
        api, "updateService", {"id": "shop/boutique/cart", "configuration": {"image": "example/web:v2"}}, shown
    )
    upgraded = await _mutate(
        api, "updateService", {"id": "shop/boutique/cart", "template": {"name": "web", "version": "1.1"}}, shown
    )
    listed = await api.ask(
        """{
          services(where: {template: {name: {eq: "web"}}}) { nodes { id } }
          others: services(where: {not: {templateVersion: {}}}) { nodes { id } }
          templateVersion(id: "template:web:1.1") { services(where: {name: {eq: "cart"}}) { totalCount nodes { id } } }
          templateVersions(where: {services: {some: {name: {eq: "cart"}}}}) { nodes { id } }
        }"""
    )
    used = await _mutate(api, "deleteTemplateVersion", {"id": "template:web:1.1"}, "id")
    unused = await _mutate(api, "deleteTemplateVersion", {"id": "template:web:1.0"}, "id")
    deleted = await _mutate(api, "deleteService", {"id": "shop/boutique/cart"}, "id")
    # then
    assert created["problems"] == configured["problems"] == upgraded["problems"] == []
    assert created["service"] == {
        "version": 1,
        "configuration": {"image": "example/web:v1", "replicas": 3},
        "template": {"name": "web"},
        "templateVersion": {"name": "1.0"},
        "desiredVersion": {"image": "example/web:v1", "replicas": 3},
    }
    assert configured["service"] == {
        "version": 2,
        "configuration": {"image": "example/web:v2"},
        "template": {"name": "web"},
        "templateVersion": {"name": "1.0"},
        "desiredVersion": {"image": "example/web:v2", "replicas": 2},
    }
    assert upgraded["service"] == {
        "version": 3,
        "configuration": {"image": "example/web:v2"},
        "template": {"name": "web"},
        "templateVersion": {"name": "1.1"},
        "desiredVersion": {"image": "example/web:v2", "replicas": 2},
    }
    assert listed == {
        "services": {"nodes": [{"id": "shop/boutique/cart"}]},
        "others": {"nodes": [{"id": "shop/boutique/plain"}]},
        "templateVersion": {"services": {"totalCount": 1, "nodes": [{"id": "shop/boutique/cart"}]}},
        "templateVersions": {"nodes": [{"id": "template:web:1.1"}]},
    }
    assert used["problems"] == [
        _problem("InUse", "IN_USE", "TemplateVersion template:web:1.1 is in use by Service shop/boutique/cart", "id")
    ]
    assert unused == {"id": "template:web:1.0", "problems": []}
    assert deleted == {"id": "shop/boutique/cart", "problems": []}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"configuration": {"image": "example/web:v1", "replicas": 99}},
            ("InvalidInput", "INVALID_INPUT", "configuration.replicas must be at most 10", "configuration.replicas"),
        ),
        ({"configuration": []}, ("InvalidInput", "INVALID_INPUT", "configuration must be a mapping", "configuration")),
        (
            {"template": {"name": "none", "version": "1.0"}},
            ("NotFound", "NOT_FOUND", "there is no template none", "template.name"),
        ),
        (
            {"template": {"name": "web", "version": "9"}},
            ("NotFound", "NOT_FOUND", "the template web has no version 9", "template.version"),
        ),
        (
            {"version": {"image": "a"}},
            (
                "InvalidInput",
                "INVALID_INPUT",
                "a service has a version of its own or is an instance of a template, not both",
                "template",
            ),
        ),
    ],
)
async def test_a_service_that_is_no_instance_is_refused(
    api: Api, platform: Platform, changed: dict[str, JsonValue], problem: tuple[str, str, str, str]
) -> None:
    # given
    await platform.apply(*SHOP, template())
    before = await platform.picture(), await platform.events()
    # when
    refused = await _mutate(api, "createService", {**CART, **changed})
    # then
    assert refused["problems"] == [_problem(*problem)]
    assert (await platform.picture(), await platform.events()) == before


async def test_templates_are_written_by_administrators_only(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, template(), instance("cart"))
    before = await platform.picture(), await platform.events()
    inputs: list[tuple[str, str, dict[str, JsonValue]]] = [
        ("createTemplate", "CreateTemplateInput", {"name": "other"}),
        ("updateTemplate", "UpdateTemplateInput", {"id": "template:web", "title": "Other"}),
        ("deleteTemplate", "DeleteInput", {"id": "template:web"}),
        ("createTemplateVersion", "CreateTemplateVersionInput", {**V1, "version": "2.0"}),
        ("deprecateTemplateVersion", "DeprecateTemplateVersionInput", {"id": "template:web:1.0"}),
        ("deleteTemplateVersion", "DeleteInput", {"id": "template:web:1.0"}),
    ]
    # when
    answers: list[JsonValue] = []
    for field, type_, input in inputs:
        query = f"mutation M($input: {type_}!) {{ answer: {field}(input: $input) {{ problems {{ code }} }} }}"
        for role in (Role.DEVELOPER, Role.VIEWER):
            actor = Actor("user:somebody", platform.tenant, "somebody", role)
            token = Tokens(KEY, clock=SystemClock()).issue(actor).token
            answers.append((await api.post(query, {"input": input}, token=token)).json())
    # then
    assert before == (await platform.picture(), await platform.events())
    assert answers == [{"data": {"answer": {"problems": [{"code": "FORBIDDEN"}]}}}] * 12
