"""Plans: what a deployment would do, stored once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain import names, planning, policies, versions
from app.domain.access import Action
from app.domain.changes import Change, batches
from app.domain.events import Category, EventDraft, Level
from app.domain.planning import Block, Desired, Picture, Place, PlanState, Proposal, Recorded, Step, StepAction
from app.domain.policies import Point
from app.domain.rows import listed, number, texts
from app.domain.workloads import Workload
from app.errors import Conflict, InvalidInput, NotFound
from app.graph import Reader, Row, Transaction, Value

_VERSION: Final = (
    "version_id",
    "image",
    "replicas",
    "ports",
    "environment",
    "command",
    "args",
    "cpu_request",
    "cpu_limit",
    "memory_request",
    "memory_limit",
    "probe_kind",
    "probe_port",
    "probe_path",
    "deadline_seconds",
)
_SERVICE: Final = ("id", "version", "name", "kind", "version_version", *_VERSION)
_DEPLOYMENT: Final = (
    "id",
    "version",
    "service_id",
    "service_name",
    "kind",
    "status",
    "provider",
    "recorded_version_id",
    "depends_on",
    *_VERSION,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture of what is desired and recorded, and the nodes it was read from with their versions."""

    picture: Picture
    reads: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was stored."""

    id: str
    proposal: Proposal


async def read_snapshot(reader: Reader, tenant: str, *, application_id: str, environment_id: str) -> Snapshot:
    """Read what a plan is computed from: one statement, and one a policy.

    Raises NotFound, and InvalidInput where application and environment belong to different projects.
    """
    _check_ids(application_id, environment_id)
    rows = await reader.run("plans/read_picture", application_id=application_id, environment_id=environment_id)
    row = rows[0]
    if row["application_version"] is None:
        raise NotFound(f"there is no Application {application_id}", "application")
    if row["environment_version"] is None:
        raise NotFound(f"there is no Environment {environment_id}", "environment")
    if row["provider"] is None:
        raise InvalidInput(f"environment {environment_id} targets no provider", "environment")
    place = Place(
        tenant=tenant,
        application_id=application_id,
        environment_id=environment_id,
        namespace=str(row["namespace"]),
        provider=str(row["provider"]),
        provider_kinds=frozenset(texts(row["kinds"])),
    )
    hard: dict[str, list[str]] = {}
    for service, on in (texts(pair) for pair in listed(row["dependencies"])):
        hard.setdefault(service, []).append(on)
    services = [dict(zip(_SERVICE, listed(one), strict=True)) for one in listed(row["services"])]
    deployments = [dict(zip(_DEPLOYMENT, listed(one), strict=True)) for one in listed(row["deployments"])]
    findings = policies.denied(
        await policies.check(reader, Point.PLAN, application_id=application_id, environment_id=environment_id)
    )
    picture = Picture(
        place=place,
        desired=tuple(_desired(place, one, tuple(sorted(hard.get(str(one["id"]), ())))) for one in services),
        recorded=tuple(_recorded(place, one) for one in deployments),
        blocks=tuple(
            Block(
                id,
                found.policy,
                found.violation.message,
                tuple(node.id for node in found.violation.nodes),
                found.violation.edges,
            )
            for id, found in findings.items()
        ),
        running_elsewhere=frozenset(texts(row["running_elsewhere"])),
    )
    reads = {
        application_id: number(row["application_version"]),
        environment_id: number(row["environment_version"]),
        str(row["provider_id"]): number(row["provider_version"]),
    }
    reads |= {str(one["id"]): number(one["version"]) for one in (*services, *deployments)}
    reads |= {str(one["version_id"]): number(one["version_version"]) for one in services if one["version_id"]}
    return Snapshot(picture, reads)


async def create_plan(change: Change, *, application_id: str, environment_id: str) -> Planned:
    """Compute the plan of an application in an environment and store it.

    A policy that denies a step leaves a plan that is blocked, not a refusal. Raises NotFound, InvalidInput (a kind that
    the provider cannot carry out), PolicyDenied (dependencies in a circle), Conflict (something was deleted meanwhile),
    Forbidden.
    """
    plan_id = change.ids.new()

    async def work(transaction: Transaction) -> Planned:
        snapshot = await read_snapshot(
            transaction, transaction.tenant, application_id=application_id, environment_id=environment_id
        )
        proposal = planning.propose(snapshot.picture)
        await _store(change, transaction, plan_id, proposal, reads=snapshot.reads)
        return Planned(plan_id, proposal)

    return await change.commit("create_plan", work, action=Action.DEPLOY)


async def _store(
    change: Change, transaction: Transaction, plan_id: str, proposal: Proposal, *, reads: Mapping[str, int]
) -> None:
    place, counts = proposal.place, proposal.counts
    stored = await transaction.run(
        "plans/create_plan",
        id=plan_id,
        application_id=place.application_id,
        environment_id=place.environment_id,
        digest=proposal.digest,
        state=proposal.state.value,
        provider=place.provider,
        created_by=change.actor.id,
        creates=counts[StepAction.CREATE],
        updates=counts[StepAction.UPDATE],
        replaces=counts[StepAction.REPLACE],
        deletes=counts[StepAction.DELETE],
        no_ops=counts[StepAction.NO_OP],
        blocked=counts[StepAction.BLOCKED],
        waves=proposal.waves,
        acting=proposal.acting,
        reads=len(reads),
        warnings=list(proposal.warnings),
    )
    ids = {step.key: change.ids.new() for step in proposal.steps}
    steps = [_row(ids[step.key], position, step) for position, step in enumerate(proposal.steps)]
    for batch in batches(steps):
        await transaction.run("plans/create_steps", plan_id=plan_id, rows=batch)
    edges: list[Value] = [[ids[step.key], ids[on]] for step in proposal.steps for on in step.requires]
    for group in batches(edges):
        await transaction.run("plans/link_steps", rows=group)
    recorded = 0
    read: list[Value] = [[id, version] for id, version in sorted(reads.items())]
    for some in batches(read):
        recorded += number((await transaction.run("plans/record_reads", plan_id=plan_id, rows=some))[0]["recorded"])
    if not stored or recorded != len(reads):
        raise Conflict("what the plan was computed from was deleted meanwhile; plan again")
    await change.record(transaction, [_event(change, plan_id, proposal)])


def _row(id: str, position: int, step: Step) -> dict[str, Value]:
    return {
        "id": id,
        "key": step.key,
        "position": position,
        "wave": step.wave,
        "action": step.action.value,
        "kind": step.kind,
        "service_id": step.service_id,
        "service_name": step.service_name,
        "version_id": step.version_id,
        "image": step.image,
        "provider": step.provider,
        "previous_provider": step.previous_provider,
        "depends_on": list(step.hard),
        "before": list(step.before),
        "after": list(step.after),
        "policy": step.policy,
        "reason": step.reason,
        "path": list(step.path),
        "path_edges": list(step.path_edges),
    }


def _event(change: Change, plan_id: str, proposal: Proposal) -> EventDraft:
    place = proposal.place
    counts = {action.value: count for action, count in proposal.counts.items() if count}
    said = ", ".join(f"{count} {action}" for action, count in counts.items()) or "nothing"
    blocked = proposal.state is PlanState.BLOCKED
    return EventDraft(
        type="plan.created",
        category=Category.PLAN,
        level=Level.WARNING if blocked else Level.INFO,
        subject=plan_id,
        subject_label="Plan",
        subject_version=1,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=f"Plan of {place.application_id} in {place.environment_id} is {proposal.state}: {said}",
        application_id=place.application_id,
        environment_id=place.environment_id,
        data={
            "before": None,
            "after": {
                "digest": proposal.digest,
                "state": proposal.state.value,
                "provider": place.provider,
                "waves": proposal.waves,
                "counts": counts,
                "warnings": proposal.warnings,
                "blocked": [
                    {"step": step.key, "policy": step.policy, "reason": step.reason, "path": step.path}
                    for step in proposal.steps
                    if step.action is StepAction.BLOCKED
                ][:100],
            },
        },
    )


def _check_ids(application_id: str, environment_id: str) -> None:
    try:
        application = names.parse_application_id(application_id)
    except ValueError as error:
        raise NotFound(f"there is no Application {application_id}", "application") from error
    try:
        environment = names.parse_environment_id(environment_id)
    except ValueError as error:
        raise NotFound(f"there is no Environment {environment_id}", "environment") from error
    if application.project != environment.project:
        raise InvalidInput(
            f"application {application_id} and environment {environment_id} belong to different projects", "environment"
        )


def _desired(place: Place, row: Row, hard: tuple[str, ...]) -> Desired:
    id, name, kind = str(row["id"]), str(row["name"]), str(row["kind"])
    return Desired(id, name, kind, _workload(place, row, service_id=id, name=name, kind=kind), hard)


def _recorded(place: Place, row: Row) -> Recorded:
    id, name, kind = str(row["service_id"]), str(row["service_name"]), str(row["kind"])
    return Recorded(
        key=str(row["id"]),
        service_id=id,
        service_name=name,
        kind=kind,
        status=str(row["status"]),
        provider=str(row["provider"]),
        version_id=None if row["recorded_version_id"] is None else str(row["recorded_version_id"]),
        workload=_workload(place, row, service_id=id, name=name, kind=kind),
        hard=texts(row["depends_on"]),
    )


def _workload(place: Place, row: Row, *, service_id: str, name: str, kind: str) -> Workload | None:
    if row["version_id"] is None:
        return None
    return versions.workload(planning.target(place, service_id=service_id, name=name, kind=kind), row)
