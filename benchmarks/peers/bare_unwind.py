"""A bulk import with nothing but `UNWIND`: the same nodes and edges from rows that are ready, a thousand a statement.

Every statement is a transaction of its own. Nothing is read, checked, compared or hashed; there are no events, no
policies and no operation id, and a repeat fails at the first key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neo4j import AsyncDriver

from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    EnvironmentDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
)
from app.domain.names import parse_version_id
from app.domain.versions import digest, properties
from app.transactions import Value

SIZE = 1_000
Rows = list[dict[str, Value]]
Prepared = Mapping[str, Rows]

PROJECTS = """
MATCH (team:Team {tenant: $tenant, id: 'team:platform'})
UNWIND $rows AS row
CREATE (team)-[:OWNS]->(:Project:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(),
  updated_at: datetime(), name: row.name, description: row.description})
"""
ENVIRONMENTS = """
MATCH (provider:Provider {tenant: $tenant, id: 'provider:echo'})
UNWIND $rows AS row
MATCH (project:Project {tenant: $tenant, id: row.parent})
CREATE (project)-[:HAS_ENVIRONMENT]->(environment:Environment:Entity {tenant: $tenant, id: row.id, version: 1,
  created_at: datetime(), updated_at: datetime(), name: row.name, description: row.description, stage: row.stage,
  namespace: row.namespace})
CREATE (environment)-[:TARGETS]->(provider)
"""
PROMOTIONS = """
UNWIND $rows AS row
MATCH (environment:Environment {tenant: $tenant, id: row.id})
MATCH (next:Environment {tenant: $tenant, id: row.next})
CREATE (environment)-[:PROMOTES_TO]->(next)
"""
APPLICATIONS = """
UNWIND $rows AS row
MATCH (project:Project {tenant: $tenant, id: row.parent})
CREATE (project)-[:CONTAINS]->(:Application:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(),
  updated_at: datetime(), name: row.name, description: row.description})
"""
SERVICES = """
UNWIND $rows AS row
MATCH (application:Application {tenant: $tenant, id: row.parent})
CREATE (application)-[:HAS_SERVICE]->(:Service:Entity {tenant: $tenant, id: row.id, version: 1, created_at: datetime(),
  updated_at: datetime(), name: row.name, description: row.description, kind: 'Workload'})
"""
VERSIONS = """
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.parent})
CREATE (service)-[:HAS_VERSION]->(version:ServiceVersion:Entity {
  tenant: $tenant, id: row.id, version: 1, created_at: datetime(), updated_at: datetime(), name: row.name,
  digest: row.digest, image: row.image, replicas: row.replicas, ports: row.ports, environment: row.environment,
  command: row.command, args: row.args, cpu_request: row.cpu_request, cpu_limit: row.cpu_limit,
  memory_request: row.memory_request, memory_limit: row.memory_limit, probe_kind: row.probe_kind,
  probe_port: row.probe_port, probe_path: row.probe_path, deadline_seconds: row.deadline_seconds})
CREATE (service)-[:DESIRES]->(version)
"""
DEPENDENCIES = """
UNWIND $rows AS row
MATCH (service:Service {tenant: $tenant, id: row.id})
MATCH (target:Service {tenant: $tenant, id: row.target})
CREATE (service)-[:DEPENDS_ON {kind: row.kind}]->(target)
"""


def rows(declarations: Sequence[Declaration]) -> Prepared:
    """The rows of each statement, by its text, in the order in which the statements can run."""
    found: dict[str, Rows] = {
        text: [] for text in (PROJECTS, ENVIRONMENTS, PROMOTIONS, APPLICATIONS, SERVICES, VERSIONS, DEPENDENCIES)
    }
    for one in declarations:
        named: dict[str, Value] = {"id": one.id, "name": one.name, "description": one.description}
        match one:
            case ProjectDeclaration():
                found[PROJECTS].append(named)
            case EnvironmentDeclaration():
                placed = {"parent": one.project_id, "stage": one.stage, "namespace": one.namespace}
                found[ENVIRONMENTS].append({**named, **placed})
                if one.promotes_to is not None:
                    found[PROMOTIONS].append({"id": one.id, "next": one.promotes_to})
            case ApplicationDeclaration():
                found[APPLICATIONS].append({**named, "parent": one.project_id})
            case ServiceDeclaration():
                found[SERVICES].append({**named, "parent": one.application_id})
                found[VERSIONS].append(_version(one))
                found[DEPENDENCIES] += [
                    {"id": one.id, "target": need.service_id, "kind": need.kind} for need in one.dependencies
                ]
    return found


def _version(one: ServiceDeclaration) -> dict[str, Value]:
    id = str(one.version_id)
    return {
        "id": id,
        "parent": one.id,
        "name": parse_version_id(id).name,
        "digest": digest(one.own),
        **properties(one.own),
    }


async def load(driver: AsyncDriver, tenant: str, ready: Prepared) -> int:
    """Create everything; returns the number of nodes that the server counts as created."""
    created = 0
    async with driver.session() as session:
        for text, all_of in ready.items():
            for start in range(0, len(all_of), SIZE):
                result = await session.run(text, tenant=tenant, rows=all_of[start : start + SIZE])
                created += (await result.consume()).counters.nodes_created
    return created
