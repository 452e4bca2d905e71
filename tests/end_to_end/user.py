"""What somebody does who is signed in: apply manifests, plan, deploy, look, and watch the events come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.api import Api
from tests.end_to_end.manifests import Manifest
from tests.events.serving import EVENTS, FRAME_LIMIT, PROTOCOL, Client, Message

PROBLEMS = "problems { code message ... on PolicyDenied { violations { policy message nodes { id } edges } } }"
APPLY = f"""
mutation ($input: ApplyManifestsInput!) {{ applyManifests(input: $input) {{ results {{ id action }} {PROBLEMS} }} }}
"""
PLAN = f"""
mutation ($input: PlanInput!) {{
  plan(input: $input) {{
    plan {{ state provider steps(first: 100) {{ nodes {{ serviceName action reason policy path }} }} }} {PROBLEMS}
  }}
}}
"""
DEPLOY = f"mutation ($input: DeployInput!) {{ deploy(input: $input) {{ run {{ id state }} {PROBLEMS} }} }}"
RUN = """
query ($id: ID!) {
  run(id: $id) {
    state total succeeded failed skipped correlationId
    steps(first: 100) { nodes { serviceName action state message error } }
  }
}
"""
STATUS = """
query ($application: ID, $environment: ID) {
  status(application: $application, environment: $environment, first: 100) {
    nodes { serviceName status message image version desiredVersion }
  }
}
"""
GRAPH = """
query ($scope: ID) {
  graph(scope: $scope, mode: ACTUAL) { nodes { id label name status } edges { from to type kind } truncated }
}
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as it came over the subscription, and how long after it was written."""

    event: dict[str, object]
    after: timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one service."""

    action: str
    state: str
    said: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: total, succeeded, failed and skipped, and each step by service."""

    state: str
    totals: tuple[int, int, int, int]
    steps: dict[str, Step]
    events: list[str]


@dataclass(slots=True)
class User:
    """Somebody with an open socket; everything that comes over it is in `heard`."""

    api: Api
    heard: list[Heard] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)
    _deaf: Exception | None = None

    async def apply(self, manifests: Sequence[Manifest], *, prune: bool = False) -> dict[str, int]:
        """Apply manifests; returns how many were created, updated, unchanged and deleted, without zeros."""
        documents: list[JsonValue] = list(manifests)
        answer = await self._change("applyManifests", APPLY, {"manifests": documents, "prune": prune})
        assert answer["problems"] == [], answer
        counts: dict[str, int] = {}
        for one in listed(answer, "results"):
            action = str(one["action"]).lower()
            counts[action] = counts.get(action, 0) + 1
        return counts

    async def plan(self, project: str, environment: str) -> tuple[str, dict[str, str]]:
        """State of a fresh plan, and each service's action."""
        answer = await self._change("plan", PLAN, place(project, environment))
        assert answer["problems"] == [], answer
        plan = member(answer, "plan")
        steps = listed(member(plan, "steps"), "nodes")
        return str(plan["state"]), {str(one["serviceName"]): str(one["action"]) for one in steps}

    async def deploy(self, project: str, environment: str, *, on_failure: str = "STOP") -> Outcome:
        """Deploy, and wait for the event that says how it ended."""
        answer = await self._change("deploy", DEPLOY, place(project, environment) | {"onFailure": on_failure})
        assert answer["problems"] == [], answer
        run_id = str(member(answer, "run")["id"])
        await self.until(lambda event: (event["type"], event["subject"]) == ("run.finished", run_id))
        run = member(await self.api.ask(RUN, {"id": run_id}), "run")
        steps = {
            str(one["serviceName"]): Step(str(one["action"]), str(one["state"]), str(one["error"] or one["message"]))
            for one in listed(member(run, "steps"), "nodes")
        }
        total, succeeded, failed, skipped = (run[name] for name in ("total", "succeeded", "failed", "skipped"))
        assert isinstance(total, int)
        assert isinstance(succeeded, int)
        assert isinstance(failed, int)
        assert isinstance(skipped, int)
        about = [one.event for one in self.heard if one.event["correlationId"] == run["correlationId"]]
        types = [str(event["type"]) for event in about]
        return Outcome(str(run["state"]), (total, succeeded, failed, skipped), steps, types)

    async def denied(self, project: str, environment: str) -> dict[str, tuple[str, list[str], list[str]]]:
        """Try to deploy, which policies must deny: by the denied service its policy, and the path by ids and edges."""
        answer = await self._change("deploy", DEPLOY, place(project, environment))
        run = member(answer, "run")
        assert run["state"] == "DENIED", answer
        await self.until(lambda event: (event["type"], event["subject"]) == ("run.finished", run["id"]))
        [problem] = listed(answer, "problems")
        assert problem["code"] == "POLICY_DENIED", problem
        found = {}
        for one in listed(problem, "violations"):
            ids = [str(node["id"]) for node in listed(one, "nodes")]
            edges = one["edges"]
            assert isinstance(edges, list)
            [service] = [each.rpartition("/")[2] for each in ids if each.count("/") == 2 and ":" not in each]
            found[service] = (str(one["policy"]), ids, [str(edge) for edge in edges])
        return found

    async def status(self, project: str, environment: str) -> dict[str, dict[str, JsonValue]]:
        """What is recorded of each service there, by its name."""
        answer = await self.api.ask(STATUS, place(project, environment))
        return {str(one["serviceName"]): one for one in listed(member(answer, "status"), "nodes")}

    async def graph(self, project: str) -> tuple[list[tuple[str, str | None]], set[tuple[str, str, str]]]:
        """The picture of the application: label and status of each node, sorted, and the edges (from, type, to)."""
        graph = member(await self.api.ask(GRAPH, {"scope": f"{project}/boutique"}), "graph")
        assert graph["truncated"] is False
        nodes = [
            (str(one["label"]), None if one["status"] is None else str(one["status"])) for one in listed(graph, "nodes")
        ]
        edges = {(str(one["from"]), str(one["type"]), str(one["to"])) for one in listed(graph, "edges")}
        return sorted(nodes, key=str), edges

    async def until(self, condition: Callable[[dict[str, object]], bool], seconds: float = 120.0) -> None:
        """Return once an event has come for which the condition holds; raises what ended the listening."""
        async with asyncio.timeout(seconds), self._came:
            await self._came.wait_for(lambda: self._deaf or any(condition(one.event) for one in self.heard))
        if self._deaf is not None:
            raise self._deaf

    async def listen(self, client: Client) -> None:
        """Take events until it is cancelled."""
        try:
            while True:
                event = _event(await client.receive(600))
                after = datetime.now(UTC) - datetime.fromisoformat(str(event["at"]))
                await self._note(Heard(event, after))
        except Exception as error:
            await self._note(error)

    async def _note(self, came: Heard | Exception) -> None:
        async with self._came:
            if isinstance(came, Heard):
                self.heard.append(came)
            else:
                self._deaf = came
            self._came.notify_all()

    async def _change(self, name: str, text: str, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        return member(await self.api.ask(text, {"input": given}), name)


@asynccontextmanager
async def listening(api: Api) -> AsyncIterator[User]:
    """Sign in on the socket and hear every event from the tenant's first on."""
    async with connect(api.socket, subprotocols=[Subprotocol(PROTOCOL)], max_size=FRAME_LIMIT) as connection:
        client = Client(connection)
        await client.initialise(api.token)
        await client.subscribe(EVENTS, {"after": "0"})
        user = User(api)
        hearing = asyncio.create_task(user.listen(client))
        try:
            yield user
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing


def place(project: str, environment: str) -> dict[str, JsonValue]:
    """The application and one of its environments, as arguments."""
    return {"application": f"{project}/boutique", "environment": f"{project}@{environment}"}


def member(value: Mapping[str, JsonValue], name: str) -> dict[str, JsonValue]:
    """An object within an object."""
    found = value[name]
    assert isinstance(found, dict), value
    return found


def listed(value: Mapping[str, JsonValue], name: str) -> list[dict[str, JsonValue]]:
    """A list of objects within an object."""
    found = value[name]
    assert isinstance(found, list), value
    return [one for one in found if isinstance(one, dict)]


def _event(message: Message) -> dict[str, object]:
    payload = message["payload"]
    assert message["type"] == "next", message
    assert isinstance(payload, dict), message
    event: dict[str, object] = payload["data"]["events"]
    assert event["__typename"] == "Event", event
    return event
