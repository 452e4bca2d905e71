"""Runs compiled reads: one statement, one row, shaped."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from graphql import GraphQLError

from app.collecting import paused
from app.domain.access import Action, Actor, require
from app.errors import NotFound
from app.graph import Graph
from app.projection import fulltext
from app.projection.compiler import Compiled, Compiler, Request
from app.projection.selection import NotProjectable
from app.projection.shaper import Irregular, Missing
from app.transactions import Value

LARGE = 50_000
"""What a query may answer, in values, from which on its answer may be large."""
LARGE_BYTES: Final = 500_000
"""Bytes of a row, as JSON, that are shaped in a thread: so many keep others waiting for some milliseconds."""

_WITHOUT_EVENTS: Final = re.compile(r":(?:Decision|Run|StepRun)\b|\.(?:observed_at|next_at)\b")
"""What changes without an event. Decisions are a log themselves, of what was refused, too; a run under way counts its
versions and writes down why steps wait; a look at a target that finds nothing new leaves only its time, and so does
reckoning when a schedule is due for the first time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query answers: its data as it goes out, and what it asked for that is not there.

    `recorded` says that whatever could change it is recorded as an event.
    """

    data: object
    errors: tuple[GraphQLError, ...]
    recorded: bool


def not_found(missing: Missing) -> GraphQLError:
    """The error for a node that a root field asked for and that is not there."""
    refused = NotFound(f"there is no {missing.target} {str(missing.wanted)[:100]!r}", "id")
    return GraphQLError(
        refused.message, extensions={"code": refused.code, "field": refused.field}, original_error=refused
    )


async def run(
    graph: Graph, compiled: Compiled, actor: Actor, parameters: Mapping[str, Value], *, may_be_large: bool = False
) -> tuple[list[Value], dict[str, Value]]:
    """Run a compiled read as an actor: its one row's columns, and all the parameters it was given.

    What may be large comes in parts where it can, so that others are served in between.
    Raises Forbidden, GraphUnavailable and StatementFailed.
    """
    require(actor, Action.READ)
    given = {**parameters, "actor": actor.id, "role": actor.role.value}
    if compiled.searches:
        given["scope"] = fulltext.scope(actor.tenant)
    text: str = compiled.text
    lists: tuple[int, ...] = ()
    if may_be_large and compiled.lists:
        text, lists = compiled.in_parts, compiled.lists
    columns = await graph.read_compiled(
        text, actor.tenant, given, name=compiled.name, together=compiled.together, lists=lists
    )
    return columns, given


def is_large(columns: list[Value]) -> bool:
    """Whether a row is more than `LARGE_BYTES` of JSON: writing it tells that sooner than looking through it."""
    found = 0
    for column in columns:
        for each in column if isinstance(column, list) else [column]:
            found += len(orjson.dumps(each, default=_unwritten))
            if found > LARGE_BYTES:
                return True
    return False


def _unwritten(value: object) -> None:
    """Of what JSON has no form for only the rest counts."""


async def answer(
    graph: Graph, compiler: Compiler, request: Request, actor: Actor, *, may_be_large: bool = False
) -> Answer:
    """Answer a whole query with one statement; `may_be_large` says to look how large the answer is.

    Raises NotProjectable and Irregular where GraphQL's own execution has to answer it, GraphQLError where an argument
    is refused, GraphUnavailable and StatementFailed.
    """
    try:
        compiled = compiler.operation(request)
        given = compiled.parameters(request.variables)
    except NotProjectable:
        compiler.check(request)
        raise
    except GraphQLError as null:
        compiler.check(request)
        # A null where the argument may be none: to GraphQL that is an error of the field, at its path.
        raise Irregular from null
    if may_be_large:
        with paused():
            data, missing = await _perhaps_large(graph, compiled, actor, given)
    else:
        data, missing = compiled.wire(*await run(graph, compiled, actor, given))
    errors = []
    for each in missing:
        error = not_found(each)
        errors.append(
            GraphQLError(
                error.message,
                list(compiled.nodes[each.key]),
                path=[each.key],
                original_error=error.original_error,
                extensions=error.extensions,
            )
        )
    return Answer(data, tuple(errors), _WITHOUT_EVENTS.search(compiled.text) is None)


async def _perhaps_large(
    graph: Graph, compiled: Compiled, actor: Actor, given: Mapping[str, Value]
) -> tuple[object, list[Missing]]:
    columns, parameters = await run(graph, compiled, actor, given, may_be_large=True)
    if not is_large(columns):
        return compiled.wire(columns, parameters)
    held = [columns]
    del columns
    return await asyncio.to_thread(_encoded, compiled, held, parameters)


def _encoded(
    compiled: Compiled, held: list[list[Value]], parameters: Mapping[str, Value]
) -> tuple[object, list[Missing]]:
    # Whoever lets go of a hundred thousand lists last has to clear them away: here, where nobody waits for it.
    data, missing = compiled.wire(held.pop(), parameters)
    return orjson.Fragment(orjson.dumps(data)), missing
