"""Service versions: immutable, named by what they contain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from app.domain import ahead, names
from app.domain.changes import Change, batches
from app.domain.rows import texts
from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds, Target, Workload
from app.errors import NotFound
from app.transactions import Row, Transaction, Value

UNBOUNDED = ResourceNeeds()
COLUMNS: Final = (
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
"""What `workload` reads of a row, in the order in which statements list it."""


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
    return identify(service_id, spec)[0]


def identify(service_id: str, spec: VersionSpec) -> tuple[str, str]:
    """The id of a version of a service, and the digest of what it contains. ValueError for a malformed label."""
    digested = digest(spec)
    return names.version_id(service_id, names.version_name(spec.label, digested)), digested


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


def specification(label: str, row: Row) -> VersionSpec:
    """What a version runs, from its properties as columns; inverts `properties`."""
    kind = _text(row["probe_kind"])
    return VersionSpec(
        label=label,
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


def workload(target: Target, row: Row) -> Workload:
    """The desired state from a version's properties and its id in the column `version_id`."""
    spec = specification("", row)
    return Workload(
        target=target,
        version_id=str(row["version_id"]),
        image=spec.image,
        replicas=spec.replicas,
        ports=spec.ports,
        environment=spec.environment,
        command=spec.command,
        args=spec.args,
        resources=spec.resources,
        probe=spec.probe,
        deadline_seconds=spec.deadline_seconds,
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A version that a locked service is to desire; `first` says that it desires none yet."""

    service_id: str
    id: str
    digest: str
    spec: VersionSpec
    first: bool


async def desire(change: Change, transaction: Transaction, wishes: Sequence[Wish]) -> None:
    """Let services desire other versions than now, and create those that do not exist yet.

    Raises NotFound where a service does not exist.
    """
    there: set[str] = set()
    for batch in batches(sorted(wish.id for wish in wishes if not wish.first)):
        there.update(texts((await transaction.run("versions/find_versions", ids=list(batch)))[0]["ids"]))
    missing = [wish for wish in wishes if wish.id not in there]

    async def create(rows: Sequence[Value]) -> Value:
        return (await transaction.run("versions/create_versions", rows=rows))[0]["ids"]

    made = {id for ids in await ahead.write(missing, _row, create) for id in texts(ids)}
    for wish in missing:
        if wish.id not in made:
            raise NotFound(f"there is no Service {wish.service_id}", "service")
    for others in batches([[wish.service_id, wish.id] for wish in wishes if not wish.first]):
        await transaction.run("versions/desire_versions", rows=others)
    await change.record(
        transaction,
        (
            change.event(
                "created",
                "ServiceVersion",
                subject=wish.id,
                version=1,
                data={"before": None, "after": _shown(wish.spec)},
                application_id=names.parse_service_id(wish.service_id).application_id,
            )
            for wish in missing
        ),
    )


async def deprecate(change: Change, transaction: Transaction, said: Mapping[str, bool]) -> set[str]:
    """Say of versions that exist whether they are not to be deployed any more, and return the ids of those changed."""
    changed: list[Row] = []
    rows: list[list[Value]] = [[id, deprecated] for id, deprecated in sorted(said.items())]
    for batch in batches(rows):
        changed += await transaction.run("versions/deprecate_versions", rows=batch, operation=transaction.operation.id)
    await change.record(
        transaction,
        [
            change.event(
                "updated",
                "ServiceVersion",
                subject=str(row["id"]),
                version=_number(row["version"], 1),
                data={"before": {"deprecated": row["before"]}, "after": {"deprecated": said[str(row["id"])]}},
                application_id=names.parse_service_id(str(row["id"]).partition(":")[0]).application_id,
            )
            for row in changed
        ],
    )
    return {str(row["id"]) for row in changed}


def _row(wish: Wish) -> dict[str, Value]:
    return {
        "id": wish.id,
        "service_id": wish.service_id,
        "name": names.parse_version_id(wish.id).name,
        "first": wish.first,
        "digest": wish.digest,
        **properties(wish.spec),
    }


def _shown(spec: VersionSpec) -> Mapping[str, Value]:
    # Values of environment variables may be secrets that somebody put there by mistake: events name them only.
    return {**properties(spec), "environment": [name for name, _ in spec.environment]}
