"""Nothing makes the API fall over: every bomb is answered at once, in little memory, while others are served.

The API is a process of its own, as users start it. Other programs may keep this machine busy, so time is measured where
they do not count: a bomb may take a second of the API's own CPU, and how long the event loop was kept from everybody
else is what its thread worked between two ticks of its clock (`trellis_event_loop_busy_seconds` in /metrics), not how
long it waited for a processor. What passes on the clock on the wall is bounded too, by how much slower than usual a
plain request is on the machine before the bomb, or plain work beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx2
import orjson
import pytest
from neo4j import GraphDatabase
from websockets.exceptions import InvalidStatus

from app.domain.access import Role
from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.local.ports import HOST, free_ports
from app.ports import SystemClock
from benchmarks.children import child
from tests.api import KEY
from tests.http.attacked import (
    DOCUMENTS,
    GROWTH,
    MEGABYTE,
    SCRAPER,
    Target,
    bearer,
    connected,
    ended,
    post,
    unharmed,
)
from tests.platform import SHOP, Platform, service

pytestmark = pytest.mark.alone
LARGEST_SECONDS = 15.0
"""What the largest answer may take: most of it is the database's work."""
LARGEST_GROWTH = 250 * MEGABYTE


@pytest.fixture(scope="module")
def target(graph_settings: GraphSettings, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The API in a process of its own, with a tenant that holds a shop."""
    tenant = "t-" + Ids(SystemClock()).new()
    [port] = free_ports(1)
    environment = {
        "TRELLIS_NEO4J_URI": graph_settings.uri,
        "TRELLIS_NEO4J_PASSWORD": graph_settings.password,
        "TRELLIS_REDIS_URL": redis_url,
        "TRELLIS_AUTH_SIGNING_KEY": KEY,
        "TRELLIS_TENANT": tenant,
        "TRELLIS_API_PORT": str(port),
        "TRELLIS_API_BODY_SECONDS": "0.5",
        "TRELLIS_API_HEAD_SECONDS": "1",
        "TRELLIS_API_SOCKETS_PER_ADDRESS": "100",
        "TRELLIS_METRICS_TOKEN": SCRAPER,
    }
    loop = asyncio.new_event_loop()
    folder = tmp_path_factory.mktemp("bombs")
    running = child("api", "app.main", "serve", port=port, environment=environment, folder=folder)

    async def prepared() -> int:
        async with Graph.connect(graph_settings) as graph:
            await ensure_tenant(
                graph,
                tenant,
                passwords=Passwords(memory_kib=64),
                password=None,
                providers={"echo": frozenset({"Workload"})},
            )
            platform = Platform(graph, tenant)
            await platform.apply(*SHOP, *(service(f"s{number}") for number in range(50)))
        return (await running.__aenter__()).process.pid

    try:
        yield Target(port, loop.run_until_complete(prepared()), tenant)
    finally:
        loop.run_until_complete(running.__aexit__(None, None, None))
        loop.close()


Bomb = Callable[[httpx2.AsyncClient, Target], Awaitable[None]]


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_is_a_bomb_is_answered_at_once(target: Target, name: str) -> None:
    # given a document that would take long
    query, said = DOCUMENTS[name]
    # when an administrator sends it
    async with unharmed(target) as client:
        response = await post(client, target, {"query": query})
    # then it is refused with the reason, briefly
    assert len(response.content) < 50_000
    if said is None:
        assert response.json() == {"data": {"me": {"id": "user:admin"}}}
    else:
        assert said in response.json()["errors"][0]["message"]
        assert "Did you mean" not in response.text


@pytest.mark.parametrize(
    "variables",
    [
        {"input": {"name": "x" * 900_000}},
        {"input": {"name": "x", "description": "x" * 900_000}},
        {"input": [[]] * 200_000},
        {"input": {f"k{number}": 1 for number in range(50_000)}},
        {"input": {"name": 2**63}},
        {"other": [{"a": 1}] * 100_000},
    ],
    ids=["text", "other text", "list", "keys", "number", "not asked for"],
)
async def test_huge_variables_are_refused_at_once(target: Target, variables: dict[str, object]) -> None:
    # given
    query = (
        "mutation M($input: CreateProjectInput!) { createProject(input: $input) { project { id } problems { code } } }"
    )
    # when
    async with unharmed(target) as client:
        response = await post(client, target, {"query": query, "variables": variables})
    # then nothing was made of it
    assert len(response.content) < 50_000
    said = response.json()
    assert "errors" in said or said["data"]["createProject"]["problems"]


@pytest.mark.parametrize(
    ("method", "path", "content", "kind", "accept", "status"),
    [
        ("GET", "?query={me{id}}", b"", None, "application/json", 405),
        ("GET", "?query=mutation{deleteProject(input:{id:%22shop%22}){id}}", b"", None, "application/json", 405),
        ("GET", "", b"", None, "text/html", 405),
        ("POST", "", b"query=%7Bme%7Bid%7D%7D", "application/x-www-form-urlencoded", "application/json", 415),
        ("POST", "", b"{me{id}}", "text/plain", "application/json", 415),
        ("POST", "", b'--x\r\n\r\n{"query":"{me{id}}"}', "multipart/form-data; boundary=x", "application/json", 415),
        ("POST", "", b'[{"query":"{me{id}}"},{"query":"{me{id}}"}]', "application/json", "application/json", 400),
        ("POST", "", b'{"query":"' + b"x" * 2 * MEGABYTE + b'"}', "application/json", "application/json", 413),
        ("POST", "", b"[" * MEGABYTE, "application/json", "application/json", 400),
        ("POST", "", b'{"query":' * 10_000, "application/json", "application/json", 400),
        ("POST", "", b"\x00" * MEGABYTE, "application/json", "application/json", 400),
    ],
)
async def test_what_is_no_request_is_refused_at_once(
    target: Target, method: str, path: str, content: bytes, kind: str | None, accept: str, status: int
) -> None:
    # given
    headers = {"authorization": f"Bearer {target.token()}", "accept": accept}
    # when
    async with unharmed(target) as client:
        response = await client.request(
            method, f"/graphql{path}", content=content, headers=headers | ({"content-type": kind} if kind else {})
        )
    # then
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/json")


async def test_nothing_is_told_of_how_it_runs(target: Target) -> None:
    # given a request for what other servers tell of themselves
    body = {"query": "{ me { id } }", "extensions": {"tracing": True, "debug": True}}
    # when
    async with unharmed(target) as client:
        response = await post(client, target, body)
    # then only the answer comes
    assert response.json() == {"data": {"me": {"id": "user:admin"}}}


async def test_who_has_no_right_is_not_told_the_schema(target: Target) -> None:
    # given a viewer
    # when they introspect
    async with unharmed(target) as client:
        response = await post(client, target, {"query": "{ __schema { types { name } } }"}, role=Role.VIEWER)
    # then
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_bodies_that_do_not_arrive_are_not_waited_for(target: Target) -> None:
    # given fifty requests of which only the beginning comes
    async with unharmed(target, answers=50):
        pairs = [await asyncio.open_connection(HOST, target.port) for _ in range(50)]
        for _, writer in pairs:
            writer.write(
                b"POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
                b"Content-Length: 500\r\n\r\n{"
            )
            await writer.drain()
        # when the time that bodies have is over
        answers = [await asyncio.wait_for(reader.read(), 10) for reader, _ in pairs]
    # then each is told so, and its connection ended
    for _, writer in pairs:
        writer.close()
    assert all(answer.startswith(b"HTTP/1.1 408 ") and b"BODY_TOO_SLOW" in answer for answer in answers)


FRAMES: list[str | bytes] = [
    "",
    "{",
    "[]",
    '"x"',
    "1",
    "null",
    "{}",
    '{"type": 1}',
    '{"type": "subscribe", "id": [], "payload": {"query": "{ me { id } }"}}',
    '{"type": "subscribe", "id": {}, "payload": {"query": "{ me { id } }"}}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "variables": []}}',
    '{"type": "connection_init", "payload": []}',
    '{"type": "complete"}',
    "[" * 500_000,
    b"\x00\x01",
]


async def test_malformed_frames_end_the_socket_with_4400(target: Target) -> None:
    # given
    codes = []
    # when each is sent on a socket of its own
    async with unharmed(target, answers=len(FRAMES)):
        for frame in FRAMES:
            async with connected(target) as socket:
                await socket.send(frame)
                codes.append(await ended(socket))
    # then
    assert codes == [4400] * len(FRAMES)


async def test_a_frame_beyond_a_megabyte_ends_the_socket(target: Target) -> None:
    async with unharmed(target), connected(target) as socket:
        await socket.send("x" * 5 * MEGABYTE)
        assert await ended(socket) == 1009


async def test_the_old_protocol_is_not_spoken(target: Target) -> None:
    async with unharmed(target), connected(target, "graphql-ws") as socket:
        assert await ended(socket) == 4406


async def test_sockets_that_say_nothing_are_bounded(target: Target) -> None:
    # given as many sockets as one address may have, which never say who they are
    refused = 0
    async with unharmed(target, answers=120):
        opened = []
        try:
            for _ in range(120):
                open_ = connected(target)
                try:
                    await open_.__aenter__()
                    opened.append(open_)
                except InvalidStatus as error:
                    refused += error.response.status_code == 429
        finally:
            for open_ in opened:
                await open_.__aexit__(None, None, None)
    # then the others were refused
    assert (len(opened), refused) == (100, 20)


async def test_thousands_of_subscriptions_on_a_socket_are_bounded(target: Target) -> None:
    # given somebody who signed in
    payload = {"query": "subscription { events { __typename } }"}
    async with connected(target) as socket:
        await socket.send(orjson.dumps({"type": "connection_init", "payload": bearer(target)}).decode())
        assert orjson.loads(await socket.recv())["type"] == "connection_ack"
        refused = 0
        # when they subscribe a thousand times
        async with unharmed(target, answers=1_000):
            for number in range(1_000):
                message = {"type": "subscribe", "id": str(number), "payload": payload}
                await socket.send(orjson.dumps(message).decode())
            for _ in range(950):
                said = orjson.loads(await asyncio.wait_for(socket.recv(), 10))
                refused += said["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    # then fifty go on, and the others were refused
    assert refused == 950


async def test_the_dearest_document_that_is_allowed_is_harmless(target: Target) -> None:
    # given pages in pages, just within the budget of a request
    inner = "dependents(first: 36) { nodes { id name } }"
    shop = f"application {{ services(first: 50) {{ nodes {{ {inner} }} }} }}"
    query = f"{{ services(first: 50) {{ nodes {{ id {inner} {shop} }} }} }}"
    # when it is asked for on what there is
    async with unharmed(target) as client:
        response = await post(client, target, {"query": query, "extensions": {"cost": True}})
    # then it is answered
    assert 180_000 < response.json()["extensions"]["cost"]["cost"] < 400_000
    assert len(response.json()["data"]["services"]["nodes"]) == 50


@pytest.fixture
def dense(target: Target, graph_settings: GraphSettings) -> Iterator[None]:
    """A hundred more services, of which each depends on all others."""
    auth = (graph_settings.user, graph_settings.password)
    with GraphDatabase.driver(graph_settings.uri, auth=auth) as driver, driver.session() as session:
        session.run(DENSE, tenant=target.tenant).consume()
        yield
        session.run("MATCH (n {tenant: $tenant, kind: 'Dense'}) DETACH DELETE n", tenant=target.tenant).consume()


DENSE = """
UNWIND range(1, 100) AS number
CREATE (service:Service:Entity {tenant: $tenant, id: 'a/dense/s' + number, name: 's' + number, kind: 'Dense',
  version: 1, created_at: datetime(), updated_at: datetime()})
WITH collect(service) AS services UNWIND services AS service UNWIND services AS other
WITH service, other WHERE service <> other CREATE (service)-[:DEPENDS_ON {kind: 'soft'}]->(other)
"""


@pytest.mark.usefixtures("dense")
@pytest.mark.parametrize(("first", "selected"), [(18, "id"), (9, "id name kind")], ids=["nodes", "values"])
async def test_an_answer_that_is_as_large_as_it_may_be_is_harmless(target: Target, first: int, selected: str) -> None:
    # given pages in pages that are full, just within the budget of a request
    inner = f"dependencies(first: 100) {{ nodes {{ dependencies(first: {first}) {{ nodes {{ {selected} }} }} }} }}"
    query = f'{{ services(first: 100, where: {{id: {{startsWith: "a/"}}}}) {{ nodes {{ {inner} }} }} }}'
    # when one is asked for
    async with unharmed(target, seconds=LARGEST_SECONDS, growth=LARGEST_GROWTH) as client:
        response = await post(client, target, {"query": query, "extensions": {"cost": True}})
    # then it is all there, and the others did not wait for it
    answered = response.json()
    assert 380_000 < answered["extensions"]["cost"]["cost"] <= 400_000
    [*services] = answered["data"]["services"]["nodes"]
    below = [each["dependencies"]["nodes"] for each in services]
    assert [len(each) for each in below] == [99] * 100
    assert {len(one["dependencies"]["nodes"]) for each in below for one in each} == {first}


async def test_a_head_that_does_not_arrive_is_not_waited_for(target: Target) -> None:
    # given connections on which nothing comes, the beginning of a head, or after a request that of another one
    whole = b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n"
    begun = b"POST /graphql HTTP/1.1\r\nHost: test\r\nX-One: "
    async with unharmed(target, answers=5):
        pairs = [await asyncio.open_connection(HOST, target.port) for _ in range(30)]
        for (_, writer), sent in zip(pairs, [b"", begun, whole + begun] * 10, strict=True):
            writer.write(sent)
            await writer.drain()
        # when the time that heads have is over
        answers = [await asyncio.wait_for(reader.read(), 10) for reader, _ in pairs]
    # then each is told so, and its connection ended
    for _, writer in pairs:
        writer.close()
    assert all(answer.endswith(b"\r\n\r\n") and b"HTTP/1.1 408 " in answer for answer in answers)
    assert sum(b"HTTP/1.1 200 " in answer for answer in answers) == 10


async def test_many_different_documents_do_not_fill_the_memory(target: Target) -> None:
    # given documents of which each is new
    filler = " ".join("name" for _ in range(18))
    async with httpx2.AsyncClient(timeout=30, base_url=target.url) as client:
        before = target.memory()
        # when hundreds of them are sent
        for number in range(200):
            text = f"query Q{number} {{ " + " ".join(f"a{n}: me {{ {filler} }}" for n in range(20)) + " }"
            assert (await post(client, target, {"query": text})).status_code == 200
    # then those that are kept take little
    assert target.memory() - before < GROWTH
