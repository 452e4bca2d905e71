"""The programs in `examples/clients/`, which docs/clients.md shows, run against the served API."""

from __future__ import annotations

import re

import pytest
from pydantic import JsonValue

from tests.api import PASSWORD, Api
from tests.clients.packages import EXAMPLES
from tests.clients.programs import Programs, line
from tests.clients.relay import Relay
from tests.guards.sources import CHECKOUT

PAGE = CHECKOUT / "docs" / "clients.md"
SHOWN = ("sign-in.mjs", "graphql-ws.mjs", "apollo.mjs", "urql.mjs", "gql_client.py")
CREATE = "mutation Create($input: CreateProjectInput!) { createProject(input: $input) { problems { message } } }"
INVALID = "Cannot query field 'nonsense' on type 'ProjectConnection'."


def without_typenames(value: JsonValue) -> JsonValue:
    """The value as it was asked for: some clients add `__typename` to every selection."""
    if isinstance(value, list):
        return [without_typenames(each) for each in value]
    if isinstance(value, dict):
        return {key: without_typenames(each) for key, each in value.items() if key != "__typename"}
    return value


async def create(api: Api, name: str) -> None:
    """Create a project."""
    assert await api.ask(CREATE, {"input": {"name": name}}) == {"createProject": {"problems": []}}


def created(number: int, name: str) -> JsonValue:
    """The event of a project's creation as the example prints it."""
    return {
        "__typename": "Event",
        "cursor": str(number),
        "type": "project.created",
        "subject": name,
        "message": f"Project {name} was created",
    }


def test_the_page_shows_every_example_as_it_is() -> None:
    # given the page, and the files
    blocks = re.findall(r"^`examples/clients/([\w.-]+)`\n\n```\w+\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    # when they are compared
    # then each file is shown once, word for word
    assert [name for name, _ in blocks] == list(SHOWN)
    assert sorted(SHOWN) == sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in {".mjs", ".py"})
    assert {name: text for name, text in blocks if text != (EXAMPLES / name).read_text()} == {}


async def test_signing_in_prints_a_token(api: Api, programs: Programs) -> None:
    # given the administrator's password
    # when it is handed to the example
    process = await programs.start("sign-in.mjs", "admin", TOKEN="")
    out, err = await process.communicate(f"{PASSWORD}\n".encode())
    # then it prints a token that opens the API
    assert (process.returncode, err) == (0, b"")
    response = await api.post("{ me { id } }", token=out.decode().strip())
    assert response.json() == {"data": {"me": {"id": "user:admin"}}}


async def test_signing_in_with_a_wrong_password_says_so(programs: Programs) -> None:
    # when a wrong password is given
    ended = await programs.run("sign-in.mjs", "admin", stdin="wrong\n")
    # then that is what it says
    assert (ended.code, ended.lines, ended.complaint) == (1, [], "name or password is wrong")


async def test_graphql_ws_goes_on_where_it_was_when_the_connection_was_cut(
    api: Api, relay: Relay, programs: Programs
) -> None:
    # given the example, connected through something that can be cut, which has seen two events
    for name in ("one", "two"):
        await create(api, name)
    process = await programs.start("graphql-ws.mjs", "0", TRELLIS_SERVER=f"http://127.0.0.1:{relay.port}")
    seen = [await line(process) for _ in range(3)]
    # when the connection breaks, things happen meanwhile, and it can be made again
    relay.cut()
    for name in ("three", "four"):
        await create(api, name)
    relay.mend()
    seen += [await line(process) for _ in range(2)]
    await create(api, "five")
    seen.append(await line(process))
    # then it has every event once and in order
    assert seen == [
        {"id": "user:admin", "name": "admin"},
        *(created(number, name) for number, name in enumerate(("one", "two", "three", "four", "five"), start=1)),
    ]
    assert process.returncode is None


@pytest.mark.parametrize(
    ("arguments", "token", "complaint"),
    [
        (("0",), "none", "Forbidden: the token is not valid, or has expired: sign in again"),
        (("soon",), None, "a cursor is the number of an event, such as 42; 0 is the beginning"),
    ],
)
async def test_graphql_ws_says_why_it_cannot_follow(
    api: Api, programs: Programs, arguments: tuple[str, ...], token: str | None, complaint: str
) -> None:
    # given a token or a cursor that is none
    # when the example is run with it
    ended = await programs.run("graphql-ws.mjs", *arguments, TOKEN=token or api.token)
    # then it ends and says what the server said
    assert (ended.code, ended.complaint) == (1, complaint)


@pytest.mark.parametrize(
    ("script", "invalid"),
    [
        ("apollo.mjs", INVALID),
        ("urql.mjs", INVALID),
        # This client has read the schema and never sends what is not valid; the suggestion is its own.
        ("gql_client.py", f"{INVALID} Did you mean 'nodes'?"),
    ],
)
async def test_a_client_asks_changes_and_follows(programs: Programs, script: str, invalid: str) -> None:
    # given an example
    # when it is run with the name of a project that is not there yet
    ended = await programs.run(script, "clients")
    # then it has what it asked for: answers, problems as data, an event, and errors
    assert (ended.code, ended.complaint) == (0, "")
    conflict: JsonValue = {"code": "CONFLICT", "message": "Project clients exists already", "field": "name"}
    expected: list[JsonValue] = [
        {"me": {"id": "user:admin", "name": "admin"}},
        {"created": {"project": {"id": "clients", "version": 1}, "problems": []}},
        {"refused": {"project": None, "problems": [conflict]}},
        {"event": {"type": "project.created", "subject": "clients"}},
        {"invalid": [{"message": invalid}]},
        {"failed": [{"message": "there is no Project 'no-such'", "code": "NOT_FOUND"}]},
    ]
    assert [without_typenames(said) for said in ended.lines] == expected


@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs", "gql_client.py"])
async def test_a_client_is_told_that_nobody_is_signed_in(api: Api, programs: Programs, script: str) -> None:
    # given a token that is none
    # when an example is run with it
    ended = await programs.run(script, "clients", TOKEN="none")
    # then the client reports what the server said, and nothing was changed
    assert ended.code == 1
    assert ended.lines == []
    assert "sign in first: send a bearer token" in ended.complaint
    assert await api.ask("{ projects(first: 1) { totalCount } }") == {"projects": {"totalCount": 0}}
