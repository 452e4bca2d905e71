"""A bare loop that keeps the state of steps and nothing else: what ends meanwhile is written in one transaction.

No claim, no lease, no fence, no marks before a step begins, no records of what was deployed, no events, no operation's
id: after a crash nobody knows which steps had begun. Dependents wait for the commit, as ours do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

from neo4j import AsyncDriver, AsyncManagedTransaction

AT_ONCE: Final = 10
"""Steps at work at the same time, as ours."""
CREATE = """
UNWIND $rows AS row
CREATE (:StepRun {tenant: $tenant, id: row[0], needs: row[1], state: 'waiting'})
"""
READ = "MATCH (step:StepRun {tenant: $tenant}) WHERE step.id IN $ids RETURN step.id AS id, step.needs AS needs"
WRITE = "UNWIND $ids AS id MATCH (step:StepRun {tenant: $tenant, id: id}) SET step.state = 'succeeded'"
COUNT = """
MATCH (step:StepRun {tenant: $tenant}) WHERE step.id IN $ids AND step.state = 'succeeded' RETURN count(step) AS done
"""


async def run(driver: AsyncDriver, tenant: str, name: str, graph: Mapping[str, Sequence[str]]) -> tuple[float, int]:
    """Seconds from reading the steps until the last one is written, and how many have succeeded in the graph then.

    The steps are created first, under ids that begin with `name`.
    """
    rows = [[f"{name}:{step}", [f"{name}:{one}" for one in needs]] for step, needs in graph.items()]
    ids = [row[0] for row in rows]
    await driver.execute_query(CREATE, tenant=tenant, rows=rows)
    began = time.perf_counter()
    found = await driver.execute_query(READ, tenant=tenant, ids=ids)
    await _carry_out(driver, tenant, {record["id"]: record["needs"] for record in found.records})
    took = time.perf_counter() - began
    counted = await driver.execute_query(COUNT, tenant=tenant, ids=ids)
    return took, int(counted.records[0]["done"])


async def _carry_out(driver: AsyncDriver, tenant: str, needs: Mapping[str, Sequence[str]]) -> None:
    waits_for = {step: set(own) for step, own in needs.items()}
    users: dict[str, list[str]] = {step: [] for step in needs}
    for step, own in needs.items():
        for one in own:
            users[one].append(step)
    slots = asyncio.Semaphore(AT_ONCE)
    ready = [step for step, own in waits_for.items() if not own]
    while ready:
        await asyncio.gather(*(_step(slots) for _ in ready))
        await _written(driver, tenant, ready)
        following: dict[str, None] = {}
        for done in ready:
            for user in users[done]:
                waits_for[user].discard(done)
                if not waits_for[user]:
                    following[user] = None
        ready = list(following)


async def _step(slots: asyncio.Semaphore) -> None:
    async with slots:
        await asyncio.sleep(0)


async def _written(driver: AsyncDriver, tenant: str, ids: Sequence[str]) -> None:
    async def work(transaction: AsyncManagedTransaction) -> None:
        await (await transaction.run(WRITE, tenant=tenant, ids=list(ids))).consume()

    async with driver.session() as session:
        await session.execute_write(work)
