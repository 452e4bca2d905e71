"""What the server makes of compiled reads: every entry and every edge of the schema, none of them by a scan."""

from __future__ import annotations

import re

import pytest

from app.migrations import known
from app.projection.filters import Operator, Quantifier, operators, sortable
from app.projection.fulltext import scope
from app.projection.hits import CAUGHT_UP
from app.projection.model import Composed, EntryOne, EntryPage, EntrySearch, Leaf, LeafKind, ToMany, ToOne
from app.projection.paging import cursor
from tests.guards.execution_plans import Operator as Step
from tests.guards.execution_plans import costly, read, writes
from tests.guards.patterns import outside
from tests.projection.reads import COMPILER, Reads, compiled, request_of

MODEL = COMPILER.model
AT_ONCE = 10


def queries() -> list[str]:
    """One query for each entry and each edge of each type, and for each way to filter and to order."""
    found = []
    for entry in MODEL.entries.values():
        if isinstance(entry, EntryOne):
            argument = '(id: "x")' if entry.argument else ""
            found.append(f"{{ {entry.name}{argument} {{ id }} }}")
            continue
        if isinstance(entry, EntrySearch):
            found.append(f'{{ {entry.name}(text: "cart", after: "WzEyLjAsIngiXQ") {{ totalCount nodes {{ id }} }} }}')
            continue
        after = '"5"' if entry.name == "events" else '"WyJ4Il0"'
        found.append(f"{{ {entry.name}(after: {after}) {{ totalCount nodes {{ id }} }} }}")
        for each in MODEL.types[entry.target].fields.values():
            if isinstance(each, Leaf | Composed):
                continue
            inner = "{ id }"
            if isinstance(each, ToMany):
                keys = "WzEsIngiXQ" if len(each.order) == 2 else "WyJ4Il0"
                inner = f'(after: "{keys}") {{ totalCount edges {{ cursor node {{ id }} }} }}'
            found.append(f"{{ {entry.name} {{ nodes {{ {each.name} {inner} }} }} }}")
        said = [] if entry.filters else _arguments(entry.target)
        for begin in range(0, len(said), AT_ONCE):
            lists = (
                f"a{index}: {entry.name}({each}) {{ totalCount nodes {{ id }} }}"
                for index, each in enumerate(said[begin : begin + AT_ONCE])
            )
            found.append(f"{{ {' '.join(lists)} }}")
    return found


def _value(leaf: Leaf) -> str:
    match leaf.kind:
        case LeafKind.ENUM:
            return next(iter(leaf.names.values()))
        case LeafKind.INT | LeafKind.FLOAT:
            return "1"
        case LeafKind.BOOLEAN:
            return "true"
        case LeafKind.TIME:
            return '"2026-01-31T12:00:00Z"'
    return '"x"'


def _comparison(leaf: Leaf, operator: Operator) -> str:
    value = {Operator.IN: f"[{_value(leaf)}]", Operator.IS_NULL: "true"}.get(operator, _value(leaf))
    return f"{{{leaf.name}: {{{operator.value}: {value}}}}}"


def _arguments(type_name: str) -> list[str]:
    """A comparison of every property, every relation in every quantity, every order."""
    found = []
    for each in MODEL.types[type_name].fields.values():
        match each:
            case Leaf():
                found += [f"where: {_comparison(each, operator)}" for operator in operators(each)[:1]]
                found += [f"orderBy: [{{{each.name}: ASC}}]"] if sortable(each) else []
            case ToOne() | ToMany() if each.target in MODEL.abstract:
                # Nodes of any type are not filtered by.
                continue
            case ToOne():
                found.append(f'where: {{{each.name}: {{id: {{eq: "x"}}}}}}')
                found.append(f"where: {{not: {{{each.name}: {{createdAt: {{isNull: true}}}}}}}}")
            case ToMany():
                for quantifier in Quantifier:
                    wanted = '{id: {in: ["x"]}}'
                    wanted = f"{{node: {wanted}}}" if each.properties else wanted
                    found.append(f"where: {{{each.name}: {{{quantifier.value}: {wanted}}}}}")
    return found


SOUGHT = [
    (entry.name, MODEL.types[entry.target].label, leaf)
    for entry in MODEL.entries.values()
    if isinstance(entry, EntryPage)
    for leaf in MODEL.types[entry.target].fields.values()
    if isinstance(leaf, Leaf) and leaf.indexed
]
INDEXED = [pytest.param(*each, id=f"{each[0]}-{each[2].name}") for each in SOUGHT]
# What may be missing is not in an index then: an order by it is made by sorting.
CERTAIN = [pytest.param(*each, id=f"{each[0]}-{each[2].name}") for each in SOUGHT if not each[2].nullable]


async def _plan(reads: Reads, query: str) -> Step:
    request = request_of(query)
    found = COMPILER.operation(request)
    given = {**found.parameters(request.variables), "tenant": reads.actor.tenant, "actor": reads.actor.id}
    if found.searches:
        given["scope"] = scope(reads.actor.tenant)
    return read((await reads.graph.explain(found.text, given)).plan)


def _seeks(plan: Step) -> list[str]:
    return [each.details for each in plan.walk() if each.kind in ("NodeIndexSeek", "NodeUniqueIndexSeek")]


def _sorts(plan: Step) -> list[str]:
    return [each.kind for each in plan.walk() if each.kind in ("Sort", "Top", "PartialSort", "PartialTop")]


@pytest.mark.parametrize(("entry", "label", "leaf"), INDEXED)
def test_what_is_declared_as_indexed_has_an_index(entry: str, label: str, leaf: Leaf) -> None:
    # given a property that is declared as indexed
    # when the migrations are read
    made = [text for migration in known() for text in migration.up]
    # then one of them makes the index
    assert [each for each in made if f"FOR (n:{label}) ON (n.tenant, n.{leaf.property}, n.id)" in each]


@pytest.mark.parametrize(("entry", "label", "leaf"), INDEXED)
async def test_a_filter_on_what_is_indexed_seeks_in_order(reads: Reads, entry: str, label: str, leaf: Leaf) -> None:
    # given a list of what equals a value of an indexed property
    plan = await _plan(reads, f"{{ {entry}(where: {_comparison(leaf, Operator.EQ)}) {{ nodes {{ id }} }} }}")
    # when the server plans it
    [seek] = _seeks(plan)
    # then it looks up that value alone, and need not sort what it finds
    assert f"{label}(tenant, {leaf.property}, id) WHERE tenant = $tenant AND {leaf.property} = $" in seek
    assert _sorts(plan) == []


@pytest.mark.parametrize(
    ("where", "sought"),
    [
        ('{name: {in: ["a", "b"]}}', "Service(tenant, name, id) WHERE tenant = $tenant AND name = v"),
        ('{name: {in: ["a"]}}', "Service(tenant, name, id) WHERE tenant = $tenant AND name = v"),
        ('{id: {in: ["a", "b"]}}', "Service(tenant, id) WHERE tenant = $tenant AND id = v"),
        (
            '{name: {in: ["a", "b"]}, kind: {eq: "x"}, description: {contains: "x"}}',
            "Service(tenant, name, id) WHERE tenant = $tenant AND name = v",
        ),
        ('{name: {startsWith: "a"}}', "Service(tenant, name, id) WHERE tenant = $tenant AND name STARTS WITH $p"),
        (
            '{updatedAt: {gte: "2026-01-31T12:00:00Z"}}',
            "Service(tenant, updated_at, id) WHERE tenant = $tenant AND updated_at >= $p",
        ),
        (
            '{createdAt: {gte: "2026-01-31T12:00:00Z", lt: "2026-02-01T12:00:00Z"}}',
            "Service(tenant, created_at, id) WHERE tenant = $tenant AND created_at ",
        ),
        ('{id: {startsWith: "a"}}', "Service(tenant, id) WHERE tenant = $tenant AND id STARTS WITH $p"),
    ],
)
async def test_several_values_and_beginnings_are_looked_up(reads: Reads, where: str, sought: str) -> None:
    # given a list of what is one of several values, or begins with something, of what is indexed
    # when the server plans it
    plan = await _plan(reads, f"{{ services(where: {where}) {{ nodes {{ id }} }} }}")
    # then it seeks these values alone
    [seek] = _seeks(plan)
    assert sought in seek
    assert costly(plan) == []


async def test_of_several_values_no_more_is_read_than_a_page_shows(reads: Reads) -> None:
    # given lists of what has one of several values that many may have, in the order of the ids, either way
    for order in ("", "orderBy: [{state: DESC}], ", "orderBy: [{id: ASC}], "):
        query = f"{{ runs({order}where: {{state: {{in: [FAILED, ERROR]}}}}) {{ nodes {{ id }} }} }}"
        # when the server plans it
        plan = await _plan(reads, query)
        # then for each value it reads as many as a page has in the index's order, and sorts only those
        [each] = [one for one in plan.walk() if one.kind == "Limit"]
        assert [one.kind for one in each.walk() if one.kind != "Filter"] == ["Limit", "NodeIndexSeek"]
        assert _sorts(plan) == ["Top"]


@pytest.mark.parametrize(
    "where",
    [
        '{search: "cart"}',
        '{search: "cart", name: {eq: "x"}}',
        '{application: {search: "cart", name: {eq: "x"}}}',
        '{dependencies: {some: {kind: {eq: HARD}, node: {application: {search: "cart"}}}}, kind: {eq: "x"}}',
    ],
)
async def test_a_list_begins_with_what_its_search_finds(reads: Reads, where: str) -> None:
    # given a list with a search, of its nodes or of those that they lead to
    # when the server plans it
    plan = await _plan(reads, f"{{ services(where: {where}, orderBy: [{{name: ASC}}]) {{ nodes {{ id }} }} }}")
    # then the full-text index is asked, once and not for each row, and nothing else is looked up
    calls = [each for each in plan.walk() if each.kind == "ProcedureCall"]
    assert [each.details.partition("(")[0] for each in calls] == ["db.index.fulltext.queryNodes", CAUGHT_UP]
    assert [each.kind for each in calls[1].children] in ([], ["Argument"], ["EmptyRow"])
    assert _seeks(plan) == []
    assert costly(plan) == []


@pytest.mark.parametrize("way", ["ASC", "DESC"])
@pytest.mark.parametrize(("entry", "label", "leaf"), CERTAIN)
async def test_an_order_by_what_is_indexed_is_not_sorted(
    reads: Reads, entry: str, label: str, leaf: Leaf, way: str
) -> None:
    # given the page after a place, in the order of an indexed property
    down = ":DESC" if way == "DESC" else ""
    at_time = leaf.kind is LeafKind.TIME
    after = cursor(["2026-01-31T12:00:00Z" if at_time else "x", "y"], f"{leaf.name}{down} id{down}")
    for place in ("", f', after: "{after}"'):
        plan = await _plan(reads, f"{{ {entry}(orderBy: [{{{leaf.name}: {way}}}]{place}) {{ nodes {{ id }} }} }}")
        # when the server plans it
        [seek] = _seeks(plan)
        # then it begins at the place and goes on in the index's own order
        begin = (
            f"{leaf.property} {'<=' if down else '>='} {'RuntimeConstant(datetime(' * at_time}$"
            if place
            else f"{leaf.property} IS NOT NULL"
        )
        assert f"{label}(tenant, {leaf.property}, id) WHERE tenant = $tenant AND {begin}" in seek
        assert _sorts(plan) == []


@pytest.mark.parametrize(
    ("where", "anchor"),
    [
        ('{application: {id: {eq: "x"}}}', "UNIQUE Application(tenant, id) WHERE tenant = $tenant AND id = $p1"),
        (
            '{dependencies: {some: {node: {id: {eq: "x"}}}}, versions: {some: {image: {eq: "y"}}}}',
            "UNIQUE Service(tenant, id) WHERE tenant = $tenant AND id = $p1",
        ),
        (
            "{deployments: {some: {environment: {stage: {eq: PRODUCTION}}}}}",
            "RANGE INDEX Environment(tenant, stage, id) WHERE tenant = $tenant AND stage = $p1 AND id IS NOT NULL",
        ),
        (
            '{description: {contains: "x"}, versions: {some: {image: {in: ["x"]}}}}',
            "RANGE INDEX ServiceVersion(tenant, image, id) WHERE tenant = $tenant AND image = v4 AND id IS NOT NULL",
        ),
        (
            '{id: {eq: "x"}, application: {id: {eq: "y"}}}',
            "UNIQUE Service(tenant, id) WHERE tenant = $tenant AND id = $p1",
        ),
    ],
)
async def test_a_relation_is_followed_from_its_selective_end(reads: Reads, where: str, anchor: str) -> None:
    # given a list narrowed by what its nodes lead to
    # when the server plans it
    plan = await _plan(reads, f"{{ services(where: {where}) {{ nodes {{ id }} }} }}")
    # then it starts at the node that the filter names, or at the few that an index finds
    assert re.sub(r"\bn\d+:", "", _seeks(plan)[0]).startswith(anchor)
    assert costly(plan) == []


async def test_a_nested_filter_follows_the_edges(reads: Reads) -> None:
    # given a page on a node, narrowed and ordered by properties that have indexes
    query = """{ application(id: "x") { services(
      where: {name: {eq: "x"}, deployments: {some: {status: {eq: FAILED}}}}, orderBy: [{name: ASC}]
    ) { nodes { id } } } }"""
    # when the server plans it
    plan = await _plan(reads, query)
    # then the one seek is that of the node it hangs on
    assert [seek.split(" WHERE ")[0] for seek in _seeks(plan)] == ["UNIQUE n1:Application(tenant, id)"]
    assert costly(plan) == []


@pytest.mark.parametrize("query", queries())
def test_every_pattern_of_a_read_names_the_tenant(query: str) -> None:
    # given a query
    # when the node patterns of its statement are read
    # then each is constrained by $tenant, or is a node that an earlier pattern has constrained
    assert outside(compiled(query).text) == []


@pytest.mark.parametrize("query", queries())
async def test_no_read_scans(reads: Reads, query: str) -> None:
    # given a query
    request = request_of(query)
    compiled = COMPILER.operation(request)
    parameters = {**compiled.parameters(request.variables), "tenant": reads.actor.tenant, "actor": reads.actor.id}
    if compiled.searches:
        parameters["scope"] = scope(reads.actor.tenant)
    # when the server plans its statement
    explained = await reads.graph.explain(compiled.text, parameters)
    # then it finds everything by index and edge, knows every name, and changes nothing
    assert costly(read(explained.plan)) == []
    assert explained.notifications == ()
    assert not explained.writes
    assert writes(read(explained.plan)) == []
