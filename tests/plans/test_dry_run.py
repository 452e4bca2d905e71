"""A dry run computes what a plan would say and writes nothing, nowhere: every door to the outside is watched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from pydantic import JsonValue

from app.domain.access import Role
from app.domain.changes import Change
from app.domain.plans import create_plan, foresee
from app.errors import Forbidden, NotFound
from app.graph import Graph
from app.graph_observer import counting
from app.transactions import Operation, Reader, Row, Transaction, Value
from cypher import Mode, statement
from tests.api import Api
from tests.plans.approving import hire, wanting_approval
from tests.platform import KINDS, SHOP, Platform, application, service

T = TypeVar("T")
APPLICATION, ENVIRONMENT = "shop/boutique", "shop@dev"
DRY_RUN = """
mutation Plan($input: PlanInput!, $after: String) {
  plan(input: $input) {
    plan { id }
    proposal {
      digest state creates waves approval impact affects
      steps(first: 1, after: $after) {
        nodes { key position action changes { field before after } waitingOn irreversible }
        pageInfo { hasNextPage endCursor }
      }
    }
    problems { code }
  }
}
"""


class WatchedGraph(Graph):
    """The real graph, with a record of every attempt to write to it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.writes: list[str] = []

    def reader(self, tenant: str) -> Reader:
        """Reads of the real graph."""
        return self.graph.reader(tenant)

    async def write(self, name: str, tenant: str, /, **parameters: Value) -> list[Row]:
        """Remember the write."""
        self.writes.append(name)
        return []

    async def transact(self, operation: Operation, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Remember the transaction and refuse it."""
        self.writes.append(operation.name)
        raise AssertionError(f"{operation.name} began a transaction")


def watched(platform: Platform, *, role: Role = Role.SUPER_ADMIN) -> tuple[Change, WatchedGraph]:
    """A change of which every door is watched."""
    change = platform.change(role=role)
    graph = WatchedGraph(platform.graph)
    return Change(graph, change.ids, platform.doorbell, change.actor, "request-9", KINDS), graph


async def test_a_dry_run_says_what_the_plan_would_and_writes_nothing(platform: Platform) -> None:
    # given something to create, to change, to delete and to ask for, and an approver
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]), application("bank"))
    await platform.apply(service("ledger", application="bank", needs=["boutique/cart"]))
    await hire(platform, "lead", Role.ADMIN)
    before, events, rung = await platform.picture(), await platform.events(), list(platform.doorbell.rung)
    change, graph = watched(platform)
    # when
    with wanting_approval("shop/boutique/cart"), counting() as ran:
        foreseen = await foresee(change, application_id=APPLICATION, environment_id=ENVIRONMENT)
    # then
    assert graph.writes == []
    assert {statement(name).mode for name in ran} == {Mode.READ}
    assert (await platform.picture(), await platform.events(), platform.doorbell.rung) == (before, events, rung)
    with wanting_approval("shop/boutique/cart"):
        planned = await create_plan(platform.change(), application_id=APPLICATION, environment_id=ENVIRONMENT)
    assert foreseen.proposal == planned.proposal
    assert foreseen.touched.ids == ("shop/bank/ledger",)


async def test_a_dry_run_is_refused_as_planning_is_and_writes_nothing(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("cart"))
    viewer, graph = watched(platform, role=Role.VIEWER)
    admin, other = watched(platform)
    # when
    with pytest.raises(Forbidden):
        await foresee(viewer, application_id=APPLICATION, environment_id=ENVIRONMENT)
    with pytest.raises(NotFound):
        await foresee(admin, application_id="shop/nothing", environment_id=ENVIRONMENT)
    # then
    assert (graph.writes, other.writes) == ([], [])


async def test_the_api_answers_a_dry_run_page_by_page(api: Api, platform: Platform) -> None:
    # given
    await platform.apply(*SHOP, service("redis"), service("cart", needs=["redis"]))
    before, events = await platform.picture(), await platform.events()
    wanted: JsonValue = {"application": APPLICATION, "environment": ENVIRONMENT, "dryRun": True}
    # when
    first = (await api.ask(DRY_RUN, {"input": wanted, "after": None}))["plan"]
    # then
    assert isinstance(first, dict)
    assert (first["plan"], first["problems"]) == (None, [])
    proposal = first["proposal"]
    assert isinstance(proposal, dict)
    shown = [proposal[name] for name in ("state", "creates", "waves", "approval", "impact", "affects")]
    assert shown == ["READY", 2, 2, "NONE", 0, []]
    steps = proposal["steps"]
    assert isinstance(steps, dict)
    [redis] = _nodes(steps)
    assert (redis["key"], redis["position"], redis["action"], redis["waitingOn"], redis["irreversible"]) == (
        *("shop/boutique/redis@dev", 0, "CREATE", []),
        None,
    )
    assert {"field": "image", "before": None, "after": "example/redis:v1"} in _list(redis["changes"])
    assert steps["pageInfo"] == {"hasNextPage": True, "endCursor": "0"}
    # when
    second = (await api.ask(DRY_RUN, {"input": wanted, "after": "0"}))["plan"]
    # then
    assert isinstance(second, dict)
    rest = second["proposal"]
    assert isinstance(rest, dict)
    assert rest["digest"] == proposal["digest"]
    assert isinstance(rest["steps"], dict)
    [cart] = _nodes(rest["steps"])
    assert (cart["key"], cart["waitingOn"]) == ("shop/boutique/cart@dev", ["shop/boutique/redis"])
    assert rest["steps"]["pageInfo"] == {"hasNextPage": False, "endCursor": "1"}
    assert (await platform.picture(), await platform.events()) == (before, events)


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def _nodes(steps: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    return [one for one in _list(steps["nodes"]) if isinstance(one, dict)]
