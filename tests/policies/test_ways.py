"""Every way that a policy names is one: without any of its edges the same question has not the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from uuid import uuid4

import pytest

from app.domain import policies
from app.domain.dependencies import Dependency, add_dependency, remove_dependency
from app.domain.policies import Finding, Fixture, Policy, decide, findings_of
from app.domain.policies.bindings import Bindings, Bound
from app.errors import PolicyDenied
from app.graph import Graph
from tests.platform import SHOP, Platform, service

WAYS = {
    "blast-radius": "DEPENDS_ON",
    "freeze-windows": "FREEZES",
    "no-dependency-cycle": "DEPENDS_ON",
    "no-public-path-to-sensitive-data": "DEPENDS_ON",
}
CASES = [
    pytest.param(policy, fixture, id=f"{policy.name}-{place}-{fixture.setup}")
    for policy in policies.known()
    for place, fixture in enumerate(policy.fixtures)
    if fixture.subjects
]


class Scene:
    """A fixture in a tenant of its own, and what its policy finds there."""

    def __init__(self, graph: Graph, policy: Policy, fixture: Fixture) -> None:
        self.graph, self.policy, self.fixture = graph, policy, fixture
        self.tenant = f"t-{uuid4()}"
        lines = tuple(f"{name}={policy.parameters[name].write(value)}" for name, value in fixture.settings.items())
        self.bindings = Bindings("2026-01-01T00:00:00Z", {policy.name: (Bound(None, lines),)})

    async def set_up(self) -> None:
        """Make the fixture's nodes."""
        file = policies.DIRECTORY / self.policy.name / "fixtures" / f"{self.fixture.setup}.cypher"
        await self.graph.define(file.read_text(encoding="utf-8").replace("$tenant", f"'{self.tenant}'"))

    async def found(self) -> Sequence[Finding]:
        """Ask what the fixture asks."""
        decisions = await decide(
            self.graph.reader(self.tenant),
            self.fixture.point,
            self.fixture.given,
            policies=[self.policy],
            bindings=self.bindings,
        )
        assert [one.error for one in decisions] == [None]
        return findings_of(decisions)

    async def cut(self, source: str, target: str, type: str) -> int:
        """Take the edge between two nodes away, whichever way it points; how many there were."""
        rows = await self.graph.define(
            f"MATCH (a {{tenant: '{self.tenant}', id: '{source}'}})-[r:{type}]-(b {{tenant: '{self.tenant}', "
            f"id: '{target}'}}) DELETE r RETURN count(r) AS cut"
        )
        cut = rows[0]["cut"]
        assert isinstance(cut, int)
        return cut


@pytest.mark.parametrize(("policy", "fixture"), CASES)
async def test_without_any_one_edge_of_a_way_it_is_not_found_any_more(
    policy: Policy, fixture: Fixture, graph: Graph
) -> None:
    # given what a policy finds, each with its way
    scene = Scene(graph, policy, fixture)
    await scene.set_up()
    for finding in await scene.found():
        way = [node.id for node in finding.violation.nodes]
        for (source, target), type in zip(pairwise(way), finding.violation.edges, strict=True):
            # when one edge of it is taken away, if it is one of the graph
            again = Scene(graph, policy, fixture)
            await again.set_up()
            if not await again.cut(source, target, type):
                # What is said to be missing, or would be after the plan, is no edge of the graph.
                assert type not in WAYS.values()
                continue
            # then the same question does not find that way, nor what there is only one way to
            left = await again.found()
            assert way not in [[node.id for node in one.violation.nodes] for one in left]
            if policy.name in WAYS:
                assert finding.subject not in [one.subject for one in left]


@pytest.mark.parametrize(
    ("ends", "told", "policy"),
    [
        pytest.param(("users", "web"), False, "no-dependency-cycle", id="a circle"),
        pytest.param(("cart", "orders"), True, "no-public-path-to-sensitive-data", id="a way to personal data"),
    ],
)
async def test_a_change_that_was_refused_passes_without_any_other_edge_of_its_way(
    platform: Platform, ends: tuple[str, str], told: bool, policy: str
) -> None:
    # given services in a row, with or without what is told of the first and the last, and an edge too many
    row: dict[str, list[str]] = {"users": [], "orders": ["users"], "cart": ["orders"], "web": ["cart"]}
    services = [service(name, needs=[one for one in needs if (name, one) != ends]) for name, needs in row.items()]
    for place, key, value in ((0, "dataClass", "personal"), (3, "exposure", "public")) if told else ():
        spec = services[place]["spec"]
        assert isinstance(spec, dict)
        spec[key] = value
    await platform.apply(*SHOP, *services)
    source, target = (f"shop/boutique/{name}" for name in ends)
    with pytest.raises(PolicyDenied) as refused:
        await add_dependency(platform.change(), source, Dependency(target))
    [violation] = refused.value.violations
    way = list(pairwise(node.id for node in violation.nodes))
    assert (violation.policy, len(way), (source, target) in way) == (policy, 3 + (not told), True)
    for start, end in way:
        if (start, end) != (source, target):
            # when another edge of the way is taken away, then the same call passes
            await remove_dependency(platform.change(), start, end)
            await add_dependency(platform.change(), source, Dependency(target))
            # and so on, from the beginning
            await remove_dependency(platform.change(), source, target)
            await add_dependency(platform.change(), start, Dependency(end))


def test_the_policies_whose_ways_are_edges_of_the_graph_have_fixtures_that_show_them() -> None:
    # then
    assert set(WAYS) <= {policy.name for policy in policies.known() if any(one.subjects for one in policy.fixtures)}
