"""What can go wrong between us and the graph database, in words of ours instead of the driver's."""

from __future__ import annotations

from typing import Literal


class GraphUnavailable(Exception):
    """The database cannot be reached, or did not answer within its time limit."""


class OverLimit(GraphUnavailable):
    """The database stopped a statement that took more `what` ("time" or "memory") than it may."""

    def __init__(self, message: str, what: Literal["time", "memory"]) -> None:
        super().__init__(message)
        self.what: Literal["time", "memory"] = what


class StatementFailed(Exception):
    """The database refused a statement: a mistake of ours, not of the caller's."""


class KeyTaken(Exception):
    """A node with this key exists already (a uniqueness constraint said so)."""


class NodeGone(Exception):
    """A node that a statement had found was deleted by somebody else before it was done."""


class OutcomeUnknown(Exception):
    """The connection was lost while committing and the operation id could not be looked up."""
