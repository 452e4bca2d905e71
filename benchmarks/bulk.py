"""Thousands of manifests applied at once: checked, compared, written with their events in one transaction.

The peer creates the same nodes and edges from rows that are ready. Entities are counted alike on both sides: the nodes
that the documents declare, that is one a document and a version for every service. Events and edges count for neither.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from neo4j import AsyncDriver, AsyncGraphDatabase
from pydantic import JsonValue

from app.domain.changes import Outcome
from app.domain.declarations import Declaration, declare
from app.domain.manifest_validation import validate
from app.graph import Graph
from benchmarks.bulk_documents import Organisation
from benchmarks.figures import Figure, Measured
from benchmarks.peers import bare_unwind
from benchmarks.servers import Servers, Tenant, tenant
from tests.platform import Platform


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import took: seconds until all was committed, and seconds of this process's CPU."""

    wall: float
    cpu: float


async def measure(servers: Servers, *, rounds: int, size: Organisation) -> Measured:
    """Import everything into an empty tenant, ours and the peer in turn, after one round that does not count.

    After each of our imports the same documents are applied once more, which changes nothing.
    """
    manifests = size.manifests()
    ready = bare_unwind.rows([_declared(manifest) for manifest in manifests])
    imports: dict[str, list[Imported]] = {"ours": [], "peer": [], "again": []}
    async with (
        Graph.connect(servers.graph) as graph,
        AsyncGraphDatabase.driver(
            servers.graph.uri, auth=(servers.graph.user, servers.graph.password), notifications_min_severity="OFF"
        ) as driver,
    ):
        for number in range(rounds + 1):
            for side in ("ours", "peer") if number % 2 == 0 else ("peer", "ours"):
                async with tenant(servers) as owner:
                    if side == "ours":
                        found = await _ours(graph, owner, size, manifests)
                    else:
                        found = {"peer": await _peer(driver, owner, size, ready)}
                if number:
                    for name, one in found.items():
                        imports[name].append(one)
    return Measured(
        benchmark="bulk",
        title=f"Bulk import of {size.documents:,} manifests",
        peer="bare UNWINDs of 1,000 prepared rows that create the same nodes and edges; no checks, events or policies",
        setup={
            "documents": size.documents,
            "services": size.services,
            "entities": size.entities,
            "dependencies": len(ready[bare_unwind.DEPENDENCIES]),
        },
        figures=_figures(size, imports),
    )


def _declared(manifest: JsonValue) -> Declaration:
    checked = validate(manifest)
    if not isinstance(checked, tuple):
        return declare(checked)
    raise ValueError(f"no manifest: {checked[0].field} {checked[0].message}")


async def _ours(graph: Graph, owner: Tenant, size: Organisation, manifests: Sequence[JsonValue]) -> dict[str, Imported]:
    platform = Platform(graph, owner.name)

    async def apply(outcome: Outcome) -> None:
        applied = await platform.apply(*manifests)
        counted = Counter(one.outcome for one in applied)
        if counted != {outcome: size.documents}:
            raise AssertionError(f"{size.documents} documents should be {outcome}, but {dict(counted)}")

    return {
        "ours": await _spent(lambda: apply(Outcome.CREATED)),
        "again": await _spent(lambda: apply(Outcome.UNCHANGED)),
    }


async def _peer(driver: AsyncDriver, owner: Tenant, size: Organisation, ready: bare_unwind.Prepared) -> Imported:
    async def load() -> None:
        created = await bare_unwind.load(driver, owner.name, ready)
        if created != size.entities:
            raise AssertionError(f"the peer created {created} nodes, not {size.entities}")

    return await _spent(load)


async def _spent(work: Callable[[], Awaitable[None]]) -> Imported:
    # What the round before left behind is collected outside of the measurement.
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return Imported(time.perf_counter() - wall, time.process_time() - cpu)


def _figures(size: Organisation, imports: dict[str, list[Imported]]) -> tuple[Figure, ...]:
    def rates(side: str) -> tuple[float, ...]:
        return tuple(size.entities / one.wall for one in imports[side])

    def seconds(side: str) -> tuple[float, ...]:
        return tuple(one.cpu for one in imports[side])

    return (
        Figure("entities imported", "1/s", rates("ours"), rates("peer"), more_is_better=True, times=0.5),
        Figure("CPU of the importing process", "s", seconds("ours"), seconds("peer")),
        Figure("the same again, all unchanged", "s", tuple(one.wall for one in imports["again"])),
    )
