"""Plans: what a deployment would do, stored once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain import plan_storing, planning, policies
from app.domain.access import Action, require
from app.domain.changes import Change
from app.domain.plan_impact import Touched, read_touched
from app.domain.plan_reading import read_snapshot
from app.domain.planning import Proposal
from app.transactions import Transaction

EXTRA: Final = 15.0
"""Seconds that planning may take beyond the time limit of all: every policy is asked in its transaction."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was stored."""

    id: str
    proposal: Proposal


async def create_plan(change: Change, *, application_id: str, environment_id: str) -> Planned:
    """Compute the plan of an application in an environment and store it.

    A policy that denies a step leaves a plan that is blocked, not a refusal. Raises NotFound, InvalidInput (a kind that
    the provider cannot carry out), PolicyDenied (dependencies in a circle, a policy that cannot be asked), Conflict
    (something was deleted meanwhile), Forbidden.
    """
    plan_id = change.ids.new()

    async def work(transaction: Transaction) -> Planned:
        return await plan_within(
            change, transaction, plan_id, application_id=application_id, environment_id=environment_id
        )

    return await change.commit("create_plan", work, action=Action.DEPLOY, extra_seconds=EXTRA)


async def plan_within(
    change: Change, transaction: Transaction, plan_id: str, *, application_id: str, environment_id: str
) -> Planned:
    """Compute and store a plan in a transaction that may do more; it needs EXTRA seconds. Raises as `create_plan`."""
    snapshot = await read_snapshot(
        transaction, transaction.tenant, application_id=application_id, environment_id=environment_id
    )
    proposal = planning.propose(snapshot.picture)
    touched = await read_touched(transaction, snapshot, proposal)
    await plan_storing.store(change, transaction, plan_id, proposal, reads=snapshot.reads, touched=touched)
    await policies.record(transaction, snapshot.decisions, ids=change.ids, about=plan_id, actor=change.actor.id)
    return Planned(plan_id, proposal)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A plan that was computed and not stored, and what it would touch beyond its application."""

    proposal: Proposal
    touched: Touched


async def foresee(change: Change, *, application_id: str, environment_id: str) -> Foreseen:
    """Compute the plan of an application in an environment and write nothing, nowhere.

    It says what `create_plan` would store. Raises as `create_plan`.
    """
    require(change.actor, Action.DEPLOY)
    tenant = change.actor.tenant
    reader = change.graph.reader(tenant)
    snapshot = await read_snapshot(reader, tenant, application_id=application_id, environment_id=environment_id)
    proposal = planning.propose(snapshot.picture)
    return Foreseen(proposal, await read_touched(reader, snapshot, proposal))
