"""Signing in and out: the token goes into the file and nowhere else."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from starlette.responses import JSONResponse, PlainTextResponse

from app.cli.credentials import Credential, CredentialStore
from app.cli.server import Server
from app.local.ports import free_ports
from tests.cli.conftest import Trellis
from tests.cli.samples import problem
from tests.cli.scripted import ScriptedServer, data

SIGNED_IN: JsonValue = {
    "token": "token-of-admin",
    "expiresAt": "2099-01-01T00:00:00Z",
    "user": {"id": "admin", "name": "admin", "role": "super-admin"},
    "problems": [],
}


@pytest.mark.parametrize("flags", [(), ("--json",), ("--verbose",)])
def test_the_token_is_kept_and_never_printed(trellis: Trellis, store: CredentialStore, flags: tuple[str, ...]) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(login=SIGNED_IN)])

    # when
    with scripted.serving() as server:
        ended = trellis("login", "--server", server.url, "--password-stdin", *flags, stdin="a pass word \n")

    # then
    assert ended.code == 0
    kept = store.find(server)
    assert kept is not None
    assert kept.token == "token-of-admin"
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert scripted.requests[0]["variables"] == {"input": {"name": "admin", "password": "a pass word "}}
    assert scripted.authorizations == [None]
    for secret in ("token-of-admin", "a pass word"):
        assert secret not in ended.out
        assert secret not in ended.err
    if "--json" in flags:
        assert ended.json == {
            "server": server.url,
            "user": {"id": "admin", "name": "admin", "role": "super-admin"},
            "expiresAt": "2099-01-01T00:00:00+00:00",
            "credentials": str(store.path),
        }
    else:
        assert ended.lines == [f"signed in to {server.url} as admin (super-admin) until 2099-01-01 00:00:00 UTC"]


def test_a_wrong_password_keeps_the_token_there_was(trellis: Trellis, store: CredentialStore) -> None:
    # given
    refused: JsonValue = {
        "token": None,
        "expiresAt": None,
        "user": None,
        "problems": [problem("UNAUTHENTICATED", "name or password is wrong")],
    }
    with ScriptedServer(answers=[lambda _: data(login=refused)]).serving() as server:
        # when
        ended = trellis("login", "--password-stdin", server=server, stdin="wrong\n")

    # then
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (f"error UNAUTHENTICATED admin could not sign in to {server.url}: name or password is wrong\n")
    kept = store.find(server)
    assert kept is not None
    assert kept.token == "token-1"


def test_without_a_terminal_the_password_is_not_asked_for(trellis: Trellis) -> None:
    # when
    ended = trellis("login")

    # then
    assert ended.code == 3
    assert "give it with --password-stdin" in ended.err


def test_an_empty_password_is_not_sent(trellis: Trellis) -> None:
    assert trellis("login", "--password-stdin", stdin="\n").code == 2


def test_signing_out_forgets_the_token(trellis: Trellis, store: CredentialStore) -> None:
    # given
    server = Server(f"http://127.0.0.1:{free_ports(1)[0]}")

    # when
    first = trellis("logout", server=server)
    second = trellis("logout", "--server", server.url, "--json")

    # then
    assert (first.code, first.lines) == (0, [f"signed out of {server.url}"])
    assert second.json == {"server": server.url, "signedOut": False}
    assert store.find(server) is None


def test_an_expired_token_is_not_sent(trellis: Trellis, store: CredentialStore) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(me=None)])
    with scripted.serving() as server:
        long_ago = datetime.now(UTC) - timedelta(seconds=1)
        store.keep(server, Credential(name="admin", token="old", expires_at=long_ago))

        # when
        ended = trellis("whoami", "--server", server.url)

    # then
    assert ended.code == 3
    assert f"the token for {server.url} expired at" in ended.err
    assert scripted.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("no", status_code=401),
        JSONResponse({"errors": [{"message": "sign in", "extensions": {"code": "UNAUTHENTICATED"}}], "data": None}),
    ],
    ids=["as HTTP", "as GraphQL"],
)
def test_a_token_that_the_server_does_not_take(trellis: Trellis, answer: JSONResponse | PlainTextResponse) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: answer])
    with scripted.serving() as server:
        # when
        ended = trellis("whoami", server=server)

    # then
    assert ended.code == 3
    assert "sign in with `trellis login`" in ended.err
    assert scripted.authorizations == ["Bearer token-1"]


def test_whoami_names_role_and_team(trellis: Trellis) -> None:
    # given
    team: JsonValue = {"id": "team:platform", "name": "platform"}
    user: JsonValue = {"id": "admin", "name": "admin", "teams": {"edges": [{"role": "SUPER_ADMIN", "node": team}]}}
    with ScriptedServer(answers=[lambda _: data(me=user)]).serving() as server:
        # when
        ended = trellis("whoami", server=server)

        # then
        assert (ended.code, ended.lines) == (0, [f"admin at {server.url}: super-admin of platform"])
        assert trellis("whoami", "--json", server=server).json == {"server": server.url, "user": user}
