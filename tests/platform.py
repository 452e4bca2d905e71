"""A tenant as tests fill it and look at it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from app.domain import applying
from app.domain.access import Actor, Role
from app.domain.applying import Applied
from app.domain.changes import Change
from app.graph import Graph
from app.ids import Ids
from app.ports import SystemClock
from app.transactions import Row
from graph_schema.kinds import kinds_in
from graph_schema.schema import build_schema

KINDS = kinds_in(build_schema()._schema)


class RecordingDoorbell:
    """Remembers for which tenants it was rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def ring(self, tenant: str) -> None:
        """Remember the ring."""
        self.rung.append(tenant)


def project(name: str = "shop") -> dict[str, JsonValue]:
    """A project's manifest."""
    return {"apiVersion": "trellis/v1", "kind": "Project", "metadata": {"name": name}}


def environment(
    name: str, *, stage: str = "development", promotes_to: str | None = None, provider: str | None = None
) -> dict[str, JsonValue]:
    """The manifest of an environment of the project shop."""
    spec: dict[str, JsonValue] = {"stage": stage}
    if promotes_to is not None:
        spec["promotesTo"] = promotes_to
    if provider is not None:
        spec["provider"] = provider
    return {
        "apiVersion": "trellis/v1",
        "kind": "Environment",
        "metadata": {"project": "shop", "name": name},
        "spec": spec,
    }


def application(name: str = "boutique") -> dict[str, JsonValue]:
    """The manifest of an application of the project shop."""
    return {"apiVersion": "trellis/v1", "kind": "Application", "metadata": {"project": "shop", "name": name}}


def service(
    name: str,
    *,
    needs: Sequence[str] = (),
    wants: Sequence[str] = (),
    image: str | None = None,
    env: dict[str, str] | None = None,
    application: str = "boutique",
    replicas: int = 1,
    deadline: int = 300,
) -> dict[str, JsonValue]:
    """The manifest of a service; `needs` are hard dependencies, `wants` soft ones, by name."""
    dependencies: list[JsonValue] = [{"service": one, "kind": "hard"} for one in needs]
    dependencies += [{"service": one, "kind": "soft"} for one in wants]
    return {
        "apiVersion": "trellis/v1",
        "kind": "Service",
        "metadata": {"project": "shop", "application": application, "name": name},
        "spec": {
            "image": image or f"example/{name}:v1",
            "replicas": replicas,
            "deadlineSeconds": deadline,
            "ports": [{"name": "http", "port": 80}],
            "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
            "dependencies": dependencies,
        },
    }


SHOP: list[dict[str, JsonValue]] = [project(), environment("dev"), application()]
"""A project shop with an environment dev and an application boutique."""


class Platform:
    """One tenant of the graph, and who acts in it."""

    def __init__(self, graph: Graph, tenant: str) -> None:
        self.graph = graph
        self.tenant = tenant
        self.ids = Ids(SystemClock())
        self.doorbell = RecordingDoorbell()
        self.actor = Actor("user:admin", tenant, "admin", Role.SUPER_ADMIN)

    def change(self, *, role: Role = Role.SUPER_ADMIN, correlation_id: str = "request-1") -> Change:
        """A change by the administrator, or by someone with another role."""
        actor = Actor(f"user:{role}", self.tenant, role.value, role) if role is not Role.SUPER_ADMIN else self.actor
        return Change(self.graph, self.ids, self.doorbell, actor, correlation_id, KINDS)

    async def apply(
        self, *manifests: JsonValue, prune: bool = False, provider: str = "echo", impact_digests: Sequence[str] = ()
    ) -> list[Applied]:
        """Apply manifests as the administrator."""
        return await applying.apply_manifests(
            self.change(),
            list(manifests),
            prune=prune,
            default_provider=provider,
            impact_digests=impact_digests,
        )

    async def picture(self) -> tuple[dict[str, int], set[tuple[str, str, str]]]:
        """All nodes that people name (id to version) and all edges among them (from, type, to) of the tenant."""
        nodes = await self.graph.define(
            f"MATCH (n:Entity {{tenant: '{self.tenant}'}}) RETURN n.id AS id, n.version AS version"
        )
        edges = await self.graph.define(
            f"MATCH (a:Entity {{tenant: '{self.tenant}'}})-[r]->(b:Entity) RETURN a.id AS a, type(r) AS type, b.id AS b"
        )
        return (
            {str(row["id"]): row["version"] for row in nodes if isinstance(row["version"], int)},
            {(str(row["a"]), str(row["type"]), str(row["b"])) for row in edges},
        )

    async def events(self) -> list[Row]:
        """All events of the tenant, oldest first."""
        return await self.graph.define(
            f"MATCH (e:Event {{tenant: '{self.tenant}'}}) RETURN e.type AS type, e.subject AS subject, "
            "e.subject_version AS version, e.actor AS actor, e.correlation_id AS correlation_id, e.data AS data, "
            "e.change_set AS change_set ORDER BY e.id"
        )
