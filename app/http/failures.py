"""Errors as a caller may see them: refusals with their code, everything unexpected masked and logged."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from graphql import GraphQLError

from app.errors import Refusal
from app.graph_failures import GraphUnavailable, OverLimit
from app.turns import TooBusy

_log = structlog.get_logger("trellis.graphql")

UNAVAILABLE = "the database does not answer; try again in a moment"
INTERNAL = "internal error"
_OVER_LIMIT = {
    "time": ("this takes the database longer than it may; ask for less", "TIME_LIMIT_EXCEEDED"),
    "memory": ("this takes the database more memory than it may; ask for less", "MEMORY_LIMIT_EXCEEDED"),
}
LONGEST_MESSAGE = 1_000
"""Characters of an error's message that are shown: the rest quotes what was sent."""
_NULL = "Cannot return null for non-nullable field"


def shown(errors: Iterable[GraphQLError], request_id: str) -> list[dict[str, object]]:
    """The errors of an answer as JSON values.

    What GraphQL itself says (a null where none may be, too), and refusals, are shown as they are, refusals with
    `extensions.code`. Anything else is logged with the request id, and shown as an internal error that names it.
    """
    return [_shown(error, request_id) for error in errors]


def refused(message: str, code: str) -> dict[str, object]:
    """An error about the request as a whole."""
    return {"message": message, "extensions": {"code": code}}


def over_limit(error: OverLimit) -> dict[str, object]:
    """The error for a read or change that the database stopped."""
    return refused(*_OVER_LIMIT[error.what])


def too_busy(error: TooBusy) -> dict[str, object]:
    """The error for a statement that got no turn at the database."""
    return refused(str(error), "TOO_MANY_STATEMENTS")


def _shown(error: GraphQLError, request_id: str) -> dict[str, object]:
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return _short(dict(error.formatted))
    if isinstance(cause, TypeError) and error.message.startswith(_NULL):
        _log.warning("the graph lacks what the schema promises", request_id=request_id, error=error.message)
        return dict(error.formatted)
    extensions: dict[str, object]
    if isinstance(cause, Refusal):
        message = cause.message
        own = {"code": cause.code, **({"field": cause.field} if cause.field else {})}
        extensions = dict(error.extensions or own)
    elif isinstance(cause, OverLimit):
        _log.warning("a statement was too much", request_id=request_id, error=str(cause))
        message, code = _OVER_LIMIT[cause.what]
        extensions = {"code": code}
    elif isinstance(cause, TooBusy):
        _log.warning("no turn at the database", request_id=request_id, error=str(cause))
        message, extensions = str(cause), {"code": "TOO_MANY_STATEMENTS"}
    elif isinstance(cause, GraphUnavailable):
        _log.warning("the graph is not available", request_id=request_id, error=str(cause))
        message, extensions = UNAVAILABLE, {"code": "UNAVAILABLE", "requestId": request_id}
    else:
        _log.error("unexpected error", request_id=request_id, path=error.path, exc_info=cause)
        message, extensions = INTERNAL, {"code": "INTERNAL", "requestId": request_id}
    visible: dict[str, object] = {"message": message}
    if error.locations:
        visible["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path is not None:
        visible["path"] = error.path
    return {**visible, "extensions": extensions}


def _short(error: dict[str, object]) -> dict[str, object]:
    message = str(error["message"])
    return error if len(message) <= LONGEST_MESSAGE else {**error, "message": f"{message[:LONGEST_MESSAGE]}…"}
