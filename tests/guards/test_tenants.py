"""No statement reads or changes what belongs to another tenant."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

import cypher
from cypher import Mode, Statement
from tests.guards.arguments import arguments
from tests.guards.patterns import outside
from tests.guards.store import Store, whole

# Statements that serve all tenants. Each asks that $tenant is 'system', which no person can be signed in to.
SYSTEM_WIDE: Mapping[str, str] = {
    "events/find_waiting_logs": "the sequencer looks after the logs of all tenants",
    "tenants/list_tenants": "workers and the sequencer begin with the list of tenants",
}
SCOPED = [name for name in cypher.names() if name not in SYSTEM_WIDE]


def statements(names: list[str], mode: Mode) -> list[object]:
    """The statements of one mode, as parameters of a test."""
    found = map(cypher.statement, names)
    return [pytest.param(each, id=each.name) for each in found if each.mode is mode]


@pytest.mark.parametrize("name", SCOPED)
def test_every_node_pattern_names_the_tenant(name: str) -> None:
    # given a statement
    # when its node patterns are read
    # then each is constrained by $tenant, or is a node that an earlier pattern has constrained
    assert outside(cypher.statement(name).text) == []


@pytest.mark.parametrize("name", SYSTEM_WIDE)
def test_what_serves_all_tenants_answers_no_tenant(store: Store, name: str) -> None:
    # given a statement that reads across tenants
    statement = cypher.statement(name)
    # when a tenant asks it, and when the system does
    with store.transaction() as transaction:
        asked = transaction.run(statement.text, {**arguments(statement), "tenant": store.own}).data()
        served = transaction.run(statement.text, {**arguments(statement), "tenant": "system"}).data()
    # then only the system is answered
    assert asked == []
    assert len(served) == 2


@pytest.mark.parametrize("statement", statements(SCOPED, Mode.READ))
def test_a_read_returns_nothing_of_another_tenant(store: Store, statement: Statement) -> None:
    # given two tenants with the same ids, and edges that a bug has drawn between them
    # when the statement is run for one
    with store.transaction() as transaction:
        rows = [record.values() for record in transaction.run(statement.text, arguments(statement), tenant=store.own)]
    # then it finds what is that tenant's, and nothing of the other
    assert rows != []
    assert store.foreign not in repr(rows)


@pytest.mark.parametrize("statement", statements(SCOPED, Mode.WRITE))
def test_a_write_changes_nothing_of_another_tenant(store: Store, statement: Statement) -> None:
    # given two tenants with the same ids, and edges that a bug has drawn between them
    with store.transaction() as transaction:
        before = whole(transaction, store.foreign)
        mine = whole(transaction, store.own)
        # when the statement is run for one
        transaction.run(statement.text, arguments(statement), tenant=store.own).consume()
        # then something of that tenant has changed, and nothing of the other
        assert whole(transaction, store.foreign) == before
        changed = whole(transaction, store.own) != mine
        assert changed is not statement.name.split("/")[1].startswith("lock_")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MATCH (n:Service {id: $id}) RETURN n.id AS id", ["( n : Service { id : $id } )"]),
        ("MATCH (n:Service) WHERE n.id = $id RETURN n.id AS id", ["( n : Service )"]),
        ("MATCH (n) RETURN n.id AS id", ["( n )"]),
        ("MATCH (a:A {tenant: $tenant})-[:X]->() RETURN a.id AS id", ["( )"]),
        ("MATCH (a:A {tenant: $tenant})-[:X]->(b) RETURN b.id AS id", ["( b )"]),
        ("MATCH (a:A {tenant: $tenant})-[:X]->(:B) RETURN a.id AS id", ["( : B )"]),
        ("MATCH (a:A {tenant: $other}) RETURN a.id AS id", ["( a : A { tenant : $other } )"]),
        ("MATCH (a:A {tenant: $tenant}) WITH a.id AS id MATCH (a) RETURN a.id AS other", ["( a )"]),
        ("MATCH (a:A {tenant: $tenant}) WHERE EXISTS { MATCH (a)-[:X]->(:B) } RETURN a.id AS id", ["( : B )"]),
        (
            "MATCH (a:A {tenant: $tenant}) WHERE NOT (a)-[:X]->(:B {id: 'x'}) RETURN a.id AS id",
            ["( : B { id : 'x' } )"],
        ),
        (
            "CALL () { MATCH (a:A {tenant: $tenant}) RETURN 1 AS id UNION MATCH (a)-[:X]->() RETURN 2 AS id } RETURN 1",
            ["( a )", "( )"],
        ),
        ("MERGE (n:A {id: $id}) RETURN n.id AS id", ["( n : A { id : $id } )"]),
        ("MATCH (a:A {tenant: $tenant, id: 'x'})-[:X*]->(b:A {tenant: $tenant}) RETURN b.id AS id", ["*"]),
        *(
            (f"MATCH (a:A {{tenant: $tenant}}) MATCH p = (a)<-[:X*0..]-(b) WHERE {check} RETURN b.id AS id", found)
            for check, found in (
                ("b.x = 1", ["( b )", "*"]),
                ("all(n IN nodes(q) WHERE n.tenant = $tenant)", ["( b )"]),
                ("all(n IN nodes(p) WHERE n.tenant = $other)", ["( b )", "*"]),
                ("all(n IN nodes(p) WHERE n.tenant = $tenant) OR b.x = 1", ["( b )"]),
                ("any(n IN nodes(p) WHERE n.tenant = $tenant)", ["( b )", "*"]),
            )
        ),
        ("MATCH (n:A WHERE n.tenant = $tenant) RETURN n.id AS id", ["( n : A WHERE n . tenant = $tenant )"]),
        ("MATCH (a:A {tenant: $tenant}) RETURN COUNT { (a)-[:X]->(:B) } AS count", ["( : B )"]),
    ],
)
def test_a_statement_that_leaves_the_tenant_is_found(text: str, found: list[str]) -> None:
    # given a statement with a pattern that is not kept to one tenant
    # when its patterns are read
    # then that pattern is named
    assert outside(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a:A {tenant: $tenant})-[:X]->(b:B {tenant: $tenant}) WHERE NOT (a)<-[:Y]-(b) RETURN count(a) AS count",
        "MATCH (a:A {tenant: $tenant}) WITH a AS b MATCH (b)-[:X]->(:B {tenant: $tenant}) RETURN b.id AS id",
        "MATCH (a:A {tenant: $tenant, id: $id}) FOREACH (x IN [a] | CREATE (x)-[:X]->(a)) RETURN 1 AS n",
        "MATCH (a:A {tenant: $tenant}) CALL (a) { MATCH (a)-[:X]->(b:B {tenant: $tenant}) RETURN b } RETURN b.id AS id",
        "MATCH p = (a:A {tenant: $tenant})-[:X*1..5]->(b:A {tenant: $tenant})\n"
        "WHERE all(n IN nodes(p) WHERE n.tenant = $tenant) RETURN b.id AS id",
        "MATCH (a:A {tenant: $tenant}) MATCH p = (a)<-[:X|Y*0..]-(b)\n"
        "  WHERE all(n IN nodes(p) WHERE n.tenant = $tenant) AND b.x = 1 RETURN b.id AS id",
        "// (a)-[:X]->(b)\nMATCH (a:A {tenant: $tenant, name: '(b:B)'}) RETURN size(a.name) AS size",
    ],
)
def test_a_statement_that_stays_is_left_alone(text: str) -> None:
    # given a statement whose every pattern is kept to the tenant
    # when its patterns are read
    # then nothing is found
    assert outside(text) == []
