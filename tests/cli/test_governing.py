"""How policies apply, from the terminal: settings, exceptions and freezes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from app.cli.failures import BadUsage
from app.cli.moments import moment
from tests.cli.conftest import Trellis
from tests.cli.samples import NOW, page, problem
from tests.cli.scripted import ScriptedServer, data
from tests.cli.test_policies import policy

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
FREEZE: dict[str, JsonValue] = {
    "id": "freeze:audit",
    "name": "audit",
    "reason": "auditors are here",
    "startsAt": NOW,
    "endsAt": "2026-11-22T12:00:00Z",
    "projects": {"nodes": [{"id": "shop"}]},
    "environments": {"nodes": [{"id": "desk@production"}]},
}


def changed(field: str, *problems: JsonValue, **fields: JsonValue) -> ScriptedServer:
    """A server that changes a policy, or refuses to."""
    found = {**policy(projects={"edges": []}, exceptions={"edges": []}), **fields}
    payload: JsonValue = {"policy": None if problems else found, "problems": list(problems)}
    return ScriptedServer(answers=[lambda _: data(**{field: payload})])


def sent(server: ScriptedServer) -> dict[str, JsonValue]:
    """The input of the only mutation that was sent."""
    [request] = server.requests
    variables = request["variables"]
    assert isinstance(variables, dict)
    assert isinstance(variables["input"], dict)
    return variables["input"]


def test_a_policy_is_set_for_a_project(trellis: Trellis) -> None:
    # given
    edge: JsonValue = {"enforcement": "DRY_RUN", "parameters": ["stages=staging"], "node": {"id": "shop"}}
    scripted = changed("setPolicy", projects={"edges": [edge]})
    words = ("--project", "shop", "--enforcement", "dry-run", "--parameter", "stages=staging,production")
    with scripted.serving() as server:
        # when
        ended = trellis("policy", "set", "pinned-images", *words, server=server)
    # then
    assert ended.code == 0
    assert ended.lines[-1] == "set for shop: dry-run, stages=staging"
    assert sent(scripted) == {
        "policy": "pinned-images",
        "project": "shop",
        "enforcement": "DRY_RUN",
        "parameters": [{"name": "stages", "value": "staging,production"}],
    }


def test_a_setting_for_everybody_is_taken_back(trellis: Trellis) -> None:
    # given
    scripted = changed("setPolicy")
    with scripted.serving() as server:
        # when
        ended = trellis("policy", "unset", "pinned-images", "--json", server=server)
    # then
    assert ended.code == 0
    assert ended.json["name"] == "pinned-images"
    assert sent(scripted) == {"policy": "pinned-images", "project": None, "enforcement": None, "parameters": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("policy", "set", "p"), "give --enforcement or --parameter; `trellis policy unset` takes back what was set"),
        (("policy", "set", "p", "--parameter", "least"), "--parameter 'least' is not NAME=VALUE"),
        (
            ("freeze", "create", "f", "--until", "1d", "--reason", "r"),
            "name what is frozen: --project or --environment",
        ),
        (
            ("freeze", "create", "f", "--until", "2026-12-24T18:00", "--reason", "r", "--project", "shop"),
            "--until '2026-12-24T18:00' needs a time zone, such as 2026-12-24T18:00Z",
        ),
    ],
)
def test_what_cannot_be_meant_is_not_sent(trellis: Trellis, words: tuple[str, ...], said: str) -> None:
    # given
    scripted = ScriptedServer(answers=[])
    with scripted.serving() as server:
        # when
        ended = trellis(*words, server=server)
    # then
    assert ended.code == 2
    assert ended.err == f"error USAGE {said}\n"
    assert scripted.requests == []


def test_a_refused_setting_says_why(trellis: Trellis) -> None:
    # given
    refused = problem("INVALID_INPUT", "least must be a number, not 'many'", "parameters")
    with changed("setPolicy", refused).serving() as server:
        # when
        ended = trellis("policy", "set", "pinned-images", "--parameter", "least=many", server=server)
    # then
    assert ended.code == 1
    assert ended.err.startswith(
        "error INVALID_INPUT pinned-images stays as it is: least must be a number, not 'many'\n"
    )


def test_an_exception_is_granted_and_revoked(trellis: Trellis) -> None:
    # given
    edge: JsonValue = {"owner": "shop team", "reason": "vendor", "expiresAt": NOW, "node": {"id": "shop"}}
    granting = changed("grantPolicyException", exceptions={"edges": [edge]})
    revoking = changed("revokePolicyException")
    words = ("--until", "2026-11-21T13:00:00+01:00", "--owner", "shop team", "--reason", "vendor")
    # when
    with granting.serving() as server:
        granted = trellis("policy", "except", "pinned-images", "shop", *words, server=server)
    with revoking.serving() as server:
        revoked = trellis("policy", "revoke", "pinned-images", "shop", server=server)
    # then
    assert (granted.code, revoked.code) == (0, 0)
    assert granted.lines[-1] == "lets shop through until 2026-11-21 12:00:00: vendor (owner shop team)"
    assert sent(granting) == {
        "policy": "pinned-images",
        "node": "shop",
        "owner": "shop team",
        "reason": "vendor",
        "expiresAt": "2026-11-21T13:00:00+01:00",
    }
    assert sent(revoking) == {"policy": "pinned-images", "node": "shop"}


def test_a_freeze_is_created(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(createFreeze={"freeze": FREEZE, "problems": []})])
    words = ("--from", NOW, "--until", "2026-11-22T12:00:00Z", "--reason", "auditors are here")
    places = ("--project", "shop", "--environment", "desk@production")
    with scripted.serving() as server:
        # when
        ended = trellis("freeze", "create", "audit", *words, *places, server=server)
    # then
    assert ended.code == 0
    assert ended.lines == [
        "FREEZE  FROM                 UNTIL                WHERE                  REASON",
        "audit   2026-11-21 12:00:00  2026-11-22 12:00:00  shop, desk@production  auditors are here",
    ]
    wanted = sent(scripted)
    assert wanted.pop("idempotencyKey")
    assert wanted == {
        "name": "audit",
        "reason": "auditors are here",
        "startsAt": "2026-11-21T12:00:00+00:00",
        "endsAt": "2026-11-22T12:00:00+00:00",
        "projects": ["shop"],
        "environments": ["desk@production"],
    }


@pytest.mark.parametrize(("flags", "narrowed"), [((), True), (("--all",), False)])
def test_freezes_are_listed(trellis: Trellis, flags: tuple[str, ...], narrowed: bool) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(freezes=page(FREEZE))])
    with scripted.serving() as server:
        # when
        ended = trellis("freeze", "list", "--json", *flags, server=server)
    # then
    assert ended.code == 0
    assert ended.json == {"freezes": [FREEZE]}
    variables = scripted.requests[0]["variables"]
    assert isinstance(variables, dict)
    assert isinstance(variables["where"], dict)
    assert list(variables["where"]) == (["endsAt"] if narrowed else [])


@pytest.mark.parametrize(("flags", "said"), [((), "is deprecated"), (("--undo",), "is not deprecated")])
def test_a_version_is_deprecated_or_not_any_more(trellis: Trellis, flags: tuple[str, ...], said: str) -> None:
    # given
    id = "shop/boutique/cart:v1-1a2b3c4d"
    version: dict[str, JsonValue] = {"id": id, "deprecated": not flags}
    answer: JsonValue = {"serviceVersion": version, "problems": []}
    scripted = ScriptedServer(answers=[lambda _: data(deprecateServiceVersion=answer)])
    with scripted.serving() as server:
        # when
        ended = trellis("deprecate", id, *flags, server=server)
    # then
    assert ended.code == 0
    assert ended.lines == [f"{id} {said}"]
    wanted = sent(scripted)
    assert wanted.pop("idempotencyKey")
    assert wanted == version


@pytest.mark.parametrize("name", ["audit", "freeze:audit"])
def test_a_freeze_is_deleted(trellis: Trellis, name: str) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(deleted={"id": "freeze:audit", "problems": []})])
    with scripted.serving() as server:
        # when
        ended = trellis("freeze", "delete", name, server=server)
    # then
    assert ended.code == 0
    assert ended.lines == ["deleted freeze:audit"]
    assert sent(scripted) == {"id": "freeze:audit"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90m", AT + timedelta(minutes=90)),
        ("12h", AT + timedelta(hours=12)),
        ("7d", AT + timedelta(days=7)),
        ("2w", AT + timedelta(weeks=2)),
        ("2026-12-24T18:00:00+01:00", datetime(2026, 12, 24, 17, tzinfo=UTC)),
        ("2026-12-24T18:00:00Z", datetime(2026, 12, 24, 18, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_time_or_how_long_from_now(text: str, found: datetime) -> None:
    assert moment(text, "--until", now=AT) == found


@pytest.mark.parametrize("text", ["", "soon", "0d", "7", "d", "-7d", "999999w", "2026-13-01T00:00:00Z", "2026-12-24"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadUsage):
        moment(text, "--until", now=AT)
