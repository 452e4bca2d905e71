"""Trusted documents: named by hash, and where a deployment says so nothing else; and who may ask for the schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from app.domain.access import Role
from app.graph_observer import counting
from app.http.admission import Rules
from app.trusted import ListInvalid, Mode, Trusted, collected, digest, main, read
from tests.http.caller import Caller
from tests.platform import Platform

ME = "{ me { name } }"
OTHER = "{ me { id } }"
LIST = {digest(ME): ME}
PERSISTED = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(ME)}}}
UNKNOWN = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}


def caller(platform: Platform, mode: Mode, role: Role = Role.VIEWER) -> Caller:
    """Somebody with that role, where a deployment has a list."""
    return Caller(platform, replace(platform.actor, role=role), trusted=Trusted(mode, LIST))


@pytest.mark.parametrize("mode", [Mode.ALLOW, Mode.REQUIRE])
@pytest.mark.parametrize(
    "body",
    [
        {"documentId": f"sha256:{digest(ME)}"},
        {"documentId": digest(ME)},
        {"documentId": digest(ME), "operationName": None, "variables": {}},
        PERSISTED,
        {"query": ME},
        {"query": ME, **PERSISTED},
    ],
)
async def test_a_trusted_document_is_carried_out_in_every_form(
    platform: Platform, mode: Mode, body: dict[str, object]
) -> None:
    # given a deployment with a list
    # when a document of it is asked for
    response = await caller(platform, mode).send(content=orjson.dumps(body))
    # then it is carried out
    assert response.json() == {"data": {"me": {"name": "admin"}}}


@pytest.mark.parametrize(
    ("mode", "body", "status", "code"),
    [
        (Mode.REQUIRE, {"query": OTHER}, 403, "UNTRUSTED_DOCUMENT"),
        (Mode.REQUIRE, {"query": ME + " "}, 403, "UNTRUSTED_DOCUMENT"),
        (Mode.REQUIRE, {"query": "{ __typename }"}, 403, "UNTRUSTED_DOCUMENT"),
        (Mode.REQUIRE, UNKNOWN, 403, "UNTRUSTED_DOCUMENT"),
        (Mode.REQUIRE, {"documentId": "nothing"}, 403, "UNTRUSTED_DOCUMENT"),
        (Mode.REQUIRE, {"query": OTHER, **PERSISTED}, 400, "BAD_REQUEST"),
        (Mode.ALLOW, {"query": OTHER, **PERSISTED}, 400, "BAD_REQUEST"),
        (Mode.ALLOW, UNKNOWN, 400, "PERSISTED_QUERY_NOT_FOUND"),
        (Mode.OFF, PERSISTED, 400, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (Mode.OFF, {"documentId": 5}, 400, "BAD_REQUEST"),
        (Mode.OFF, {"documentId": "x" * 201}, 400, "BAD_REQUEST"),
        (Mode.OFF, {"extensions": {"persistedQuery": []}}, 400, "BAD_REQUEST"),
        (Mode.OFF, {"extensions": {"persistedQuery": {}}}, 400, "BAD_REQUEST"),
    ],
)
async def test_anything_else_is_refused(
    platform: Platform, mode: Mode, body: dict[str, object], status: int, code: str
) -> None:
    # given a deployment with a list, and somebody who may not explore
    # when they ask for what is not in it
    with counting() as ran:
        response = await caller(platform, mode, Role.DEVELOPER).send(
            content=orjson.dumps(body), headers={"accept": "application/graphql-response+json"}
        )
    # then it is refused, and nothing was asked of the graph
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert ran == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPER_ADMIN])
async def test_administrators_may_explore(platform: Platform, role: Role) -> None:
    # given a deployment that takes only what it trusts
    # when an administrator sends a document of their own
    response = await caller(platform, Mode.REQUIRE, role).ask(OTHER)
    # then it is carried out
    assert response.json() == {"data": {"me": {"id": "user:admin"}}}


@pytest.mark.parametrize(
    ("role", "rules", "status"),
    [
        (Role.VIEWER, Rules(), 403),
        (Role.DEVELOPER, Rules(), 200),
        (Role.ADMIN, Rules(), 200),
        (Role.SUPER_ADMIN, Rules(), 200),
        (Role.SUPER_ADMIN, Rules(introspection=False), 403),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Service") { name } }',
        "{ me { name } ...F } fragment F on Query { s: __schema { queryType { name } } }",
    ],
)
async def test_the_schema_is_told_to_who_may_see_it(
    platform: Platform, role: Role, rules: Rules, status: int, query: str
) -> None:
    # given somebody with a role
    asking = Caller(platform, replace(platform.actor, role=role), rules=rules)
    # when they ask for the schema, and for the name of a type
    response = await asking.ask(query)
    names = await asking.ask("{ __typename me { __typename } }")
    # then they are told or refused by their right; names of types are told to everybody
    assert response.status_code == status
    if status == 403:
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert "the schema" in error["message"]
    else:
        assert "errors" not in response.json()
    assert names.json() == {"data": {"__typename": "Query", "me": {"__typename": "User"}}}


async def test_introspection_with_variables_is_answered_for_each(platform: Platform) -> None:
    # given
    asking = Caller(platform, platform.actor)
    query = "query Q($name: String!) { __type(name: $name) { name } }"
    # when the same document asks for two types
    answers = [(await asking.ask(query, {"name": name})).json() for name in ("User", "Team", "User", "None")]
    # then each is answered
    assert [one["data"]["__type"] for one in answers] == [{"name": "User"}, {"name": "Team"}, {"name": "User"}, None]


def test_a_list_is_written_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # given a folder with two documents, one of them deeper
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    (tmp_path / "in" / "me.graphql").write_text(ME)
    (tmp_path / "in" / "deeper" / "other.graphql").write_text(OTHER)
    # when a list is written of it
    code = main([str(tmp_path / "list.json"), str(tmp_path / "in")])
    # then it is read as what the folder holds
    assert code == 0
    assert capsys.readouterr().out == f"2 documents in {tmp_path / 'list.json'}\n"
    assert read(tmp_path / "list.json") == read(tmp_path / "in") == {digest(ME): ME, digest(OTHER): OTHER}


def test_the_list_of_ours_has_the_documents_of_the_command_line(tmp_path: Path) -> None:
    assert main([str(tmp_path / "list.json")]) == 0
    trusted = Trusted(Mode.REQUIRE, read(tmp_path / "list.json"))
    for path in Path(__file__).parents[2].glob("app/cli/documents/*.graphql"):
        assert trusted.knows(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "unexpected end of data"),
        ("[]", "must be a JSON object"),
        ('{"abc": "{ me { id } }"}', "is no SHA-256"),
        ('{"' + "0" * 64 + '": 5}', "is no SHA-256"),
        ('{"' + "0" * 64 + '": "{ me { id } }"}', "is not the SHA-256 of its document"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(content)
    with pytest.raises(ListInvalid, match=said):
        read(path)
    with pytest.raises(ListInvalid, match="holds no"):
        collected([tmp_path])


def test_wrong_arguments_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main([str(tmp_path / "list.json"), str(tmp_path)]) == 1
    assert "usage" in capsys.readouterr().err
