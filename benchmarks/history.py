"""What a platform at work already holds: services that run, and the plan, run and events that brought them there.

A server plans statements by how many nodes of each kind there are. In a graph that holds one benchmark only, each round
would double or halve these numbers, and the server would plan anew in the middle of what is measured.
"""

from __future__ import annotations

from app.graph import Graph

SERVICES = 10_000
BATCH = 1_000
_TIMES = "version: 1, created_at: datetime(), updated_at: datetime()"


async def seed(graph: Graph, tenant: str, services: int = SERVICES) -> None:
    """Put that many deployed services into a tenant, one plan step, one record of a run and two events each."""
    await graph.define(f"""
CREATE (:Environment:Entity {{tenant: '{tenant}', id: 'past@production', name: 'production', {_TIMES}}})
CREATE (:Plan:Entity {{tenant: '{tenant}', id: 'past-plan', state: 'ready', {_TIMES}}})
CREATE (:Run:Entity {{tenant: '{tenant}', id: 'past-run', state: 'succeeded', {_TIMES}}})""")
    for first in range(0, services, BATCH):
        await graph.define(_some(tenant, first, min(first + BATCH, services) - 1))
    await graph.define("CALL db.prepareForReplanning()")


def _some(tenant: str, first: int, last: int) -> str:
    return f"""
MATCH (environment:Environment {{tenant: '{tenant}', id: 'past@production'}})
MATCH (plan:Plan {{tenant: '{tenant}', id: 'past-plan'}})
MATCH (run:Run {{tenant: '{tenant}', id: 'past-run'}})
UNWIND range({first}, {last}) AS number
WITH environment, plan, run, number, 'past/app/svc' + number AS id
CREATE (service:Service:Entity {{tenant: '{tenant}', id: id, name: 'svc' + number, kind: 'Workload', {_TIMES}}})
CREATE (version:ServiceVersion:Entity {{tenant: '{tenant}', id: id + ':v1', name: 'v1', {_TIMES}}})
CREATE (service)-[:HAS_VERSION]->(version) CREATE (service)-[:DESIRES]->(version)
CREATE (deployment:Deployment:Entity {{tenant: '{tenant}', id: id + '@production', name: 'svc' + number,
  application_id: 'past/app', environment_id: 'past@production', status: 'succeeded', {_TIMES}}})
CREATE (deployment)-[:OF]->(service) CREATE (deployment)-[:RUNS]->(version) CREATE (deployment)-[:IN]->(environment)
CREATE (step:PlanStep {{tenant: '{tenant}', id: 'past-step-' + number, plan_id: plan.id, position: number, {_TIMES}}})
CREATE (plan)-[:HAS_STEP]->(step) CREATE (step)-[:CHANGES]->(service)
CREATE (record:StepRun {{tenant: '{tenant}', id: 'past-record-' + number, run_id: run.id, state: 'succeeded',
  {_TIMES}}})
CREATE (run)-[:HAS_STEP_RUN]->(record) CREATE (record)-[:OF]->(step)
CREATE (:Event {{tenant: '{tenant}', id: 'past-ended-' + number, seq: 2 * number, {_TIMES}}})-[:ABOUT]->(run)
CREATE (:Event {{tenant: '{tenant}', id: 'past-event-' + number, seq: 2 * number + 1, {_TIMES}}})-[:ABOUT]->(deployment)
CREATE (:Operation {{tenant: '{tenant}', id: 'past-operation-' + number, {_TIMES}}})"""
