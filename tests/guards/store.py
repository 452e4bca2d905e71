"""Direct access to a graph database of the tests' own, beside the door that the product uses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from neo4j import Driver, Query, Transaction

from app.graph import GraphSettings
from app.transactions import Value

_SNAPSHOT = """
MATCH (node {tenant: $tenant})
OPTIONAL MATCH (node)-[edge]->(other {tenant: $tenant})
WITH node, edge, other ORDER BY type(edge), other.id
WITH node, collect([type(edge), elementId(edge), properties(edge), other.id]) AS edges
RETURN labels(node) AS labels, properties(node) AS properties, edges ORDER BY elementId(node)
"""


@dataclass(frozen=True, slots=True)
class Store:
    """One database with two tenants in it, `own` and `foreign`."""

    driver: Driver
    settings: GraphSettings
    own: str
    foreign: str

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that is always rolled back."""
        with self.driver.session() as session, session.begin_transaction() as transaction:
            yield transaction
            transaction.rollback()

    def run(self, text: str, **parameters: Value) -> list[Mapping[str, Value]]:
        """Run one statement for good and return its rows."""
        with self.driver.session() as session:
            return [record.data() for record in session.run(Query(text), parameters)]

    def empty(self) -> None:
        """Leave neither node nor constraint nor index behind."""
        self.run("MATCH (node) CALL (node) { DETACH DELETE node } IN TRANSACTIONS")
        for row in self.run("SHOW CONSTRAINTS YIELD name"):
            self.run(f"DROP CONSTRAINT `{row['name']}`")
        for row in self.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            self.run(f"DROP INDEX `{row['name']}`")


def whole(transaction: Transaction, tenant: str) -> list[object]:
    """All that is stored of a tenant: nodes with their labels and properties, and the edges between them."""
    return [record.values() for record in transaction.run(_SNAPSHOT, tenant=tenant)]
