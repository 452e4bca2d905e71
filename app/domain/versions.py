"""Service versions: immutable, named by what they contain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from app.domain import names
from app.domain.changes import Change, Kind, Saved, Wanted, batches, delete, refuse_in_use
from app.domain.rows import texts
from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds, Target, Workload
from app.errors import NotFound
from app.graph import Row, Transaction, Value

UNBOUNDED = ResourceNeeds()


@dataclass(frozen=True, slots=True)
class VersionSpec:
    """What one version of a service runs.

    `label` is what people call the version (an image's tag); `replicas` 0..1000; `environment` holds (name, value)
    pairs sorted by name; `deadline_seconds` 1..3600.
    """

    label: str
    image: str
    replicas: int = 1
    ports: tuple[Port, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    resources: ResourceNeeds = UNBOUNDED
    probe: Probe | None = None
    deadline_seconds: int = 300


def properties(spec: VersionSpec) -> dict[str, Value]:
    """The version as native properties of a node: ports as `name:number:target`, environment as `NAME=value`."""
    return {
        "image": spec.image,
        "replicas": spec.replicas,
        "ports": [f"{port.name}:{port.number}:{port.target}" for port in spec.ports],
        "environment": [f"{name}={value}" for name, value in spec.environment],
        "command": list(spec.command),
        "args": list(spec.args),
        "cpu_request": spec.resources.cpu_request,
        "cpu_limit": spec.resources.cpu_limit,
        "memory_request": spec.resources.memory_request,
        "memory_limit": spec.resources.memory_limit,
        "probe_kind": None if spec.probe is None else spec.probe.kind.value,
        "probe_port": None if spec.probe is None else spec.probe.port,
        "probe_path": None if spec.probe is None else spec.probe.path,
        "deadline_seconds": spec.deadline_seconds,
    }


def digest(spec: VersionSpec) -> str:
    """SHA-256 over the canonical JSON of what the version runs; the label is not part of it."""
    return hashlib.sha256(orjson.dumps(properties(spec), option=orjson.OPT_SORT_KEYS)).hexdigest()


def version_id(service_id: str, spec: VersionSpec) -> str:
    """The id that a version of a service has because of what it contains. ValueError for a malformed label."""
    return names.version_id(service_id, names.version_name(spec.label, digest(spec)))


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _number(value: Value, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _port(text: str) -> Port:
    name, number, target = text.rsplit(":", 2)
    return Port(name, int(number), int(target))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def workload(target: Target, row: Row) -> Workload:
    """The desired state from a version's properties and its id in the column `version_id`; inverts `properties`."""
    kind = _text(row["probe_kind"])
    return Workload(
        target=target,
        version_id=str(row["version_id"]),
        image=str(row["image"]),
        replicas=_number(row["replicas"], 1),
        ports=tuple(_port(text) for text in texts(row["ports"])),
        environment=tuple(_pair(text) for text in texts(row["environment"])),
        command=texts(row["command"]),
        args=texts(row["args"]),
        resources=ResourceNeeds(
            _text(row["cpu_request"]), _text(row["cpu_limit"]), _text(row["memory_request"]), _text(row["memory_limit"])
        ),
        probe=None if kind is None else Probe(ProbeKind(kind), _number(row["probe_port"], 0), _text(row["probe_path"])),
        deadline_seconds=_number(row["deadline_seconds"], 300),
    )


async def create_missing(
    change: Change, transaction: Transaction, wanted: Sequence[tuple[str, VersionSpec]]
) -> set[str]:
    """Create those of (service id, version) that do not exist yet; returns the ids created.

    Raises NotFound where the service does not exist.
    """
    by_id = {version_id(service, spec): (service, spec) for service, spec in wanted}
    there: set[str] = set()
    for batch in batches(sorted(by_id)):
        there |= {str(row["id"]) for row in await transaction.run("versions/find_versions", ids=list(batch))}
    missing = [(id, *by_id[id]) for id in sorted(by_id) if id not in there]
    for group in batches(missing):
        rows = await transaction.run(
            "versions/create_versions",
            rows=[
                {
                    "id": id,
                    "service_id": service,
                    "name": names.parse_version_id(id).name,
                    "digest": digest(spec),
                    **properties(spec),
                }
                for id, service, spec in group
            ],
        )
        made = {str(row["id"]) for row in rows}
        for id, service, _ in group:
            if id not in made:
                raise NotFound(f"there is no Service {service}", "service")
    await change.record(
        transaction,
        [
            change.event(
                "created",
                "ServiceVersion",
                subject=id,
                version=1,
                data={"before": None, "after": _shown(spec)},
                application_id=names.parse_service_id(service).application_id,
            )
            for id, service, spec in missing
        ],
    )
    return {id for id, _, _ in missing}


def _shown(spec: VersionSpec) -> Mapping[str, Value]:
    # Values of environment variables may be secrets that somebody put there by mistake: events name them only.
    return {**properties(spec), "environment": [name for name, _ in spec.environment]}


VERSION_KIND = Kind(label="ServiceVersion", folder="versions", fields=("image", "digest"), parent_label="Service")


async def delete_version(change: Change, id: str, *, expected_version: int | None = None) -> str:
    """Delete a service version that no deployment runs and no service desires.

    Raises NotFound, Conflict, InUse, Forbidden.
    """
    try:
        service = names.parse_version_id(id).service_id
    except ValueError as error:
        raise NotFound(f"there is no ServiceVersion {id}", "id") from error
    wanted = Wanted(
        id=id,
        name=id,
        values={},
        expected_version=expected_version,
        application_id=names.parse_service_id(service).application_id,
    )

    async def work(transaction: Transaction) -> Saved:
        async def check() -> None:
            await refuse_in_use(transaction, "versions/find_version_users", id, label="ServiceVersion")

        async def remove() -> None:
            await transaction.run("versions/delete_version", id=id)

        return await delete(change, transaction, VERSION_KIND, wanted=wanted, check=check, remove=remove)

    return (await change.commit("delete_version", work)).id
