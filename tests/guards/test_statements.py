"""Every statement as the real server reads it: columns, parameters, plan, names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pytest

import cypher
from app.graph import Explained, Graph
from cypher import Mode, Statement
from tests.guards.arguments import arguments
from tests.guards.execution_plans import Operator, costly, read, writes
from tests.guards.patterns import parameters
from tests.guards.store import Store

# Statements that look through all nodes of a label, and why that does not grow with what tenants store.
SCANS: Mapping[str, str] = {
    "events/find_waiting_logs": "there are as many tenants as customers, and it asks for all of them",
    "migrations_ledger/list_applied": "the ledger has one entry for each migration",
    "tenants/list_tenants": "there are as many tenants as customers, and it asks for all of them",
}

STATEMENTS = [pytest.param(cypher.statement(name), id=name) for name in cypher.names()]
KEPT = [
    pytest.param(cypher.statement(name), id=name)
    for name in cypher.names()
    if "\nCYPHER replan=skip\n" in cypher.statement(name).text
]


@pytest.fixture(scope="module")
def explained(store: Store) -> Mapping[str, Explained]:
    """What the server makes of each statement."""

    async def ask() -> dict[str, Explained]:
        async with Graph.connect(store.settings) as graph:
            every = map(cypher.statement, cypher.names())
            return {one.name: await graph.explain(one.text, {**arguments(one), "tenant": store.own}) for one in every}

    return asyncio.run(ask())


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_what_its_header_says(explained: Mapping[str, Explained], statement: Statement) -> None:
    # given a statement
    # when the server reads it
    found = explained[statement.name]
    # then columns, parameters and mode are those of the header, and every name in it is one of the graph's
    assert found.columns == statement.columns
    assert parameters(statement.text) == statement.parameters
    assert found.notifications == ()
    assert found.writes is (statement.mode is Mode.WRITE)
    assert bool(writes(read(found.plan))) is (statement.mode is Mode.WRITE)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_does_not_scan(explained: Mapping[str, Explained], statement: Statement) -> None:
    # given a statement
    # when the server plans it
    found = costly(read(explained[statement.name].plan))
    # then it neither scans nor multiplies two lists, unless that is known and has a reason
    if statement.name in SCANS:
        assert len(found) == 1
        assert found[0].startswith("NodeByLabelScan")
    else:
        assert found == []


@pytest.mark.parametrize("statement", KEPT)
def test_a_statement_that_keeps_its_plan_finds_everything_by_key(
    explained: Mapping[str, Explained], statement: Statement
) -> None:
    # given a statement whose first plan is kept, whatever becomes of the graph
    # when the server plans it in a graph that is nearly empty, where another way would seem as cheap
    found = [
        operator
        for operator in read(explained[statement.name].plan).walk()
        if re.search("Seek|Scan|Join|Product", operator.kind)
    ]
    # then it finds nodes by their key or, as it is told to, among the events that wait; all else is along edges
    assert [
        operator
        for operator in found
        if not operator.kind.startswith("NodeUniqueIndexSeek")
        and "event:Event(tenant, pending)" not in operator.details
    ] == []


def test_every_exception_is_a_statement() -> None:
    # given the statements that may scan
    # when they are looked up
    # then none of them is gone
    assert set(SCANS) - set(cypher.names()) == set()


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("MATCH (n:Servise {tenant: $tenant}) RETURN n.id AS id", "01N50"),
        ("MATCH (:Service {tenant: $tenant})-[:DEPENDS]->(n:Service {tenant: $tenant}) RETURN n.id AS id", "01N51"),
        ("MATCH (n:Service {tenant: $tenant, id: 'x'}) RETURN n.nmae AS name", "01N52"),
    ],
)
async def test_a_misspelt_name_is_found(guarded: Graph, text: str, status: str) -> None:
    # given a statement with a label, type or property that no node has
    # when the server reads it
    found = await guarded.explain(text, {"tenant": "guarded"})
    # then it remarks on that name
    assert [each.split(" ")[0] for each in found.notifications] == [status]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("MATCH (n {tenant: $tenant}) RETURN n.id AS id", ["AllNodesScan"]),
        ("MATCH (n:Service {tenant: $tenant}) RETURN n.id AS id", ["NodeByLabelScan"]),
        (
            "MATCH (a:Service {tenant: $tenant}), (b:Application {tenant: $tenant}) RETURN a.id AS a, b.id AS b",
            ["CartesianProduct", "NodeByLabelScan", "NodeByLabelScan"],
        ),
    ],
)
async def test_a_costly_plan_is_found(guarded: Graph, text: str, kinds: list[str]) -> None:
    # given a statement that looks through everything
    # when the server plans it
    found = costly(read((await guarded.explain(text, {"tenant": "guarded"})).plan))
    # then each costly operator is named
    assert [each.split(" ")[0] for each in found] == kinds


def test_a_product_with_one_row_costs_nothing() -> None:
    # given a product of a node found by its key with a list
    key = Operator("NodeUniqueIndexSeek", "UNIQUE a:A(tenant, id) WHERE tenant = $tenant AND id = $id", ())
    many = Operator("Expand(All)", "", (key,))
    # when it is judged
    # then it is no product of two lists; one of two lists is
    assert costly(Operator("CartesianProduct", "", (key, many))) == []
    assert costly(Operator("CartesianProduct", "", (many, many))) == ["CartesianProduct"]
