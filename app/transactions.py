"""What a caller holds of the graph: a transaction or a reader of one tenant, and the values that go in and come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.graph_failures import StatementFailed
from cypher import Mode, Statement, statement

Value = None | bool | int | float | str | datetime | Sequence["Value"] | Mapping[str, "Value"]
Row = Mapping[str, Value]
Execute = Callable[[Statement, Mapping[str, Value]], Awaitable[list[Row]]]
"""Runs a statement in a transaction of the driver's, which only `app/graph.py` knows."""


def check(wanted: Statement, given: Mapping[str, Value]) -> None:
    """Raise StatementFailed where parameters, and the tenant, do not equal the statement's header."""
    names = set(given) | {"tenant"}
    if names != wanted.parameters:
        missing, extra = sorted(wanted.parameters - names), sorted(names - wanted.parameters)
        raise StatementFailed(f"{wanted.name}: missing parameters {missing}, unknown parameters {extra}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One unit of writing: `id` is unique for ever and says afterwards whether it was committed.

    `extra_seconds` is what a large one may take beyond the time limit of all.
    """

    id: str
    name: str
    tenant: str
    extra_seconds: float = 0.0


class Reader(Protocol):
    """Runs statements of one tenant: a transaction, or the graph outside of one."""

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Run the statement of that name and return its rows."""


class Transaction:
    """A managed write transaction of one tenant. The work may run twice: it must not touch anything else."""

    def __init__(self, execute: Execute, operation: Operation) -> None:
        self._execute = execute
        self.operation = operation
        self.recorded = False
        """Whether a statement of the work has written the operation's id, so that none of its own has to."""

    @property
    def tenant(self) -> str:
        """The tenant that every statement of this transaction is bound to."""
        return self.operation.tenant

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Run the statement of that name and return its rows.

        Raises StatementFailed where parameters do not equal the statement's header.
        """
        wanted = statement(name)
        check(wanted, parameters)
        return await self._execute(wanted, {**parameters, "tenant": self.tenant})


class RehearsalReader:
    """Reads what a rehearsal has set up, and writes nothing."""

    def __init__(self, execute: Execute, tenant: str) -> None:
        self._execute = execute
        self._tenant = tenant

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Run a reading statement in the transaction that will be rolled back."""
        wanted = statement(name)
        check(wanted, parameters)
        if wanted.mode is not Mode.READ:
            raise StatementFailed(f"{name}: a rehearsal only reads")
        return await self._execute(wanted, {**parameters, "tenant": self._tenant})
