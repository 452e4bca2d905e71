"""The one door to the graph: what it refuses, what it retries, and what it says when the database is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from app.domain.rows import texts
from app.errors import Conflict
from app.graph import Graph, GraphSettings
from app.graph_failures import GraphUnavailable, KeyTaken, OutcomeUnknown, StatementFailed
from app.graph_observer import counting
from app.ids import Ids
from app.ports import SystemClock
from app.transactions import Operation, Transaction, Value
from tests.graph.proxy import Fault, Proxy
from tests.platform import Platform

IDS = Ids(SystemClock())
PROJECT = {"label": "Project", "parent_label": "Team", "parent_type": "OWNS"}


def operation(tenant: str, name: str = "test") -> Operation:
    """A new unit of writing."""
    return Operation(IDS.new(), name, tenant)


def row(name: str) -> list[Value]:
    """The rows of `declared/create_nodes` for one project."""
    return [{"id": name, "name": name, "parent_id": "team:platform", "properties": {}}]


async def create(transaction: Transaction, name: str) -> str:
    """Create a project within a transaction."""
    rows = await transaction.run("declared/create_nodes", rows=row(name), **PROJECT)
    return texts(rows[0]["ids"])[0]


async def projects(graph: Graph, tenant: str) -> dict[str, int]:
    """The version of each project of the tenant."""
    rows = await graph.define(f"MATCH (n:Project {{tenant: '{tenant}'}}) RETURN n.id AS id, n.version AS version")
    return {str(each["id"]): int(str(each["version"])) for each in rows}


async def operations(graph: Graph, tenant: str) -> set[str]:
    """The ids of the operations that were committed."""
    rows = await graph.define(f"MATCH (n:Operation {{tenant: '{tenant}'}}) RETURN n.id AS id")
    return {str(each["id"]) for each in rows}


@pytest.fixture
async def proxy(graph_settings: GraphSettings) -> AsyncIterator[Proxy]:
    """A proxy in front of the shared server."""
    address = urlsplit(graph_settings.uri)
    assert address.hostname is not None
    assert address.port is not None
    async with Proxy(address.hostname, address.port).running() as proxy:
        yield proxy


@pytest.fixture
async def far(graph_settings: GraphSettings, proxy: Proxy) -> AsyncIterator[Graph]:
    """The graph behind the proxy, with little patience."""
    settings = replace(
        graph_settings, uri=proxy.uri, connect_timeout=1.0, acquire_timeout=1.0, statement_timeout=1.0, retry_time=1.0
    )
    async with Graph.connect(settings) as graph:
        yield graph


async def test_the_operation_is_committed_with_the_work(graph: Graph, tenant: str) -> None:
    # given an operation
    mine = operation(tenant, "create_project")
    before = await operations(graph, tenant)

    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    # when it is carried out
    result = await graph.transact(mine, work)
    # then both the work and its id are there
    assert result == "shop"
    assert await projects(graph, tenant) == {"shop": 1}
    assert await operations(graph, tenant) - before == {mine.id}
    assert await graph.read("operations/find_operation", tenant, id=mine.id) == [
        {"id": mine.id, "name": "create_project"}
    ]


async def test_work_that_fails_leaves_nothing(graph: Graph, tenant: str) -> None:
    # given work that finds a mistake after it has written
    before = await operations(graph, tenant)

    async def work(transaction: Transaction) -> None:
        await create(transaction, "shop")
        raise Conflict("a second thought")

    # when it is carried out
    with pytest.raises(Conflict, match=r"^a second thought$"):
        await graph.transact(operation(tenant), work)
    # then neither the work nor its id is there
    assert await projects(graph, tenant) == {}
    assert await operations(graph, tenant) == before


async def test_an_operation_is_carried_out_once(graph: Graph, tenant: str) -> None:
    # given an operation that was committed
    mine = operation(tenant)

    async def first(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    async def second(transaction: Transaction) -> str:
        return await create(transaction, "store")

    await graph.transact(mine, first)
    # when another one has the same id
    with pytest.raises(KeyTaken):
        await graph.transact(mine, second)
    # then it has written nothing
    assert await projects(graph, tenant) == {"shop": 1}


async def test_a_key_that_is_taken_is_said(graph: Graph, tenant: str, platform: Platform) -> None:
    # given a project
    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    await graph.transact(operation(tenant), work)
    before = await operations(graph, tenant)
    # when the same is created again
    with pytest.raises(KeyTaken, match=r"^test$"):
        await graph.transact(operation(tenant), work)
    # then nothing has changed
    assert await projects(graph, tenant) == {"shop": 1}
    assert await operations(graph, tenant) == before


async def test_a_deadlock_is_tried_again(graph: Graph, tenant: str) -> None:
    # given two projects, and two transactions that lock them in opposite order
    for name in ("one", "two"):
        await graph.write("declared/create_nodes", tenant, rows=row(name), **PROJECT)
    met = asyncio.Barrier(2)
    attempts: list[str] = []

    async def cross(transaction: Transaction, first: str, second: str) -> None:
        attempts.append(first)
        await transaction.run("declared/update_nodes", label="Project", rows=row(first))
        if len(attempts) <= 2:
            await met.wait()
        await transaction.run("declared/update_nodes", label="Project", rows=row(second))

    async def forth(transaction: Transaction) -> None:
        await cross(transaction, "one", "two")

    async def back(transaction: Transaction) -> None:
        await cross(transaction, "two", "one")

    mine = (operation(tenant), operation(tenant))
    # when both run at once
    await asyncio.gather(graph.transact(mine[0], forth), graph.transact(mine[1], back))
    # then one has run again, and each was committed exactly once
    assert len(attempts) >= 3
    assert await projects(graph, tenant) == {"one": 3, "two": 3}
    assert {one.id for one in mine} <= await operations(graph, tenant)


async def test_a_lost_acknowledgement_is_settled(graph: Graph, far: Graph, proxy: Proxy, tenant: str) -> None:
    # given a connection that is cut when the answer to the commit comes back
    ran: list[str] = []

    async def work(transaction: Transaction) -> str:
        ran.append(transaction.operation.id)
        return await create(transaction, "shop")

    mine = operation(tenant)
    proxy.fault = Fault.CUT_AFTER
    # when the work is carried out
    result = await far.transact(mine, work)
    # then it is known to be committed, and it was, once
    assert proxy.cut == 1
    assert result == "shop"
    assert ran == [mine.id]
    assert await projects(graph, tenant) == {"shop": 1}
    assert mine.id in await operations(graph, tenant)


async def test_a_commit_that_never_arrived_is_said(graph: Graph, far: Graph, proxy: Proxy, tenant: str) -> None:
    # given a connection that is cut before the commit gets through
    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    mine = operation(tenant)
    proxy.fault = Fault.CUT_BEFORE
    # when the work is carried out
    with pytest.raises(GraphUnavailable, match=r"^test: the connection was lost before the commit$"):
        await far.transact(mine, work)
    # then nothing was committed
    assert proxy.cut == 1
    assert await projects(graph, tenant) == {}
    assert mine.id not in await operations(graph, tenant)


async def test_an_outcome_that_cannot_be_looked_up_is_unknown(
    graph: Graph, far: Graph, proxy: Proxy, tenant: str
) -> None:
    # given a connection that is cut at the commit, and a server that cannot be asked afterwards
    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    mine = operation(tenant)
    proxy.fault, proxy.silent_after_cut = Fault.CUT_AFTER, True
    # when the work is carried out
    with pytest.raises(OutcomeUnknown, match=f"^test: {mine.id}$"):
        await far.transact(mine, work)
    # then it is said that nobody knows, and the id is there to be looked up later
    assert proxy.cut == 1
    assert await graph.read("operations/find_operation", tenant, id=mine.id) == [{"id": mine.id, "name": "test"}]


async def test_a_server_that_says_nothing_is_given_up(far: Graph, proxy: Proxy, tenant: str) -> None:
    # given a network that swallows what the server says
    proxy.silent = True
    loop = asyncio.get_running_loop()

    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    # when it is asked, told, and looked for
    for attempt in (
        lambda: far.read("operations/find_operation", tenant, id="shop"),
        lambda: far.transact(operation(tenant), work),
        lambda: far.write("declared/create_nodes", tenant, rows=row("shop"), **PROJECT),
        lambda: far.read_compiled("RETURN 1 AS one", tenant, {}, name="one"),
        far.verify,
    ):
        started = loop.time()
        with pytest.raises(GraphUnavailable):
            await attempt()
        # then that is said within the time limits
        assert loop.time() - started < 4.0


async def test_a_server_that_is_not_there_is_said(graph_settings: GraphSettings, proxy: Proxy, tenant: str) -> None:
    # given an address where nobody listens
    settings = replace(graph_settings, uri="bolt://127.0.0.1:1", connect_timeout=1.0, retry_time=0.5)
    async with Graph.connect(settings) as graph:
        # when it is asked
        with pytest.raises(GraphUnavailable, match=r"^operations/find_operation: ServiceUnavailable$"):
            await graph.read("operations/find_operation", tenant, id="shop")


async def test_a_wrong_password_is_said_without_it(graph_settings: GraphSettings, tenant: str) -> None:
    # given a password that is not the server's
    settings = replace(graph_settings, password="not-the-password")
    async with Graph.connect(settings) as graph:
        # when the server is asked
        with pytest.raises(GraphUnavailable) as raised:
            await graph.read("operations/find_operation", tenant, id="shop")
    # then the reason is said, and the password is not
    assert str(raised.value) == "operations/find_operation: AuthError"
    assert "not-the-password" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"^operations/find_operation: missing parameters \['id'\], unknown parameters \[\]$"),
        (
            {"id": "shop", "name": "shop"},
            r"^operations/find_operation: missing parameters \[\], unknown parameters \['name'\]$",
        ),
    ],
)
async def test_parameters_must_be_those_of_the_header(
    graph: Graph, tenant: str, given: dict[str, str], said: str
) -> None:
    # given a statement
    # when it is run with other parameters than its header names, outside and inside of a transaction
    with pytest.raises(StatementFailed, match=said):
        await graph.read("operations/find_operation", tenant, **given)

    async def work(transaction: Transaction) -> None:
        await transaction.run("operations/find_operation", **given)

    with pytest.raises(StatementFailed, match=said):
        await graph.transact(operation(tenant), work)


async def test_a_writing_statement_cannot_be_read(graph: Graph, tenant: str) -> None:
    # given a statement that writes
    # when it is asked to read
    with pytest.raises(StatementFailed, match=r"^declared/create_nodes: a writing statement was asked to read$"):
        await graph.read("declared/create_nodes", tenant, rows=row("shop"), **PROJECT)
    # then nothing was written
    assert await projects(graph, tenant) == {}


async def test_a_compiled_statement_cannot_write(graph: Graph, tenant: str) -> None:
    # given text that writes
    text = "MATCH (team:Team {tenant: $tenant}) CREATE (n:Project {tenant: $tenant, id: 'x'}) RETURN n.id AS id"
    # when it is run as a compiled read
    with pytest.raises(StatementFailed, match=r"^sneaky: Neo\.ClientError\.Statement\.AccessMode: "):
        await graph.read_compiled(text, tenant, {}, name="sneaky")
    # then nothing was written
    assert await projects(graph, tenant) == {}


async def test_a_long_statement_is_stopped(graph_settings: GraphSettings, tenant: str) -> None:
    # given a statement that would take minutes, and a limit of half a second
    text = "UNWIND range(1, 1000000000) AS a WITH a WHERE a % 7 = $seven RETURN count(a) AS count"
    async with Graph.connect(replace(graph_settings, statement_timeout=0.5)) as graph:
        started = asyncio.get_running_loop().time()
        # when it is run
        with pytest.raises(GraphUnavailable, match=r"^slow: over its time limit$"):
            await graph.read_compiled(text, tenant, {"seven": 3}, name="slow")
        # then it was stopped by the server, soon
        assert asyncio.get_running_loop().time() - started < 5.0


async def test_a_large_operation_may_take_longer(graph_settings: GraphSettings, tenant: str) -> None:
    # given work that takes longer than the limit of all
    async def work(transaction: Transaction) -> str:
        created = await create(transaction, "shop")
        await asyncio.sleep(1.0)
        return created

    async with Graph.connect(replace(graph_settings, statement_timeout=0.4, retry_time=0.2)) as graph:
        # when it is carried out as it is, and with more time
        with pytest.raises(GraphUnavailable):
            await graph.transact(operation(tenant), work)
        refused = await projects(graph, tenant)
        await graph.transact(replace(operation(tenant), extra_seconds=20.0), work)
        # then only the second is there
        assert (refused, await projects(graph, tenant)) == ({}, {"shop": 1})


async def test_statements_are_counted(graph: Graph, tenant: str) -> None:
    # given a block that counts
    async def work(transaction: Transaction) -> str:
        return await create(transaction, "shop")

    with counting() as ran:
        # when statements run in it, in a transaction, outside of one, and compiled
        await graph.transact(operation(tenant), work)
        await graph.read("operations/find_operation", tenant, id="shop")
        await graph.read_compiled("RETURN $tenant AS tenant", tenant, {}, name="compiled")
    await graph.read("operations/find_operation", tenant, id="shop")
    # then their names are known in order, and what ran afterwards does not count
    assert ran == [
        "declared/create_nodes",
        "operations/record_operation",
        "operations/find_operation",
        "compiled",
    ]


async def test_every_statement_is_observed(graph_settings: GraphSettings, tenant: str) -> None:
    # given an observer
    seen: list[tuple[str, int, bool]] = []

    class Observing:
        def statement_done(self, name: str, *, seconds: float, rows: int, failed: bool) -> None:
            assert seconds >= 0
            seen.append((name, rows, failed))

    async with Graph.connect(graph_settings, observer=Observing()) as graph:
        # when one statement succeeds and one fails
        await graph.read("tenants/find_user", tenant, name="admin")
        with pytest.raises(StatementFailed):
            await graph.read_compiled("RETURN nothing", tenant, {}, name="broken")
    # then both were told, with rows and outcome
    assert seen == [("tenants/find_user", 1, False), ("broken", 0, True)]
