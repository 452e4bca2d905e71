"""What a filter or an order cannot say is an error of the request, or of the field, with its code and place."""

from __future__ import annotations

import pytest

from app.graph_observer import counting
from app.projection.paging import cursor
from tests.http.caller import GRAPHQL, Caller
from tests.platform import Platform

JSON = "application/json"
QUERY = """query Q($where: ServiceFilter, $orderBy: [ServiceOrder!], $after: String) {
  services(where: $where, orderBy: $orderBy, after: $after) { nodes { id } }
}"""


def _deep(levels: int) -> dict[str, object]:
    where: dict[str, object] = {"name": {"eq": "x"}}
    for _ in range(levels - 1):
        where = {"not": where}
    return where


REFUSED = [
    pytest.param({"where": _deep(6)}, "where", "a filter may be at most 5 levels deep", id="deep"),
    pytest.param(
        {"where": {"or": [{"name": {"eq": "x"}}] * 51}}, "where", "a filter may have at most 50 conditions", id="many"
    ),
    pytest.param(
        {"where": {"name": {"in": ["x"] * 101}}}, "where", "a filter may list at most 100 values, not 101", id="values"
    ),
    pytest.param({"where": {"search": ""}}, "where", "where.search is empty: say what to look for", id="no text"),
    pytest.param(
        {"orderBy": [{"name": "ASC"}], "after": cursor(["x"])},
        "after",
        "after is a cursor of another order: pass one that the list returned with the same orderBy",
        id="cursor",
    ),
]


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
@pytest.mark.parametrize(("variables", "argument", "message"), REFUSED)
async def test_what_a_filter_cannot_say_is_told(
    platform: Platform, accept: str, status: int, variables: dict[str, object], argument: str, message: str
) -> None:
    # given a filter or a place that a list does not take
    caller = Caller(platform, platform.actor)
    # when it is sent
    with counting() as ran:
        response = await caller.ask(QUERY, variables, accept=accept)
    # then the error says what is wrong, and where, and the database was not asked
    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    [error] = response.json()["errors"]
    assert (error["message"], error["extensions"]) == (message, {"code": "INVALID_INPUT", "argument": argument})
    assert error["locations"] == [{"line": 2, "column": 3}]
    assert ran == []


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_a_field_that_a_filter_does_not_have_is_told(platform: Platform, accept: str, status: int) -> None:
    # given a filter with a field that there is not, in the document and in a variable
    caller = Caller(platform, platform.actor)
    with counting() as ran:
        # when it is sent
        written = await caller.ask('{ services(where: {nam: {eq: "x"}}) { nodes { id } } }', accept=accept)
        given = await caller.ask(QUERY, {"where": {"nam": {"eq": "x"}}}, accept=accept)
    # then the error names it, and the database was not asked
    for response in (written, given):
        assert response.status_code == status
        [error] = response.json()["errors"]
        assert "nam" in error["message"]
        assert "ServiceFilter" in error["message"]
        assert "data" not in response.json()
    assert ran == []
