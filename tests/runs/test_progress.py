"""What follows from what ended: who may begin, who is skipped, and how the run ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.run_records import Mark, RunEnd, RunStep, StepEnd, StepState, StepWait
from app.domain.runs import OnFailure, RunState
from tests.runs.run_steps import run_step
from workers.progress import RunProgress, Turn

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def step(name: str, needs: Sequence[str] = (), *, state: str = "waiting", mark: Mark | None = None) -> RunStep:
    """A step of that name."""
    return run_step(name, needs, state=StepState(state), mark=mark)


def end(one: RunStep, state: str = "succeeded") -> StepEnd:
    """That step's end."""
    return StepEnd(one, StepState(state), "", NOW, 1)


def ready(turn: Turn) -> list[str]:
    """Who may begin."""
    return [one.key for one in turn.ready]


def skipped(turn: Turn) -> dict[str, str]:
    """Who is skipped, and why."""
    return {one.step.key: one.message for one in turn.skipped}


def test_a_step_may_begin_once_everything_it_requires_has_succeeded() -> None:
    # given
    redis, mail, cart = step("redis"), step("mail"), step("cart", ["redis", "mail"])
    progress = RunProgress([redis, mail, cart], OnFailure.STOP)
    # then
    assert ready(progress.begin(NOW)) == ["redis", "mail"]
    first = progress.ended([end(redis)], NOW)
    assert (ready(first), first.waiting) == ([], [StepWait(cart, ("mail",))])
    assert ready(progress.ended([end(mail)], NOW)) == ["cart"]
    progress.ended([end(cart)], NOW)
    assert progress.over
    assert progress.result() == RunEnd(RunState.SUCCEEDED)


def test_stop_skips_what_has_not_begun_and_lets_what_has_begun_end() -> None:
    # given
    redis, mail, cart, web = step("redis"), step("mail"), step("cart", ["redis"]), step("web", ["mail"])
    progress = RunProgress([redis, mail, cart, web], OnFailure.STOP)
    progress.begin(NOW)
    # when
    turn = progress.ended([end(redis, "failed")], NOW)
    # then
    reason = "the run stopped after redis did not succeed"
    assert skipped(turn) == {"cart": reason, "web": reason}
    assert ready(progress.ended([end(mail)], NOW)) == []
    assert progress.over
    assert progress.result() == RunEnd(RunState.FAILED, "not deployed: redis")


def test_stop_skips_what_was_freed_in_the_same_instant() -> None:
    # given
    redis, mail, web = step("redis"), step("mail"), step("web", ["mail"])
    progress = RunProgress([redis, mail, web], OnFailure.STOP)
    progress.begin(NOW)
    # when
    turn = progress.ended([end(mail), end(redis, "failed")], NOW)
    # then
    assert (ready(turn), list(skipped(turn)), progress.over) == ([], ["web"], True)


def test_continue_skips_only_what_needs_the_failure_directly_or_not() -> None:
    # given
    redis, mail, cart, web = step("redis"), step("mail"), step("cart", ["redis"]), step("web", ["cart", "mail"])
    shipping = step("shipping", ["mail"])
    progress = RunProgress([redis, mail, cart, web, shipping], OnFailure.CONTINUE)
    progress.begin(NOW)
    # when
    turn = progress.ended([end(redis, "error")], NOW)
    # then
    assert skipped(turn) == {
        "cart": "it needs redis, which did not succeed",
        "web": "it needs redis, which did not succeed",
    }
    assert ready(progress.ended([end(mail)], NOW)) == ["shipping"]
    progress.ended([end(shipping)], NOW)
    assert progress.result() == RunEnd(RunState.ERROR, "not deployed: redis")


def test_work_that_failed_outweighs_machinery_that_did() -> None:
    # given
    redis, mail = step("redis"), step("mail")
    progress = RunProgress([redis, mail], OnFailure.CONTINUE)
    progress.begin(NOW)
    # when
    progress.ended([end(redis, "unknown"), end(mail, "failed")], NOW)
    # then
    assert progress.result() == RunEnd(RunState.FAILED, "not deployed: mail, redis")


def test_a_second_worker_goes_on_where_the_first_left_off() -> None:
    # given: redis is done, cart had begun, mail was allowed to, web waits
    redis = step("redis", state="succeeded", mark=Mark.APPLIED)
    cart = step("cart", ["redis"], state="running", mark=Mark.PENDING)
    mail = step("mail", mark=Mark.PENDING)
    web = step("web", ["cart", "mail"])
    # when
    turn = RunProgress([redis, cart, mail, web], OnFailure.STOP).begin(NOW)
    # then
    assert (ready(turn), skipped(turn)) == (["cart", "mail"], {})


def test_a_second_worker_of_a_run_that_stops_finishes_what_had_begun_and_nothing_else() -> None:
    # given
    redis = step("redis", state="failed", mark=Mark.PENDING)
    cart, mail, web = step("cart", state="running", mark=Mark.PENDING), step("mail"), step("web", ["cart"])
    progress = RunProgress([redis, cart, mail, web], OnFailure.STOP)
    # when
    turn = progress.begin(NOW)
    # then
    assert (ready(turn), sorted(skipped(turn))) == (["cart"], ["mail", "web"])
    progress.ended([end(cart)], NOW)
    assert progress.over


def test_a_step_cannot_end_twice() -> None:
    # given
    redis = step("redis")
    progress = RunProgress([redis], OnFailure.STOP)
    progress.begin(NOW)
    progress.ended([end(redis)], NOW)
    # then
    with pytest.raises(ValueError, match="ended twice"):
        progress.ended([end(redis, "failed")], NOW)


def test_a_run_that_is_given_up_says_unknown_of_what_may_have_begun() -> None:
    # given
    redis, cart = step("redis"), step("cart", ["redis"])
    progress = RunProgress([redis, cart], OnFailure.STOP)
    progress.begin(NOW)
    # when
    ends = progress.given_up("broken", NOW)
    # then
    assert {one.step.key: one.state.value for one in ends} == {"redis": "unknown", "cart": "skipped"}
    assert progress.over


@settings(deadline=None)
@given(st.data(), st.sampled_from(OnFailure), st.integers(1, 12))
def test_every_run_ends_and_no_step_begins_before_what_it_requires(
    data: st.DataObject, on_failure: OnFailure, size: int
) -> None:
    # given
    def needs(number: int) -> list[int]:
        return sorted(data.draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else ())

    steps = [step(f"s{number}", [f"s{on}" for on in needs(number)]) for number in range(size)]
    progress = RunProgress(steps, on_failure)
    turn = progress.begin(NOW)
    working, done, skips = list(turn.ready), dict[str, str](), dict[str, str]()
    # when
    while not progress.over:
        for one in turn.ready:
            assert all(done[key] == "succeeded" for key in one.requires)
        chosen = working.pop(data.draw(st.integers(0, len(working) - 1)))
        states = ["skipped"] if progress.culprit and data.draw(st.booleans()) else ["succeeded", "failed", "error"]
        done[chosen.key] = data.draw(st.sampled_from(states))
        turn = progress.ended([end(chosen, done[chosen.key])], NOW)
        working += turn.ready
        skips |= skipped(turn)
    # then
    assert working == []
    assert set(done) | set(skips) == {one.key for one in steps}
    assert not set(done) & set(skips)
    _check_skips(steps, done, skips, on_failure)


def _check_skips(
    steps: Sequence[RunStep], done: Mapping[str, str], skips: Mapping[str, str], on_failure: OnFailure
) -> None:
    for one in steps:
        if on_failure is OnFailure.CONTINUE:
            needs_a_failure = any(done.get(key) in ("failed", "error") or key in skips for key in one.requires)
            assert (one.key in skips) == needs_a_failure
        elif not any(state in ("failed", "error") for state in done.values()):
            assert one.key not in skips
