"""One request to change the graph: who asks, what it needs, and the one transaction it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict, TypeVar

from app.domain import ahead, events
from app.domain.access import Action, Actor, require
from app.domain.events import Category, EventDraft
from app.domain.kinds import Edge, Kind, Kinds
from app.domain.policies.decisions import keep
from app.domain.rows import listed, number, texts
from app.errors import Conflict, NotFound, PolicyDenied, Problems, Refusal
from app.graph import Graph
from app.graph_failures import KeyTaken, NodeGone
from app.ids import Ids
from app.ports import Doorbell
from app.transactions import Operation, Transaction, Value

T = TypeVar("T")
BATCH = 1000


class Place(TypedDict):
    """The application and the environment that something belongs to."""

    application_id: str | None
    environment_id: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a use case that writes is given.

    `correlation_id` joins the events of one request; `kinds` are the kinds of nodes, as the schema declares them.
    """

    graph: Graph
    ids: Ids
    doorbell: Doorbell
    actor: Actor
    correlation_id: str
    kinds: Kinds

    async def commit(
        self,
        name: str,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        action: Action = Action.CHANGE,
        extra_seconds: float = 0.0,
    ) -> T:
        """Run `work` in one transaction if the actor may, then wake the event sequencer.

        `extra_seconds` is what a large change may take beyond the time limit of all.

        Raises Forbidden, Conflict where someone else took the same name meanwhile, and whatever `work` raises; then
        nothing was changed.
        """
        require(self.actor, action)
        operation = Operation(self.ids.new(), name, self.actor.tenant, extra_seconds)
        try:
            result = await self.graph.transact(operation, work)
        except NodeGone as gone:
            raise Conflict("something was deleted at the same time; try again") from gone
        except KeyTaken as taken:
            raise Conflict("something with the same name was created at the same time; try again") from taken
        except PolicyDenied as refused:
            await keep(self.graph, self.actor.tenant, refused, ids=self.ids, actor=self.actor.id)
            raise
        await self.doorbell.ring(self.actor.tenant)
        return result

    async def record(self, transaction: Transaction, drafts: Iterable[EventDraft]) -> None:
        """Write events of this change into its transaction; what makes drafts one by one makes them meanwhile."""
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

    def place(self, label: str, id: str) -> Place:
        """Which application and environment events about a node belong to."""
        places = self.kinds.places(label, id)
        return {"application_id": places.get("Application"), "environment_id": places.get("Environment")}


def own_change(
    graph: Graph, ids: Ids, *, doorbell: Doorbell, actor: Actor, correlation_id: str | None = None
) -> Change:
    """A change that Trellis makes by itself, as `actor`: of what only it writes, so without the schema's kinds.

    Without a `correlation_id` its events are joined by a new one.
    """
    return Change(graph, ids, doorbell, actor, correlation_id or ids.new(), Kinds((), {}))


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
    """One node as it should be: the values that are said, of fields and edges by name; what is left out stays.

    An edge's value is an id, or a list of ids where there can be many; None takes a value away. `parent_id` is needed
    for what does not exist yet. `locate` turns a field's name (`name`, `parent`, `image`) into the path in the caller's
    input.
    """

    id: str
    name: str
    values: Mapping[str, Value]
    parent_id: str | None = None
    locate: Callable[[str], str] = named
    expected_version: int | None = None


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


def said(values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that are not None, for callers to whom None means that a value stays."""
    return {key: value for key, value in values.items() if value is not None}


async def lock(transaction: Transaction, kind: Kind, ids: Sequence[str]) -> dict[str, Mapping[str, Value]]:
    """Lock nodes until the transaction ends, in one order for all; their versions and values by id."""
    fields = [field.name for field in kind.fields]
    edges: list[Value] = [
        {"type": edge.hop.type, "outgoing": edge.hop.outgoing, "label": edge.hop.label} for edge in kind.edges
    ]
    found: dict[str, Mapping[str, Value]] = {}
    for batch in batches(sorted(ids)):
        rows = await transaction.run(
            "declared/lock_nodes",
            label=kind.label,
            ids=list(batch),
            operation=transaction.operation.id,
            fields=fields,
            edges=edges,
        )
        for one in listed(rows[0]["found"]):
            id, version, values, ends = listed(one)
            found[str(id)] = {
                "version": version,
                **dict(zip(fields, listed(values), strict=True)),
                **{edge.name: _seen(edge, those) for edge, those in zip(kind.edges, listed(ends), strict=True)},
            }
    return found


def _seen(edge: Edge, ends: Value) -> Value:
    named = [end.removeprefix(edge.prefix) for end in texts(ends)]
    return named if edge.many else (named[0] if named else None)


def version_of(row: Mapping[str, Value]) -> int:
    """The version in a row that a lock returned."""
    return number(row["version"])


def unexpected(kind: Kind, wanted: Wanted, there: Mapping[str, Value] | None) -> Refusal | None:
    """Why a node cannot be changed or deleted: it is not there, or not at the version that the caller expects."""
    if there is None:
        return NotFound(f"there is no {kind.label} {wanted.id}", wanted.locate("id"))
    if wanted.expected_version in (None, version_of(there)):
        return None
    return Conflict(
        f"{kind.label} {wanted.id} is at version {version_of(there)}, not {wanted.expected_version}",
        wanted.locate("expectedVersion"),
    )


async def save(
    change: Change,
    transaction: Transaction,
    label: str,
    *,
    wanted: Sequence[Wanted],
    saving: Saving,
    before: Mapping[str, Mapping[str, Value]] | None = None,
) -> list[Saved]:
    """Create or update nodes of one kind, in as few statements as there are thousands, and record an event for each.

    What is already as wanted is left alone and keeps its version. `before` is what a lock said, where the caller has
    locked them. Raises InvalidInput (a value), Conflict (exists already, or not at the expected version), NotFound (the
    node, its parent, or what an edge names), all problems at once.
    """
    kind = change.kinds[label]
    refuse([problem for one in wanted for problem in kind.check(one.values, one.locate)])
    if before is None:
        before = await lock(transaction, kind, [one.id for one in wanted])
    problems: list[Refusal] = []
    creates, updates = [], []
    for one in wanted:
        there = before.get(one.id)
        if there is None and saving is not Saving.UPDATE:
            creates.append(one)
        elif there is not None and saving is Saving.CREATE:
            problems.append(Conflict(f"{kind.label} {one.id} exists already", one.locate("name")))
        elif refusal := unexpected(kind, one, there):
            problems.append(refusal)
        elif there is not None and any(_differ(there[key], value) for key, value in one.values.items()):
            updates.append(one)
    refuse(problems)
    await _create(transaction, kind, creates)
    await _update(transaction, kind, updates)
    versions = {one.id: 1 for one in creates} | {one.id: version_of(before[one.id]) + 1 for one in updates}
    await _save_edges(transaction, kind, before, [*creates, *updates])
    await change.record(transaction, (_event(change, kind, one, before, versions) for one in [*creates, *updates]))
    outcome = {one.id: Outcome.CREATED for one in creates} | {one.id: Outcome.UPDATED for one in updates}
    return [
        Saved(one.id, outcome.get(one.id, Outcome.UNCHANGED), versions.get(one.id) or version_of(before[one.id]))
        for one in wanted
    ]


def _differ(one: Value, other: Value) -> bool:
    # No text and an empty one are the same to whoever reads it.
    return one != other and not (one in (None, "") and other in (None, ""))


def _event(
    change: Change,
    kind: Kind,
    one: Wanted,
    before: Mapping[str, Mapping[str, Value]],
    versions: Mapping[str, int],
) -> EventDraft:
    there = before.get(one.id)
    return change.event(
        "updated" if there else "created",
        kind.label,
        subject=one.id,
        version=versions[one.id],
        data={"before": shown(kind, there), "after": shown(kind, {**(there or {}), **one.values})},
        **change.place(kind.label, one.id),
    )


def shown(kind: Kind, values: Mapping[str, Value] | None) -> Mapping[str, Value] | None:
    """What an event says of a node."""
    return None if values is None else {key: values.get(key) for key in kind.told}


async def _create(transaction: Transaction, kind: Kind, creates: Sequence[Wanted]) -> None:
    fields = [field.name for field in kind.fields]

    def row(one: Wanted) -> Value:
        return {
            "id": one.id,
            "name": one.name,
            "parent_id": kind.parent.fixed or one.parent_id,
            "properties": {**kind.constants, **{key: one.values.get(key) for key in fields}},
        }

    async def create(rows: Sequence[Value]) -> Value:
        made = await transaction.run(
            "declared/create_nodes",
            label=kind.label,
            parent_label=kind.parent.label,
            parent_type=kind.parent.type,
            rows=rows,
        )
        return made[0]["ids"]

    created = {id for ids in await ahead.write(creates, row, create) for id in texts(ids)}
    refuse(
        [
            NotFound(f"there is no {kind.parent.label} {kind.parent.fixed or one.parent_id}", one.locate("parent"))
            for one in creates
            if one.id not in created
        ]
    )


async def _update(transaction: Transaction, kind: Kind, updates: Sequence[Wanted]) -> None:
    fields = {field.name for field in kind.fields}
    for batch in batches(updates):
        await transaction.run(
            "declared/update_nodes",
            label=kind.label,
            rows=[
                {"id": one.id, "properties": {key: value for key, value in one.values.items() if key in fields}}
                for one in batch
            ],
        )


def _ends(edge: Edge, value: Value) -> list[str]:
    named = listed(value) if edge.many else [] if value is None else [value]
    return [f"{edge.prefix}{end}" for end in named]


async def _save_edges(
    transaction: Transaction, kind: Kind, before: Mapping[str, Mapping[str, Value]], wanted: Sequence[Wanted]
) -> None:
    problems: list[Refusal] = []
    for edge in kind.edges:
        gone: list[list[str]] = []
        new: list[tuple[Wanted, str]] = []
        for one in wanted:
            if edge.name not in one.values:
                continue
            old, now = _ends(edge, before.get(one.id, {}).get(edge.name)), _ends(edge, one.values[edge.name])
            gone += [[one.id, end] for end in old if end not in now]
            new += [(one, end) for end in now if end not in old]
        for batch in batches(gone):
            await transaction.run(
                "declared/unlink_nodes", rows=list(batch), type=edge.hop.type, outgoing=edge.hop.outgoing
            )
        for group in batches(new):
            rows = await transaction.run(
                "declared/link_nodes",
                rows=[[one.id, end] for one, end in group],
                type=edge.hop.type,
                outgoing=edge.hop.outgoing,
                label=edge.hop.label,
            )
            done = {texts(pair) for pair in listed(rows[0]["made"])}
            problems += [
                NotFound(
                    f"{one.id}: there is no {edge.name.replace('_', ' ')} {end.removeprefix(edge.prefix)}",
                    one.locate(edge.name),
                )
                for one, end in group
                if (one.id, end) not in done
            ]
    refuse(problems)
