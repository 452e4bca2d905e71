"""Everything can be created, read, changed, listed and deleted over GraphQL, and every refusal is data."""

from __future__ import annotations

import re

import httpx2
import pytest
from pydantic import JsonValue

from tests.api import Api
from tests.platform import SHOP, Platform, environment, service

PROBLEMS = "problems { __typename code message field }"


def _problem(kind: str, code: str, message: str, field: str | None) -> list[JsonValue]:
    return [{"__typename": kind, "code": code, "message": message, "field": field}]


async def _mutate(api: Api, field: str, input: dict[str, JsonValue], selection: str) -> dict[str, JsonValue]:
    name = field[0].upper() + field[1:] + "Input"
    if field.startswith("delete"):
        name = "DeleteInput"
    data = await api.ask(
        f"mutation M($input: {name}!) {{ answer: {field}(input: $input) {{ {selection} {PROBLEMS} }} }}",
        {"input": input},
    )
    answer = data["answer"]
    assert isinstance(answer, dict)
    return answer


async def test_a_project_from_its_creation_to_its_deletion(api: Api) -> None:
    # when
    created = await _mutate(api, "createProject", {"name": "shop", "description": "A"}, "project { id version }")
    again = await _mutate(api, "createProject", {"name": "shop"}, "project { id }")
    changed = await _mutate(
        api,
        "updateProject",
        {"id": "shop", "description": "B", "expectedVersion": 1},
        "project { id version description }",
    )
    listed = await api.ask('{ projects { totalCount nodes { id description } } project(id: "shop") { name } }')
    deleted = await _mutate(api, "deleteProject", {"id": "shop", "expectedVersion": 2}, "id")
    gone = await api.post('{ project(id: "shop") { id } }')
    # then
    assert created == {"project": {"id": "shop", "version": 1}, "problems": []}
    assert again == {
        "project": None,
        "problems": _problem("Conflict", "CONFLICT", "Project shop exists already", "name"),
    }
    assert changed == {"project": {"id": "shop", "version": 2, "description": "B"}, "problems": []}
    assert listed == {
        "projects": {"totalCount": 1, "nodes": [{"id": "shop", "description": "B"}]},
        "project": {"name": "shop"},
    }
    assert deleted == {"id": "shop", "problems": []}
    assert gone.json()["data"] == {"project": None}
    assert gone.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert gone.json()["errors"][0]["path"] == ["project"]


async def test_an_environment_from_its_creation_to_its_deletion(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    # when
    created = await _mutate(
        api,
        "createEnvironment",
        {"project": "shop", "name": "qa", "stage": "STAGING", "promotesTo": "shop@dev"},
        "environment { id stage namespace provider { name } promotesTo { id } project { id } }",
    )
    changed = await _mutate(
        api,
        "updateEnvironment",
        {"id": "shop@qa", "provider": "kubernetes", "description": "Q"},
        "environment { description provider { name } }",
    )
    listed = await api.ask('{ environments(where: {project: {id: {eq: "shop"}}}) { nodes { id } } }')
    deleted = await _mutate(api, "deleteEnvironment", {"id": "shop@qa"}, "id")
    # then
    assert created == {
        "environment": {
            "id": "shop@qa",
            "stage": "STAGING",
            "namespace": "shop-qa",
            "provider": {"name": "echo"},
            "promotesTo": {"id": "shop@dev"},
            "project": {"id": "shop"},
        },
        "problems": [],
    }
    assert changed["environment"] == {"description": "Q", "provider": {"name": "kubernetes"}}
    assert listed == {"environments": {"nodes": [{"id": "shop@dev"}, {"id": "shop@qa"}]}}
    assert deleted == {"id": "shop@qa", "problems": []}


async def test_an_application_from_its_creation_to_its_deletion(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    # when
    orphan = await _mutate(api, "createApplication", {"project": "nowhere", "name": "x"}, "application { id }")
    created = await _mutate(api, "createApplication", {"project": "shop", "name": "billing"}, "application { id }")
    changed = await _mutate(
        api, "updateApplication", {"id": "shop/billing", "description": "B"}, "application { description version }"
    )
    unknown = await _mutate(api, "updateApplication", {"id": "not an id"}, "application { id }")
    listed = await api.ask('{ applications(where: {project: {id: {eq: "shop"}}}) { nodes { id } } }')
    deleted = await _mutate(api, "deleteApplication", {"id": "shop/billing"}, "id")
    # then
    assert orphan["problems"] == _problem("NotFound", "NOT_FOUND", "there is no Project nowhere", "project")
    assert created == {"application": {"id": "shop/billing"}, "problems": []}
    assert changed["application"] == {"description": "B", "version": 2}
    assert unknown["problems"] == _problem("NotFound", "NOT_FOUND", "there is no Application not an id", "id")
    assert listed == {"applications": {"nodes": [{"id": "shop/billing"}, {"id": "shop/boutique"}]}}
    assert deleted == {"id": "shop/billing", "problems": []}


async def test_a_service_with_versions_and_dependencies(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    version: dict[str, JsonValue] = {
        "image": "example/web:v1",
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        "readiness": {"kind": "HTTP", "port": 8080, "path": "/ready"},
        "limits": {"cpu": "200m"},
    }
    # when
    created = await _mutate(
        api,
        "createService",
        {
            "application": "shop/boutique",
            "name": "web",
            "version": version,
            "dependencies": [{"service": "shop/boutique/cart", "kind": "SOFT"}],
        },
        "service { id desiredVersion { image ports cpuLimit probePath } dependencies { edges { kind node { id } } } }",
    )
    second = await _mutate(
        api,
        "createServiceVersion",
        {"service": "shop/boutique/web", "version": {"image": "example/web:v2"}},
        "serviceVersion { image service { id } }",
    )
    removed = await _mutate(
        api,
        "removeDependency",
        {"service": "shop/boutique/web", "dependsOn": "shop/boutique/cart"},
        "service { dependencies { nodes { id } } }",
    )
    added = await _mutate(
        api,
        "addDependency",
        {"service": "shop/boutique/web", "dependsOn": "shop/boutique/cart"},
        "service { dependencies { edges { kind } } }",
    )
    refused = await _mutate(api, "deleteService", {"id": "shop/boutique/cart"}, "id")
    # then
    assert created == {
        "service": {
            "id": "shop/boutique/web",
            "desiredVersion": {
                "image": "example/web:v1",
                "ports": ["http:80:8080"],
                "cpuLimit": "200m",
                "probePath": "/ready",
            },
            "dependencies": {"edges": [{"kind": "SOFT", "node": {"id": "shop/boutique/cart"}}]},
        },
        "problems": [],
    }
    assert second["serviceVersion"] == {"image": "example/web:v2", "service": {"id": "shop/boutique/web"}}
    assert removed["service"] == {"dependencies": {"nodes": []}}
    assert added["service"] == {"dependencies": {"edges": [{"kind": "HARD"}]}}
    assert refused["problems"] == _problem(
        "ImpactRequired",
        "IMPACT_REQUIRED",
        "shop/boutique/web depends on Service shop/boutique/cart: look at the impact of deleting it, and present its "
        "digest",
        "impactDigest",
    )


@pytest.mark.parametrize(
    ("version", "field", "message"),
    [
        ({"image": "no image"}, "version.image", "image "),
        ({"image": "a:v1", "replicas": -1}, "version.replicas", "replicas must be at least 0, not the number -1"),
        ({"image": "a:v1", "limits": {"cpu": "lots"}}, "version.resources.limits.cpu", "resources.limits.cpu "),
    ],
)
async def test_a_wrong_version_is_refused_at_its_field(
    version: dict[str, JsonValue], field: str, message: str, api: Api, platform: Platform
) -> None:
    # given
    await platform.apply(*SHOP)
    before, events = await platform.picture(), await platform.events()
    # when
    refused = await _mutate(
        api,
        "createService",
        {"application": "shop/boutique", "name": "web", "version": version},
        "service { id }",
    )
    # then
    problems = refused["problems"]
    assert isinstance(problems, list)
    [problem] = problems
    assert isinstance(problem, dict)
    assert (problem["code"], problem["field"]) == ("INVALID_INPUT", field)
    assert str(problem["message"]).startswith(message)
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_cycle_is_a_problem_with_its_path(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("a", needs=["b"]), service("b", needs=["c"]), service("c"))
    # when
    refused = await _mutate(
        api,
        "addDependency",
        {"service": "shop/boutique/c", "dependsOn": "shop/boutique/a"},
        "service { id } more: problems { ... on PolicyDenied { violations { policy nodes { id } edges } } }",
    )
    # then
    assert refused["service"] is None
    assert refused["problems"] == _problem(
        "PolicyDenied", "POLICY_DENIED", "dependency cycle: c -> a -> b -> c", "dependencies"
    )
    assert refused["more"] == [
        {
            "violations": [
                {
                    "policy": "no-dependency-cycle",
                    "nodes": [{"id": f"shop/boutique/{name}"} for name in "cabc"],
                    "edges": ["DEPENDS_ON", "DEPENDS_ON", "DEPENDS_ON"],
                }
            ]
        }
    ]


async def test_manifests_are_applied_and_their_problems_located(api: Api) -> None:
    # given
    text = (
        "mutation A($input: ApplyManifestsInput!) { applyManifests(input: $input) "
        "{ results { index kind id action } problems { code message field } } }"
    )
    # when
    wrong = await api.ask(text, {"input": {"manifests": [*SHOP, service("cart", image="no image")]}})
    right = await api.ask(text, {"input": {"manifests": [*SHOP, service("cart")], "prune": True}})
    # then
    assert wrong == {
        "applyManifests": {
            "results": [],
            "problems": [
                {
                    "code": "INVALID_INPUT",
                    "message": "spec.image 'no image' is no image reference: it has white space in it",
                    "field": "manifests[3].spec.image",
                }
            ],
        }
    }
    done = right["applyManifests"]
    assert isinstance(done, dict)
    assert done["results"] == [
        {"index": 0, "kind": "Project", "id": "shop", "action": "CREATED"},
        {"index": 1, "kind": "Environment", "id": "shop@dev", "action": "CREATED"},
        {"index": 2, "kind": "Application", "id": "shop/boutique", "action": "CREATED"},
        {"index": 3, "kind": "Service", "id": "shop/boutique/cart", "action": "CREATED"},
    ]


async def _reads(api: Api) -> float:
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"{api.url}/metrics", headers={"Authorization": f"Bearer {api.token}"})).text
    name = r'^trellis_statement_seconds_count\{statement="projection/[^"]*"\}'
    counts = re.findall(name + r" ([0-9.]+)$", text, re.MULTILINE)
    return sum(float(count) for count in counts)


async def test_a_read_is_one_statement_for_one_and_for_ten_parents(api: Api, platform: Platform) -> None:
    # given
    query = "{ services(first: 50) { nodes { id dependencies { nodes { id application { id } } } } } }"
    await platform.apply(*SHOP, environment("qa"), service("s0"))
    start = await _reads(api)
    await api.ask(query)
    one = await _reads(api) - start
    await platform.apply(*[service(f"s{n}", needs=["s0"]) for n in range(1, 11)])
    # when
    data = await api.ask(query)
    ten = await _reads(api) - start - one
    # then
    edge: JsonValue = {"nodes": [{"id": "shop/boutique/s0", "application": {"id": "shop/boutique"}}]}
    nodes: list[JsonValue] = [{"id": "shop/boutique/s0", "dependencies": {"nodes": []}}]
    names = sorted(f"shop/boutique/s{n}" for n in range(1, 11))
    nodes += [{"id": name, "dependencies": edge} for name in names]
    assert data == {"services": {"nodes": nodes}}
    assert (one, ten) == (1, 1)
