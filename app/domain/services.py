"""Services: what runs, in which version, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain import dependencies, names, versions
from app.domain.changes import (
    Change,
    Outcome,
    Saved,
    Saving,
    Wanted,
    batches,
    delete,
    lock,
    named,
    save,
)
from app.domain.dependencies import SERVICE, Dependency
from app.domain.versions import VersionSpec
from app.errors import InUse, InvalidInput, NotFound
from app.graph import Transaction, Value


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service as it should be; what is None is left as it is.

    `dependencies` are all of them: one that is not named is removed.
    """

    application_id: str
    name: str
    description: str | None = None
    version: VersionSpec | None = None
    dependencies: tuple[Dependency, ...] | None = None
    expected_version: int | None = None
    locate: Callable[[str], str] = named


def _wanted(spec: ServiceSpec) -> Wanted:
    try:
        id = names.service_id(spec.application_id, spec.name)
    except ValueError as error:
        raise InvalidInput(str(error), spec.locate("name")) from error
    return Wanted(
        id=id,
        name=spec.name,
        values={"description": spec.description},
        parent_id=spec.application_id,
        locate=spec.locate,
        expected_version=spec.expected_version,
        application_id=spec.application_id,
    )


def place(id: str, *, field: str = "id") -> names.ServiceName:
    """The parts of a service that somebody named by id. Raises NotFound for what cannot be one."""
    try:
        return names.parse_service_id(id)
    except ValueError as error:
        raise NotFound(f"there is no Service {id}", field) from error


async def save_all(
    change: Change, transaction: Transaction, specs: Sequence[ServiceSpec], *, saving: Saving
) -> list[Saved]:
    """Save services with their versions and dependencies within a transaction.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied.
    """
    wanted = [_wanted(spec) for spec in specs]
    saved = await save(change, transaction, SERVICE, wanted=wanted, saving=saving)
    moved = await _desire(change, transaction, list(zip(saved, specs, strict=True)))
    rewired = await dependencies.replace(
        change,
        transaction,
        [(one.id, spec.dependencies) for one, spec in zip(saved, specs, strict=True) if spec.dependencies is not None],
    )
    return await _touch(change, transaction, saved, moved | {id: {} for id in rewired if id not in moved})


async def _desire(
    change: Change, transaction: Transaction, wanted: Sequence[tuple[Saved, ServiceSpec]]
) -> dict[str, dict[str, Value]]:
    specified = [(saved.id, spec.version) for saved, spec in wanted if spec.version is not None]
    if not specified:
        return {}
    try:
        ids = {service: versions.version_id(service, version) for service, version in specified}
    except ValueError as error:
        raise InvalidInput(str(error), "version") from error
    before = await lock(transaction, SERVICE, [service for service, _ in specified])
    moved = {
        service: {"before": before[service]["desired_id"], "after": id}
        for service, id in ids.items()
        if before[service]["desired_id"] != id
    }
    await versions.create_missing(change, transaction, [pair for pair in specified if pair[0] in moved])
    for batch in batches(sorted(moved)):
        await transaction.run(
            "versions/desire_versions", rows=[{"service_id": service, "id": ids[service]} for service in batch]
        )
    return moved


async def _touch(
    change: Change, transaction: Transaction, saved: Sequence[Saved], moved: dict[str, dict[str, Value]]
) -> list[Saved]:
    # A service that was just created or updated has its new version and its event already.
    quiet = [one.id for one in saved if one.outcome is Outcome.UNCHANGED and one.id in moved]
    touched: dict[str, int] = {}
    for batch in batches(quiet):
        rows = await transaction.run("services/touch_services", ids=list(batch))
        touched.update({str(row["id"]): row["version"] for row in rows if isinstance(row["version"], int)})
    await change.record(
        transaction,
        [
            change.event(
                "updated",
                "Service",
                subject=id,
                version=version,
                data={
                    "before": {"desires": moved[id].get("before")},
                    "after": {"desires": moved[id].get("after")},
                }
                if moved[id]
                else {"before": {}, "after": {"dependencies": "changed"}},
                application_id=names.parse_service_id(id).application_id,
            )
            for id, version in touched.items()
        ],
    )
    return [Saved(one.id, Outcome.UPDATED, touched[one.id]) if one.id in touched else one for one in saved]


async def save_service(change: Change, spec: ServiceSpec, *, saving: Saving) -> str:
    """Create or update one service and return its id.

    Raises InvalidInput, Conflict, NotFound, PolicyDenied, Forbidden.
    """

    async def work(transaction: Transaction) -> str:
        return (await save_all(change, transaction, [spec], saving=saving))[0].id

    return await change.commit(f"{saving}_service", work)


async def create_version(change: Change, service_id: str, spec: VersionSpec) -> str:
    """Create a version of a service and let the service desire it; the same content gives the same version.

    Returns the version's id. Raises NotFound, InvalidInput, Forbidden.
    """
    parsed = place(service_id, field="service")
    wanted = ServiceSpec(application_id=parsed.application_id, name=parsed.name, version=spec)

    async def work(transaction: Transaction) -> str:
        await save_all(change, transaction, [wanted], saving=Saving.UPDATE)
        return versions.version_id(service_id, spec)

    return await change.commit("create_version", work)


async def delete_all(change: Change, transaction: Transaction, ids: Sequence[str]) -> list[Saved]:
    """Delete services together within a transaction; services among them may depend on each other.

    What runs of them stays recorded as deployed, until the next plan removes it. Raises NotFound, and InUse naming the
    services that stay and depend on them.
    """
    gone = []
    for batch in batches(sorted(ids)):
        users = await transaction.run("services/find_service_users", ids=list(batch))
        users = [row for row in users if row["id"] not in set(ids)]
        if users:
            said = ", ".join(f"{row['id']} depends on {row['used_id']}" for row in users[:5])
            raise InUse(f"in use: {said}", tuple(sorted({str(row["id"]) for row in users})), "id")
    for id in sorted(ids):
        gone.append(await _delete(change, transaction, Wanted(id=id, name=id, values={})))
    return gone


async def _delete(change: Change, transaction: Transaction, wanted: Wanted) -> Saved:
    async def check() -> None:
        """Checked for all of them before."""

    async def remove() -> None:
        await transaction.run("services/delete_services", ids=[wanted.id])

    return await delete(change, transaction, SERVICE, wanted=wanted, check=check, remove=remove)


async def delete_service(change: Change, id: str, *, expected_version: int | None = None) -> str:
    """Delete a service that no other depends on.

    Raises NotFound, Conflict (another version), InUse naming its users, Forbidden.
    """

    async def work(transaction: Transaction) -> str:
        there = (await lock(transaction, SERVICE, [id])).get(id)
        if there is None:
            raise NotFound(f"there is no Service {id}", "id")
        users = await transaction.run("services/find_service_users", ids=[id])
        if users:
            said = ", ".join(str(row["id"]) for row in users[:5])
            raise InUse(f"Service {id} is in use by {said}", tuple(str(row["id"]) for row in users), "id")
        wanted = Wanted(
            id=id,
            name=id,
            values={},
            expected_version=expected_version,
            application_id=names.parse_service_id(id).application_id,
        )
        return (await _delete(change, transaction, wanted)).id

    return await change.commit("delete_service", work)
