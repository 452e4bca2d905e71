"""The one door to the graph database: statements by name, short sessions, time limits, retries and counters.

The driver is imported here and nowhere else. A session is never shared and never leaves a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, TypeVar, cast

import neo4j
from neo4j import AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncTransaction, Query, unit_of_work
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)
from neo4j.time import DateTime

from app.gathering import Gathering, Together
from app.graph_failures import GraphUnavailable, KeyTaken, NodeGone, OutcomeUnknown, OverLimit, StatementFailed
from app.graph_observer import Observer, Silent, count
from app.row_parts import joined
from app.transactions import Execute, Operation, Reader, RehearsalReader, Row, Transaction, Value, check
from app.turns import Turns
from cypher import Mode, Statement, statement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Where the database is and how long to wait for it; all times in seconds."""

    uri: str
    user: str
    password: str = field(repr=False)
    connect_timeout: float = 5.0
    acquire_timeout: float = 10.0
    statement_timeout: float = 15.0
    retry_time: float = 20.0
    pool_size: int = 50


_PLAIN: Final = frozenset({str, int, bool, float, type(None)})


def _native(value: object) -> Value:
    if type(value) in _PLAIN:
        return cast("Value", value)
    if isinstance(value, DateTime):
        return value.to_native()
    if isinstance(value, list):
        # What needs no change is not asked about twice: lists hold thousands of values.
        return [item if type(item) in _PLAIN else _native(item) for item in value]
    if isinstance(value, dict):
        return {key: _native(item) for key, item in value.items()}
    return cast("Value", value)


def _out_of_memory(error: Neo4jError) -> bool:
    return "OutOfMemory" in (error.code or "")


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (ServiceUnavailable, SessionExpired, AuthError, ConfigurationError) as error:
        raise GraphUnavailable(f"{name}: {type(error).__name__}") from error
    except TransientError as error:
        if _out_of_memory(error):
            raise OverLimit(f"{name}: over its memory limit", "memory") from error
        raise GraphUnavailable(f"{name}: {error.code}") from error
    except ClientError as error:
        code = error.code or ""
        if code.endswith("ConstraintValidationFailed"):
            raise KeyTaken(name) from error
        if code.endswith("EntityNotFound"):
            raise NodeGone(name) from error
        if "TransactionTimedOut" in code or "TransactionTerminated" in code:
            raise OverLimit(f"{name}: over its time limit", "time") from error
        raise StatementFailed(f"{name}: {error.code}: {error.message}") from error
    except (Neo4jError, DriverError) as error:
        raise GraphUnavailable(f"{name}: {type(error).__name__}") from error
    except TimeoutError as error:
        raise GraphUnavailable(f"{name}: no answer in time") from error


@dataclass(frozen=True, slots=True)
class Explained:
    """What the server makes of a statement: its columns, its plan, what it has to remark, and whether it writes."""

    columns: tuple[str, ...]
    plan: Mapping[str, object]
    notifications: tuple[str, ...]
    writes: bool


class _BoundReader:
    def __init__(self, graph: Graph, tenant: str) -> None:
        self._graph = graph
        self._tenant = tenant

    async def run(self, name: str, /, **parameters: Value) -> list[Row]:
        """Run a reading statement in a session of its own."""
        return await self._graph.read(name, self._tenant, **parameters)


async def _run(
    inner: AsyncManagedTransaction | AsyncTransaction,
    wanted: Statement,
    parameters: Mapping[str, Value],
    observer: Observer,
) -> list[Row]:
    count(wanted.name)
    started = asyncio.get_running_loop().time()
    rows: list[Row] = []
    failed = True
    try:
        result = await inner.run(wanted.text, dict(parameters))
        keys = tuple(result.keys())
        if keys != wanted.columns:
            raise StatementFailed(f"{wanted.name}: returns {keys}, its header says {wanted.columns}")
        async for record in result:
            rows.append({key: _native(value) for key, value in zip(keys, record.values(), strict=True)})
        failed = False
    except TransientError as error:
        # The driver would try again what will never fit, for as long as it may.
        if _out_of_memory(error):
            raise OverLimit(f"{wanted.name}: over its memory limit", "memory") from error
        raise
    finally:
        seconds = asyncio.get_running_loop().time() - started
        observer.statement_done(wanted.name, seconds=seconds, rows=len(rows), failed=failed)
    return rows


class Graph:
    """Reads and writes the graph. One instance a process; every call opens a session of its own."""

    def __init__(
        self,
        driver: AsyncDriver,
        settings: GraphSettings,
        *,
        observer: Observer | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._driver = driver
        self._settings = settings
        self._observer = observer or Silent()
        self._turns = turns
        self._gathering = Gathering()

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, settings: GraphSettings, *, observer: Observer | None = None, turns: Turns | None = None
    ) -> AsyncIterator[Graph]:
        """A graph whose driver is closed at the end; connects at the first statement, not before.

        With `turns`, what people ask waits for one, and TooBusy is raised where none comes.
        """
        driver = AsyncGraphDatabase.driver(
            settings.uri,
            auth=(settings.user, settings.password),
            connection_timeout=settings.connect_timeout,
            connection_acquisition_timeout=settings.acquire_timeout,
            max_transaction_retry_time=settings.retry_time,
            max_connection_pool_size=settings.pool_size,
            notifications_min_severity="OFF",
            user_agent="trellis",
        )
        try:
            yield cls(driver, settings, observer=observer, turns=turns)
        finally:
            await driver.close()

    async def verify(self) -> str:
        """The server's version, where it answers. Raises GraphUnavailable."""
        with _translated("verify"):
            async with asyncio.timeout(self._settings.connect_timeout):
                return (await self._driver.get_server_info()).agent

    async def read(self, name: str, tenant: str, /, **parameters: Value) -> list[Row]:
        """Run one reading statement in a session of its own and return its rows.

        Raises GraphUnavailable, and StatementFailed for mistakes of ours.
        """
        wanted = statement(name)
        check(wanted, parameters)
        if wanted.mode is not Mode.READ:
            raise StatementFailed(f"{name}: a writing statement was asked to read")
        return await self._read(wanted, {**parameters, "tenant": tenant})

    def reader(self, tenant: str) -> Reader:
        """A reader bound to a tenant, for what runs inside and outside of transactions alike."""
        return _BoundReader(self, tenant)

    async def read_compiled(
        self,
        text: str,
        tenant: str,
        parameters: Mapping[str, Value],
        *,
        name: str,
        together: Together | None = None,
        lists: Sequence[int] = (),
    ) -> list[Value]:
        """Run a statement that the projection compiled and return its one row, column by column, as the driver has it.

        With `together` it may be asked in one statement with others that came while some were under way. With `lists`
        the row comes in several: each has a part of the lists in those columns, and is taken in alone. Raises
        GraphUnavailable, TooBusy, and StatementFailed for mistakes of ours.
        """
        async with self._turn(tenant):
            count(name)

            async def alone() -> list[Value]:
                return (await self._rows(text, tenant, parameters, name, lists=lists))[0]

            if together is None:
                return await alone()
            shared = {each: parameters[each] for each in together.shared}

            async def all_of(asked: Sequence[Mapping[str, Value]]) -> list[list[Value]]:
                rows = await self._rows(together.text, tenant, {**shared, "all": list(asked)}, name)
                # Nothing says in which order rows come.
                return [row[:-1] for row in sorted(rows, key=itemgetter(-1))]

            own = {each: parameters[each] for each in together.own}
            kind = together.text, tenant, *shared.values()
            return await self._gathering.read(kind, own, alone=alone, together=all_of)

    async def _rows(
        self, text: str, tenant: str, parameters: Mapping[str, Value], name: str, *, lists: Sequence[int] = ()
    ) -> list[list[Value]]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        limit = self._settings.statement_timeout
        rows: list[list[Value]] = []
        failed = True
        try:
            with _translated(name):
                async with asyncio.timeout(limit + self._settings.acquire_timeout):
                    async with self._session(neo4j.READ_ACCESS) as session:
                        query = Query(text, metadata={"statement": name, "tenant": tenant}, timeout=limit)
                        result = await session.run(query, {**parameters, "tenant": tenant})
                        rows = [await joined(result, lists)] if lists else [each.values() async for each in result]
            failed = False
            return rows
        finally:
            self._observer.statement_done(name, seconds=loop.time() - started, rows=len(rows), failed=failed)

    async def write(self, name: str, tenant: str, /, **parameters: Value) -> list[Row]:
        """Run one writing statement in a managed transaction of its own and return its rows.

        Only for statements whose repeat does no harm: there is no operation id. Raises as `transact`.
        """
        wanted = statement(name)
        check(wanted, parameters)
        bound = {**parameters, "tenant": tenant}

        async def work(inner: AsyncManagedTransaction) -> list[Row]:
            return await _run(inner, wanted, bound, self._observer)

        try:
            return await self._execute(work, name, tenant)
        except IncompleteCommit as lost:
            raise OutcomeUnknown(name) from lost

    async def transact(self, operation: Operation, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one write transaction and commit it together with the operation's id.

        `work` may run more than once (deadlocks, a moved leader), so it has no effect outside the transaction. A lost
        acknowledgement of the commit is settled by looking the operation id up. An exception of `work` rolls back.

        Raises GraphUnavailable, KeyTaken, NodeGone, StatementFailed, OutcomeUnknown, and whatever `work` raises.
        """
        last: list[T] = []

        async def whole(inner: AsyncManagedTransaction) -> T:
            transaction = Transaction(self._within(inner), operation)
            last.clear()
            last.append(await work(transaction))
            if not transaction.recorded:
                await transaction.run("operations/record_operation", id=operation.id, name=operation.name)
            return last[0]

        try:
            return await self._execute(whole, operation.name, operation.tenant, extra_seconds=operation.extra_seconds)
        except IncompleteCommit as lost:
            try:
                found = await self.read("operations/find_operation", operation.tenant, id=operation.id)
            except (GraphUnavailable, StatementFailed) as error:
                raise OutcomeUnknown(f"{operation.name}: {operation.id}") from error
            if found and last:
                return last[0]
            raise GraphUnavailable(f"{operation.name}: the connection was lost before the commit") from lost

    async def rehearse(self, setup: str, tenant: str, work: Callable[[Reader], Awaitable[T]]) -> T:
        """Run `setup`, a text of ours that makes nodes of `$tenant`, let `work` read them, and roll everything back.

        `tenant` must be one that nobody has: what is set up is seen by nobody else and never committed. Raises
        GraphUnavailable, StatementFailed.
        """
        with _translated("rehearse"):
            async with asyncio.timeout(self._settings.statement_timeout + self._settings.acquire_timeout):
                async with self._session(neo4j.WRITE_ACCESS) as session:
                    inner = await session.begin_transaction(timeout=self._settings.statement_timeout)
                    try:
                        await (await inner.run(setup, {"tenant": tenant})).consume()
                        return await work(RehearsalReader(self._within(inner), tenant))
                    finally:
                        await inner.close()

    async def define(self, text: str) -> list[Row]:
        """Run a statement of a migration (schema or data), outside any managed transaction."""
        with _translated("migration"):
            async with self._session(neo4j.WRITE_ACCESS) as session:
                result = await session.run(Query(text))
                keys = tuple(result.keys())
                return [
                    {key: _native(value) for key, value in zip(keys, record.values(), strict=True)}
                    async for record in result
                ]

    async def explain(self, text: str, parameters: Mapping[str, Value]) -> Explained:
        """What the server makes of a statement, without running it; for tests."""
        with _translated("explain"):
            async with self._driver.session(
                default_access_mode=neo4j.READ_ACCESS, notifications_min_severity="INFORMATION"
            ) as session:
                result = await session.run(Query("EXPLAIN " + text), dict(parameters))
                summary = await result.consume()
                return Explained(
                    columns=tuple(result.keys()),
                    plan=summary.plan or {},
                    notifications=tuple(
                        f"{status.gql_status} {status.status_description}"
                        for status in summary.gql_status_objects
                        if status.is_notification
                    ),
                    writes=summary.query_type != "r",
                )

    async def _read(self, wanted: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        @unit_of_work(
            metadata={"statement": wanted.name, "tenant": parameters["tenant"]},
            timeout=self._settings.statement_timeout,
        )
        async def work(inner: AsyncManagedTransaction) -> list[Row]:
            return await _run(inner, wanted, parameters, self._observer)

        with _translated(wanted.name):
            async with (
                self._turn(str(parameters["tenant"])),
                asyncio.timeout(self._settings.statement_timeout + self._settings.retry_time),
                self._session(neo4j.READ_ACCESS) as session,
            ):
                with session._pipelined_begin:
                    return await session.execute_read(work)

    async def _execute(
        self,
        work: Callable[[AsyncManagedTransaction], Awaitable[T]],
        name: str,
        tenant: str,
        *,
        extra_seconds: float = 0.0,
    ) -> T:
        limit = self._settings.statement_timeout + extra_seconds
        bound = unit_of_work(metadata={"statement": name, "tenant": tenant}, timeout=limit)(work)
        try:
            async with (
                self._turn(tenant),
                asyncio.timeout(limit + self._settings.retry_time),
                self._session(neo4j.WRITE_ACCESS) as session,
            ):
                # As the driver's own execute_query does: what begins the transaction travels with its first statement.
                with session._pipelined_begin:
                    return await session.execute_write(bound)
        except IncompleteCommit:
            raise
        except (Neo4jError, DriverError, TimeoutError):
            with _translated(name):
                raise
            raise

    @asynccontextmanager
    async def _turn(self, tenant: str) -> AsyncIterator[None]:
        if self._turns is None:
            yield
            return
        taken = await self._turns.take(tenant)
        try:
            yield
        finally:
            self._turns.give(taken)

    def _within(self, inner: AsyncManagedTransaction | AsyncTransaction) -> Execute:
        async def execute(wanted: Statement, parameters: Mapping[str, Value]) -> list[Row]:
            return await _run(inner, wanted, parameters, self._observer)

        return execute

    def _session(self, access: str) -> neo4j.AsyncSession:
        return self._driver.session(default_access_mode=access)
