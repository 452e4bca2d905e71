"""What turns out to need GraphQL's own execution pays its price before that begins, or is refused."""

from __future__ import annotations

from app.graph_observer import counting
from app.http.admission import Rules
from tests.http.caller import Caller
from tests.platform import SHOP, Platform

SERVICES = "services(first: 100) { nodes { id name kind description } }"
NULL = f'query Q($id: ID = "x") {{ project(id: $id) {{ id }} {SERVICES} }}'


async def test_a_null_where_none_may_be_pays_for_the_execution_it_forces(platform: Platform) -> None:
    # given a budget that a compiled read of the query fits, and GraphQL's own execution of it does not
    await platform.apply(*SHOP)
    caller = Caller(platform, platform.actor, rules=Rules(request=1_000))
    # when it is asked as it is meant, and with a null that no compiled read answers
    fits = await caller.ask(NULL, {"id": "shop"})
    with counting() as ran:
        refused = await caller.ask(NULL, {"id": None})
    # then the second is refused at ten times the price, and asked the graph nothing
    assert fits.status_code == 200, fits.text
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["extensions"]["code"] == "COST_EXCEEDED"
    assert error["extensions"]["cost"] == 5_040
    assert error["extensions"]["budget"] == 1_000
    assert ran == []


async def test_what_it_costs_then_is_told(platform: Platform) -> None:
    # given
    caller = Caller(platform, platform.actor, rules=Rules(shows_cost=True))
    # when
    compiled = (await caller.ask(NULL, {"id": "shop"})).json()
    resolved = (await caller.ask(NULL, {"id": None})).json()
    # then
    assert compiled["extensions"]["cost"]["cost"] == 504
    assert resolved["extensions"]["cost"]["cost"] == 5_040
    assert resolved["errors"][0]["path"] == ["project"]
