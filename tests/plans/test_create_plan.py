"""Plans in the graph: what is stored, what it was read from, and that nothing of it depends on chance."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from app.domain import policies
from app.domain.access import Role
from app.domain.plan_reading import read_snapshot
from app.domain.plans import create_plan
from app.domain.policies import Point
from app.domain.rows import listed
from app.errors import Forbidden, InvalidInput, NotFound
from app.graph_observer import counting
from app.transactions import Row
from tests.platform import SHOP, Platform, application, environment, service

APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"


async def plan(platform: Platform, environment_id: str = ENVIRONMENT) -> str:
    """Plan the boutique and return the plan's id."""
    return (await create_plan(platform.change(), application_id=APPLICATION, environment_id=environment_id)).id


async def stored(platform: Platform, plan_id: str) -> Row:
    """A plan's properties."""
    rows = await platform.graph.define(
        f"MATCH (p:Plan:Entity {{tenant: '{platform.tenant}', id: '{plan_id}'}}) RETURN properties(p) AS plan"
    )
    found = rows[0]["plan"]
    assert isinstance(found, dict)
    return found


async def steps(platform: Platform, plan_id: str) -> list[Row]:
    """A plan's steps in their order, with what each requires and changes."""
    return await platform.graph.define(
        f"MATCH (p:Plan {{tenant: '{platform.tenant}', id: '{plan_id}'}})-[:HAS_STEP]->(s:PlanStep) "
        "RETURN s.key AS key, s.position AS position, s.wave AS wave, s.action AS action, s.version_id AS version_id, "
        "s.before AS before, s.after AS after, s.plan_id AS plan_id, s.policy AS policy, s.reason AS reason, "
        "s.path AS path, s.path_edges AS path_edges, [(s)-[:REQUIRES]->(r) | r.key] AS requires, "
        "[(s)-[:CHANGES]->(c) | c.id] AS changes "
        "ORDER BY s.position"
    )


async def reads(platform: Platform, plan_id: str) -> dict[str, int]:
    """What a plan was computed from, at which version."""
    rows = await platform.graph.define(
        f"MATCH (p:Plan {{tenant: '{platform.tenant}', id: '{plan_id}'}})-[r:READ]->(n) "
        "RETURN n.id AS id, r.version AS version"
    )
    return {str(row["id"]): row["version"] for row in rows if isinstance(row["version"], int)}


async def test_a_first_plan_creates_everything_in_the_order_of_the_dependencies(platform: Platform) -> None:
    # given
    await platform.apply(
        *SHOP, service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"], wants=["redis"])
    )
    # when
    plan_id = await plan(platform)
    # then
    found = await stored(platform, plan_id)
    kept = {key: value for key, value in found.items() if key not in ("digest", "created_at", "updated_at")}
    assert kept == {
        "tenant": platform.tenant,
        "id": plan_id,
        "version": 1,
        "state": "ready",
        "application_id": APPLICATION,
        "environment_id": ENVIRONMENT,
        "provider": "echo",
        "created_by": "user:admin",
        "creates": 3,
        "updates": 0,
        "replaces": 0,
        "deletes": 0,
        "no_ops": 0,
        "blocked": 0,
        "waves": 3,
        "acting": 3,
        "reads": 9,
        "warnings": [],
        "irreversible": 0,
        "cost_change": 0.0,
        "impact": 0,
        "impact_digest": found["impact_digest"],
        "approval": "none",
        "approval_reasons": [],
    }
    rows = await steps(platform, plan_id)
    assert [(row["key"], row["position"], row["wave"], row["action"], row["requires"]) for row in rows] == [
        ("shop/boutique/redis@dev", 0, 1, "create", []),
        ("shop/boutique/cart@dev", 1, 2, "create", ["shop/boutique/redis@dev"]),
        ("shop/boutique/web@dev", 2, 3, "create", ["shop/boutique/cart@dev"]),
    ]
    assert [row["changes"] for row in rows] == [["shop/boutique/redis"], ["shop/boutique/cart"], ["shop/boutique/web"]]
    assert {row["plan_id"] for row in rows} == {plan_id}
    assert rows[0]["before"] == []
    assert rows[0]["after"] == [
        "deadline_seconds=300",
        "image=example/redis:v1",
        "port.http=80:80",
        "replicas=1",
        f"version={rows[0]['version_id']}",
    ]


async def test_a_soft_dependency_orders_nothing_and_a_hard_one_does(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"), service("mail", wants=["redis"]), service("cart", needs=["redis"]))
    # when
    rows = await steps(platform, await plan(platform))
    # then
    assert [(row["key"], row["wave"], row["requires"]) for row in rows] == [
        ("shop/boutique/mail@dev", 1, []),
        ("shop/boutique/redis@dev", 1, []),
        ("shop/boutique/cart@dev", 2, ["shop/boutique/redis@dev"]),
    ]


async def test_a_plan_remembers_what_it_was_computed_from_at_which_version(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    nodes, _ = await platform.picture()
    # when
    plan_id = await plan(platform)
    # then
    [version] = [id for id in nodes if ":" in id and id.startswith("shop/boutique/cart:")]
    expected = [APPLICATION, ENVIRONMENT, "shop/boutique/cart", version, "provider:echo"]
    assert await reads(platform, plan_id) == {id: nodes[id] for id in expected}


async def test_a_plan_says_whom_it_touches_beyond_its_application(platform: Platform) -> None:
    # given ledger needs the cart, books needs the ledger, and the boutique has a service that nobody else needs
    await platform.apply(
        *SHOP, application("bank"), service("redis"), service("cart", wants=["redis"]), service("mail")
    )
    await platform.apply(service("ledger", application="bank", needs=["boutique/cart"]))
    await platform.apply(service("books", application="bank", wants=["ledger"]))
    # when
    plan_id = await plan(platform)
    # then
    found = await stored(platform, plan_id)
    _, edges = await platform.picture()
    assert found["impact"] == 2
    assert {end for start, type, end in edges if (start, type) == (plan_id, "AFFECTS")} == {
        "shop/bank/books",
        "shop/bank/ledger",
    }
    # and another version of one of them is another impact, of the same plan
    await platform.apply(service("books", application="bank", wants=["ledger"], replicas=2))
    again = await stored(platform, await plan(platform))
    assert (again["impact"], again["digest"]) == (2, found["digest"])
    assert again["impact_digest"] != found["impact_digest"]


async def test_a_plan_tells_of_itself_in_one_event(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before = len(await platform.events())
    # when
    plan_id = await plan(platform)
    # then
    [event] = (await platform.events())[before:]
    assert (event["type"], event["subject"], event["version"]) == ("plan.created", plan_id, 1)
    said = orjson.loads(str(event["data"]))
    digest = (await stored(platform, plan_id))["digest"]
    assert said["before"] is None
    assert (said["after"]["digest"], said["after"]["state"], said["after"]["counts"]) == (
        digest,
        "ready",
        {"create": 1},
    )


async def test_planning_twice_gives_two_plans_of_one_digest(platform: Platform) -> None:
    # given
    await platform.apply(
        *SHOP, *(service(f"s{number}", needs=[f"s{number - 1}"] if number else []) for number in range(8))
    )
    # when
    first, second = await plan(platform), await plan(platform)
    # then
    assert first != second
    assert (await stored(platform, first))["digest"] == (await stored(platform, second))["digest"]


async def test_plans_made_at_the_same_time_do_not_disturb_each_other(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, *(service(f"s{number}") for number in range(5)))
    # when
    made = await asyncio.gather(*(plan(platform) for _ in range(8)))
    # then
    assert len(set(made)) == 8
    assert {str((await stored(platform, id))["digest"]) for id in made} == {(await stored(platform, made[0]))["digest"]}


async def test_the_number_of_statements_does_not_grow_with_the_services(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("s0"), service("s1", needs=["s0"]))
    with counting() as few:
        await plan(platform)
    await platform.apply(*(service(f"s{number}", needs=["s0"]) for number in range(2, 20)))
    # when
    with counting() as many:
        await plan(platform)
    # then
    assert many == few


async def test_an_unpinned_image_in_production_blocks_its_step_by_a_named_path(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, environment("prod", stage="production"))
    await platform.apply(service("cart", image="example/cart:latest"), service("redis"))
    # when
    plan_id = await plan(platform, "shop@prod")
    # then
    found = await stored(platform, plan_id)
    assert (found["state"], found["creates"], found["blocked"], found["acting"]) == ("blocked", 1, 1, 1)
    [blocked] = [row for row in await steps(platform, plan_id) if row["action"] == "blocked"]
    assert (blocked["key"], blocked["wave"], blocked["policy"]) == ("shop/boutique/cart@prod", 0, "pinned-images")
    assert (
        blocked["reason"]
        == "cart would run example/cart:latest in prod: pin it by a tag other than latest or by a digest"
    )
    assert blocked["path"] == [APPLICATION, "shop/boutique/cart", blocked["version_id"]]
    assert blocked["path_edges"] == ["HAS_SERVICE", "DESIRES"]


@pytest.mark.parametrize(
    ("application_id", "environment_id", "refusal", "field"),
    [
        ("shop/nothing", ENVIRONMENT, NotFound, "application"),
        ("not an id", ENVIRONMENT, NotFound, "application"),
        (APPLICATION, "shop@nowhere", NotFound, "environment"),
        (APPLICATION, "nowhere", NotFound, "environment"),
        (APPLICATION, "other@dev", InvalidInput, "environment"),
    ],
)
async def test_what_does_not_exist_is_refused_and_nothing_is_stored(
    platform: Platform, application_id: str, environment_id: str, refusal: type[NotFound | InvalidInput], field: str
) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(refusal) as refused:
        await create_plan(platform.change(), application_id=application_id, environment_id=environment_id)
    # then
    assert refused.value.field == field
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_a_viewer_may_not_plan(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    before, events = await platform.picture(), await platform.events()
    # when
    with pytest.raises(Forbidden):
        await create_plan(platform.change(role=Role.VIEWER), application_id=APPLICATION, environment_id=ENVIRONMENT)
    # then
    assert (await platform.picture(), await platform.events()) == (before, events)


async def test_another_tenants_application_does_not_exist(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, application("other"), service("cart"))
    stranger = Platform(platform.graph, f"{platform.tenant}-stranger")
    # when
    with pytest.raises(NotFound):
        await create_plan(stranger.change(), application_id=APPLICATION, environment_id=ENVIRONMENT)
    # then
    assert await stranger.events() == []


async def test_policies_are_told_what_they_are_told_by_whoever_has_no_picture(platform: Platform) -> None:
    # given: one that runs as desired, one whose deployment failed, and a public one that was never deployed
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]), service("web", needs=["cart"]))
    tenant = platform.tenant
    await platform.graph.define(f"MATCH (s:Service {{tenant: '{tenant}', name: 'web'}}) SET s.exposure = 'public'")
    for name, status in (("redis", "succeeded"), ("cart", "failed")):
        await platform.graph.define(
            f"MATCH (s:Service {{tenant: '{tenant}', name: '{name}'}})-[:DESIRES]->(v) "
            f"MATCH (e:Environment {{tenant: '{tenant}', id: '{ENVIRONMENT}'}}) "
            f"CREATE (s)<-[:OF]-(d:Deployment:Entity {{tenant: '{tenant}', id: '{APPLICATION}/{name}@dev', version: 1, "
            f"service_id: s.id, service_name: s.name, kind: 'Workload', application_id: '{APPLICATION}', "
            f"environment_id: '{ENVIRONMENT}', status: '{status}', provider: 'echo', version_id: v.id}})-[:RUNS]->(v), "
            "(d)-[:IN]->(e)"
        )
    reader = platform.graph.reader(tenant)
    # when
    snapshot = await read_snapshot(reader, tenant, application_id=APPLICATION, environment_id=ENVIRONMENT)
    # then
    place = {"application_id": APPLICATION, "environment_id": ENVIRONMENT}
    asked = await policies.decide(reader, Point.PLAN, place, project_id="shop")
    told = [(decision.policy, decision.inputs_hash) for decision in snapshot.decisions]
    assert told == [(decision.policy, decision.inputs_hash) for decision in asked]
    row = (await reader.run("policies/list_planned", **place))[0]
    assert [[one[0], one[2], one[3]] for one in map(listed, listed(row["planned"]))] == [
        [f"{APPLICATION}/cart", True, "internal"],
        [f"{APPLICATION}/redis", False, "internal"],
        [f"{APPLICATION}/web", True, "public"],
    ]
