"""Every decision is logged with what it was asked and said, also that of a change which was refused and rolled back."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.changes import Saving
from app.domain.dependencies import Dependency, DependencyKind, add_dependency
from app.domain.plans import create_plan
from app.domain.policies import Point, decide, denied, findings_of, known
from app.domain.policies.bindings import Bindings
from app.domain.services import ServiceSpec, save_service
from app.domain.workloads import DataClass, Exposure
from app.errors import PolicyDenied
from app.graph import Graph, GraphSettings
from app.transactions import Row
from tests.platform import SHOP, Platform, environment, service

BOUTIQUE = "shop/boutique"


async def decisions(platform: Platform) -> list[Row]:
    """The log, oldest first."""
    return await platform.graph.define(
        f"MATCH (d:Decision {{tenant: '{platform.tenant}'}})-[:OF]->(p:Policy) "
        "OPTIONAL MATCH (d)-[:ABOUT]->(n) "
        "RETURN d.id AS id, d.policy AS policy, d.policy_version AS policy_version, p.digest AS digest, "
        "d.point AS point, d.inputs_hash AS inputs_hash, d.verdict AS verdict, d.actor AS actor, n.id AS about, "
        "d.subject_count AS subject_count, d.subjects AS subjects, d.message AS message ORDER BY d.id"
    )


async def chain(platform: Platform) -> None:
    """A public service, one that holds personal data, and all but the last edge between them."""
    web, users = service("web", needs=["cart"]), service("users")
    for one, key, value in ((web, "exposure", "public"), (users, "dataClass", "personal")):
        spec = one["spec"]
        assert isinstance(spec, dict)
        spec[key] = value
    await platform.apply(*SHOP, users, service("orders", needs=["users"]), service("cart"), web)


async def test_an_edge_that_leads_from_the_public_to_personal_data_is_refused_with_the_way_and_logged(
    platform: Platform,
) -> None:
    # given
    await chain(platform)
    picture, events, before = await platform.picture(), await platform.events(), await decisions(platform)
    # when
    with pytest.raises(PolicyDenied) as refused:
        await add_dependency(
            platform.change(), f"{BOUTIQUE}/cart", Dependency(f"{BOUTIQUE}/orders", DependencyKind.SOFT)
        )
    # then
    [violation] = refused.value.violations
    assert [node.id for node in violation.nodes] == [
        f"{BOUTIQUE}/{name}" for name in ("web", "cart", "orders", "users")
    ]
    assert violation.edges == ("DEPENDS_ON", "DEPENDS_ON", "DEPENDS_ON")
    assert violation.message == "web is public and leads to users, which holds personal data"
    assert (await platform.picture(), await platform.events()) == (picture, events)
    logged = (await decisions(platform))[len(before) :]
    assert [(row["policy"], row["verdict"], row["point"], row["actor"], row["about"]) for row in logged] == [
        ("no-dependency-cycle", "allow", "mutate", "user:admin", f"{BOUTIQUE}/cart"),
        ("no-public-path-to-sensitive-data", "deny", "mutate", "user:admin", f"{BOUTIQUE}/cart"),
    ]
    denial = logged[1]
    assert violation.decision == denial["id"]
    assert denial["policy_version"] == denial["digest"]
    assert (denial["subjects"], denial["subject_count"]) == ([f"{BOUTIQUE}/web"], 1)
    assert denial["message"] == violation.message


async def test_what_becomes_public_or_sensitive_is_looked_at_as_well(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("users"), service("web", needs=["users"]))
    await save_service(platform.change(), ServiceSpec(BOUTIQUE, "web", exposure=Exposure.PUBLIC), saving=Saving.UPDATE)
    picture = await platform.picture()
    # when
    with pytest.raises(PolicyDenied) as refused:
        await save_service(
            platform.change(), ServiceSpec(BOUTIQUE, "users", data_class=DataClass.PERSONAL), saving=Saving.UPDATE
        )
    # then
    assert [node.name for node in refused.value.violations[0].nodes] == ["web", "users"]
    assert await platform.picture() == picture


async def test_a_plan_carries_what_every_policy_said_and_the_same_question_has_the_same_hash(
    platform: Platform,
) -> None:
    # given
    await platform.apply(*SHOP, environment("prod", stage="production"), service("cart", image="example/cart:latest"))
    before = len(await decisions(platform))
    # when
    first = await create_plan(platform.change(), application_id=BOUTIQUE, environment_id="shop@prod")
    second = await create_plan(platform.change(), application_id=BOUTIQUE, environment_id="shop@prod")
    # then
    logged = (await decisions(platform))[before:]
    asked = [policy.name for policy in known() if Point.PLAN in policy.points]
    half = len(logged) // 2
    assert [row["policy"] for row in logged] == [*asked, *asked]
    assert {row["about"] for row in logged[:half]} == {first.id}
    assert {row["about"] for row in logged[half:]} == {second.id}
    assert [row["inputs_hash"] for row in logged[:half]] == [row["inputs_hash"] for row in logged[half:]]
    said = {str(row["policy"]): row["verdict"] for row in logged[:half]}
    assert (said["pinned-images"], said["replicas-in-production"], said["blast-radius"]) == ("deny", "warn", "allow")
    assert first.proposal.warnings == (
        "replicas-in-production: cart would run 1 time(s) in prod, and at least 2 are asked for",
        "resource-limits: cart would run in prod without a limit of CPU and memory",
    )


async def test_a_policy_that_does_not_answer_in_time_denies_and_rolls_back(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = await decisions(platform)
    given = {"application_id": BOUTIQUE, "environment_id": "shop@dev"}
    # when
    found = await decide(platform.graph.reader(platform.tenant), Point.PLAN, given, project_id="shop", seconds=0)
    # then
    assert len(found) == 1
    assert found[0].error == "it did not answer within 0 seconds"
    assert [one.violation.message for one in denied(findings_of(found)).values()] == [
        "blast-radius denies because it did not answer within 0 seconds"
    ]
    assert await decisions(platform) == before


async def test_a_policy_that_cannot_be_asked_denies(platform: Platform) -> None:
    # given a transition that does not say what a policy needs to know
    # when
    found = await decide(platform.graph.reader(platform.tenant), Point.MUTATE, {}, project_id="shop")
    # then
    assert [(one.policy, one.verdict, one.error) for one in found] == [
        ("no-dependency-cycle", "deny", "it could not be asked (StatementFailed)")
    ]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    length=st.integers(1, 5),
    stubs=st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=6),
)
def test_without_any_one_edge_of_the_way_the_same_call_passes(
    graph_settings: GraphSettings, tenant: str, length: int, stubs: list[tuple[int, bool]]
) -> None:
    """A public service, a way to personal data, and services beside it that lead nowhere or come from nowhere."""
    policy = next(one for one in known() if one.name == "no-public-path-to-sensitive-data")
    names = [f"{place}" for place in range(length + 1)]
    edges = list(pairwise(names))
    edges += [
        (names[at % len(names)], f"stub{number}") if outward else (f"stub{number}", names[at % len(names)])
        for number, (at, outward) in enumerate(stubs)
    ]

    async def ask() -> None:
        async with Graph.connect(graph_settings) as graph:
            own = Platform(graph, tenant).ids.new()
            nodes = sorted({name for edge in edges for name in edge})
            extra = {names[0]: ", exposure: 'public'", names[-1]: ", data_class: 'personal'"}
            creates = "".join(
                f"CREATE (n{name}:Service:Entity {{tenant: '{own}', id: '{name}', name: '{name}'"
                f"{extra.get(name, '')}}}) "
                for name in nodes
            )
            await graph.define(creates + "".join(f"CREATE (n{a})-[:DEPENDS_ON]->(n{b}) " for a, b in edges))

            async def found() -> list[tuple[str, ...]]:
                [decision] = await decide(
                    graph.reader(own),
                    Point.MUTATE,
                    {"services": [names[0]], "edges": []},
                    policies=[policy],
                    bindings=Bindings("2026-01-01T00:00:00Z"),
                )
                return [tuple(node.id for node in one.violation.nodes) for one in decision.findings]

            assert await found() == [tuple(names)]
            for a, b in pairwise(names):
                edge = f"(a:Service {{tenant: '{own}', id: '{a}'}})-[r:DEPENDS_ON]->(b:Service {{id: '{b}'}})"
                await graph.define(f"MATCH {edge} DELETE r")
                assert await found() == []
                await graph.define(
                    f"MATCH (a:Service {{tenant: '{own}', id: '{a}'}}) "
                    f"MATCH (b:Service {{tenant: '{own}', id: '{b}'}}) "
                    "CREATE (a)-[:DEPENDS_ON]->(b)"
                )

    asyncio.run(ask())
