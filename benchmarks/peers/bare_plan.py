"""A plan with nothing but an order: read services and edges, sort with the standard library, store steps and edges.

No comparison with what runs, no policies, no events, no digest, no check for what changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from uuid import uuid4

from neo4j import AsyncDriver, AsyncManagedTransaction

READ = """
MATCH (a:Application {tenant: $tenant, id: $application})-[:HAS_SERVICE]->(s:Service {tenant: $tenant})
RETURN s.id AS id, [(s)-[:DEPENDS_ON {kind: 'hard'}]->(o:Service {tenant: $tenant}) | o.id] AS needs
"""
STEPS = """
UNWIND $rows AS row
CREATE (:PlanStep {tenant: $tenant, id: row.id, service_id: row.service, wave: row.wave, action: 'create'})
"""
EDGES = """
UNWIND $rows AS row
MATCH (one:PlanStep {tenant: $tenant, id: row[0]})
MATCH (other:PlanStep {tenant: $tenant, id: row[1]})
CREATE (one)-[:REQUIRES]->(other)
"""


def waves(needs: Mapping[str, list[str]]) -> dict[str, int]:
    """The wave of each service, from 1."""
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    found, wave = {}, 1
    while sorter.is_active():
        ready = sorter.get_ready()
        found.update(dict.fromkeys(ready, wave))
        sorter.done(*ready)
        wave += 1
    return found


async def plan(driver: AsyncDriver, tenant: str, application: str) -> int:
    """Plan an application's services in one transaction; returns the number of steps."""

    async def work(transaction: AsyncManagedTransaction) -> int:
        result = await transaction.run(READ, tenant=tenant, application=application)
        needs = {record["id"]: list(record["needs"]) async for record in result}
        ids = {service: str(uuid4()) for service in needs}
        steps = [{"id": ids[service], "service": service, "wave": wave} for service, wave in waves(needs).items()]
        edges = [[ids[service], ids[other]] for service, others in needs.items() for other in others]
        await (await transaction.run(STEPS, tenant=tenant, rows=steps)).consume()
        await (await transaction.run(EDGES, tenant=tenant, rows=edges)).consume()
        return len(steps)

    async with driver.session() as session:
        return await session.execute_write(work)
