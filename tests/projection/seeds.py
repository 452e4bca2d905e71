"""What the tenants of these tests hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neo4j import Driver, Query

from app.transactions import Value

GUARDS = Path(__file__).parents[1] / "guards"
FOREIGN_MARK = "foreign"

# What a graph can hold although the schema says otherwise: missing properties, missing edges, values of another type.
HOLES = """
CREATE (:Project:Entity {tenant: $tenant, id: 'holes', version: 1, created_at: datetime(), updated_at: datetime()})
CREATE (project:Project:Entity {tenant: $tenant, id: 'whole', version: 7, created_at: datetime(),
  updated_at: datetime(), name: 'whole'})
CREATE (project)-[:CONTAINS]->(application:Application:Entity {tenant: $tenant, id: 'whole/app', name: 'app',
  version: 1, created_at: datetime(), updated_at: datetime()})
CREATE (:Application:Entity {tenant: $tenant, id: 'whole/orphan', name: 'orphan', version: 1,
  created_at: datetime(), updated_at: datetime(), description: 'of no project'})
WITH application UNWIND range(1, 25) AS number
CREATE (application)-[:HAS_SERVICE]->(service:Service:Entity {tenant: $tenant,
  id: 'whole/app/s' + right('0' + toString(number), 2), name: 's' + toString(number), kind: 'Workload',
  version: CASE WHEN number = 3 THEN 'three' WHEN number = 4 THEN 3000000000 ELSE number END,
  created_at: CASE WHEN number = 5 THEN NULL ELSE datetime() END, updated_at: datetime(),
  description: CASE WHEN number % 2 = 0 THEN 'service ' + toString(number) END})
WITH collect(service) AS services
UNWIND range(0, 23) AS number
WITH services[number] AS service, services[number + 1] AS other,
  CASE number % 4 WHEN 0 THEN 'hard' WHEN 1 THEN 'soft' WHEN 2 THEN 'odd' END AS kind
CREATE (service)-[:DEPENDS_ON {kind: kind}]->(other)
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """The two tenants."""

    own: str
    foreign: str


def put(store: Driver, text: str, **parameters: Value) -> None:
    """Run one writing statement."""
    with store.session() as session:
        session.run(Query(text), parameters).consume()
