"""What a plan is computed from, read from the graph together with the versions that it had."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain import ahead, names, plan_steps, policies, versions
from app.domain.plan_steps import Place
from app.domain.planning import Block, Concern, Desired, Picture, Recorded
from app.domain.policies import Decision, Enforcement, Finding, Point
from app.domain.references import references
from app.domain.rows import listed, number, texts
from app.domain.workloads import Exposure, Workload
from app.errors import InvalidInput, NotFound
from app.transactions import Reader, Row, Value

_SERVICE: Final = ("id", "version", "name", "kind", "exposure", "version_version", *versions.COLUMNS)
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
    "outputs",
    "inputs",
    "drifted",
    "observed",
    "expected",
    *versions.COLUMNS,
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture of what is desired and recorded, and the nodes it was read from with their versions.

    `needs` are all dependencies of the application's services, hard and soft, as (who needs, what is needed);
    `users` are the services of other applications that need one of these, as (what is needed, who needs).
    `decisions` are what policies said.
    """

    picture: Picture
    reads: Mapping[str, int]
    needs: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()
    users: tuple[tuple[str, str], ...] = ()


async def read_snapshot(reader: Reader, tenant: str, *, application_id: str, environment_id: str) -> Snapshot:
    """Read what a plan is computed from: one statement, one for how policies apply, and one a policy.

    Raises NotFound, InvalidInput where application and environment belong to different projects, and PolicyDenied where
    a policy could not be asked.
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
    dependencies = [texts(one) for one in listed(row["dependencies"])]
    hard: dict[str, list[str]] = {}
    for service, on, kind in dependencies:
        if kind == "hard":
            hard.setdefault(service, []).append(on)
    services = [dict(zip(_SERVICE, listed(one), strict=True)) for one in listed(row["services"])]
    deployments = [dict(zip(_DEPLOYMENT, listed(one), strict=True)) for one in listed(row["deployments"])]
    elsewhere = [listed(one) for one in listed(row["running_elsewhere"])]
    deciding = policies.decide(
        reader,
        Point.PLAN,
        {"application_id": application_id, "environment_id": environment_id, **_planned(services, deployments)},
        project_id=names.parse_environment_id(environment_id).project,
    )
    wanted = (_desired(place, one, tuple(sorted(hard.get(str(one["id"]), ())))) for one in services)
    decisions, desired = await ahead.meanwhile(deciding, wanted)
    policies.refuse_broken(decisions, about=application_id, field="application")
    findings = policies.findings_of(decisions)
    picture = Picture(
        place=place,
        desired=tuple(desired),
        recorded=tuple(_recorded(place, one) for one in deployments),
        blocks=tuple(_block(id, found) for id, found in policies.denied(findings).items()),
        running_elsewhere={str(id): texts(outputs) for id, _, _, outputs in elsewhere},
        approvals=tuple(
            Concern(found.subject, found.policy, found.violation.message)
            for found in findings
            if found.enforcement is Enforcement.APPROVE
        ),
        warnings=policies.warned(decisions),
    )
    reads = {
        application_id: number(row["application_version"]),
        environment_id: number(row["environment_version"]),
        str(row["provider_id"]): number(row["provider_version"]),
    }
    reads |= {str(one["id"]): number(one["version"]) for one in (*services, *deployments)}
    reads |= {str(one["version_id"]): number(one["version_version"]) for one in services if one["version_id"]}
    referred = _referred(picture.desired)
    reads |= {str(key): number(version) for id, key, version, _ in elsewhere if id in referred}
    users = tuple((service, user) for service, user in (texts(one) for one in listed(row["users"])))
    return Snapshot(picture, reads, tuple((service, on) for service, on, _ in dependencies), decisions, users)


def _referred(desired: Collection[Desired]) -> frozenset[str]:
    """The services whose outputs are asked for: what becomes of the others elsewhere is no matter to a plan."""
    return frozenset(
        one.service_id
        for wanted in desired
        if wanted.workload is not None
        for found in references(wanted.workload).values()
        for one in found
    )


def _planned(services: Sequence[Row], deployments: Sequence[Row]) -> Mapping[str, Value]:
    """What policies are told: `planned` are the versions that would run, `services` the public ones that change.

    It is what `policies/list_planned` says, which whoever has no picture asks.
    """
    running = {(one["service_id"], one["version_id"]) for one in deployments if one["status"] == "succeeded"}
    planned = [
        (one, (one["id"], one["version_id"]) not in running)
        for one in sorted(services, key=lambda one: str(one["id"]))
        if one["version_id"] is not None
    ]
    return {
        "planned": [
            {"service_id": one["id"], "version_id": one["version_id"], "changes": changes, "edge": "DESIRES"}
            for one, changes in planned
        ],
        "services": [one["id"] for one, changes in planned if changes and one["exposure"] == Exposure.PUBLIC],
    }


def _block(id: str, found: Finding) -> Block:
    path = tuple(node.id for node in found.violation.nodes)
    return Block(id, found.policy, found.violation.message, path, found.violation.edges)


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
        outputs=texts(row["outputs"]),
        inputs=texts(row["inputs"]),
        drifted=row["drifted"] is True,
        observed=texts(row["observed"]),
        expected=texts(row["expected"]),
    )


def _workload(place: Place, row: Row, *, service_id: str, name: str, kind: str) -> Workload | None:
    if row["version_id"] is None:
        return None
    return versions.workload(plan_steps.target(place, service_id=service_id, name=name, kind=kind), row)
