"""One request to change the graph: who asks, what it needs, and the one transaction it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from app.domain import events
from app.domain.access import Action, Actor, require
from app.domain.events import Category, EventDraft
from app.errors import Conflict, InUse, NotFound, Problems, Refusal
from app.graph import Graph, KeyTaken, Operation, Transaction, Value
from app.ids import Ids
from app.ports import Doorbell

T = TypeVar("T")
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """What a use case that writes is given; `correlation_id` joins the events of one request."""

    graph: Graph
    ids: Ids
    doorbell: Doorbell
    actor: Actor
    correlation_id: str

    async def commit(
        self, name: str, work: Callable[[Transaction], Awaitable[T]], *, action: Action = Action.CHANGE
    ) -> T:
        """Run `work` in one transaction if the actor may, then wake the event sequencer.

        Raises Forbidden, Conflict where someone else took the same name meanwhile, and whatever `work` raises; then
        nothing was changed.
        """
        require(self.actor, action)
        operation = Operation(self.ids.new(), name, self.actor.tenant)
        try:
            result = await self.graph.transact(operation, work)
        except KeyTaken as taken:
            raise Conflict("something with the same name was created at the same time; try again") from taken
        await self.doorbell.ring(self.actor.tenant)
        return result

    async def record(self, transaction: Transaction, drafts: Sequence[EventDraft]) -> None:
        """Write events of this change into its transaction."""
        await events.record(transaction, self.ids, drafts)

    def event(
        self,
        verb: str,
        label: str,
        *,
        subject: str,
        version: int,
        data: Mapping[str, Value],
        application_id: str | None = None,
        environment_id: str | None = None,
    ) -> EventDraft:
        """The event that something in the graph was created, updated or deleted by this change's actor."""
        return EventDraft(
            type=f"{label.lower()}.{verb}",
            category=Category.GRAPH,
            subject=subject,
            subject_label=label,
            subject_version=version,
            actor=self.actor.id,
            correlation_id=self.correlation_id,
            message=f"{label} {subject} was {verb}",
            application_id=application_id,
            environment_id=environment_id,
            data=data,
        )


class Saving(StrEnum):
    """What saving may do: only create, only update, or whichever is needed."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


class Outcome(StrEnum):
    """What saving did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"


def named(path: str) -> str:
    """The input path of a single input: the field itself."""
    return path


@dataclass(frozen=True, slots=True)
class Wanted:
    """One node as it should be: its values, None where an update leaves what is there.

    `parent_id` is None for what has no parent. `locate` turns a field's name (`name`, `parent`, `image`) into the path
    in the caller's input.
    """

    id: str
    name: str
    values: Mapping[str, Value]
    parent_id: str | None = None
    locate: Callable[[str], str] = named
    expected_version: int | None = None
    application_id: str | None = None
    environment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of node is saved: its label, the folder of its statements, and what it is part of.

    `fields` are properties of the node, `edges` single edges that are said like a property and saved by statements of
    their own: the column of `lock_<folder>` and the statement that writes it.
    """

    label: str
    folder: str
    fields: tuple[str, ...]
    parent_label: str | None = None
    parent_column: str | None = None
    edges: tuple[tuple[str, str], ...] = ()
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one wanted node."""

    id: str
    outcome: Outcome
    version: int


def batches(rows: Sequence[T]) -> list[Sequence[T]]:
    """The rows in groups small enough for one UNWIND."""
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def refuse(problems: Sequence[Refusal]) -> None:
    """Raise what there is to refuse: nothing, the one problem, or all of them together."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Problems(tuple(problems))


async def lock(transaction: Transaction, kind: Kind, ids: Sequence[str]) -> dict[str, Mapping[str, Value]]:
    """Lock nodes until the transaction ends, in one order for all, and return what they are by id."""
    found: dict[str, Mapping[str, Value]] = {}
    for batch in batches(sorted(ids)):
        rows = await transaction.run(
            f"{kind.folder}/lock_{kind.folder}", ids=list(batch), operation=transaction.operation.id
        )
        found.update({str(row["id"]): row for row in rows})
    return found


def version_of(row: Mapping[str, Value]) -> int:
    """The version in a row that a lock returned."""
    version = row["version"]
    if not isinstance(version, int):
        raise TypeError(f"version is {version!r}")
    return version


async def save(
    change: Change, transaction: Transaction, kind: Kind, *, wanted: Sequence[Wanted], saving: Saving
) -> list[Saved]:
    """Create or update nodes of one kind, in as few statements as there are thousands, and record an event for each.

    What is already as wanted is left alone and keeps its version. Raises Conflict (exists already, or not at the
    expected version), NotFound (the node, its parent, or what an edge names), all problems at once.
    """
    before = await lock(transaction, kind, [one.id for one in wanted])
    problems: list[Refusal] = []
    creates, updates = [], []
    for one in wanted:
        there = before.get(one.id)
        if there is None and saving is Saving.UPDATE:
            problems.append(NotFound(f"there is no {kind.label} {one.id}", one.locate("id")))
        elif there is None:
            creates.append(one)
        elif saving is Saving.CREATE:
            problems.append(Conflict(f"{kind.label} {one.id} exists already", one.locate("name")))
        elif one.expected_version is not None and version_of(there) != one.expected_version:
            problems.append(
                Conflict(
                    f"{kind.label} {one.id} is at version {version_of(there)}, not {one.expected_version}",
                    one.locate("expectedVersion"),
                )
            )
        elif _changed(kind, one, there):
            updates.append(one)
    refuse(problems)
    await _create(transaction, kind, creates, change)
    versions = {one.id: 1 for one in creates}
    for batch in batches(updates):
        rows = await transaction.run(
            f"{kind.folder}/update_{kind.folder}",
            rows=[{"id": one.id, **_merged(kind, one, before[one.id])} for one in batch],
        )
        versions.update({str(row["id"]): version_of(row) for row in rows})
    await _save_edges(transaction, kind, creates, {one.id: before[one.id] for one in updates}, updates)
    await change.record(
        transaction,
        [
            change.event(
                "created" if one.id not in before else "updated",
                kind.label,
                subject=one.id,
                version=versions[one.id],
                data={
                    "before": _visible(kind, before.get(one.id)),
                    "after": _visible(kind, {**before.get(one.id, {}), **_given(one)}),
                },
                application_id=one.application_id,
                environment_id=one.environment_id,
            )
            for one in [*creates, *updates]
        ],
    )
    outcome = {one.id: Outcome.CREATED for one in creates} | {one.id: Outcome.UPDATED for one in updates}
    return [
        Saved(one.id, outcome.get(one.id, Outcome.UNCHANGED), versions.get(one.id) or version_of(before[one.id]))
        for one in wanted
    ]


def _given(one: Wanted) -> dict[str, Value]:
    return {key: value for key, value in one.values.items() if value is not None}


def _changed(kind: Kind, one: Wanted, there: Mapping[str, Value]) -> bool:
    return any(there.get(key) != value for key, value in _given(one).items())


def _merged(kind: Kind, one: Wanted, there: Mapping[str, Value]) -> dict[str, Value]:
    given = _given(one)
    return {key: given.get(key, there.get(key)) for key in kind.fields}


def _visible(kind: Kind, row: Mapping[str, Value] | None) -> Mapping[str, Value] | None:
    if row is None:
        return None
    return {key: row.get(key) for key in (*kind.fields, *(edge for edge, _ in kind.edges))}


async def _create(transaction: Transaction, kind: Kind, creates: Sequence[Wanted], change: Change) -> None:
    problems: list[Refusal] = []
    for batch in batches(creates):
        rows = await transaction.run(
            f"{kind.folder}/create_{kind.folder}",
            rows=[
                {"id": one.id, "name": one.name, **{key: one.values.get(key) for key in kind.fields}}
                | ({} if kind.parent_column is None else {kind.parent_column: one.parent_id})
                for one in batch
            ],
            **(kind.extra or {}),
        )
        created = {str(row["id"]) for row in rows}
        problems += [
            NotFound(f"there is no {kind.parent_label or 'Team'} {one.parent_id or ''}".rstrip(), one.locate("parent"))
            for one in batch
            if one.id not in created
        ]
    refuse(problems)


async def _save_edges(
    transaction: Transaction,
    kind: Kind,
    creates: Sequence[Wanted],
    before: Mapping[str, Mapping[str, Value]],
    updates: Sequence[Wanted],
) -> None:
    problems: list[Refusal] = []
    for column, statement in kind.edges:
        moved = [one for one in creates if one.values.get(column) is not None]
        moved += [one for one in updates if _given(one).get(column) not in (None, before[one.id].get(column))]
        for batch in batches(moved):
            rows = await transaction.run(
                f"{kind.folder}/{statement}", rows=[{"id": one.id, column: one.values[column]} for one in batch]
            )
            done = {str(row["id"]) for row in rows}
            problems += [
                NotFound(f"{one.id}: there is no {column.replace('_', ' ')} {one.values[column]}", one.locate(column))
                for one in batch
                if one.id not in done
            ]
    refuse(problems)


async def delete(
    change: Change,
    transaction: Transaction,
    kind: Kind,
    *,
    wanted: Wanted,
    check: Callable[[], Awaitable[None]],
    remove: Callable[[], Awaitable[None]],
) -> Saved:
    """Lock one node, check that nothing uses it, record that it is deleted, and delete it.

    Raises NotFound, Conflict, and what `check` raises.
    """
    there = (await lock(transaction, kind, [wanted.id])).get(wanted.id)
    if there is None:
        raise NotFound(f"there is no {kind.label} {wanted.id}", wanted.locate("id"))
    version = version_of(there)
    if wanted.expected_version not in (None, version):
        raise Conflict(
            f"{kind.label} {wanted.id} is at version {version}, not {wanted.expected_version}",
            wanted.locate("expectedVersion"),
        )
    await check()
    await change.record(
        transaction,
        [
            change.event(
                "deleted",
                kind.label,
                subject=wanted.id,
                version=version,
                data={"before": _visible(kind, there), "after": None},
                application_id=wanted.application_id,
                environment_id=wanted.environment_id,
            )
        ],
    )
    await remove()
    return Saved(wanted.id, Outcome.DELETED, version)


async def refuse_in_use(transaction: Transaction, statement: str, id: str, *, label: str) -> None:
    """Raise InUse where the statement finds anything that uses the node; it names at most a hundred."""
    rows = await transaction.run(statement, id=id)
    if rows:
        users = tuple(str(row["id"]) for row in rows)
        said = ", ".join(f"{row['label']} {row['id']}" for row in rows[:5])
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        raise InUse(f"{label} {id} is in use by {said}{more}", users, "id")
