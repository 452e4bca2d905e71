"""What a filter or an order cannot say is refused, and the refusal names what is wrong."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, parse, validate

from app.projection.paging import cursor
from tests.projection.reads import SCHEMA, compiled, request_of

QUERY = """query Q($where: ServiceFilter, $orderBy: [ServiceOrder!], $after: String) {
  services(where: $where, orderBy: $orderBy, after: $after) { nodes { id } }
}"""


def _deep(levels: int) -> dict[str, object]:
    where: dict[str, object] = {"name": {"eq": "x"}}
    for _ in range(levels - 1):
        where = {"not": where}
    return where


def _wide(conditions: int) -> dict[str, object]:
    return {"or": [{"name": {"eq": str(number)}} for number in range(conditions)]}


def _parameters(variables: dict[str, object]) -> None:
    compiled(QUERY, variables).parameters(request_of(QUERY, variables).variables)


@pytest.mark.parametrize(
    "variables",
    [
        {"where": _deep(5)},
        {"where": _wide(50)},
        {"where": {"name": {"in": ["x"] * 100}}},
        {"where": {}},
        {"where": {"search": "x" * 200}},
        {"where": {"search": None}},
        {"where": None, "orderBy": None},
        {"where": {"and": [], "not": None, "dependencies": None}},
        {"orderBy": []},
        {"orderBy": [{"name": "ASC"}], "after": cursor(["a", "b"], "name id")},
        {"orderBy": [{"description": "ASC"}], "after": cursor([None, "b"], "description id")},
        {"orderBy": [{"createdAt": "ASC"}], "after": cursor(["2026-01-31T12:00:00.123456789Z", "b"], "createdAt id")},
        {"orderBy": [{"id": "ASC"}, {"name": "DESC"}], "after": cursor(["b"])},
    ],
)
def test_what_is_within_the_limits_is_taken(variables: dict[str, object]) -> None:
    # given what a filter and an order may just say
    # when parameters are made of it
    # then nothing is refused
    _parameters(variables)


@pytest.mark.parametrize(
    ("variables", "argument", "message"),
    [
        ({"where": _deep(6)}, "where", "a filter may be at most 5 levels deep"),
        (
            {"where": {"name": {"not": {"not": {"not": {"not": {"not": {"eq": "x"}}}}}}}},
            "where",
            "a filter may be at most 5 levels deep",
        ),
        ({"where": _wide(51)}, "where", "a filter may have at most 50 conditions"),
        ({"where": {"name": {"in": ["x"] * 101}}}, "where", "a filter may list at most 100 values, not 101"),
        (
            {"where": {"or": [{"name": {"eq": None}}]}},
            "where",
            "where.or.0.name says nothing: give it an operator with a value, or leave it out",
        ),
        (
            {"where": {"dependencies": {"some": None}}},
            "where",
            "where.dependencies says nothing: give it some, none or every, or leave it out",
        ),
        ({"where": {"search": " "}}, "where", "where.search is empty: say what to look for"),
        ({"where": {"search": "x" * 201}}, "where", "where.search has 201 characters, at most 200 are allowed"),
        (
            {"where": {"and": [{"search": "a"}, {"application": {"search": "b"}}]}},
            "where",
            "where.and.1.application.search is a second search: a filter may have one",
        ),
        *(
            (
                {"where": where},
                "where",
                f"where.{path}.search cannot be looked up here: "
                "search in a list at the root, and not within or, not, none or every",
            )
            for path, where in (
                ("or.0", {"or": [{"search": "a"}]}),
                ("not", {"not": {"search": "a"}}),
                ("not.application", {"not": {"application": {"search": "a"}}}),
                ("deployments.none", {"deployments": {"none": {"search": "a"}}}),
                ("deployments.every", {"deployments": {"every": {"search": "a"}}}),
                ("dependencies.every.node", {"dependencies": {"every": {"node": {"search": "a"}}}}),
            )
        ),
        ({"orderBy": [{"name": "ASC"}, {"name": "DESC"}]}, "orderBy", "orderBy names name twice"),
        (
            {"orderBy": [{key: "ASC"} for key in ("name", "kind", "version", "createdAt", "updatedAt", "id")]},
            "orderBy",
            "orderBy may name at most 5 keys",
        ),
    ],
)
def test_what_is_beyond_them_is_refused(variables: dict[str, object], argument: str, message: str) -> None:
    # given a filter or an order that says too much, or nothing
    # when parameters are made of it
    with pytest.raises(GraphQLError) as refused:
        _parameters(variables)
    # then the argument and the limit are named
    assert refused.value.message == message
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": argument}


def test_a_search_in_a_list_on_a_node_is_refused() -> None:
    # given a search in a list that hangs on a node
    query = '{ application(id: "x") { services(where: {search: "a"}) { nodes { id } } } }'
    # when it is compiled
    with pytest.raises(GraphQLError) as refused:
        compiled(query)
    # then it says where one may search
    said = "search in a list at the root, and not within or, not, none or every"
    assert refused.value.message == f"where.search cannot be looked up here: {said}"
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "where"}


OTHER = "after is a cursor of another order: pass one that the list returned with the same orderBy"
NONE = "after is not a cursor of this list: pass an endCursor or cursor that the list returned"


@pytest.mark.parametrize(
    ("order", "after", "message"),
    [
        ([], cursor(["a", "b"], "name id"), OTHER),
        ([{"name": "ASC"}], cursor(["b"]), OTHER),
        ([{"name": "ASC"}], cursor(["a", "b"], "name:DESC id:DESC"), OTHER),
        ([{"name": "DESC"}], cursor(["a", "b"], "name id"), OTHER),
        ([{"name": "ASC"}], cursor(["a"], "name id"), NONE),
        ([{"name": "ASC"}], cursor([None, "b"], "name id"), NONE),
        ([{"name": "ASC"}], cursor([1, "b"], "name id"), NONE),
        ([{"version": "ASC"}], cursor([True, "b"], "version id"), NONE),
        ([{"version": "ASC"}], cursor(["1", "b"], "version id"), NONE),
        ([{"createdAt": "ASC"}], cursor(["yesterday", "b"], "createdAt id"), NONE),
        ([{"createdAt": "ASC"}], cursor(["2026-02-31T12:00:00Z", "b"], "createdAt id"), NONE),
        ([{"createdAt": "ASC"}], "e30", NONE),
    ],
)
def test_a_cursor_of_another_order_is_refused(order: list[dict[str, str]], after: str, message: str) -> None:
    # given a cursor that this order has not made
    # when parameters are made of it
    with pytest.raises(GraphQLError) as refused:
        _parameters({"orderBy": order, "after": after})
    # then it says so
    assert refused.value.message == message
    assert refused.value.extensions == {"code": "INVALID_INPUT", "argument": "after"}


@pytest.mark.parametrize("key", ["{name: ASC, id: ASC}", "{}", "{name: null}"])
def test_a_key_of_an_order_has_one_field(key: str) -> None:
    # given a key that names two fields, or none
    document = parse(f"{{ services(orderBy: [{key}]) {{ nodes {{ id }} }} }}")
    # when the document is validated
    # then it is refused before anything runs
    assert len(validate(SCHEMA._schema, document)) == 1
