"""Dependencies: which service needs which, and how hard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain import names, policies
from app.domain.changes import Change, Kind, batches, lock, named, refuse, version_of
from app.errors import InvalidInput, NotFound, Refusal
from app.graph import Transaction

SERVICE = Kind(
    label="Service",
    folder="services",
    fields=("description",),
    parent_label="Application",
    parent_column="application_id",
)


class DependencyKind(StrEnum):
    """Hard: ordered before and blocked without it. Soft: neither."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One service that another needs, by id."""

    target_id: str
    kind: DependencyKind = DependencyKind.HARD
    locate: Callable[[str], str] = named


Edge = tuple[str, str]


def check_shape(service_id: str, wanted: Sequence[Dependency]) -> None:
    """Refuse what can be seen without the graph: a malformed id, a dependency on itself, one said twice.

    Raises InvalidInput, all problems at once.
    """
    problems: list[Refusal] = []
    seen: set[str] = set()
    for one in wanted:
        try:
            names.parse_service_id(one.target_id)
        except ValueError as error:
            problems.append(InvalidInput(str(error), one.locate("service")))
            continue
        if one.target_id == service_id:
            problems.append(InvalidInput(f"{service_id} cannot depend on itself", one.locate("service")))
        elif one.target_id in seen:
            problems.append(InvalidInput(f"{service_id} names {one.target_id} twice", one.locate("service")))
        seen.add(one.target_id)
    refuse(problems)


async def current(transaction: Transaction, service_ids: Sequence[str]) -> dict[Edge, str]:
    """What services depend on now: (service, target) to kind."""
    found: dict[Edge, str] = {}
    for batch in batches(sorted(service_ids)):
        rows = await transaction.run("services/list_dependencies", ids=list(batch))
        found.update({(str(row["service_id"]), str(row["target_id"])): str(row["kind"]) for row in rows})
    return found


async def replace(
    change: Change, transaction: Transaction, wanted: Sequence[tuple[str, Sequence[Dependency]]]
) -> set[str]:
    """Make the dependencies of locked services exactly these; returns the services whose edges changed.

    The policies on a new dependency run on the changed graph. Raises InvalidInput, NotFound (a target that does not
    exist), PolicyDenied.
    """
    for service_id, dependencies in wanted:
        check_shape(service_id, dependencies)
    before = await current(transaction, [service_id for service_id, _ in wanted])
    after = {(service_id, one.target_id): one for service_id, all_of in wanted for one in all_of}
    saved = {edge: one for edge, one in after.items() if before.get(edge) != one.kind}
    removed = [edge for edge in before if edge not in after]
    for batch in batches(removed):
        await transaction.run(
            "services/remove_dependencies", rows=[{"service_id": source, "target_id": to} for source, to in batch]
        )
    await _save(transaction, saved)
    await policies.enforce_dependencies(transaction, [edge for edge in saved if edge not in before])
    return {source for source, _ in [*saved, *removed]}


async def _save(transaction: Transaction, saved: dict[Edge, Dependency]) -> None:
    problems: list[Refusal] = []
    for batch in batches(sorted(saved)):
        rows = await transaction.run(
            "services/save_dependencies",
            rows=[
                {"service_id": source, "target_id": to, "kind": saved[source, to].kind.value} for source, to in batch
            ],
        )
        done = {(str(row["service_id"]), str(row["target_id"])) for row in rows}
        problems += [
            NotFound(f"there is no Service {edge[1]}", saved[edge].locate("service"))
            for edge in batch
            if edge not in done
        ]
    refuse(problems)


async def add_dependency(change: Change, service_id: str, dependency: Dependency) -> str:
    """Let a service depend on another, or change the kind; a repeat changes nothing. Returns the service's id.

    Raises NotFound, InvalidInput, PolicyDenied with the cycle's path, Forbidden.
    """
    check_shape(service_id, [dependency])

    async def work(transaction: Transaction) -> str:
        version = await _locked_version(transaction, service_id)
        edge = (service_id, dependency.target_id)
        before = await current(transaction, [service_id])
        if before.get(edge) == dependency.kind:
            return service_id
        await _save(transaction, {edge: dependency})
        if edge not in before:
            await policies.enforce_dependencies(transaction, [edge])
        await _touched(change, transaction, service_id, version=version, before=before)
        return service_id

    return await change.commit("add_dependency", work)


async def remove_dependency(change: Change, service_id: str, target_id: str) -> str:
    """Let a service no longer depend on another. Raises NotFound (service or dependency), Forbidden."""

    async def work(transaction: Transaction) -> str:
        version = await _locked_version(transaction, service_id)
        before = await current(transaction, [service_id])
        if (service_id, target_id) not in before:
            raise NotFound(f"{service_id} does not depend on {target_id}", "dependsOn")
        await transaction.run("services/remove_dependencies", rows=[{"service_id": service_id, "target_id": target_id}])
        await _touched(change, transaction, service_id, version=version, before=before)
        return service_id

    return await change.commit("remove_dependency", work)


async def _locked_version(transaction: Transaction, service_id: str) -> int:
    there = (await lock(transaction, SERVICE, [service_id])).get(service_id)
    if there is None:
        raise NotFound(f"there is no Service {service_id}", "service")
    return version_of(there)


async def _touched(
    change: Change, transaction: Transaction, service_id: str, *, version: int, before: dict[Edge, str]
) -> None:
    after = await current(transaction, [service_id])
    await transaction.run("services/touch_services", ids=[service_id])
    await change.record(
        transaction,
        [
            change.event(
                "updated",
                "Service",
                subject=service_id,
                version=version + 1,
                data={"before": {"dependencies": _said(before)}, "after": {"dependencies": _said(after)}},
                application_id=names.parse_service_id(service_id).application_id,
            )
        ],
    )


def _said(edges: dict[Edge, str]) -> list[str]:
    return [f"{kind} {target}" for (_, target), kind in sorted(edges.items())]
