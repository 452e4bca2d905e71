"""Dependencies: which service needs which, and how hard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from app.domain import names, policies
from app.domain.changes import Change, batches, named, refuse, version_of
from app.domain.rows import listed, mapped, texts
from app.errors import InvalidInput, NotFound, Refusal
from app.transactions import Transaction, Value


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


async def lock(transaction: Transaction, ids: Sequence[str]) -> dict[str, Mapping[str, Value]]:
    """Lock services until the transaction ends, in one order for all; by id what they are, desire and depend on."""
    found: dict[str, Mapping[str, Value]] = {}
    for batch in batches(sorted(ids)):
        rows = await transaction.run("services/lock_services", ids=list(batch), operation=transaction.operation.id)
        found.update({str(one["id"]): one for one in mapped(rows[0]["found"])})
    return found


def edges_of(service_id: str, locked: Mapping[str, Value]) -> dict[Edge, str]:
    """What a service depends on, (service, target) to kind, as its lock has found it."""
    pairs = (texts(pair) for pair in listed(locked.get("dependencies")))
    return {(service_id, target): kind for target, kind in pairs}


async def replace(
    change: Change,
    transaction: Transaction,
    wanted: Sequence[tuple[str, Sequence[Dependency]]],
    *,
    before: Mapping[str, Mapping[str, Value]],
) -> set[str]:
    """Make the dependencies of locked services exactly these; returns the services whose edges changed.

    `before` is what `lock` said of those that are not new. The policies on a new dependency run on the changed graph.
    Raises InvalidInput, NotFound (a target that does not exist), PolicyDenied.
    """
    there: dict[Edge, str] = {}
    after: dict[Edge, Dependency] = {}
    for service_id, dependencies in wanted:
        check_shape(service_id, dependencies)
        there |= edges_of(service_id, before.get(service_id, {}))
        after.update({(service_id, one.target_id): one for one in dependencies})
    removed = [edge for edge in there if edge not in after]
    for batch in batches(removed):
        await transaction.run("services/remove_dependencies", rows=[list(edge) for edge in batch])
    saved = {edge: one for edge, one in after.items() if there.get(edge) != one.kind}
    await _save(change, transaction, saved, there)
    return {source for source, _ in [*saved, *removed]}


async def _save(
    change: Change, transaction: Transaction, saved: Mapping[Edge, Dependency], there: Mapping[Edge, str]
) -> None:
    """Write edges that are new or of another kind; what is new passes the policies."""
    for changed in batches([edge for edge in sorted(saved) if edge in there]):
        await transaction.run(
            "services/update_dependencies", rows=[[*edge, saved[edge].kind.value] for edge in changed]
        )
    added = [edge for edge in sorted(saved) if edge not in there]
    problems: list[Refusal] = []
    for batch in batches(added):
        rows = await transaction.run(
            "services/create_dependencies",
            rows=[
                [service, [[target, saved[service, target].kind.value] for _, target in edges]]
                for service, edges in groupby(batch, key=itemgetter(0))
            ],
        )
        made = listed(rows[0]["made"])
        if len(made) < len(batch):
            done = {texts(edge) for edge in made}
            problems += [
                NotFound(f"there is no Service {edge[1]}", saved[edge].locate("service"))
                for edge in batch
                if edge not in done
            ]
    refuse(problems)
    await policies.enforce_dependencies(transaction, added, ids=change.ids, actor=change.actor.id)


async def add_dependency(change: Change, service_id: str, dependency: Dependency) -> str:
    """Let a service depend on another, or change the kind; a repeat changes nothing. Returns the service's id.

    Raises NotFound, InvalidInput, PolicyDenied with the cycle's path, Forbidden.
    """
    check_shape(service_id, [dependency])

    async def work(transaction: Transaction) -> str:
        locked = await _locked(transaction, service_id)
        edge = (service_id, dependency.target_id)
        before = edges_of(service_id, locked)
        if before.get(edge) == dependency.kind:
            return service_id
        await _save(change, transaction, {edge: dependency}, before)
        after = {**before, edge: dependency.kind.value}
        await _touched(change, transaction, service_id, version=version_of(locked), before=before, after=after)
        return service_id

    return await change.commit("add_dependency", work)


async def remove_dependency(change: Change, service_id: str, target_id: str) -> str:
    """Let a service no longer depend on another. Raises NotFound (service or dependency), Forbidden."""

    async def work(transaction: Transaction) -> str:
        locked = await _locked(transaction, service_id)
        before = edges_of(service_id, locked)
        if (service_id, target_id) not in before:
            raise NotFound(f"{service_id} does not depend on {target_id}", "dependsOn")
        await transaction.run("services/remove_dependencies", rows=[[service_id, target_id]])
        after = {edge: kind for edge, kind in before.items() if edge != (service_id, target_id)}
        await _touched(change, transaction, service_id, version=version_of(locked), before=before, after=after)
        return service_id

    return await change.commit("remove_dependency", work)


async def _locked(transaction: Transaction, service_id: str) -> Mapping[str, Value]:
    there = (await lock(transaction, [service_id])).get(service_id)
    if there is None:
        raise NotFound(f"there is no Service {service_id}", "service")
    return there


async def _touched(
    change: Change,
    transaction: Transaction,
    service_id: str,
    *,
    version: int,
    before: Mapping[Edge, str],
    after: Mapping[Edge, str],
) -> None:
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


def _said(edges: Mapping[Edge, str]) -> list[str]:
    return [f"{kind} {target}" for (_, target), kind in sorted(edges.items())]
