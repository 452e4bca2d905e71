"""The API as it is served: nothing is open, everything is there."""

from __future__ import annotations

import httpx2

from tests.api import Api


async def test_it_is_ready(api: Api) -> None:
    async with httpx2.AsyncClient() as client:
        # when
        answer = await client.get(f"{api.url}/ready")
    # then
    assert answer.json() == {
        "status": "ok",
        "dependencies": {"neo4j": "ok", "redis": "ok", "migrations": "ok"},
    }


async def test_without_a_token_only_the_sign_in_answers(api: Api) -> None:
    # when
    query = await api.post("{ projects { nodes { id } } }", token="")
    mutation = await api.post('mutation { createProject(input: {name: "shop"}) { problems { code } } }', token="")
    forged = await api.post("{ projects { nodes { id } } }", token="forged")
    mixed = await api.post(
        'mutation { login(input: {name: "admin", password: "x"}) { token } '
        'createProject(input: {name: "shop"}) { problems { code } } }',
        token="",
    )
    # then
    for refused in (query, mutation, forged, mixed):
        assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "data" not in refused.json() or refused.json()["data"] is None
    assert await api.ask("{ projects { nodes { id } } }") == {"projects": {"nodes": []}}


async def test_a_wrong_password_gives_a_problem_and_no_token(api: Api) -> None:
    # when
    answer = await api.post(
        'mutation { login(input: {name: "admin", password: "wrong"}) { token user { id } problems { code message } } }',
        token="",
    )
    # then
    assert answer.json()["data"] == {
        "login": {
            "token": None,
            "user": None,
            "problems": [{"code": "UNAUTHENTICATED", "message": "name or password is wrong"}],
        }
    }
