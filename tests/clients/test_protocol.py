"""The socket as the library graphql-ws sees it: results, completes, pings, and the codes with which it is closed."""

from __future__ import annotations

import json

import httpx2
from pydantic import JsonValue

from tests.api import Api
from tests.clients.programs import Programs, line
from tests.events.world import until

ME: JsonValue = {"seen": [{"data": {"me": {"id": "user:admin"}}}], "error": None}


async def subscribers(api: Api) -> int:
    """How many subscriptions to events the API serves."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{api.url}/metrics", headers={"Authorization": f"Bearer {api.token}"})
    [value] = [said.split()[1] for said in answer.text.splitlines() if said.startswith("trellis_event_subscribers ")]
    return int(float(value))


async def becomes(api: Api, count: int) -> None:
    """Return once the API serves so many subscriptions to events."""

    async def there() -> bool:
        return await subscribers(api) == count

    await until(there)


async def test_the_library_and_the_server_understand_each_other(api: Api, programs: Programs) -> None:
    # given a script that does with the library what the protocol has
    process = await programs.start("protocol.mjs")
    assert process.stdin is not None
    # when it runs, and the server is looked at while it listens and after it has stopped
    said: dict[str, JsonValue] = {}
    while "listening" not in said:
        said |= as_object(await line(process))
    await becomes(api, 1)
    process.stdin.write(b"stop\n")
    said |= as_object(await line(process))
    await becomes(api, 0)
    out, err = await process.communicate(b"go on\n")
    for text in out.splitlines():
        said |= as_object(json.loads(text))
    # then each observation is what the protocol promises
    assert (process.returncode, err.decode()) == (0, "")
    assert said == {
        "query": [
            ["connection_ack", None],
            ["next", {"me": {"id": "user:admin"}}],
            ["complete", None],
        ],
        "at once": [ME, {"seen": [{"data": {"me": {"name": "admin"}}}], "error": None}],
        "invalid": {
            "seen": [],
            "error": [
                {
                    "message": "Cannot query field 'nonsense' on type 'Query'.",
                    "locations": [{"line": 1, "column": 3}],
                }
            ],
        },
        "mutation": {"seen": [{"data": {"deleteProject": {"problems": [{"code": "NOT_FOUND"}]}}}], "error": None},
        "pong": True,
        "listening": True,
        "stopped": ME,
        "refused": {
            "seen": [],
            "error": [4403, "Forbidden: the token is not valid, or has expired: sign in again"],
        },
        "accepted later": ME,
        "no message": ["BadRequest", 4400, "a message must be valid JSON: it is no JSON"],
        "before the acknowledgement": ["Unauthorized", 4401, "Unauthorized: send connection_init first"],
        "wrong token": ["Forbidden", 4403, "Forbidden: the token is not valid, or has expired: sign in again"],
        "two initialisations": ["TooManyInitialisationRequests", 4429, "Too many initialisation requests"],
        "id in use": ["SubscriberAlreadyExists", 4409, "Subscriber for 1 already exists"],
        "no protocol": [
            "SubprotocolNotAcceptable",
            4406,
            "Subprotocol not acceptable: speak graphql-transport-ws",
        ],
        # Where the server takes none of the protocols offered, browsers and this library end the handshake themselves.
        "older protocol": "Server sent no subprotocol",
    }


def as_object(value: JsonValue) -> dict[str, JsonValue]:
    """A line that is an object."""
    assert isinstance(value, dict), value
    return value
