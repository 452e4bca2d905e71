"""Whatever goes wrong is one sentence on standard error, an exit code, and an object for scripts."""

from __future__ import annotations

import pytest
from pydantic import JsonValue
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.cli.server import Server
from app.local.ports import free_ports
from tests.cli.conftest import Trellis
from tests.cli.samples import page
from tests.cli.scripted import ScriptedServer, data


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plann",), "No such command 'plann'. Did you mean 'plan'?"),
        (("plan", "shop/boutique"), "Missing argument"),
        (("get", "clusters"), "Invalid value"),
        (("apply",), "Missing option"),
        (("deploy",), "give APPLICATION and ENVIRONMENT, or --plan with a plan's id"),
        (("deploy", "shop/boutique", "shop@production", "--plan", "x"), "not both"),
        (("get", "projects", "--project", "shop"), "--project narrows what belongs to a project"),
        (("get", "services", "--project", "shop", "--application", "shop/boutique"), "not both"),
        (("get", "projects", "--server", "nowhere"), "is no address such as http://127.0.0.1:8080"),
    ],
)
def test_a_wrong_command_line_ends_with_2(trellis: Trellis, arguments: tuple[str, ...], said: str) -> None:
    # given
    server = Server(f"http://127.0.0.1:{free_ports(1)[0]}")

    # when
    ended = trellis(*arguments, server=server)
    for_scripts = trellis(*arguments, "--json", server=server)

    # then
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert for_scripts.code == 2
    error = for_scripts.json["error"]
    assert isinstance(error, dict)
    assert said in str(error["message"])


def test_without_a_command_the_help_is_shown(trellis: Trellis) -> None:
    # when
    ended = trellis()

    # then
    assert ended.code == 2
    assert "Usage: trellis [OPTIONS] COMMAND" in ended.out


def test_nobody_signed_in_ends_with_3(trellis: Trellis) -> None:
    # when
    ended = trellis("get", "projects", "--server", "http://127.0.0.1:9")

    # then
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        "error UNAUTHENTICATED nobody is signed in to http://127.0.0.1:9: sign in with `trellis login`\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "projects"),
        ("events", "--follow"),
        ("plan", "shop/boutique", "shop@production"),
        ("deploy", "shop/boutique", "shop@production"),
        ("deploy", "shop/boutique", "shop@production", "--no-follow"),
    ],
)
def test_a_server_that_is_down_ends_with_4(trellis: Trellis, arguments: tuple[str, ...]) -> None:
    # given
    server = Server(f"http://127.0.0.1:{free_ports(1)[0]}")

    # when
    ended = trellis(*arguments, server=server)

    # then
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith(f"error UNREACHABLE {server.url} cannot be ")
    assert "connection refused" in ended.err


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (PlainTextResponse("starting", status_code=503), 4, "is not ready (HTTP 503)"),
        (PlainTextResponse("<html>hello"), 1, "answered HTTP 200 without GraphQL in it"),
        (PlainTextResponse("gone", status_code=404), 1, "answered HTTP 404 without GraphQL in it"),
        (JSONResponse([1]), 1, "answered HTTP 200 without GraphQL in it"),
        (JSONResponse({"data": {"projects": {"nodes": 5}}}), 1, "does not fit this version of the command line"),
        (
            JSONResponse({"errors": [{"message": "too deep", "extensions": {"code": "TOO_COMPLEX"}}]}),
            1,
            "error TOO_COMPLEX too deep",
        ),
    ],
)
def test_what_is_no_answer_is_said(trellis: Trellis, answer: Response, code: int, said: str) -> None:
    # given
    with ScriptedServer(answers=[lambda _: answer]).serving() as server:
        # when
        ended = trellis("get", "projects", server=server)

    # then
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_the_request_of_a_failure_can_be_found_in_the_servers_log(trellis: Trellis) -> None:
    # given
    broken = JSONResponse({"errors": [{"message": "internal error"}]}, headers={"x-request-id": "request-7"})
    with ScriptedServer(answers=[lambda _: broken]).serving() as server:
        # when
        ended = trellis("get", "projects", server=server)

    # then
    assert ended.err == "error ERROR internal error (request request-7)\n"


def test_text_from_the_server_cannot_steer_the_terminal(trellis: Trellis) -> None:
    # given
    nasty: JsonValue = {
        "id": "shop",
        "name": "shop",
        "description": "a\x1b[2Jb\u202ec",
        "updatedAt": "2026-11-21T12:00:00Z",
    }
    with ScriptedServer(answers=[lambda _: data(projects=page(nasty))]).serving() as server:
        # when
        ended = trellis("get", "projects", server=server)

    # then
    assert ended.lines == ["PROJECT  CHANGED              DESCRIPTION", "shop     2026-11-21 12:00:00  a�[2Jb�c"]


def test_lists_are_fetched_page_by_page(trellis: Trellis) -> None:
    # given
    def project(name: str) -> JsonValue:
        return {"id": name, "name": name, "description": "", "updatedAt": "2026-11-21T12:00:00Z"}

    pages = [page(project("a"), more="cursor-1"), page(project("b"))]
    scripted = ScriptedServer(answers=[lambda _: data(projects=pages[0]), lambda _: data(projects=pages[1])])
    with scripted.serving() as server:
        # when
        ended = trellis("get", "projects", "--json", server=server)

    # then
    assert [project["id"] for project in ended.json["projects"]] == ["a", "b"]  # type: ignore[index, call-overload, union-attr]
    assert [request["variables"] for request in scripted.requests] == [
        {"first": 100, "after": None},
        {"first": 100, "after": "cursor-1"},
    ]


def test_verbose_says_what_is_sent_but_never_the_token(trellis: Trellis) -> None:
    # given
    with ScriptedServer(answers=[lambda _: data(projects=page())]).serving() as server:
        # when
        ended = trellis("get", "projects", "--verbose", server=server)

    # then
    assert "projects: HTTP 200 in " in ended.err
    assert "token-1" not in ended.err
