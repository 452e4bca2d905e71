"""Who sees which nodes: the rule is a predicate on every hop of the statement, and costs no index."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

import pytest

from app.domain.access import Action, Actor, Role, can, roles_that_may
from app.graph import Graph
from app.projection.compiler import Compiler
from app.projection.model import ToMany, ToOne
from app.projection.reading import answer
from app.projection.statement import Guard, unguarded
from app.projection.visibility import by_role
from benchmarks.page_queries import PAGE
from benchmarks.page_seed import seed
from benchmarks.teams_api import by_team
from graph_schema.projected import compiler_of
from graph_schema.schema import build_schema
from tests.guards.execution_plans import costly, read
from tests.projection.reads import Reads, request_of
from tests.projection.test_server_plans import MODEL, queries

BY_ROLE = compiler_of(build_schema(guard=by_role)._schema)
REQUEST = request_of(PAGE, {"first": 10})


def compiler(guard: Guard) -> Compiler:
    """The compiler of the schema under a rule."""
    return compiler_of(build_schema(guard=guard)._schema)


def test_who_may_read_is_asked_of_the_one_place_that_decides() -> None:
    assert roles_that_may(Action.READ) == {role for role in Role if can(Actor("a", "t", "a", role), Action.READ)}
    assert roles_that_may(Action.ADMINISTER) == {Role.SUPER_ADMIN, Role.ADMIN}


@pytest.mark.parametrize("query", [PAGE, *(query for query in queries() if "after" not in query)])
def test_every_hop_has_the_predicate(query: str) -> None:
    # given a rule that marks what it is asked for
    asked: list[str] = []

    def marked(_: object, variable: str) -> str:
        asked.append(variable)
        return f"{variable}.seen = $role"

    # when
    variables = {"first": 10} if query is PAGE else {}
    text = compiler(marked).operation(request_of(query, variables)).text
    # then every node that is shown was asked for, and has it
    shown = set(re.findall(r"\b(n\d+):[A-Z]", text))
    assert shown == set(asked)
    assert {variable for variable in shown if f"{variable}.seen = $role" not in text} == set()


THROUGH = {
    "an edge": '{ deployment(id: "x") { application { id } } }',
    "a page": '{ application(id: "x") { deployments { totalCount nodes { id } } } }',
    "a filter": '{ deployments(where: {application: {name: {eq: "x"}}}) { nodes { id } } }',
    "its opposite": "{ deployments(where: {not: {application: {}}}) { nodes { id } } }",
    "a page's filter": '{ service(id: "x") { deployments(where: {application: {name: {eq: "x"}}}) { totalCount } } }',
    "from the other end": '{ deployments(where: {application: {id: {eq: "x"}}}) { nodes { id } } }',
    "from what a text finds": '{ deployments(where: {application: {search: "x"}}) { nodes { id } } }',
}


@pytest.mark.parametrize("query", THROUGH.values(), ids=THROUGH.keys())
def test_the_nodes_that_a_path_passes_through_have_it_too(query: str) -> None:
    # given a path from deployments to applications, over services that are not shown
    # when it is compiled under a rule, and without one
    text = compiler(lambda type_, variable: f"{variable}.seen = '{type_.name}'").operation(request_of(query)).text
    plain = compiler(unguarded).operation(request_of(query)).text
    # then each service on the way has to be seen, as has what it leads to
    passed = re.findall(r"\((n\d+):Service \{tenant: \$tenant\}(?: WHERE (\S+) = 'Service')?\)", text)
    assert passed
    assert [seen for _, seen in passed] == [f"{name}.seen" for name, _ in passed]
    assert len(passed) == plain.count("(:Service {tenant: $tenant})")


def test_every_node_that_a_path_passes_through_is_of_a_type_that_rules_know() -> None:
    # given every edge of the schema
    fields = [each for type_ in MODEL.types.values() for each in type_.fields.values()]
    edges = [each for each in fields if isinstance(each, ToOne | ToMany)]
    # when the labels on its way are looked up
    labels = {step.label for each in edges for step in each.hops[:-1]}
    # then each is that of a type
    assert labels <= {each.label for each in MODEL.types.values()}
    assert "Service" in labels


async def test_what_is_only_reached_through_what_one_may_not_see_is_not_seen(reads: Reads) -> None:
    # given a deployment of an application, whose service one may not see
    query = "{ deployments { nodes { id application { id } } } }"
    rule = compiler(lambda type_, variable: f"{variable}.id IS NULL" if type_.name == "Service" else "")
    # when it is asked for under that rule, and without it
    seen = await answer(reads.graph, compiler(unguarded), request_of(query), reads.actor)
    unseen = await answer(reads.graph, rule, request_of(query), reads.actor)
    # then the way to the application is closed
    assert [each["application"] is None for each in shown(seen.data)].count(False) > 0
    assert [each["application"] for each in shown(unseen.data)] == [None] * len(shown(seen.data))


def shown(data: object) -> list[dict[str, object]]:
    """The deployments of a page."""
    return cast("dict[str, dict[str, list[dict[str, object]]]]", data)["deployments"]["nodes"]


@pytest.mark.parametrize("query", queries())
async def test_no_read_scans_under_the_present_rule(reads: Reads, query: str) -> None:
    # given
    request = request_of(query)
    compiled = BY_ROLE.operation(request)
    given = {"tenant": reads.actor.tenant, "actor": reads.actor.id, "role": reads.actor.role.value}
    # when the server plans its statement
    explained = await reads.graph.explain(compiled.text, {**compiled.parameters(request.variables), **given})
    # then
    assert costly(read(explained.plan)) == []


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_that_may_read_sees_the_tenant(graph: Graph, tenant: str, role: Role) -> None:
    # given
    await seed(graph, tenant, 1)
    actor = Actor("user:someone", tenant, "someone", role)
    # when
    answered = await answer(graph, BY_ROLE, REQUEST, actor)
    # then
    assert len(nodes(answered.data)) == 1


async def test_a_role_that_may_not_read_would_see_nothing(graph: Graph, tenant: str) -> None:
    # given a statement as it is compiled, and a role that nobody has
    await seed(graph, tenant, 1)
    compiled = BY_ROLE.operation(REQUEST)
    parameters = {**compiled.parameters(REQUEST.variables), "actor": "user:admin", "role": "nothing"}
    # when
    columns = await graph.read_compiled(compiled.text, tenant, parameters, name="page")
    # then the predicate alone keeps everything from it
    assert nodes(compiled.wire(columns, parameters)[0]) == []


async def test_a_rule_may_look_up_who_asks(graph: Graph, tenant: str) -> None:
    # given a project of the tenant's team, and the rule that its members see it
    await seed(graph, tenant, 1)
    member = Actor("user:admin", tenant, "admin", Role.VIEWER)
    rule = compiler(by_team)
    # when a member asks, and somebody who is none
    seen = await answer(graph, rule, REQUEST, member)
    unseen = await answer(graph, rule, REQUEST, replace(member, id="user:nobody"))
    # then
    assert seen.data == (await answer(graph, BY_ROLE, REQUEST, member)).data
    assert (len(nodes(seen.data)), nodes(unseen.data)) == (1, [])


def nodes(data: object) -> list[object]:
    """The applications of a page."""
    assert isinstance(data, dict)
    page = data["applications"]
    assert isinstance(page, dict)
    found = page["nodes"]
    assert isinstance(found, list)
    return found
