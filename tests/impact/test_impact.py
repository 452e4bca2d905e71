"""`impact`: the real statements equal brute force on random graphs, and the API reads no more than is asked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

import orjson
import pytest
from pydantic import JsonValue

from app.domain.impact import ChangeKind
from app.domain.impact_reading import read_counts, read_ids, read_impact
from app.errors import NotFound
from app.graph import Graph
from app.graph_observer import counting
from tests.http.caller import Caller
from tests.impact.test_confirming import BILL, CART, FILLED, WEB, record, version_of
from tests.platform import Platform, service

ALL = """query I($node: ID!, $change: ChangeKind!, $first: Int, $after: String) {
  impact(node: $node, change: $change) {
    total truncated digest counts { label count }
    affected(first: $first, after: $after) {
      nodes {
        node { id label name status } version hard hops
        nodes { id } edges { from to type kind } owner { id label name } environments cost
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
GRAPHS, TENANTS = 100, 5
NEEDS = ("DEPENDS_ON", "OF", "RUNS", "IN", "DESIRES", "TARGETS")
PARTS = ("CONTAINS", "HAS_ENVIRONMENT", "HAS_SERVICE")

Edge = tuple[str, str, str, str | None]


@pytest.fixture
def caller(platform: Platform) -> Caller:
    """The administrator of the test's tenant."""
    return Caller(platform, platform.actor)


class Page(TypedDict):
    """The page of affected nodes that is answered."""

    nodes: list[dict[str, JsonValue]]
    pageInfo: dict[str, JsonValue]


def page_of(found: Mapping[str, JsonValue]) -> Page:
    """The page of affected nodes in an answer."""
    return cast("Page", found["affected"])


async def ask(caller: Caller, text: str, variables: Mapping[str, object] | None = None) -> dict[str, JsonValue]:
    """The impact that is answered."""
    answer = (await caller.ask(text, variables)).json()
    assert "errors" not in answer, answer
    found: dict[str, JsonValue] = answer["data"]["impact"]
    return found


def random_graph(seed: int) -> tuple[dict[str, str], list[Edge]]:
    """Nodes (id to label) and edges: a project or two with parts, and dependencies of which many run in circles."""
    random_ = random.Random(seed)
    nodes: dict[str, str] = {}
    edges: set[Edge] = set()
    for number in range(random_.randint(1, 2)):
        project = f"g{seed}p{number}"
        nodes[project] = "Project"
        environments = [f"{project}@e{each}" for each in range(random_.randint(0, 2))]
        for each in environments:
            nodes[each] = "Environment"
            edges.add((project, "HAS_ENVIRONMENT", each, None))
        if len(environments) == 2:
            edges.add((environments[0], "PROMOTES_TO", environments[1], None))
        for application in (f"{project}/a{each}" for each in range(random_.randint(0, 2))):
            nodes[application] = "Application"
            edges.add((project, "CONTAINS", application, None))
            for one in (f"{application}/s{each}" for each in range(random_.randint(0, 4))):
                nodes[one] = "Service"
                edges.add((application, "HAS_SERVICE", one, None))
                version = f"{one}:v"
                nodes[version] = "ServiceVersion"
                edges |= {(one, "HAS_VERSION", version, None), (one, "DESIRES", version, None)}
                if environments and random_.random() < 0.4:
                    deployment = f"{one}@d"
                    nodes[deployment] = "Deployment"
                    place = random_.choice(environments)
                    edges |= {(deployment, "OF", one, None), (deployment, "RUNS", version, None)}
                    edges.add((deployment, "IN", place, None))
    services = sorted(id for id, label in nodes.items() if label == "Service")
    pairs = {(random_.choice(services), random_.choice(services)) for _ in range(2 * len(services)) if services}
    edges |= {(user, "DEPENDS_ON", needed, random_.choice(["hard", "soft"])) for user, needed in sorted(pairs)}
    return nodes, sorted(edges, key=repr)


def effects(edges: Sequence[Edge], root: str, change: ChangeKind) -> list[tuple[str, str, bool]]:
    """Every edge as (from what, to what, hard) an effect goes; said as the documentation says it, not as the statement.

    Parts are followed from the node down only, versions and promotions only where it is deleted.
    """
    parts = {root}
    for _ in range(2):
        parts |= {end for start, type_, end, _ in edges if type_ in PARTS and start in parts}
    found = [(end, start, kind != "soft") for start, type_, end, kind in edges if type_ in NEEDS]
    found += [(start, end, True) for start, type_, end, _ in edges if type_ in PARTS and start in parts]
    if change is ChangeKind.DELETE:
        found += [(start, end, True) for start, type_, end, _ in edges if type_ == "HAS_VERSION" and start in parts]
    return found


def brute_force(edges: Sequence[Edge], root: str, change: ChangeKind) -> dict[str, bool]:
    """What is affected, and whether hard, by following every effect until nothing is new."""

    def closure(some: Sequence[tuple[str, str, bool]]) -> set[str]:
        reached = {root}
        size = 0
        while size != len(reached):
            size = len(reached)
            reached |= {to for source, to, _ in some if source in reached}
        return reached

    every = effects(edges, root, change)
    hard = closure([one for one in every if one[2]])
    found = {id: id in hard for id in closure(every) if id != root}
    if change is ChangeKind.DELETE:
        parts = {root} | {end for start, type_, end, _ in edges if type_ in PARTS and start in {root}}
        for start, type_, end, _ in edges:
            if type_ == "PROMOTES_TO" and end in parts and start != root:
                found.setdefault(start, False)
    return found


async def fill(graph: Graph, tenant: str, nodes: Mapping[str, str], edges: Sequence[Edge]) -> None:
    """Write nodes and edges, a statement a label and a type."""
    for label in sorted(set(nodes.values())):
        ids = orjson.dumps([id for id, own in nodes.items() if own == label]).decode()
        await graph.define(
            f"UNWIND {ids} AS id CREATE (:{label}:Entity {{tenant: '{tenant}', id: id, name: id, version: 1}})"
        )
    for type_ in sorted({edge[1] for edge in edges}):
        rows = orjson.dumps([[start, end, kind] for start, own, end, kind in edges if own == type_]).decode()
        await graph.define(
            f"UNWIND {rows} AS row MATCH (a:Entity {{tenant: '{tenant}', id: row[0]}}) "
            f"MATCH (b:Entity {{tenant: '{tenant}', id: row[1]}}) CREATE (a)-[e:{type_}]->(b) "
            "SET e.kind = row[2]"
        )


@pytest.mark.parametrize("batch", range(TENANTS))
async def test_random_graphs_are_read_as_by_brute_force(platform: Platform, batch: int) -> None:
    # given a batch of random graphs beside each other in one tenant
    graphs = {seed: random_graph(seed) for seed in range(batch * GRAPHS // TENANTS, (batch + 1) * GRAPHS // TENANTS)}
    nodes = {id: label for some, _ in graphs.values() for id, label in some.items()}
    await fill(platform.graph, platform.tenant, nodes, [edge for _, some in graphs.values() for edge in some])
    reader = platform.graph.reader(platform.tenant)
    for seed, (own, edges) in graphs.items():
        # when the impact of any of a graph's nodes is read, in each of the three ways
        root, change = random.Random(seed).choice(sorted(own)), list(ChangeKind)[seed % 3]
        impact, paths = await read_impact(reader, root, change)
        reach = await read_ids(reader, root, change)
        counts, truncated = await read_counts(reader, root, change)
        # then each finds what brute force finds
        expected = brute_force(edges, root, change)
        assert {one.id: one.hard for one in impact.affected} == expected, (seed, root, change)
        assert sorted(reach.ids) == sorted(expected)
        assert counts == impact.counts
        assert (impact.truncated, reach.truncated, truncated) == (False, False, False)
        # then each path is made of edges of the graph
        there = {(start, type_, end) for start, type_, end, _ in edges}
        for one in impact.affected:
            links = paths.to(one.id)
            assert len(links) == one.hops
            assert {(link.start, link.type, link.end) for link in links} <= there


async def test_impact_shows_paths_owners_and_environments(caller: Caller, platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    await record(platform, WEB, "shop@dev")
    version, web_version = await version_of(platform, CART), await version_of(platform, WEB)
    # when
    with counting() as ran:
        found = await ask(caller, ALL, {"node": CART, "change": "DELETE"})
    # then
    platform_team = {"id": "team:platform", "label": "Team", "name": "platform"}
    affected = page_of(found)
    del found["affected"]
    digest = found.pop("digest")
    assert isinstance(digest, str)
    assert len(digest) == 64
    assert found == {
        "total": 4,
        "truncated": False,
        "counts": [
            {"label": "Deployment", "count": 1},
            {"label": "Service", "count": 2},
            {"label": "ServiceVersion", "count": 1},
        ],
    }
    needs = {"from": WEB, "to": CART, "type": "DEPENDS_ON", "kind": "hard"}
    assert affected == {
        "nodes": [
            {
                "node": {"id": BILL, "label": "Service", "name": "bill", "status": None},
                "version": 1,
                "hard": True,
                "hops": 1,
                "nodes": [{"id": CART}, {"id": BILL}],
                "edges": [{"from": BILL, "to": CART, "type": "DEPENDS_ON", "kind": "hard"}],
                "owner": platform_team,
                "environments": [],
                "cost": None,
            },
            {
                "node": {"id": version, "label": "ServiceVersion", "name": version.partition(":")[2], "status": None},
                "version": 1,
                "hard": True,
                "hops": 1,
                "nodes": [{"id": CART}, {"id": version}],
                "edges": [{"from": CART, "to": version, "type": "HAS_VERSION", "kind": None}],
                "owner": platform_team,
                "environments": [],
                "cost": None,
            },
            {
                "node": {"id": WEB, "label": "Service", "name": "web", "status": None},
                "version": 1,
                "hard": True,
                "hops": 1,
                "nodes": [{"id": CART}, {"id": WEB}],
                "edges": [needs],
                "owner": platform_team,
                "environments": ["shop@dev"],
                "cost": None,
            },
            {
                "node": {"id": f"{WEB}@dev", "label": "Deployment", "name": "web", "status": "succeeded"},
                "version": 1,
                "hard": True,
                "hops": 2,
                "nodes": [{"id": CART}, {"id": WEB}, {"id": f"{WEB}@dev"}],
                "edges": [needs, {"from": f"{WEB}@dev", "to": WEB, "type": "OF", "kind": None}],
                "owner": platform_team,
                "environments": ["shop@dev"],
                "cost": None,
            },
        ],
        "pageInfo": {"hasNextPage": False, "endCursor": affected["pageInfo"]["endCursor"]},
    }
    assert ran == ["impact/read_affected", "impact/list_owners", "impact/describe_nodes", "impact/list_owners"]
    # then an outage does not reach what only a deletion takes along, and a soft dependency is said to be one
    outage = await ask(caller, ALL, {"node": "shop/boutique/redis", "change": "OUTAGE"})
    nodes = [cast("dict[str, str]", one["node"])["id"] for one in page_of(outage)["nodes"]]
    assert nodes == [WEB, f"{WEB}@dev"]
    assert {one["hard"] for one in page_of(outage)["nodes"]} == {False}
    assert web_version not in repr(outage)


@pytest.mark.parametrize(
    ("selection", "statements"),
    [
        ("total", ["impact/collect_affected"]),
        ("ids truncated", ["impact/collect_affected"]),
        ("counts { label count }", ["impact/count_affected"]),
        ("total counts { count } ids", ["impact/count_affected", "impact/collect_affected"]),
        ("... on Impact { total digest }", ["impact/read_affected", "impact/list_owners"]),
    ],
)
async def test_what_is_asked_decides_what_is_read(
    caller: Caller, platform: Platform, selection: str, statements: list[str]
) -> None:
    # given
    await platform.apply(*FILLED)
    # when
    with counting() as ran:
        found = await ask(caller, f'{{ impact(node: "{CART}", change: UPDATE) {{ {selection} }} }}')
    # then
    assert ran == statements
    assert found.get("total", 2) == 2
    ids = found.get("ids", [BILL, WEB])
    assert isinstance(ids, list)
    assert sorted(map(str, ids)) == [BILL, WEB]


async def test_pages_follow_each_other(caller: Caller, platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    whole = await ask(caller, ALL, {"node": "shop", "change": "DELETE", "first": 100})
    # when
    seen: list[JsonValue] = []
    after: JsonValue = None
    while True:
        page = page_of(await ask(caller, ALL, {"node": "shop", "change": "DELETE", "first": 3, "after": after}))
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    # then
    assert seen == page_of(whole)["nodes"]
    assert len(seen) == whole["total"] == 12


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"node": "nowhere", "change": "DELETE"}, "NOT_FOUND"),
        ({"node": "shop", "change": "DELETE", "first": 0}, "INVALID_INPUT"),
        ({"node": "shop", "change": "DELETE", "first": 101}, "INVALID_INPUT"),
        ({"node": "shop", "change": "DELETE", "after": "x"}, "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_shown_is_refused(
    caller: Caller, platform: Platform, variables: Mapping[str, object], code: str
) -> None:
    # given
    await platform.apply(*FILLED)
    # when
    answer = (await caller.ask(ALL, variables)).json()
    # then
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_more_than_can_be_looked_at_is_truncated(platform: Platform) -> None:
    # given five services that need one, in a row
    names = ["a", "b", "c", "d", "e", "f"]
    await platform.apply(
        *FILLED, *(service(name, needs=names[number - 1 : number]) for number, name in enumerate(names))
    )
    reader = platform.graph.reader(platform.tenant)
    first = "shop/boutique/a"
    for most in (1, 4, 5, 9):
        # when at most so many are looked at
        impact, _ = await read_impact(reader, first, ChangeKind.OUTAGE, most=most)
        reach = await read_ids(reader, first, ChangeKind.OUTAGE, most=most)
        _, truncated = await read_counts(reader, first, ChangeKind.OUTAGE, most=most)
        # then it says where there are more, and there is no digest of a part
        assert (impact.truncated, reach.truncated, truncated) == (most < 5,) * 3
        assert (impact.digest is None) is (most < 5)
        assert len(reach.ids) == min(most, 5)


async def test_another_tenants_node_is_not_found(platform: Platform) -> None:
    # given
    await platform.apply(*FILLED)
    reader = platform.graph.reader("t-nobody")
    for read in (read_ids, read_counts, read_impact):
        # when / then
        with pytest.raises(NotFound):
            await read(reader, CART, ChangeKind.DELETE)
