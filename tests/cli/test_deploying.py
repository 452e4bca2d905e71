"""Planning and deploying: what is shown, what is followed to its end, and how the command ends."""

from __future__ import annotations

import pytest
from pydantic import JsonValue
from starlette.responses import PlainTextResponse, Response

from tests.cli.conftest import Trellis
from tests.cli.samples import NOW, field_change, page, plan, plan_step, problem, run
from tests.cli.scripted import Answer, Close, Hold, Move, ScriptedServer, data, event, gap

STEPS = page(
    plan_step("redis", "NO_OP", wave=0),
    plan_step("cart", "UPDATE", changes=[field_change("image", "cart:1", "cart:2")]),
    plan_step(
        "front",
        "CREATE",
        wave=2,
        requires=("cart",),
        changes=[field_change("image", None, "front:1"), field_change("replicas", None, "2")],
    ),
)


def planned(found: JsonValue, steps: JsonValue = STEPS) -> list[Answer]:
    def answer(body: dict[str, JsonValue]) -> Response:
        made = "mutation" in str(body["query"])
        return data(plan={"plan": found, "problems": []} if made else {"steps": steps})

    return [answer]


def deployed(started: JsonValue, found: JsonValue, *problems: JsonValue) -> Answer:
    return lambda _: data(deploy={"run": started, "plan": found, "problems": list(problems)})


def asked(state: str, **fields: JsonValue) -> Answer:
    return lambda _: data(run=run(state, **fields))


def linked(**links: JsonValue) -> Answer:
    none = {"rollsBack": None, "rollbacks": page(), "repeats": None, "repetitions": page()}
    return lambda _: data(run={**none, **links})


def finished(seq: int, state: str) -> Move:
    return event(seq, type="run.finished", message=f"Run {state}")


PLAN = ("plan", "shop/boutique", "shop@production")
DEPLOY = ("deploy", "shop/boutique", "shop@production")
BEGIN: list[Move] = [gap(40, "the log ends before the place that was asked for"), Hold()]


def test_a_plan_is_a_table_in_the_order_of_its_steps(trellis: Trellis) -> None:
    # given
    with ScriptedServer(answers=planned(plan())).serving() as server:
        # when
        ended = trellis(*PLAN, server=server)

    # then
    assert ended.code == 0
    assert ended.lines == [
        "WAVE  ACTION  SERVICE  CHANGE                  AFTER",
        "   0  no-op   redis",
        "   1  update  cart     image: cart:1 → cart:2",
        "   2  create  front    image: front:1          cart",
        "1 to create, 1 to update, 0 to delete, 1 unchanged",
        "plan plan-1 (ready, digest 0123456789ab)",
    ]


def test_a_plan_for_scripts_holds_all_of_its_steps(trellis: Trellis) -> None:
    # given
    first, second = page(plan_step("a", "CREATE"), more="c1"), page(plan_step("b", "CREATE"))
    answers = [*planned(plan(), first) * 2, lambda _: data(plan={"steps": second})]
    scripted = ScriptedServer(answers=answers)
    with scripted.serving() as server:
        # when
        ended = trellis(*PLAN, "--json", server=server)

    # then
    found = ended.json
    assert found["digest"] == "0123456789abcdef"
    assert [step["serviceName"] for step in found["steps"]] == ["a", "b"]  # type: ignore[index, call-overload, union-attr]
    assert scripted.requests[2]["variables"] == {"id": "plan-1", "first": 100, "after": "c1"}


@pytest.mark.parametrize(
    ("state", "flags", "code"),
    [
        ("READY", (), 0),
        ("READY", ("--exit-code",), 5),
        ("EMPTY", ("--exit-code",), 0),
        ("BLOCKED", (), 0),
        ("BLOCKED", ("--exit-code",), 1),
    ],
)
def test_a_plan_ends_as_asked(trellis: Trellis, state: str, flags: tuple[str, ...], code: int) -> None:
    # given
    with ScriptedServer(answers=planned(plan(state))).serving() as server:
        # then
        assert trellis(*PLAN, *flags, server=server).code == code
        assert trellis(*PLAN, *flags, "--json", server=server).code == code


def test_a_plan_of_nothing_says_so(trellis: Trellis) -> None:
    # given
    empty = plan("EMPTY", creates=0, updates=0, noOps=12)
    with ScriptedServer(answers=planned(empty)).serving() as server:
        # when
        ended = trellis(*PLAN, server=server)

    # then
    assert ended.lines[:2] == [
        "nothing to change: 12 services as desired",
        "0 to create, 0 to update, 0 to delete, 12 unchanged",
    ]


def test_a_blocked_step_says_which_policy_and_shows_the_path(trellis: Trellis) -> None:
    # given
    blocked = plan_step(
        "cart",
        "BLOCKED",
        wave=0,
        policy="pinned-images",
        reason="cart:latest is no pinned image",
        path=["shop/boutique/cart", "shop/boutique/cart:latest-1"],
        pathEdges=["DESIRES"],
    )
    found = plan("BLOCKED", creates=0, updates=0, noOps=0, blocked=1)
    with ScriptedServer(answers=planned(found, page(blocked))).serving() as server:
        # when
        ended = trellis(*PLAN, server=server)

    # then
    assert ended.lines[2:5] == [
        "blocked cart: cart:latest is no pinned image",
        "  policy pinned-images",
        "  path   shop/boutique/cart -DESIRES-> shop/boutique/cart:latest-1",
    ]
    assert ended.lines[5] == "0 to create, 0 to update, 0 to delete, 0 unchanged, 1 blocked"


def test_a_run_is_followed_to_its_end_over_a_broken_socket(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(
        answers=[
            deployed(run(), plan()),
            asked("SUCCEEDED", succeeded=2, startedAt=NOW, finishedAt="2026-11-21T12:00:02.400Z"),
        ],
        sockets=[
            BEGIN,
            [event(41, message="cart: update started"), Close(1011)],
            [event(42, message="of another", correlationId="x"), event(43, message="cart: ready"), finished(44, "ok")],
        ],
    )
    with scripted.serving() as server:
        # when
        ended = trellis(*DEPLOY, "--on-failure", "continue", "--idempotency-key", "key-1", server=server)

    # then
    assert ended.code == 0
    assert ended.lines == [
        "run run-1 of 2 steps",
        "12:00:00.000 info    run.step.succeeded  cart: update started",
        "12:00:00.000 info    run.step.succeeded  cart: ready",
        "12:00:00.000 info    run.finished  Run ok",
        "run run-1 succeeded: 2 of 2 steps succeeded, 0 failed, 0 skipped, in 2.4 s",
    ]
    assert ended.err == "connection lost (close code 1011); resuming after 41\n"
    assert [subscription["variables"] for subscription in scripted.subscriptions] == [
        {"after": "9007199254740991"},
        {"after": "40", "filter": {"correlation": "request-1"}},
        {"after": "41", "filter": {"correlation": "request-1"}},
    ]
    assert scripted.requests[0]["variables"] == {
        "input": {
            "application": "shop/boutique",
            "environment": "shop@production",
            "onFailure": "CONTINUE",
            "idempotencyKey": "key-1",
        }
    }


@pytest.mark.parametrize("state", ["FAILED", "ERROR", "CANCELLED", "DENIED"])
def test_a_run_that_did_not_succeed_ends_with_1(trellis: Trellis, state: str) -> None:
    # given
    scripted = ScriptedServer(
        answers=[deployed(run(), plan()), asked(state, failed=1, skipped=1, error="cart never became ready")],
        sockets=[BEGIN, [finished(41, state), Hold()]],
    )
    with scripted.serving() as server:
        # when
        ended = trellis("deploy", "--plan", "plan-1", server=server)

    # then
    assert ended.code == 1
    assert ended.lines[-1] == (
        f"run run-1 {state.lower()}: 0 of 2 steps succeeded, 1 failed, 1 skipped: cart never became ready"
    )
    assert ended.err == "what became of each step: `trellis run show run-1`\n"


def test_following_for_scripts_is_an_object_a_line(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(
        answers=[deployed(run(), plan()), asked("SUCCEEDED")], sockets=[BEGIN, [event(41), finished(42, "ok")]]
    )
    with scripted.serving() as server:
        # when
        ended = trellis(*DEPLOY, "--json", server=server)

    # then
    assert [list(record) for record in ended.records] == [["run", "plan"], ["event"], ["event"], ["run"]]
    assert ended.records[0] == {"run": run(), "plan": plan()}
    assert ended.records[3] == {"run": run("SUCCEEDED")}


def test_a_plan_of_nothing_starts_nothing(trellis: Trellis) -> None:
    # given
    empty = plan("EMPTY", creates=0, updates=0, noOps=12)
    scripted = ScriptedServer(answers=[deployed(run("SUCCEEDED", total=0), empty)], sockets=[BEGIN])
    with scripted.serving() as server:
        # when
        ended = trellis(*DEPLOY, server=server)
        for_scripts = trellis(*DEPLOY, "--json", server=server)

    # then
    assert ended.code == 0
    assert ended.lines == ["nothing to deploy: 0 to create, 0 to update, 0 to delete, 12 unchanged"]
    assert for_scripts.records == [{"run": None, "plan": empty}]


def test_without_following_the_run_is_only_named(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(answers=[deployed(run(), plan())])
    with scripted.serving() as server:
        # when
        ended = trellis(*DEPLOY, "--no-follow", server=server)

    # then
    assert (ended.code, ended.lines) == (0, ["run run-1 queued: 0 of 2 steps succeeded, 0 failed, 0 skipped"])
    assert scripted.subscriptions == []


def test_a_stale_plan_names_what_moved(trellis: Trellis) -> None:
    # given
    stale = problem("STALE_PLAN", "the plan is stale; plan again", "plan", moved=["shop/boutique/cart"])
    with ScriptedServer(answers=[deployed(None, None, stale)], sockets=[BEGIN]).serving() as server:
        # when
        ended = trellis("deploy", "--plan", "plan-1", server=server)

    # then
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "error STALE_PLAN plan-1 cannot be deployed: the plan is stale; plan again",
        "  changed since: shop/boutique/cart",
    ]


def test_what_is_not_known_to_have_started_can_be_repeated(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: PlainTextResponse("gone", status_code=502)], sockets=[BEGIN])
    with scripted.serving() as server:
        # when
        ended = trellis(*DEPLOY, "--idempotency-key", "key-1", server=server)

    # then
    assert ended.code == 4
    assert "whether the run has started is not known: repeat with --idempotency-key key-1" in ended.err


def test_a_run_is_shown_with_what_its_steps_wait_for(trellis: Trellis) -> None:
    # given
    def step(name: str, state: str, **fields: JsonValue) -> JsonValue:
        return {
            "key": f"shop/boutique/{name}@production",
            "wave": 1,
            "serviceName": name,
            "action": "CREATE",
            "state": state,
            "attempt": 1,
            "startedAt": None,
            "finishedAt": None,
            "durationMs": None,
            "error": None,
            "message": None,
            "waitingFor": [],
            **fields,
        }

    steps = page(
        step("cart", "FAILED", durationMs=61_000, error="never became ready"),
        step(
            "front",
            "WAITING",
            waitingFor=[{"kind": "STEP", "text": "cart has to come first", "subject": "cart"}],
            attempt=0,
        ),
    )
    answers: list[Answer] = [asked("FAILED", failed=1), lambda _: data(run={"steps": steps}), linked()]
    with ScriptedServer(answers=answers).serving() as server:
        # when
        ended = trellis("run", "show", "run-1", server=server)

    # then
    assert ended.code == 1
    assert ended.lines == [
        "WAVE  STATE    ACTION  SERVICE  TRIES       TOOK  WHY",
        "   1  failed   create  cart         1  1 min 1 s  never became ready",
        "   1  waiting  create  front        0             waits: cart has to come first",
        "run run-1 failed: 0 of 2 steps succeeded, 1 failed, 0 skipped",
    ]


@pytest.mark.parametrize(
    ("one", "many", "lines"),
    [
        ("rollsBack", "repetitions", ["undoes run run-0 failed", "repeated by run run-2 running"]),
        ("repeats", "rollbacks", ["undone by run run-2 running", "repeats run run-0 failed"]),
    ],
)
def test_a_run_is_shown_with_what_it_undoes_and_repeats(
    trellis: Trellis, one: str, many: str, lines: list[str]
) -> None:
    # given
    older: JsonValue = {"id": "run-0", "state": "FAILED"}
    newer: JsonValue = {"id": "run-2", "state": "RUNNING"}
    none: dict[str, JsonValue] = {"rollsBack": None, "rollbacks": [], "repeats": None, "repetitions": []}
    scripts = none | {one: older, many: [newer]}
    answers: list[Answer] = [
        asked("SUCCEEDED"),
        lambda _: data(run={"steps": page()}),
        linked(**{one: older, many: page(newer)}),
    ]
    with ScriptedServer(answers=answers * 2).serving() as server:
        # when
        ended = trellis("run", "show", "run-1", server=server)
        for_scripts = trellis("run", "show", "run-1", "--json", server=server)

    # then
    assert ended.code == 0
    assert ended.lines[-len(lines) :] == lines
    shown = for_scripts.json
    assert {name: shown[name] for name in ("rollsBack", "rollbacks", "repeats", "repetitions")} == scripts
