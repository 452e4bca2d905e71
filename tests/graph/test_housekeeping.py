"""Ids of operations are forgotten once they are old, and no sooner."""

from __future__ import annotations

from app.graph import Graph
from app.ports import SystemClock
from tests.platform import Platform
from workers.housekeeping import Housekeeping


async def test_only_old_operations_are_forgotten_and_only_the_tenants_own(graph: Graph, platform: Platform) -> None:
    # given
    other = platform.tenant + "-other"
    for tenant, id, hours in [
        (platform.tenant, "old", 25),
        (platform.tenant, "young", 23),
        (other, "old", 25),
    ]:
        await graph.define(
            f"CREATE (:Operation {{tenant: '{tenant}', id: '{id}', name: 'x', "
            f"created_at: datetime() - duration({{hours: {hours}}})}})"
        )
    housekeeping = Housekeeping(graph, SystemClock(), tenants=[platform.tenant], doorbell=platform.doorbell)
    # when
    first, second = await housekeeping.forget(platform.tenant), await housekeeping.forget(platform.tenant)
    # then
    assert (first, second) == (1, 0)
    assert await graph.read("operations/find_operation", platform.tenant, id="old") == []
    assert [row["id"] for row in await graph.read("operations/find_operation", platform.tenant, id="young")] == [
        "young"
    ]
    assert [row["id"] for row in await graph.read("operations/find_operation", other, id="old")] == ["old"]
