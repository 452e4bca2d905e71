"""Policies from the terminal: listed, shown, asked about what runs, and tested."""

from __future__ import annotations

from pydantic import JsonValue

from tests.cli.conftest import Trellis
from tests.cli.samples import NOW, page, problem
from tests.cli.scripted import ScriptedServer, data


def policy(**fields: JsonValue) -> dict[str, JsonValue]:
    """A policy as the server gives it."""
    return {
        "id": "policy:pinned-images",
        "name": "pinned-images",
        "description": "Images are pinned.",
        "enforcement": "DENY",
        "setEnforcement": None,
        "setParameters": [],
        "points": ["PLAN", "AUDIT"],
        "parameters": ["stages=production"],
        "owner": "platform",
        "links": [],
        "digest": "0123456789abcdef",
        **fields,
    }


def violation(enforcement: str) -> JsonValue:
    """What an audit found."""
    return {
        "id": "violation-1",
        "policy": "pinned-images",
        "clause": "latest",
        "subject": "shop/boutique/cart",
        "place": "shop/boutique shop@production",
        "enforcement": enforcement,
        "message": "cart runs latest",
        "foundAt": NOW,
    }


def result(failure: str | None, *never: str) -> JsonValue:
    """What became of a policy's fixtures."""
    return {
        "policy": "pinned-images",
        "digest": "0123",
        "passed": failure is None and not never,
        "fixtures": [{"setup": "violating", "point": "PLAN", "failure": failure}],
        "clauses": ["no-tag", "latest"],
        "never": list(never),
    }


def test_policies_are_listed_with_what_was_set_for_everybody(trellis: Trellis) -> None:
    # given
    found = page(policy(setEnforcement="DRY_RUN"))
    with ScriptedServer(answers=[lambda _: data(policies=found)]).serving() as server:
        # when
        ended = trellis("policy", "list", server=server)
    # then
    assert ended.code == 0
    assert ended.lines == [
        "POLICY         FINDINGS  ASKED AT     DESCRIPTION",
        "pinned-images  dry-run   plan, audit  Images are pinned.",
    ]


def test_a_policy_is_shown_with_its_settings_and_exceptions(trellis: Trellis) -> None:
    # given
    found = policy(
        projects={"edges": [{"enforcement": "WARN", "parameters": ["stages=staging"], "node": {"id": "shop"}}]},
        exceptions={
            "edges": [{"owner": "shop team", "reason": "vendor", "expiresAt": NOW, "node": {"id": "shop/boutique"}}]
        },
    )
    with ScriptedServer(answers=[lambda _: data(policy=found)]).serving() as server:
        # when
        ended = trellis("policy", "show", "pinned-images", server=server)
    # then
    assert ended.code == 0
    assert ended.lines == [
        "pinned-images: Images are pinned.",
        "findings: deny, asked at plan, audit",
        "version 0123456789ab, owner platform",
        "parameter stages=production",
        "set for shop: warn, stages=staging",
        "lets shop/boutique through until 2026-11-21 12:00:00: vendor (owner shop team)",
    ]


def test_a_policy_that_is_not_there_is_said(trellis: Trellis) -> None:
    # given
    with ScriptedServer(answers=[lambda _: data(policy=None)]).serving() as server:
        # when
        ended = trellis("policy", "show", "moon", server=server)
    # then
    assert ended.code == 1
    assert ended.err == "error NOT_FOUND there is no policy moon\n"


def audited(enforcement: str) -> ScriptedServer:
    """A server whose audit finds one violation."""
    rest: dict[str, JsonValue] = {"places": 1, "opened": 0, "open": 0, "resolved": 2, "problems": [], "end": None}
    counts: dict[str, JsonValue] = {"places": 1, "opened": 1, "open": 1, "resolved": 1, "problems": []}
    return ScriptedServer(
        answers=[
            lambda _: data(auditPolicies=counts | {"end": "shop/boutique shop@dev"}),
            lambda body: data(auditPolicies=rest) if _goes_on(body) else data(auditPolicies=None),
            lambda _: data(violations=page(violation(enforcement))),
        ]
    )


def _goes_on(body: dict[str, JsonValue]) -> bool:
    variables = body["variables"]
    return isinstance(variables, dict) and variables["input"] == {"project": None, "after": "shop/boutique shop@dev"}


def test_an_audit_ends_with_1_where_something_would_be_denied(trellis: Trellis) -> None:
    # given
    with audited("DENY").serving() as server:
        # when
        ended = trellis("policy", "audit", server=server)
    # then
    assert ended.code == 1
    assert ended.lines == [
        "POLICY         FINDINGS  SUBJECT             WHAT IS WRONG",
        "pinned-images  deny      shop/boutique/cart  cart runs latest",
        "1 violation in 2 places, 1 new, 3 gone",
    ]


def test_an_audit_ends_with_0_where_policies_only_warn(trellis: Trellis) -> None:
    # given
    with audited("WARN").serving() as server:
        # when
        ended = trellis("policy", "audit", "--json", server=server)
    # then
    assert ended.code == 0
    assert ended.json["violations"] == [violation("WARN")]


def test_a_refused_audit_says_why(trellis: Trellis) -> None:
    # given
    refused: dict[str, JsonValue] = {"places": None, "opened": None, "open": None, "resolved": None, "end": None}
    answer: dict[str, JsonValue] = {**refused, "problems": [problem("FORBIDDEN", "dev may not administer")]}
    with ScriptedServer(answers=[lambda _: data(auditPolicies=answer)]).serving() as server:
        # when
        ended = trellis("policy", "audit", server=server)
    # then
    assert ended.code == 1
    assert ended.err.startswith("error FORBIDDEN the audit was refused: dev may not administer\n")


def test_a_test_that_passes_ends_with_0(trellis: Trellis) -> None:
    # given
    answer: dict[str, JsonValue] = {"results": [result(None)], "problems": []}
    with ScriptedServer(answers=[lambda _: data(testPolicies=answer)]).serving() as server:
        # when
        ended = trellis("policy", "test", "pinned-images", server=server)
    # then
    assert ended.code == 0
    assert ended.lines == ["ok   pinned-images: 1 fixture, 2 of 2 clauses exercised"]


def test_a_failure_and_a_clause_that_was_never_shown_end_with_1(trellis: Trellis) -> None:
    # given
    answer: dict[str, JsonValue] = {"results": [result("it found nothing, not a (latest)", "latest")], "problems": []}
    with ScriptedServer(answers=[lambda _: data(testPolicies=answer)]).serving() as server:
        # when
        ended = trellis("policy", "test", server=server)
    # then
    assert ended.code == 1
    assert ended.lines == [
        "FAIL pinned-images: 1 fixture, 1 of 2 clauses exercised",
        "     violating at plan: it found nothing, not a (latest)",
        "     clause latest was never exercised",
    ]
