"""What somebody asks about drift: look now, let the desired follow what was seen, or plan to put it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from app.domain import idempotency, names, services, versions
from app.domain.access import Action
from app.domain.changes import Change, Saving
from app.domain.drift import DriftedField, drifted_fields
from app.domain.drift_accepting import accepted
from app.domain.events import Category, EventDraft, Level
from app.domain.plans import EXTRA, plan_within
from app.domain.rows import number, texts
from app.domain.services import ServiceSpec
from app.errors import Conflict, NotFound
from app.ports import JobQueue
from app.transactions import Row, Transaction, Value

_Work = Callable[[Transaction, Row, tuple[DriftedField, ...]], Awaitable[str]]


async def observe_drift(
    change: Change, queue: JobQueue, *, environment_id: str, idempotency_key: str | None = None
) -> str:
    """Let what runs in an environment be compared with what is recorded as soon as a worker can; returns its id.

    An event `environment.drift.observed` of the same correlation says when that was done. Raises NotFound,
    InvalidInput, Conflict (the key was used for something else), Forbidden.
    """
    request = idempotency.request(change.actor, "observe_drift", idempotency_key, content=[environment_id])

    async def work(transaction: Transaction) -> None:
        if request is not None and await request.answered(transaction) is not None:
            return
        rows = await transaction.run("drift/ask_environment", id=environment_id, asked_for=change.correlation_id)
        if not rows:
            raise NotFound(f"there is no Environment {environment_id}", "environment")
        draft = EventDraft(
            type="environment.drift.asked",
            category=Category.RUN,
            subject=environment_id,
            subject_label="Environment",
            subject_version=number(rows[0]["version"]),
            actor=change.actor.id,
            correlation_id=change.correlation_id,
            message=f"{environment_id} is to be observed",
            environment_id=environment_id,
            data={"before": None, "after": None},
        )
        await change.record(transaction, [draft])
        if request is not None:
            await request.keep(transaction, environment_id)

    await change.commit("observe_drift", work, action=Action.DEPLOY)
    await queue.observe(change.actor.tenant)
    return environment_id


async def accept_drift(
    change: Change, *, deployment_id: str, expected_version: int | None = None, idempotency_key: str | None = None
) -> str:
    """Let the service desire what was seen at the target, as a new version of it; returns that version's id.

    The next deployment records it. Raises NotFound, Conflict (it has not drifted, it is at another version, the key was
    used for something else), InvalidInput for what no version can say, PolicyDenied, Forbidden.
    """

    async def work(transaction: Transaction, row: Row, fields: tuple[DriftedField, ...]) -> str:
        if row["version_id"] is None:
            raise Conflict(f"the service of {deployment_id} is gone, or desires nothing", "deployment")
        desired = str(row["version_id"])
        label = names.parse_version_id(desired).name.rpartition("-")[0]
        spec = accepted(versions.specification(label, row), fields)
        place = names.parse_service_id(str(row["service_id"]))
        wanted = ServiceSpec(application_id=place.application_id, name=place.name, version=spec)
        await services.save_all(change, transaction, [wanted], saving=Saving.UPDATE)
        id = versions.version_id(str(row["service_id"]), spec)
        after: dict[str, Value] = {"version": id, **{one.field: one.observed for one in fields}}
        before: dict[str, Value] = {"version": desired, **{one.field: one.recorded for one in fields}}
        verb = f"is to be as it was seen: {len(fields)} fields of {id}"
        draft = _event(change, deployment_id, row, "accepted", verb, before=before, after=after)
        await change.record(transaction, [draft])
        return id

    request = ("accept_drift", deployment_id, expected_version, idempotency_key)
    return await _decide(change, request, work, action=Action.CHANGE)


async def revert_drift(
    change: Change, *, deployment_id: str, expected_version: int | None = None, idempotency_key: str | None = None
) -> str:
    """Plan the deployment's application in its environment, which puts back what was changed; returns the plan's id.

    Raises as `accept_drift` and as `create_plan`.
    """
    plan_id = change.ids.new()

    async def work(transaction: Transaction, row: Row, fields: tuple[DriftedField, ...]) -> str:
        await plan_within(
            change,
            transaction,
            plan_id,
            application_id=str(row["application_id"]),
            environment_id=str(row["environment_id"]),
        )
        draft = _event(
            change,
            deployment_id,
            row,
            "reverting",
            f"is to be as recorded: plan {plan_id}",
            before={one.field: one.observed for one in fields},
            after={"plan": plan_id, **{one.field: one.recorded for one in fields}},
        )
        await change.record(transaction, [draft])
        return plan_id

    request = ("revert_drift", deployment_id, expected_version, idempotency_key)
    return await _decide(change, request, work, action=Action.DEPLOY, extra_seconds=EXTRA)


async def _decide(
    change: Change,
    asked: tuple[str, str, int | None, str | None],
    work: _Work,
    *,
    action: Action,
    extra_seconds: float = 0.0,
) -> str:
    name, deployment_id, expected_version, key = asked
    request = idempotency.request(change.actor, name, key, content=[deployment_id, expected_version])

    async def decided(transaction: Transaction) -> str:
        there = None if request is None else await request.answered(transaction)
        if there is not None:
            return there
        rows = await transaction.run("drift/lock_drifted", id=deployment_id, operation=transaction.operation.id)
        if not rows:
            raise NotFound(f"there is no Deployment {deployment_id}", "deployment")
        row = rows[0]
        if expected_version not in (None, row["version"]):
            raise Conflict(
                f"{deployment_id} is at version {row['version']}, not {expected_version}: look at it again",
                "expectedVersion",
            )
        if row["drifted"] is not True:
            raise Conflict(f"{deployment_id} has not drifted", "deployment")
        answer = await work(transaction, row, drifted_fields(texts(row["expected"]), texts(row["observed"])))
        if request is not None:
            await request.keep(transaction, answer)
        return answer

    return await change.commit(name, decided, action=action, extra_seconds=extra_seconds)


def _event(
    change: Change,
    deployment_id: str,
    row: Row,
    verb: str,
    said: str,
    *,
    before: Mapping[str, Value],
    after: Mapping[str, Value],
) -> EventDraft:
    return EventDraft(
        type=f"deployment.drift.{verb}",
        category=Category.RUN,
        level=Level.INFO,
        subject=deployment_id,
        subject_label="Deployment",
        subject_version=number(row["version"]),
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"{deployment_id} {said}",
        application_id=str(row["application_id"]),
        environment_id=str(row["environment_id"]),
        data={"before": before, "after": after},
    )
