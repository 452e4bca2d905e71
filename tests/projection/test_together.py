"""Reads of single nodes that are asked together answer what each answers by itself, and are found by an index."""

from __future__ import annotations

import asyncio

import pytest
from neo4j import Driver

from app.graph_observer import counting
from app.projection.model import EntryOne, ToOne
from app.projection.reading import run
from app.projection.shaper import Irregular
from app.transactions import Value
from tests.guards.execution_plans import costly, read
from tests.projection.reads import COMPILER, SCHEMA, Reads, compiled, request_of
from tests.projection.seeds import Seeded

MODEL = COMPILER.model
ENTRIES = [each for each in MODEL.entries.values() if isinstance(each, EntryOne) and each.argument]


def query_of(entry: EntryOne) -> str:
    """A query for a node with all single nodes it leads to, whose key is the variable `key`."""
    fields = MODEL.types[entry.target].fields if entry.target in MODEL.types else {}
    inner = [
        f"{each.name} {{ id }}" for each in fields.values() if isinstance(each, ToOne) and each.target in MODEL.types
    ]
    root = SCHEMA._schema.query_type
    assert root is not None
    type_ = root.fields[entry.name].args[str(entry.argument)].type
    return f"query Q($key: {type_}) {{ {entry.name}({entry.argument}: $key) {{ __typename id {' '.join(inner)} }} }}"


PLAIN = [each for each in ENTRIES if each.target in MODEL.types]


@pytest.mark.parametrize("entry", PLAIN, ids=lambda each: each.name)
async def test_together_they_answer_what_each_answers_alone(
    reads: Reads, seeded: Seeded, store: Driver, entry: EntryOne
) -> None:
    # given nodes of the tenant, of another one, and none
    query, label = query_of(entry), MODEL.types[entry.target].label
    asked = f"MATCH (n:{label}) WHERE n.tenant IN $tenants AND n.{entry.key} IS NOT NULL RETURN n.{entry.key} AS key"
    found, _, _ = store.execute_query(asked, tenants=[seeded.own, seeded.foreign])
    keys = [*sorted({str(row["key"]) for row in found}), "nobody"]

    async def told(key: str) -> bytes:
        try:
            return await reads.fast(query, {"key": key})
        except Irregular:
            # A node without what it must have: GraphQL's own execution says so.
            return b"irregular"

    alone = [await told(key) for key in keys]
    # when all are asked at once, three times
    with counting() as ran:
        answered = await asyncio.gather(*(told(key) for key in keys * 3))
    # then each has its own answer
    assert answered == alone * 3
    assert len(ran) == len(keys) * 3
    assert compiled(query, {"key": "x"}).together is not None


@pytest.mark.parametrize("entry", PLAIN, ids=lambda each: each.name)
async def test_together_they_are_found_by_an_index(reads: Reads, entry: EntryOne) -> None:
    # given the statement for many
    together = compiled(query_of(entry), {"key": "x"}).together
    assert together is not None
    # when the server plans it
    asked: dict[str, Value] = dict.fromkeys(together.own, "x")
    given: dict[str, Value] = {"all": [asked], "tenant": reads.actor.tenant}
    explained = await reads.graph.explain(together.text, given)
    # then no node is scanned, and nothing is written
    assert costly(read(explained.plan)) == []
    assert not explained.writes
    assert explained.notifications == ()


@pytest.mark.parametrize(
    "query",
    [
        "{ me { id } }",
        '{ application(id: "x") { services { nodes { id } } } }',
        '{ service(id: "x") { application { services { totalCount } } } }',
        '{ node(id: "x") { id } }',
        "{ services { nodes { id } } }",
        '{ search(text: "x") { nodes { id } } }',
    ],
)
def test_lists_and_what_depends_on_who_asks_are_not_asked_together(query: str) -> None:
    assert compiled(query).together is None


async def test_a_rule_about_roles_holds_for_each(reads: Reads) -> None:
    # given a read that is seen by roles alone
    request = request_of('{ service(id: "x") { id } }')
    found = COMPILER.operation(request)
    # when it is asked for many
    columns, _ = await run(reads.graph, found, reads.actor, found.parameters(request.variables))
    # then role and tenant are those of who asks, never one of many
    assert found.together is not None
    assert set(found.together.shared) <= {"role"}
    assert "$tenant" in found.together.text
    assert columns == [[]]
