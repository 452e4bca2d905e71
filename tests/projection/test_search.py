"""Search: what a text finds and in what order; any text is safe, and nothing of another tenant is ever found."""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from graphql import GraphQLError
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from neo4j import Driver

from app.graph import Graph, GraphSettings
from app.graph_observer import counting
from app.ids import Ids
from app.ports import SystemClock
from app.projection import fulltext
from app.projection.hits import CAUGHT_UP
from tests.guards.execution_plans import read
from tests.projection.reads import Reads, compiled, request_of
from tests.projection.seeds import FOREIGN_MARK, Seeded, put

NODES = """
UNWIND [
  ['Project', 'acme', 'acme', 'Everything we sell'],
  ['Application', 'acme/store', 'store', 'Where people buy'],
  ['Service', 'acme/store/cart', 'cart', 'Holds what people want'],
  ['Service', 'acme/store/cart-cache', 'cart-cache', null],
  ['Service', 'acme/store/cartographer', 'cartographer', 'Draws maps'],
  ['Service', 'acme/store/payment', 'payment', 'Pays for the cart'],
  ['Service', 'acme/store/it', 'it', 'Größe und 注文管理 हिन्दी'],
  ['ServiceVersion', 'acme/store/cart:v0.10.4-1a2b3c4d', 'v0.10.4-1a2b3c4d', null],
  ['Environment', 'acme@production', 'production', 'What people see'],
  ['Policy', 'policy:no-dependency-cycle', 'no-dependency-cycle', 'No circles \U0001f680'],
  ['Deployment', 'acme/store/cart@production', null, null]
] AS row
CREATE (n:Entity {tenant: $tenant, id: row[1], version: 1, created_at: datetime(), updated_at: datetime()})
SET n.name = row[2], n.description = row[3] + $mark
WITH n, row
FOREACH (_ IN CASE row[0] WHEN 'Project' THEN [1] ELSE [] END | SET n:Project)
FOREACH (_ IN CASE row[0] WHEN 'Application' THEN [1] ELSE [] END | SET n:Application)
FOREACH (_ IN CASE row[0] WHEN 'Service' THEN [1] ELSE [] END | SET n:Service)
FOREACH (_ IN CASE row[0] WHEN 'ServiceVersion' THEN [1] ELSE [] END | SET n:ServiceVersion)
FOREACH (_ IN CASE row[0] WHEN 'Environment' THEN [1] ELSE [] END | SET n:Environment)
FOREACH (_ IN CASE row[0] WHEN 'Policy' THEN [1] ELSE [] END | SET n:Policy)
FOREACH (_ IN CASE row[0] WHEN 'Deployment' THEN [1] ELSE [] END | SET n:Deployment)
"""
HITS = """query Hits($text: String!, $kinds: [NodeKind!], $first: Int, $after: String) {
  search(text: $text, kinds: $kinds, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { cursor score node { __typename id ... on Named { name } ... on Described { description } } }
  }
}"""


@pytest.fixture(scope="module")
def stocked(store: Driver) -> Iterator[Seeded]:
    """A tenant with names to be found, and one whose id begins with the first one's, with the same names."""
    own = "s-" + Ids(SystemClock()).new()
    found = Seeded(own, own + "-b")
    put(store, NODES, tenant=found.own, mark="")
    put(store, NODES, tenant=found.foreign, mark=" " + FOREIGN_MARK)
    yield found
    for tenant in (found.own, found.foreign):
        put(store, "MATCH (node:Entity {tenant: $tenant}) DETACH DELETE node", tenant=tenant)


@pytest.fixture
async def search(graph_settings: GraphSettings, stocked: Seeded) -> AsyncIterator[Reads]:
    """Asks in the first tenant."""
    async with Graph.connect(graph_settings) as graph:
        yield Reads(graph, stocked.own)


async def hits(reads: Reads, text: str, **variables: object) -> dict[str, object]:
    """The page that a text finds, once both ways have given the same bytes."""
    answer = await reads.both(HITS, {"text": text, **variables})
    assert answer["errors"] == []
    data = answer["data"]
    assert isinstance(data, dict)
    page: dict[str, object] = data["search"]
    return page


async def ids(reads: Reads, text: str, **variables: object) -> list[str]:
    """The ids that a text finds, the best first."""
    edges = (await hits(reads, text, **variables))["edges"]
    assert isinstance(edges, list)
    return [edge["node"]["id"] for edge in edges]


async def test_the_best_comes_first(search: Reads) -> None:
    # given services whose name is, begins with, or mentions a word, and others whose id has it
    # when it is searched for
    page = await hits(search, "cart")
    # then a name counts for more than an id, an id for more than a description, a whole word for more than a beginning
    edges = page["edges"]
    assert isinstance(edges, list)
    assert [(edge["score"], edge["node"]["id"]) for edge in edges] == [
        (36.5, "acme/store/cart"),
        (36.5, "acme/store/cart-cache"),
        (12.0, "acme/store/cart@production"),
        (12.0, "acme/store/cartographer"),
        (6.0, "acme/store/payment"),
        (4.0, "acme/store/cart:v0.10.4-1a2b3c4d"),
    ]
    assert edges[0]["node"] == {
        "__typename": "Service",
        "id": "acme/store/cart",
        "name": "cart",
        "description": "Holds what people want",
    }
    assert edges[2]["node"] == {"__typename": "Deployment", "id": "acme/store/cart@production"}
    assert page["totalCount"] == 6


async def test_what_was_just_written_is_found(search: Reads, store: Driver, stocked: Seeded) -> None:
    for letter in string.ascii_lowercase[:20]:
        # given a hundred services more, written just now
        put(
            store,
            "UNWIND range(1, 100) AS n "
            "CREATE (:Service:Entity {tenant: $tenant, id: 'acme/new/' + $mark + '-' + n, name: $mark})",
            tenant=stocked.own,
            mark=letter * 12,
        )
        # when they are searched for at once
        page = await hits(search, letter * 12)
        # then all are found, though the index is kept up behind the commits
        assert page["totalCount"] == 100


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # While it is typed, and in any case.
        ("paym", ["acme/store/payment"]),
        ("PayMent", ["acme/store/payment"]),
        ("acme/store/pay", ["acme/store/payment"]),
        # Every word is needed, wherever it stands.
        ("pays cart", ["acme/store/payment"]),
        ("cart nothing-like-it", []),
        # A letter too many, too few, another one, two that changed places.
        ("paymentt", ["acme/store/payment"]),
        ("pament", ["acme/store/payment"]),
        ("poyment", ["acme/store/payment"]),
        ("apyment", ["acme/store/payment"]),
        ("poyments", []),
        # Words that other indexes drop, and what they cut up or keep whole.
        ("it", ["acme/store/it"]),
        ("no", ["policy:no-dependency-cycle"]),
        ("dependency-cyc", ["policy:no-dependency-cycle"]),
        ("policy:no", ["policy:no-dependency-cycle"]),
        ("v0.10", ["acme/store/cart:v0.10.4-1a2b3c4d"]),
        ("cart:v0.10.4-1a2b", ["acme/store/cart:v0.10.4-1a2b3c4d"]),
        # Other scripts, and signs.
        ("GRÖSSE größ", []),
        ("Größ", ["acme/store/it"]),
        ("注文", ["acme/store/it"]),
        ("हिन्दी", ["acme/store/it"]),
        ("\U0001f680", ["policy:no-dependency-cycle"]),
        ("/// --- ***", []),
        ("payment ///", ["acme/store/payment"]),
        ('"\\', []),
    ],
)
async def test_what_is_typed_finds(search: Reads, text: str, found: list[str]) -> None:
    # given a tenant with a few names
    # when something is typed
    # then it finds this, in this order
    assert await ids(search, text) == found


async def test_pages_follow_one_another(search: Reads, store: Driver, stocked: Seeded) -> None:
    # given more hits than a page holds
    whole = await ids(search, "cart")
    pages: list[list[str]] = []
    after = None
    while True:
        # when each page is asked for, and in between another tenant gets more of what is searched for
        page = await hits(search, "cart", first=2, after=after)
        edges, info = page["edges"], page["pageInfo"]
        assert isinstance(edges, list)
        assert isinstance(info, dict)
        pages.append([edge["node"]["id"] for edge in edges])
        assert page["totalCount"] == 6
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
        more = "CREATE (:Service:Entity {tenant: $tenant, id: $id, name: 'cart', version: 1})"
        put(store, more, tenant=stocked.foreign, id=f"acme/store/more-{len(pages)}")
    # then each hit is there once, in the order of the whole
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [id_ for page in pages for id_ in page] == whole


async def test_kinds_narrow_it_down(search: Reads) -> None:
    # given hits of several kinds
    # when only some are asked for
    # then the others are not there, and none of no kind
    assert await ids(search, "cart", kinds=["SERVICE_VERSION", "DEPLOYMENT"]) == [
        "acme/store/cart@production",
        "acme/store/cart:v0.10.4-1a2b3c4d",
    ]
    assert await ids(search, "cart", kinds="ENVIRONMENT") == []
    assert await ids(search, "cart", kinds=[]) == []


async def test_each_tenant_finds_its_own(search: Reads, stocked: Seeded) -> None:
    # given two tenants with the same names, and an id that a search for the first one's would also match
    other = Reads(search.graph, stocked.foreign)
    # when both search for the same
    own, theirs = await hits(search, "payment"), await hits(other, "payment")
    # then each finds its own node, and scores are the same
    assert own["totalCount"] == theirs["totalCount"] == 1
    ours, foreign = own["edges"], theirs["edges"]
    assert isinstance(ours, list)
    assert isinstance(foreign, list)
    assert [edge["node"]["description"] for edge in ours] == ["Pays for the cart"]
    assert [edge["node"]["description"] for edge in foreign] == ["Pays for the cart foreign"]
    assert ours[0]["score"] == foreign[0]["score"]
    assert await ids(search, FOREIGN_MARK) == []


async def test_a_search_is_one_statement_that_asks_the_index(search: Reads) -> None:
    # given a search that goes on from what it finds
    query = """{ search(text: "cart", kinds: [SERVICE]) { nodes { id ... on Service {
      desiredVersion { id } dependencies { nodes { id } } } } } }"""
    # when it is answered
    with counting() as ran:
        await search.fast(query)
    # then it was one statement
    assert ran == ["projection/search"]
    # when the server explains it
    request = request_of(query)
    parameters = {**compiled(query).parameters(request.variables), "scope": "", "actor": "", "tenant": ""}
    assert parameters["p0"] == "entity_text"
    explained = await search.graph.explain(compiled(query).text, parameters)
    # then the full-text index is asked, and the index is there
    kinds = [each.details for each in read(explained.plan).walk() if each.kind == "ProcedureCall"]
    assert [each.partition("(")[0] for each in kinds] == ["db.index.fulltext.queryNodes", CAUGHT_UP]
    rows = await search.graph.define("SHOW INDEXES YIELD name, type, state WHERE type = 'FULLTEXT' RETURN name, state")
    assert {"name": "entity_text", "state": "ONLINE"} in [dict(row) for row in rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "text is empty: say what to look for"),
        (" \t\n", "text is empty: say what to look for"),
        ("x" * 201, "text has 201 characters, at most 200 are allowed"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(text: str, said: str) -> None:
    # given a text that is empty, or longer than a text may be
    request = request_of(HITS, {"text": text})
    # when it is searched for
    with pytest.raises(GraphQLError) as refused:
        compiled(HITS, {"text": text}).parameters(request.variables)
    # then it is refused by name
    assert refused.value.message == said
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "text"}


@pytest.mark.parametrize("after", ["", "x", "WyJ4IiwieCJd", "WzEyLjBd", "NaN"])
def test_what_is_no_place_among_hits_is_refused(after: str) -> None:
    # given what no search returned as a cursor
    request = request_of(HITS, {"text": "cart", "after": after})
    # when it is passed as one
    with pytest.raises(GraphQLError, match="after is not a cursor of this list"):
        compiled(HITS, {"text": "cart", "after": after}).parameters(request.variables)


def documented() -> list[str]:
    """The queries in the documentation."""
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    return re.findall(r"^```graphql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("query", documented())
async def test_what_the_documentation_asks_is_answered(reads: Reads, query: str) -> None:
    # given a query as it is documented
    # when it is asked
    answered = await reads.both(query, {"text": "cart"})
    # then there is an answer
    assert answered["errors"] == []
    assert answered["data"]


SYNTAX = "+-&|!(){}[]^\"~*?:\\/<>=@#.,;' \t\n\0"
TEXTS = st.text(min_size=1, max_size=200).filter(str.strip) | st.lists(
    st.sampled_from(["cart", "AND", "OR", "NOT", "TO", "tenant:", "name:", "*:*", "~2", "^9", *SYNTAX]), min_size=1
).map("".join).filter(str.strip).filter(lambda text: len(text) <= fulltext.LONGEST_TEXT)


def test_any_text_is_safe(graph_settings: GraphSettings, stocked: Seeded) -> None:
    query = """query($text: String!) {
      search(text: $text, first: 100) { nodes { id ... on Described { description } } }
      services(where: {search: $text}, first: 100) { nodes { id description } }
      applications(where: {services: {some: {search: $text}}}) {
        nodes { description services { nodes { description } } }
      }
    }"""
    with asyncio.Runner() as runner:
        connection = Graph.connect(graph_settings)
        reads = Reads(runner.run(connection.__aenter__()), stocked.own)

        # given any text, and texts of the index's own syntax
        @settings(
            max_examples=150,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @example('cart" OR tenant:"x')
        @example(f"tenant:{stocked.foreign}")
        @example(f'*:* OR tenant:"{stocked.foreign}"')
        @example("x) OR (*:*")
        @example("/.*/")
        @example("[* TO *]")
        @example("a " * 100)
        @example("".join(chr(ord("a") + number % 26) for number in range(200)))
        @example("abcdefghijklmnopqrstuvwxyzabcd " * 6)
        @given(TEXTS)
        def safe(text: str) -> None:
            # when it is searched for
            answered = runner.run(reads.fast(query, {"text": text}))
            # then there is an answer, and nothing of the other tenant is in it
            assert answered.startswith(b'{"errors":[],"data":{"search":{"nodes":[')
            assert FOREIGN_MARK.encode() not in answered

        try:
            safe()
        finally:
            runner.run(connection.__aexit__(None, None, None))
