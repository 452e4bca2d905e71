"""What was seen is accepted as a version or put back by a plan, once, by who may, and what cannot be is refused."""

from __future__ import annotations

import pytest

from app.domain.access import Role
from app.domain.drift import DriftedField
from app.domain.drift_accepting import accepted
from app.domain.drift_control import accept_drift, observe_drift, revert_drift
from app.domain.versions import VersionSpec
from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds
from app.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests.drift.outside import Outside
from tests.runs.deploying import APPLICATION, ENVIRONMENT, RecordingQueue

CART = f"{APPLICATION}/cart@dev"
DESIRED = VersionSpec(
    label="v1",
    image="example/cart:v1",
    ports=(Port("http", 80, 8080),),
    environment=(("MODE", "quiet"),),
    args=("--fast",),
    resources=ResourceNeeds("100m", "200m", "64Mi", "128Mi"),
    probe=Probe(ProbeKind.HTTP, 8080, "/ready"),
)


def seen(field: str, observed: str | None) -> DriftedField:
    """A field as it was seen."""
    return DriftedField(field, "something", observed)


def test_what_a_version_can_say_is_accepted() -> None:
    # when
    spec = accepted(
        DESIRED,
        [
            seen("image", "example/cart:v2"),
            seen("replicas", "3"),
            seen("port.http", None),
            seen("port.grpc", "90:9090"),
            seen("environment.MODE", None),
            seen("args", '["--slow", "a b"]'),
            seen("cpu_limit", "1"),
            seen("memory_limit", None),
            seen("probe", "tcp:9090"),
        ],
    )
    # then
    assert spec == VersionSpec(
        label="v2",
        image="example/cart:v2",
        replicas=3,
        ports=(Port("grpc", 90, 9090),),
        args=("--slow", "a b"),
        resources=ResourceNeeds("100m", "1", "64Mi", None),
        probe=Probe(ProbeKind.TCP, 9090),
    )


@pytest.mark.parametrize(
    ("field", "observed", "why"),
    [
        ("object.Deployment", None, "object.Deployment is missing"),
        ("strategy", "Recreate", "strategy is no part of a version"),
        ("environment.MODE", "(masked)", "the value of environment.MODE is not kept"),
        ("image", None, "image is missing"),
        ("port.http", "80:web", "port http to web is no part of a version"),
        ("probe", "exec", "a probe exec is no part of a version"),
        ("replicas", "100000", "replicas must be at most 1000"),
    ],
)
def test_what_no_version_can_say_is_refused_by_name(field: str, observed: str | None, why: str) -> None:
    # when
    with pytest.raises(InvalidInput) as refused:
        accepted(DESIRED, [seen("replicas", "3"), seen(field, observed)])
    # then
    assert (why in refused.value.message, refused.value.field) == (True, "deployment")


async def test_accepted_is_desired_and_the_next_deployment_records_it(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.seen["cart"] = {"replicas": "5"}
    await outside.later()
    platform = outside.deploying.platform
    # when, and again with the same key
    first, again = [await accept_drift(platform.change(), deployment_id=CART, idempotency_key="k") for _ in range(2)]
    # then
    assert first == again
    rows = await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{outside.tenant}'}})-[:DESIRES]->(v) RETURN v.id AS id, v.replicas AS replicas"
    )
    assert [(row["id"], row["replicas"]) for row in rows] == [(first, 5)]
    [event] = [one for one in await platform.events() if one["type"] == "deployment.drift.accepted"]
    assert (event["subject"], event["actor"]) == (CART, "user:admin")
    # and
    await outside.run()
    outside.provider.seen.clear()
    await outside.later()
    assert await outside.drift() == {}


async def test_reverting_plans_what_puts_it_back(outside: Outside) -> None:
    # given
    await outside.deployed("cart")
    outside.provider.seen["cart"] = {"replicas": "5"}
    await outside.later()
    platform = outside.deploying.platform
    # when
    plan_id = await revert_drift(platform.change(), deployment_id=CART)
    # then
    rows = await platform.graph.define(
        f"MATCH (p:Plan {{tenant: '{outside.tenant}', id: '{plan_id}'}})-[:HAS_STEP]->(s) "
        "RETURN p.state AS state, s.action AS action, s.before AS before, s.after AS after"
    )
    assert rows == [{"state": "ready", "action": "update", "before": ["replicas=5"], "after": ["replicas=1"]}]
    [event] = [one for one in await platform.events() if one["type"] == "deployment.drift.reverting"]
    assert (event["subject"], plan_id in str(event["data"])) == (CART, True)


async def test_who_decides_has_the_right_and_has_looked(outside: Outside) -> None:
    # given one that has drifted, and one that has not
    await outside.deployed("cart", "redis")
    outside.provider.seen["cart"] = {"replicas": "5", "strategy": "Recreate"}
    await outside.later()
    platform = outside.deploying.platform
    before = await platform.picture()
    for decide in (accept_drift, revert_drift):
        # when
        for wrong, deployment_id, expected, role in (
            (Forbidden, CART, None, Role.VIEWER),
            (Conflict, CART, 1, Role.DEVELOPER),
            (Conflict, f"{APPLICATION}/redis@dev", None, Role.DEVELOPER),
            (NotFound, f"{APPLICATION}/other@dev", None, Role.DEVELOPER),
        ):
            with pytest.raises(wrong):
                await decide(platform.change(role=role), deployment_id=deployment_id, expected_version=expected)
    with pytest.raises(InvalidInput):
        await accept_drift(platform.change(), deployment_id=CART)
    # then nothing was changed
    assert await platform.picture() == before
    assert await outside.told() == [("deployment.drifted", CART)]


async def test_what_is_asked_for_is_looked_at_now_and_told(outside: Outside) -> None:
    # given that it was just looked at
    await outside.deployed("cart")
    await outside.later()
    outside.provider.seen["cart"] = {"replicas": "5"}
    assert await outside.loop.look(outside.tenant) == 0
    outside.clock.advance(61)
    platform, queue = outside.deploying.platform, RecordingQueue()
    # when
    asked = await observe_drift(platform.change(correlation_id="mine"), queue, environment_id=ENVIRONMENT)
    # then a worker is told, looks once, and says what came of it under the same correlation
    assert (asked, queue.observed) == (ENVIRONMENT, [outside.tenant])
    assert (await outside.loop.look(outside.tenant), await outside.loop.look(outside.tenant)) == (1, 0)
    told = [str(one["type"]) for one in await platform.events() if one["correlation_id"] == "mine"]
    assert told == ["environment.drift.asked", "deployment.drifted", "environment.drift.observed"]
    with pytest.raises(Forbidden):
        await observe_drift(platform.change(role=Role.VIEWER), queue, environment_id=ENVIRONMENT)
    with pytest.raises(NotFound):
        await observe_drift(platform.change(), queue, environment_id="shop@nowhere")
