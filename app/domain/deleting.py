"""Deleting nodes as their declarations say: what goes with them, and what keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain import confirming
from app.domain.changes import Change, Outcome, Saved, Wanted, batches, lock, refuse, shown, unexpected, version_of
from app.domain.confirming import NOBODY_ASKED, Confirmed
from app.domain.events import EventDraft
from app.domain.kinds import Hop, Kind, Rule
from app.domain.rows import texts
from app.errors import InUse
from app.transactions import Row, Transaction

MOST_USERS = 100
_SAID = 5
_NO_LIMIT = 2**31 - 1


Leaving = dict[str, dict[str, str]]
"""What is to be deleted: by label the ids, each with the id of the wanted node that takes it along."""


@dataclass(frozen=True, slots=True)
class _Reached:
    """A node at the end of a path; `start_id` is the wanted node that the path belongs to."""

    start_id: str
    id: str
    label: str


async def delete(
    change: Change,
    transaction: Transaction,
    label: str,
    *,
    wanted: Sequence[Wanted],
    confirmed: Confirmed = NOBODY_ASKED,
) -> list[Saved]:
    """Delete nodes of one kind together, with all that goes with them, and record an event for each of them.

    What uses one of them and is deleted itself keeps nothing. What depends on one of them is let go, where that is
    among those of which the caller has seen the impact. Raises NotFound, Conflict (another version), InUse naming at
    most a hundred of what uses them, and ImpactRequired and StaleImpact naming what depends on them.
    """
    kind = change.kinds[label]
    before = await lock(transaction, kind, [one.id for one in wanted])
    refusals = [unexpected(kind, one, before.get(one.id)) for one in wanted]
    refuse([refusal for refusal in refusals if refusal is not None])
    leaving = await _closure(change, transaction, kind, [one.id for one in wanted])
    users = await _users(change, transaction, kind, leaving)
    if users:
        raise _in_use(kind, wanted, users)
    await confirming.hold(transaction)
    dependents = await _dependents(change, transaction, leaving)
    _check(kind, wanted, dependents, confirmed)
    if dependents:
        await _release(change, transaction, leaving)
    await change.record(
        transaction,
        [
            change.event(
                "deleted",
                kind.label,
                subject=one.id,
                version=version_of(before[one.id]),
                data={"before": shown(kind, before[one.id]), "after": None},
                **change.place(kind.label, one.id),
            )
            for one in wanted
        ],
    )
    for batch in batches(sorted(_all(leaving))):
        await transaction.run("declared/delete_nodes", ids=list(batch))
    return [Saved(one.id, Outcome.DELETED, version_of(before[one.id])) for one in wanted]


async def _closure(change: Change, transaction: Transaction, kind: Kind, ids: Sequence[str]) -> Leaving:
    """Locked nodes of one kind and all that goes with them, locked too."""
    leaving: Leaving = {kind.label: {id: id for id in ids}}
    frontier = leaving
    while frontier:
        reached: Leaving = {}
        for label, starts in frontier.items():
            for consequence in change.kinds.consequences(label, Rule.CASCADE):
                for end in await _follow(transaction, starts, consequence.path):
                    if end.id not in leaving.get(end.label, {}):
                        reached.setdefault(end.label, {})[end.id] = end.start_id
        for label, found in reached.items():
            leaving.setdefault(label, {}).update(found)
            await _lock(transaction, label, found)
        frontier = reached
    return leaving


async def _lock(transaction: Transaction, label: str, ids: Iterable[str]) -> None:
    for batch in batches(sorted(ids)):
        await transaction.run(
            "declared/lock_nodes",
            label=label,
            ids=list(batch),
            operation=transaction.operation.id,
            fields=[],
            edges=[],
        )


async def _follow(
    transaction: Transaction,
    starts: Mapping[str, str],
    path: Sequence[Hop],
    *,
    leaving: Sequence[str] = (),
    most: int = _NO_LIMIT,
) -> list[_Reached]:
    """What a path leads to from nodes, each given with its wanted node; at its end without what is leaving."""
    here = [(start, id) for id, start in starts.items()]
    ends: list[_Reached] = []
    for place, hop in enumerate(path, start=1):
        last = place == len(path)
        ends = []
        for batch in batches(here):
            rows = await transaction.run(
                "declared/follow_edges",
                rows=[[start, id, hop.type, hop.outgoing, hop.label] for start, id in batch],
                leaving=list(leaving) if last else [],
                most=most if last else _NO_LIMIT,
            )
            ends += [_Reached(str(row["start_id"]), str(row["id"]), str(row["label"])) for row in rows]
        here = [(end.start_id, end.id) for end in ends]
    return ends


def _all(leaving: Leaving) -> list[str]:
    return [id for ids in leaving.values() for id in ids]


async def _dependents(change: Change, transaction: Transaction, leaving: Leaving) -> list[_Reached]:
    """What depends on the nodes and stays, at most a hundred of each sort."""
    gone = _all(leaving)
    found: set[_Reached] = set()
    for label, starts in leaving.items():
        for consequence in change.kinds.consequences(label, Rule.CONFIRM):
            found.update(await _follow(transaction, starts, consequence.path, leaving=gone, most=MOST_USERS))
    return sorted(found, key=lambda one: (one.id, one.start_id))


def _check(kind: Kind, wanted: Sequence[Wanted], dependents: Sequence[_Reached], confirmed: Confirmed) -> None:
    asked = {one.start_id for one in dependents}
    if confirmed.presented and confirmed.each:
        asked = {one.id for one in wanted}
    unseen = sorted(asked - confirmed.ids)
    if unseen:
        users = list(dict.fromkeys(one.id for one in dependents if one.start_id in unseen))[:MOST_USERS]
        raise confirming.refusal(kind.label, unseen, users, confirmed=confirmed)


async def _release(change: Change, transaction: Transaction, leaving: Leaving) -> None:
    gone = _all(leaving)
    drafts: list[EventDraft] = []
    for label, starts in leaving.items():
        for consequence in change.kinds.consequences(label, Rule.CONFIRM):
            (hop,) = consequence.path
            for batch in batches(sorted(starts)):
                rows = await transaction.run(
                    "declared/release_nodes", ids=list(batch), leaving=gone, type=hop.type, label=hop.label
                )
                drafts += [_released(change, hop, row) for row in rows]
    await change.record(transaction, drafts)


def _released(change: Change, hop: Hop, row: Row) -> EventDraft:
    id, kept = str(row["id"]), sorted(texts(row["kept"]))
    name = hop.type.lower()
    return change.event(
        "updated",
        hop.label,
        subject=id,
        version=version_of(row),
        data={"before": {name: sorted([*texts(row["released"]), *kept])}, "after": {name: kept}},
        **change.place(hop.label, id),
    )


async def _users(change: Change, transaction: Transaction, kind: Kind, leaving: Leaving) -> list[_Reached]:
    """What keeps the nodes from being deleted, at most a hundred of each sort."""
    gone = _all(leaving)
    users: set[_Reached] = set()
    for label, starts in leaving.items():
        for consequence in change.kinds.consequences(label, Rule.RESTRICT):
            users.update(await _follow(transaction, starts, consequence.path, leaving=gone, most=MOST_USERS))
    if kind.users is not None:
        for batch in batches(sorted(leaving[kind.label])):
            rows = await transaction.run(kind.users, ids=list(batch))
            users |= {_Reached(str(row["used_id"]), str(row["id"]), str(row["label"])) for row in rows}
    return sorted(users, key=lambda user: (user.id, user.start_id))


def _in_use(kind: Kind, wanted: Sequence[Wanted], users: Sequence[_Reached]) -> InUse:
    used: dict[str, list[str]] = {}
    for user in users:
        used.setdefault(user.start_id, []).append(f"{user.label} {user.id}")
    sentences = [
        f"{kind.label} {id} is in use by {', '.join(by[:_SAID])}"
        + (f" and {len(by) - _SAID} more" if by[_SAID:] else "")
        for id, by in list(used.items())[:_SAID]
    ]
    dependents = tuple(dict.fromkeys(user.id for user in users))[:MOST_USERS]
    return InUse("; ".join(sentences), dependents, wanted[0].locate("id"))
