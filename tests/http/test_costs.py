"""What operations cost: told before they run, shown when asked for, and refused where it is too much."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_variable_values, parse, validate
from graphql import get_introspection_query as introspection
from structlog.testing import capture_logs

from app.costs import Cost, Costs
from app.graph_observer import counting
from app.http.admission import USUAL, Rules
from benchmarks.page import PageSize
from benchmarks.page_queries import PAGE as QUERY
from graph_schema.projected import compiler_of
from tests.http.caller import Caller
from tests.platform import SHOP, Platform
from tests.projection.reads import SCHEMA

CHECKOUT = Path(__file__).parents[2]
CORE = SCHEMA._schema
ALL = 10_000
COSTS = Costs(CORE, compiler_of(CORE).model)


def cost(query: str, variables: Mapping[str, object] | None = None) -> Cost:
    """The cost of a document's one operation."""
    tree = parse(query)
    assert validate(CORE, tree) == []
    [operation] = [each for each in tree.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in tree.definitions if isinstance(each, FragmentDefinitionNode)}
    coerced = get_variable_values(CORE, operation.variable_definitions or (), dict(variables or {}))
    assert not isinstance(coerced, list), coerced
    priced = COSTS.price(operation, fragments)
    first = COSTS.cost(priced, coerced)
    assert COSTS.cost(priced, coerced) is first
    return first


@pytest.mark.parametrize(
    ("query", "variables", "total"),
    [
        ("{ me { id } }", None, 2),
        ("{ me { id id id } }", None, 2),
        ("{ me { ...F ...F } } fragment F on User { id }", None, 2),
        ("{ me { id } again: me { id } }", None, 4),
        # a page: itself, its list, and what is on it as often as `first` says
        ("{ services(first: 7) { nodes { id name } } }", None, 2 + 7 * 3),
        ("{ services { nodes { id } } }", None, 2 + 20 * 2),
        ("{ services(first: null) { nodes { id } } }", None, 2 + 20 * 2),
        ("query Q($n: Int) { services(first: $n) { nodes { id } } }", None, 2 + 20 * 2),
        ("query Q($n: Int = 3) { services(first: $n) { nodes { id } } }", None, 2 + 3 * 2),
        ("query Q($n: Int) { services(first: $n) { nodes { id } } }", {"n": 30}, 2 + 30 * 2),
        ("query Q($n: Int) { services(first: $n) { nodes { id } } }", {"n": None}, 2 + 20 * 2),
        # a size that will be refused by name counts as the largest there is, or as none
        ("query Q($n: Int) { services(first: $n) { nodes { id } } }", {"n": 2_000_000_000}, 2 + 100 * 2),
        ("query Q($n: Int) { services(first: $n) { nodes { id } } }", {"n": -1}, 2),
        # a page in a page
        (
            "{ services(first: 7) { nodes { dependencies(first: 5) { edges { kind } } } } }",
            None,
            2 + 7 * (1 + 2 + 5 * 2),
        ),
        ("{ services(first: 7) { nodes { id } edges { cursor } pageInfo { endCursor } } }", None, 1 + 15 + 15 + 2),
        # counting, and narrowing
        ("{ policies { totalCount } }", None, 1 + 10),
        ("{ services { totalCount } }", None, 1 + 10 + ALL),
        ("{ me { id } services { nodes { versions { totalCount } } } }", None, 2 + 2 + 20 * 12),
        # what no index finds is looked for among all there is: to show it, and again to count it
        ('{ services(where: {name: {eq: "a"}}) { totalCount } }', None, 6 + 10),
        ('{ services(where: {kind: {eq: "a"}}) { totalCount } }', None, ALL + 6 + ALL + 10),
        ('{ services(where: {kind: {eq: "a"}, name: {in: ["a"]}}) { totalCount } }', None, 11 + 10),
        ('{ services(where: {not: {name: {eq: "a"}}}) { nodes { id } } }', None, ALL + 6 + 41),
        ('{ services(where: {or: [{name: {eq: "a"}}]}) { nodes { id } } }', None, ALL + 6 + 41),
        ('{ services(where: {name: {startsWith: "a"}}) { nodes { id } } }', None, ALL + 6 + 41),
        ('{ services(where: {id: {startsWith: "a"}}) { nodes { id } } }', None, 6 + 41),
        ("{ runs(where: {state: {in: [FAILED, ERROR]}}) { nodes { id } } }", None, 11 + 41),
        ("{ runs(where: {state: {eq: FAILED}}) { totalCount } }", None, 6 + 10 + ALL),
        ("{ runs(where: {state: {eq: FAILED}, attempts: {gt: 1}}) { nodes { id } } }", None, ALL + 11 + 41),
        ("{ services(orderBy: [{name: ASC}]) { nodes { id } } }", None, 6 + 41),
        ("{ services(orderBy: [{kind: ASC}]) { nodes { id } } }", None, ALL + 6 + 41),
        ('{ services(where: {deployments: {none: {id: {eq: "a"}}}}) { nodes { id } } }', None, ALL + 11 + 41),
        ('{ search(text: "a") { totalCount nodes { id } } }', None, ALL + 105 + ALL + 10 + 41),
        ('{ events(filter: {text: "a"}) { nodes { id } } }', None, ALL + 6 + 41),
        ("{ events(first: 3) { nodes { id } } }", None, 1 + 1 + 3 * 2),
        (
            "query Q($w: ServiceFilter) { services(where: $w) { totalCount } }",
            {"w": {"kind": {"eq": "a"}}},
            2 * ALL + 16,
        ),
        ('{ services(where: {name: {eq: "a"}}) { nodes { id } } }', None, 6 + 41),
        ('{ services(where: {name: {in: ["a", "b"]}, kind: {eq: "c"}}) { nodes { id } } }', None, 16 + 41),
        ("query Q($w: ServiceFilter) { services(where: $w) { nodes { id } } }", {"w": {"name": {"eq": "a"}}}, 6 + 41),
        ("query Q($w: ServiceFilter) { services(where: $w) { nodes { id } } }", None, 1 + 41),
        ("query Q($a: String) { services(where: {name: {eq: $a}}) { nodes { id } } }", {"a": "a"}, 6 + 41),
        ("query Q($a: String) { services(where: {name: {eq: $a}}) { nodes { id } } }", None, 1 + 41),
        ('{ services(where: {name: {in: ["a", "b", "c"]}}) { nodes { id } } }', None, 16 + 41),
        # following edges, and searching, in a document and in a variable
        ('{ services(where: {versions: {some: {image: {eq: "a"}}}}) { nodes { id } } }', None, 11 + 41),
        ('{ services(where: {search: "a"}) { nodes { id } } }', None, ALL + 101 + 41),
        (
            "query Q($a: ServiceFilter) { services(where: $a) { nodes { id } } }",
            {"a": {"search": "a", "versions": {"none": {"image": {"eq": "a"}}}}},
            ALL + 111 + 41,
        ),
        # what is left out costs nothing
        ("query Q($no: Boolean!) { me { id name @skip(if: $no) } }", {"no": True}, 2),
        ("query Q($no: Boolean!) { me { id name @skip(if: $no) } }", {"no": False}, 3),
        ("{ me { id ... @include(if: false) { name } } }", None, 2),
        # what GraphQL's own execution answers costs ten times as much
        ("{ graph(first: 1) { truncated } me { id } }", None, (1_000 + 1 + 2) * 10),
        ("{ graph(first: 4) { nodes { id } edges { to } } }", None, (1_000 + 5 + 13) * 10),
        # a union costs what the dearest of its types would
        (
            "subscription { events { __typename ... on Event { id seq } ... on EventGap { cursor } } }",
            None,
            500 + 1 + 2,
        ),
        ("{ __typename }", None, 1),
    ],
)
def test_a_cost_is_weights_times_the_sizes_of_lists(
    query: str, variables: Mapping[str, object] | None, total: int
) -> None:
    assert cost(query, variables).total == total


def test_a_cost_that_is_remembered_follows_how_a_variable_is_built() -> None:
    # given one document whose filter is a variable
    teams = "teams(where: {name: {in: $n}}) { nodes { id } }"
    text = f"query Q($w: ServiceFilter, $n: [String!]) {{ services(where: $w) {{ nodes {{ id }} }} {teams} }}"
    tree = parse(text)
    [operation] = [each for each in tree.definitions if isinstance(each, OperationDefinitionNode)]
    priced = COSTS.price(operation, {})

    def told(**given: object) -> int:
        coerced = get_variable_values(CORE, operation.variable_definitions or (), given)
        assert not isinstance(coerced, list), coerced
        return COSTS.cost(priced, coerced).total

    # when filters with as many values are asked, by what has an index and by what has none
    found = [
        told(w={"name": {"eq": "a"}}),
        told(w={"kind": {"eq": "a"}}),
        told(w={"and": [{"kind": {"eq": "a"}}, {"name": {"eq": "a"}}]}),
        told(w={"or": [{"kind": {"eq": "a"}}, {"name": {"eq": "a"}}]}),
        told(w={"name": {"eq": "b"}}, n=["a", "b"]),
    ]
    # then each has its own price
    own = 1 + 41 + 1 + 41
    assert found == [own + 5, own + 5 + ALL, own + 10, own + 10 + ALL, own + 15]


def test_a_cost_names_where_most_of_it_is() -> None:
    query = (
        "{ me { id } services(first: 100) { pageInfo { endCursor } nodes { id dependencies "
        "{ nodes { id name kind } } } } }"
    )
    assert cost(query).path == ("services", "nodes", "dependencies", "nodes")


def test_the_page_of_the_benchmark_fits() -> None:
    assert cost(QUERY, {"first": PageSize().first}).total < USUAL.request


def test_introspection_fits() -> None:
    query = introspection(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    assert cost(query).total < USUAL.request


@pytest.mark.parametrize(
    "path",
    [*CHECKOUT.glob("app/cli/documents/*.graphql"), *CHECKOUT.glob("web/src/documents/*.graphql")],
    ids=lambda path: path.stem,
)
def test_what_the_command_line_and_the_console_send_fits(path: Path) -> None:
    # given the largest pages that they ask for
    text = path.read_text()
    sizes = {"first": 2_000 if path.stem == "graph" else 100}
    [operation] = [each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode)]
    names = {each.variable.name.value for each in operation.variable_definitions or ()}
    given: dict[str, object] = {name: size for name, size in sizes.items() if name in names}
    # when their cost is told, whatever else they are given
    coerced = get_variable_values(CORE, (), {})
    assert not isinstance(coerced, list)
    priced = COSTS.price(operation, {})
    found = COSTS.cost(priced, type(coerced)({}, given))
    # then it is within the budget of a request
    assert found.total < USUAL.request, found


async def test_looking_through_a_tenant_many_times_in_one_request_is_refused(platform: Platform) -> None:
    # given a request that counts what no index finds, and shows some of it, twenty times
    again = (f'a{n}: services(where: {{kind: {{eq: "x{n}"}}}}) {{ totalCount }}' for n in range(20))
    caller = Caller(platform, platform.actor)
    # when it is sent
    with counting() as ran:
        refused = await caller.ask(f"{{ {' '.join(again)} }}")
    # then it asks nothing of the graph
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert error["extensions"] == {"code": "COST_EXCEEDED", "cost": 20 * (2 * ALL + 16), "budget": 400_000, "path": []}
    assert ran == []


async def test_what_costs_too_much_is_refused_before_it_runs(platform: Platform) -> None:
    # given a budget of a thousand
    caller = Caller(platform, platform.actor, rules=Rules(request=1_000))
    query = "query Q($n: Int) { services(first: $n) { nodes { id dependencies(first: 50) { nodes { id } } } } }"
    # when something within it and something beyond it is asked for
    fits = await caller.ask(query, {"n": 5})
    with counting() as ran, capture_logs() as logs:
        refused = await caller.ask(query, {"n": 100})
    # then the second is refused with its cost, the budget, and where most of it is
    assert fits.status_code == 200
    assert refused.status_code == 400
    assert refused.json() == {
        "errors": [
            {
                "message": "the operation may cost 10402, at most 1000 are allowed; most of it is below "
                "services.nodes.dependencies.nodes.id",
                "extensions": {
                    "code": "COST_EXCEEDED",
                    "cost": 10_402,
                    "budget": 1_000,
                    "path": ["services", "nodes", "dependencies", "nodes", "id"],
                },
            }
        ]
    }
    assert ran == []
    # and that is logged with who it was
    assert [(one["event"], one["who"], one["cost"]) for one in logs] == [
        ("a request is too dear", f"{platform.tenant} user:admin", 10_402)
    ]


async def test_a_mutation_that_shows_too_much_changes_nothing(platform: Platform) -> None:
    # given
    await platform.apply(*SHOP)
    caller = Caller(platform, platform.actor, rules=Rules(request=5_000))
    before = await platform.picture()
    query = """mutation { deleteProject(input: {id: "shop"}) { id problems { code message field } } a:
      updateProject(input: {id: "shop"}) { project { environments(first: 100) { nodes { id name version } } } } }"""
    # when
    with counting() as ran:
        response = await caller.ask(query)
    # then
    assert response.json()["errors"][0]["extensions"]["code"] == "COST_EXCEEDED"
    assert ran == []
    assert await platform.picture() == before


@pytest.mark.parametrize("way", ["header", "extension", "setting", None])
async def test_the_cost_is_told_when_asked_for(platform: Platform, way: str | None) -> None:
    # given
    caller = Caller(platform, platform.actor, rules=Rules(shows_cost=way == "setting"))
    content = b'{"query": "{ me { name } }"' + (b', "extensions": {"cost": true}' if way == "extension" else b"") + b"}"
    # when
    answer = await caller.send(content=content, headers={"x-trellis-cost": "1"} if way == "header" else {})
    # then
    told = {"cost": {"cost": 2, "budget": USUAL.request, "path": ["me", "name"]}}
    assert answer.json() == {"data": {"me": {"name": "admin"}}} | ({"extensions": told} if way else {})
