"""What the page shows: many applications, five services each, deployed in two of three environments."""

from __future__ import annotations

from app.graph import Graph

SERVICES = 5
BATCH = 200
_TIMES = "version: 1, created_at: datetime(), updated_at: datetime()"


async def seed(graph: Graph, tenant: str, applications: int) -> None:
    """Put that many applications into the tenant, some hundred a transaction; its teams own their project."""
    await graph.define(f"""
CREATE (p:Project:Entity {{tenant: '{tenant}', id: 'shop', name: 'shop', description: 'The shop', {_TIMES}}})
WITH p
CALL (p) {{ MATCH (t:Team {{tenant: '{tenant}'}}) CREATE (t)-[:OWNS]->(p) }}
WITH p UNWIND ['development', 'staging', 'production'] AS name
CREATE (p)-[:HAS_ENVIRONMENT]->(:Environment:Entity {{tenant: '{tenant}', id: 'shop@' + name, name: name,
  description: 'The environment ' + name, stage: name, namespace: 'shop-' + name, {_TIMES}}})""")
    for first in range(0, applications, BATCH):
        await graph.define(_some(tenant, first, min(first + BATCH, applications) - 1))


def _some(tenant: str, first: int, last: int) -> str:
    return f"""
MATCH (p:Project {{tenant: '{tenant}', id: 'shop'}})
MATCH (staging:Environment {{tenant: '{tenant}', id: 'shop@staging'}})
MATCH (production:Environment {{tenant: '{tenant}', id: 'shop@production'}})
UNWIND range({first}, {last}) AS number
WITH p, [staging, production] AS environments, 'app' + right('0000' + toString(number), 4) AS name
CREATE (p)-[:CONTAINS]->(a:Application:Entity {{tenant: '{tenant}', id: 'shop/' + name, name: name,
  description: 'Application ' + name, {_TIMES}}})
WITH a, environments
CALL (a, environments) {{
  UNWIND range(0, {SERVICES - 1}) AS k
  CREATE (a)-[:HAS_SERVICE]->(s:Service:Entity {{tenant: '{tenant}', id: a.id + '/svc' + toString(k),
    name: 'svc' + toString(k), description: 'Service ' + toString(k), kind: 'Workload', {_TIMES}}})
  CREATE (s)-[:HAS_VERSION]->(v:ServiceVersion:Entity {{tenant: '{tenant}', id: s.id + ':v1-00000000',
    name: 'v1-00000000', digest: '00000000', image: 'example/' + s.name + ':v1', replicas: 1, ports: [],
    environment: [], command: [], args: [], deadline_seconds: 300, {_TIMES}}})
  CREATE (s)-[:DESIRES]->(v)
  WITH a, s, v, environments
  CALL (a, s, v, environments) {{
    UNWIND environments AS e
    CREATE (d:Deployment:Entity {{tenant: '{tenant}', id: s.id + '@' + e.name, status: 'succeeded', message: 'ready',
      application_id: a.id, environment_id: e.id, service_id: s.id, service_name: s.name, version_id: v.id, {_TIMES}}})
    CREATE (d)-[:OF]->(s) CREATE (d)-[:RUNS]->(v) CREATE (d)-[:IN]->(e)
  }}
  RETURN collect(s) AS services
}}
UNWIND range(1, {SERVICES - 1}) AS k
UNWIND CASE WHEN k > 1 THEN [k - 1, k - 2] ELSE [0] END AS needed
WITH services[k] AS one, services[needed] AS other, CASE WHEN k % 2 = 0 THEN 'hard' ELSE 'soft' END AS kind
CREATE (one)-[:DEPENDS_ON {{kind: kind}}]->(other)"""
