"""POST /graphql: what is taken, what is refused and how, and what a caller is shown of an error."""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping

import httpx2
import pytest
from graphql import build_client_schema, get_introspection_query
from structlog.testing import capture_logs

from app.graph import Graph, GraphSettings
from app.graph_observer import counting
from app.http.documents import Limits
from app.local.ports import free_ports
from tests.http.caller import GRAPHQL, REQUEST_ID, Caller
from tests.platform import SHOP, Platform, service

JSON = "application/json"


def only_error(response: httpx2.Response) -> dict[str, object]:
    """The one error of an answer."""
    [error] = response.json()["errors"]
    assert isinstance(error, dict)
    return error


async def test_a_query_is_answered_by_one_statement(caller: Caller, platform: Platform) -> None:
    # given a shop with a service
    await platform.apply(*SHOP, service("cart"))
    # when it is asked for
    with counting() as ran:
        response = await caller.ask('{ service(id: "shop/boutique/cart") { name application { id } } }')
    # then it is answered as the specification says, by one statement
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert response.content == b'{"data":{"service":{"name":"cart","application":{"id":"shop/boutique"}}}}'
    assert ran == ["projection/service"]


@pytest.mark.parametrize(
    ("accept", "status", "media"),
    [
        ("application/graphql-response+json", 400, GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", 400, GRAPHQL),
        ("application/json, application/graphql-response+json;q=0.5", 200, JSON),
        ("application/json", 200, JSON),
        ("application/*", 200, JSON),
        ("*/*", 200, JSON),
        ("text/html, */*;q=0.1", 200, JSON),
        ("text/html", 406, JSON),
        ("application/json;q=0", 406, JSON),
        ("application/json;q=x", 406, JSON),
    ],
)
async def test_an_invalid_query_is_answered_in_the_form_that_is_accepted(
    caller: Caller, accept: str, status: int, media: str
) -> None:
    # given a query for a field that does not exist
    # when it is sent with an Accept header
    response = await caller.ask("{ nothing }", accept=accept)
    # then form and status are what the header asks for, and there is no data
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.json().keys() == {"errors"}


@pytest.mark.parametrize(
    ("method", "content", "headers", "status", "code"),
    [
        ("GET", b"", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", b"", {"accept": "text/html"}, 405, "METHOD_NOT_ALLOWED"),
        ("PUT", b'{"query": "{ me { id } }"}', {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", b'{"query": "{ me { id } }"}', {"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", b"query=x", {"content-type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", b"{}", {"content-type": "application/json; charset=latin-1"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", b"{}", {"content-type": 'application/json; charset="utf-16"'}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", gzip.compress(b"{}", mtime=0), {"content-encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", b"", {}, 400, "BAD_REQUEST"),
        ("POST", b"{", {}, 400, "BAD_REQUEST"),
        ("POST", b"\xff", {}, 400, "BAD_REQUEST"),
        ("POST", b'[{"query": "{ me { id } }"}]', {}, 400, "BAD_REQUEST"),
        ("POST", b'"{ me { id } }"', {}, 400, "BAD_REQUEST"),
        ("POST", b"{}", {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": 5}', {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": "{ me { id } }", "variables": [1]}', {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": "{ me { id } }", "variables": "x"}', {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": "{ me { id } }", "operationName": 1}', {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": "{ me { id } }", "extensions": 1}', {}, 400, "BAD_REQUEST"),
        ("POST", b'{"query": "' + b" " * 1_048_576 + b'"}', {}, 413, "BODY_TOO_BIG"),
    ],
)
async def test_what_is_no_graphql_request_is_refused(
    caller: Caller, method: str, content: bytes, headers: Mapping[str, str], status: int, code: str
) -> None:
    # given something that is no GraphQL request
    # when it is sent
    with counting() as ran:
        response = await caller.send(method, content, headers)
    # then it is refused with its status, whatever the form of the answer, and nothing was asked of the graph
    assert response.status_code == status
    assert only_error(response)["extensions"] == {"code": code}
    assert response.headers.get("allow") == ("POST" if status == 405 else None)
    assert response.headers.get("accept-post") == ("application/json" if status == 415 else None)
    assert ran == []


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "Application/JSON"},
        {"content-type": 'application/json; charset="UTF-8"'},
        {"content-type": "application/json;profile=x; charset=utf8"},
        {"content-encoding": "identity"},
    ],
)
async def test_every_way_to_say_json_in_utf_8_is_understood(caller: Caller, headers: Mapping[str, str]) -> None:
    # given a request whose headers say JSON in UTF-8 in other words
    # when it is sent
    response = await caller.send(content=b'{"query": "{ __typename }"}', headers=headers)
    # then it is answered
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


async def test_a_body_that_does_not_say_its_length_is_cut_off(caller: Caller, platform: Platform) -> None:
    # given an endpoint that takes 100 bytes, and a body in chunks without a length
    small = Caller(platform, platform.actor, limits=Limits(body=100))

    # when more are sent
    response = await small.send(content=b"x" * 101, headers={"transfer-encoding": "chunked", "content-length": "1"})
    # then the rest is not read
    assert response.status_code == 413
    assert only_error(response)["message"] == "the body has more than 100 bytes"


@pytest.mark.parametrize(
    "query",
    [
        "{ me { id } }",
        "{ __typename }",
        "{ __schema { queryType { name } } }",
        'mutation { deleteProject(input: {id: "shop"}) { id } }',
        'mutation { login(input: {name: "a", password: "b"}) { token } deleteProject(input: {id: "shop"}) { id } }',
        "mutation { ...Both } fragment Both on Mutation { login(input: {}) { token } __typename }",
        "query login { login: me { id } }",
    ],
)
async def test_a_stranger_may_only_sign_in(stranger: Caller, platform: Platform, query: str) -> None:
    # given somebody who is not signed in
    await platform.apply(*SHOP)
    before = await platform.picture()
    # when they ask for anything but signing in
    with counting() as ran:
        response = await stranger.ask(query, accept=JSON)
    # then they are refused, and nothing was asked of the graph or changed in it
    assert response.status_code == 401
    assert only_error(response) == {
        "message": "sign in first: send a bearer token",
        "extensions": {"code": "UNAUTHENTICATED"},
    }
    assert response.headers["www-authenticate"] == 'Bearer realm="trellis"'
    assert ran == []
    assert await platform.picture() == before


@pytest.mark.parametrize(
    ("query", "name", "variables", "message"),
    [
        ("", None, None, "Syntax Error: Unexpected <EOF>."),
        ("{", None, None, "Syntax Error: Expected Name, found <EOF>."),
        ("fragment F on Query { me { id } }", None, None, "the document holds no operation"),
        (
            "query A { me { id } } query B { me { id } }",
            None,
            None,
            "the document has several operations: say in operationName which to run",
        ),
        ("query A { me { id } }", "B", None, "the document has no operation named 'B'"),
        ("{ mee { id } }", None, None, "Cannot query field 'mee' on type 'Query'."),
        ("subscription { events { __typename } }", None, None, "subscriptions are served over the WebSocket"),
        (
            "query Q($id: ID!) { project(id: $id) { id } }",
            None,
            None,
            "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be provided.",
        ),
        ("{ teams(first: 101) { totalCount } }", None, None, "first must be between 1 and 100, not 101"),
        (
            "query Q($n: Int) { teams(first: $n) { totalCount } }",
            None,
            {"n": 0},
            "first must be between 1 and 100, not 0",
        ),
    ],
)
async def test_a_request_that_cannot_be_run_is_an_error_without_data(
    caller: Caller, query: str, name: str | None, variables: Mapping[str, object] | None, message: str
) -> None:
    # given a document that cannot be run as it is
    # when it is sent
    with counting() as ran:
        response = await caller.ask(query, variables, name=name)
    # then it is refused with a sentence, suggests nothing, and asks nothing of the graph
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}
    assert only_error(response)["message"] == message
    assert ran == []


FRAGMENTS = " ".join(
    f"fragment F{level} on Service {{ a: dependencies {{ nodes {{ ...F{level + 1} }} }} b: dependencies "
    f"{{ nodes {{ ...F{level + 1} }} }} }}"
    for level in range(5)
)
BOMBS = {
    "deep": (
        "{ service(id: 1) " + "{ application { services { nodes " * 6 + "{ id }" + " } } }" * 6 + " }",
        "levels of fields",
    ),
    "aliases": ("{ " + " ".join(f"a{n}: me {{ id }}" for n in range(31)) + " }", "aliases"),
    "roots": ("{ " + " ".join(["me { id }"] * 21) + " }", "root fields"),
    "fields": (
        "{ " + " ".join(f"a{n}: me {{ {'id name version createdAt ' * 15} }}" for n in range(20)) + " }",
        "fields",
    ),
    "repeats": ("{ me { " + "id " * 21 + "} }", "selections of one field"),
    "fragments of no operation": ("{ me { id } } fragment F on User { " + "id " * 21 + "}", "selections of one field"),
    "values": ("{ teams(first: " + "[" * 900 + "]" * 900 + ") { totalCount } }", "nests deeper"),
    "fragments": (f"{{ service(id: 1) {{ ...F0 }} }} {FRAGMENTS} fragment F5 on Service {{ id }}", "aliases"),
    "tokens": ("{ me { " + "id @skip(if: true) " * 300 + "} }", "tokens"),
    "characters": ("{ me { id } } #" + "x" * 65_536, "characters"),
    "circle": ("{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }", "Cannot spread fragment"),
    "nesting": ("{" * 5_000, "nests deeper"),
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_query_that_is_too_big_is_refused_at_once(caller: Caller, bomb: str) -> None:
    # given a document that would take long to run
    query, said = BOMBS[bomb]
    # when it is sent
    started = time.process_time()
    with counting() as ran:
        response = await caller.ask(query)
    # then it is refused for less than a second's work, with what is too much, and nothing was asked of the graph
    assert time.process_time() - started < 1
    assert response.status_code == 400
    assert said in str(response.json()["errors"][0]["message"])
    assert ran == []


async def test_the_schema_may_be_read_by_who_is_signed_in(caller: Caller) -> None:
    # given the query that playgrounds send
    query = get_introspection_query(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    # when it is sent
    response = await caller.ask(query)
    # then it is within the limits, and the answer is the schema
    assert response.status_code == 200
    built = build_client_schema(response.json()["data"])
    assert built.type_map.keys() >= {"Service", "ServiceDependencyConnection", "EventFilter", "Mutation"}


async def test_a_null_and_an_error_still_are_an_answer(caller: Caller) -> None:
    # given an id that nothing has
    # when it is asked for
    response = await caller.ask('{ project(id: "nope") { id } me { name } }')
    # then the rest is answered
    assert response.status_code == 200
    assert response.json()["data"] == {"project": None, "me": {"name": "admin"}}
    assert only_error(response)["extensions"] == {"code": "NOT_FOUND", "field": "id"}


async def test_what_cannot_be_compiled_is_answered_all_the_same(caller: Caller, platform: Platform) -> None:
    # given a shop, and a query that asks the schema, a resolver of its own, and the graph
    await platform.apply(*SHOP)
    query = "{ __schema { queryType { name } } graph { truncated nodes { id label } } projects { nodes { id } } }"
    # when it is sent
    response = await caller.ask(query)
    # then all three are answered
    assert response.status_code == 200
    assert response.json() == {
        "data": {
            "__schema": {"queryType": {"name": "Query"}},
            "graph": {
                "truncated": False,
                "nodes": [
                    {"id": "shop", "label": "Project"},
                    {"id": "shop@dev", "label": "Environment"},
                    {"id": "shop/boutique", "label": "Application"},
                ],
            },
            "projects": {"nodes": [{"id": "shop"}]},
        }
    }


async def test_an_error_of_ours_is_masked_and_logged(
    caller: Caller, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a graph whose answers are not what we expect
    async def broken(*_: object, **__: object) -> list[object]:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(Graph, "read_compiled", broken)
    monkeypatch.setattr(Graph, "read", broken)
    for query in ("{ me { id } }", "{ me { id } __schema { queryType { name } } }", "{ graph { truncated } }"):
        # when it is asked, by either way
        with capture_logs() as logs:
            response = await caller.ask(query)
        # then nothing of the reason is shown, but it is in the log with the request's id
        assert "hunter2" not in response.text
        error = only_error(response)
        assert error["message"] == "internal error"
        assert error["extensions"] == {"code": "INTERNAL", "requestId": REQUEST_ID}
        [line] = [line for line in logs if line["log_level"] == "error"]
        assert line["request_id"] == REQUEST_ID
        assert str(line["exc_info"]) == "password is hunter2"


async def test_a_graph_that_does_not_answer_is_said(platform: Platform, graph_settings: GraphSettings) -> None:
    # given a graph where nobody listens
    [port] = free_ports(1)
    settings = GraphSettings(
        f"bolt://127.0.0.1:{port}", graph_settings.user, graph_settings.password, connect_timeout=1, retry_time=1
    )
    async with Graph.connect(settings) as nowhere:
        caller = Caller(platform, platform.actor, graph=nowhere)
        # when it is asked by either way
        fast = await caller.ask("{ me { id } }")
        slow = await caller.ask("{ me { id } __schema { queryType { name } } }")
    # then it is said that it is not there, and how to ask about it
    message = "the database does not answer; try again in a moment"
    assert (fast.status_code, only_error(fast)["message"]) == (503, message)
    assert fast.json().keys() == {"errors"}
    assert only_error(slow)["message"] == message
    assert only_error(slow)["extensions"] == {"code": "UNAVAILABLE", "requestId": REQUEST_ID}
    assert slow.json()["data"] == {"me": None, "__schema": {"queryType": {"name": "Query"}}}
