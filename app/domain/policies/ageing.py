"""What time does to policies: exceptions lapse, and old decisions are forgotten."""

from __future__ import annotations

from datetime import datetime

from app.domain import events
from app.domain.events import Category, EventDraft, Level
from app.domain.rows import number
from app.graph import Graph
from app.ids import Ids
from app.ports import Doorbell
from app.transactions import Operation, Transaction

SYSTEM = "system"
BATCH = 1_000


async def lapse_exceptions(
    graph: Graph, tenant: str, *, ids: Ids, doorbell: Doorbell, at: datetime | None = None
) -> int:
    """Take away the exceptions that have expired, an event for each; returns how many.

    They let nothing through from their time on, whether this has run or not. `at` None is the database's time.
    """
    operation = Operation(ids.new(), "lapse_exceptions", tenant)

    async def work(transaction: Transaction) -> int:
        rows = await transaction.run("policies/lapse_exceptions", at=None if at is None else at.isoformat())
        drafts = [
            EventDraft(
                type="policy.exception-lapsed",
                category=Category.POLICY,
                level=Level.WARNING,
                subject=str(row["policy_id"]),
                subject_label="Policy",
                subject_version=number(row["version"]),
                actor=SYSTEM,
                correlation_id=operation.id,
                message=f"Policy {row['policy']} lets {row['node_id']} through no longer: the exception has expired",
                data={
                    "before": {
                        "exception": row["exception_id"],
                        "node": row["node_id"],
                        "owner": row["owner"],
                        "reason": row["reason"],
                        "expires_at": row["expires_at"],
                    },
                    "after": None,
                },
            )
            for row in rows
        ]
        await events.record(transaction, ids, drafts)
        return len(rows)

    lapsed = await graph.transact(operation, work)
    if lapsed:
        await doorbell.ring(tenant)
    return lapsed


async def forget_decisions(graph: Graph, tenant: str, *, days: int) -> int:
    """Delete the decisions that are older than so many days; returns how many."""
    total = 0
    while True:
        rows = await graph.write("policies/forget_decisions", tenant, days=days, most=BATCH)
        forgotten = number(rows[0]["forgotten"])
        total += forgotten
        if forgotten < BATCH:
            return total
