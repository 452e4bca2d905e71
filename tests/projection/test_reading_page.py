"""The queries in docs/reading.md are answered, both ways."""

from __future__ import annotations

import re

import pytest
from graphql import GraphQLObjectType

from tests.guards.sources import CHECKOUT
from tests.projection.reads import SCHEMA, Reads

PAGE = (CHECKOUT / "docs" / "reading.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```graphql\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_on_the_page_is_answered(reads: Reads, query: str) -> None:
    # given a query as it stands on the page
    # when it is asked, both ways
    answer = await reads.both(query)
    # then there is an answer, without an error
    assert answer["errors"] == []
    assert answer["data"]


def test_the_page_has_every_way_to_read() -> None:
    # given all queries on the page
    written = "\n".join(QUERIES)
    # when the arguments of a list are looked for
    root = SCHEMA._schema.query_type
    assert isinstance(root, GraphQLObjectType)
    # then the page shows each
    assert [name for name in root.fields["services"].args if f"{name}:" not in written] == []
