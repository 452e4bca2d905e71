"""Pages: every node once, in order, over any page size; and what cannot be a page is refused by name."""

from __future__ import annotations

import orjson
import pytest
from graphql import GraphQLError

from app.graph_observer import counting
from tests.projection.reads import Reads, compiled, request_of
from tests.projection.seeds import Seeded

SERVICES = [f"whole/app/s{number:02d}" for number in range(1, 26)]


async def _walk(reads: Reads, query: str, field: str) -> list[list[str]]:
    """The ids of every page, until the last one says that it is."""
    pages: list[list[str]] = []
    after = None
    while True:
        answer = await reads.both(query, {"after": after})
        page = answer["data"]
        for name in field.split("."):
            assert isinstance(page, dict)
            page = page[name]
        assert isinstance(page, dict)
        pages.append([edge["node"]["id"] for edge in page["edges"]])
        assert page["totalCount"] == 25
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        assert page["pageInfo"]["hasPreviousPage"] == (len(pages) > 1)
        if not page["pageInfo"]["hasNextPage"]:
            return pages
        after = page["pageInfo"]["endCursor"]


PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }"


@pytest.mark.parametrize(("size", "sizes"), [(1, [1] * 25), (10, [10, 10, 5]), (25, [25]), (100, [25])])
async def test_a_nested_page_follows_another(reads: Reads, size: int, sizes: list[int]) -> None:
    # given an application with 25 services
    services = f"services(first: {size}, after: $after) {{ {PAGE} }}"
    query = f'query W($after: String) {{ application(id: "whole/app") {{ {services} }} }}'
    # when all pages are read
    pages = await _walk(reads, query, "application.services")
    # then each service is there once, in order, and only the last page may be short
    assert [len(page) for page in pages] == sizes
    assert [id_ for page in pages for id_ in page] == SERVICES


async def test_a_root_page_that_is_filtered_follows_another(reads: Reads) -> None:
    # given the same services
    of_it = '{application: {id: {eq: "whole/app"}}}'
    query = f"query W($after: String) {{ services(where: {of_it}, first: 7, after: $after) {{ {PAGE} }} }}"
    # when all pages are read from the root
    pages = await _walk(reads, query, "services")
    # then each is there once, in order
    assert [id_ for page in pages for id_ in page] == SERVICES


async def test_an_answer_that_comes_in_parts_is_the_same(reads: Reads) -> None:
    # given root pages of which one takes several parts, one takes one and one is empty, with what is no page between
    query = """{
      all: services(where: {application: {id: {eq: "whole/app"}}}, first: 24) { totalCount nodes { id name } }
      application(id: "whole/app") { id services(first: 7) { nodes { id } pageInfo { endCursor } } }
      few: projects(first: 2) { edges { cursor node { id } } }
      counted: services { totalCount }
      none: environments(where: {project: {id: {eq: "whole"}}}) { nodes { id } }
    }"""
    whole = await reads.fast(query)
    # when it may be large
    with counting() as ran:
        in_parts = await reads.fast(query, may_be_large=True)
    # then it is the same, from one statement
    assert in_parts == whole
    assert ran == ["projection/several"]
    assert [each["id"] for each in orjson.loads(in_parts)["data"]["all"]["nodes"]] == SERVICES[:24]


async def test_an_empty_page_has_no_cursor(reads: Reads) -> None:
    # given a project without environments
    # when its page is asked for
    query = f'{{ environments(where: {{project: {{id: {{eq: "whole"}}}}}}) {{ {PAGE} nodes {{ id }} }} }}'
    answer = await reads.both(query)
    # then it says so
    info = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert answer["data"] == {"environments": {"totalCount": 0, "pageInfo": info, "edges": [], "nodes": []}}


async def test_a_number_is_its_own_cursor(reads: Reads, seeded: Seeded) -> None:
    # given a log with one numbered event and one that has no number yet
    # when the log is read from its beginning and from the event's own cursor
    start = await reads.both('{ events(after: "0") { nodes { seq cursor } pageInfo { endCursor } } }')
    end = await reads.both('{ events(after: "1") { nodes { seq } } }')
    # then only the numbered one is there, its cursor is its number, and nothing follows it
    assert start["data"] == {"events": {"nodes": [{"seq": 1, "cursor": "1"}], "pageInfo": {"endCursor": "1"}}}
    assert end["data"] == {"events": {"nodes": []}}


@pytest.mark.parametrize("first", [0, -1, 101, 2_000_000_000])
@pytest.mark.parametrize("fields", ["nodes { id }", "totalCount", "__typename"])
async def test_a_page_size_out_of_bounds_is_refused(first: int, fields: str) -> None:
    # given a page size that is none, in the document or in a variable
    written = f"{{ services(first: {first}) {{ {fields} }} }}"
    passed = f"query Q($first: Int) {{ services(first: $first) {{ {fields} }} }}"
    for query, variables in ((written, None), (passed, {"first": first})):
        # when the query is compiled and its parameters are made
        with pytest.raises(GraphQLError) as refused:
            compiled(query, variables).parameters(request_of(query, variables).variables)
        # then the argument is named, and where it stands
        assert refused.value.message == f"first must be between 1 and 100, not {first}"
        assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "first"}
        assert refused.value.locations is not None


@pytest.mark.parametrize("after", ["", "nonsense", "WyJ4Il0=", "WzFd", "WyJhIiwiYiJd", "bnVsbA", "\u00e9", "WyJ4Il0 "])
def test_a_cursor_of_something_else_is_refused(after: str) -> None:
    # given a text that no list of services has returned
    query = "query Q($after: String) { services(after: $after) { nodes { id } } }"
    # when parameters are made of it
    with pytest.raises(GraphQLError) as refused:
        compiled(query, {"after": after}).parameters(request_of(query, {"after": after}).variables)
    # then the argument is named
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "after"}


@pytest.mark.parametrize("after", ["", "-1", "1.0", "1 ", "9" * 19, "\u0661", "WzFd"])
def test_a_number_that_is_none_is_refused(after: str) -> None:
    # given a text that is no number of an event
    query = "query Q($after: String) { events(after: $after) { nodes { id } } }"
    # when parameters are made of it
    with pytest.raises(GraphQLError) as refused:
        compiled(query, {"after": after}).parameters(request_of(query, {"after": after}).variables)
    # then the argument is named
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "after"}
