"""Runs compiled reads: one statement, one row, shaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLError

from app.domain.access import Action, Actor, require
from app.errors import NotFound
from app.graph import Graph, Value
from app.projection.compiler import Compiled, Compiler, Request
from app.projection.shaper import Missing


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query answers: its data as it goes out, and what it asked for that is not there."""

    data: dict[str, object]
    errors: tuple[GraphQLError, ...]


def not_found(missing: Missing) -> GraphQLError:
    """The error for a node that a root field asked for and that is not there."""
    refused = NotFound(f"there is no {missing.target} {str(missing.wanted)[:100]!r}", "id")
    return GraphQLError(
        refused.message, extensions={"code": refused.code, "field": refused.field}, original_error=refused
    )


async def run(
    graph: Graph, compiled: Compiled, actor: Actor, parameters: Mapping[str, Value]
) -> tuple[list[Value], dict[str, Value]]:
    """Run a compiled read as an actor: its one row's columns, and all the parameters it was given.

    Raises Forbidden, GraphUnavailable and StatementFailed.
    """
    require(actor, Action.READ)
    given = {**parameters, "actor": actor.id}
    return await graph.read_compiled(compiled.text, actor.tenant, given, name=compiled.name), given


async def answer(graph: Graph, compiler: Compiler, request: Request, actor: Actor) -> Answer:
    """Answer a whole query with one statement.

    Raises NotProjectable and Irregular where GraphQL's own execution has to answer it, GraphQLError where an argument
    does not fit, GraphUnavailable and StatementFailed.
    """
    compiled = compiler.operation(request)
    columns, parameters = await run(graph, compiled, actor, compiled.parameters(request.variables))
    data, missing = compiled.wire(columns, parameters)
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
    return Answer(data, tuple(errors))
