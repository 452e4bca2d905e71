"""The checker of histories finds what is wrong, and only that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.faults.history import Entry, What, violations

ACCEPTED = Entry(What.ACCEPTED, "run", requires={"a": frozenset(), "b": frozenset({"a"})})
DONE = {"a": "succeeded", "b": "succeeded"}
ENDED = Entry(What.SEEN, "run", states=DONE, state="succeeded")


def claimed(fence: int = 1) -> Entry:
    """A worker takes the run."""
    return Entry(What.CLAIMED, "run", fence=fence)


def committed(fence: int = 1, *, run: str | None = None, **states: str) -> Entry:
    """The graph takes a write."""
    return Entry(What.COMMITTED, "run", fence=fence, states=states, state=run)


def effect(step: str, *whats: What, fence: int = 1) -> list[Entry]:
    """What happens to a step's effect."""
    return [Entry(what, "run", step, fence=fence, attempt=1) for what in whats]


INVOKE, APPLIED, OK, LOOKED, UNKNOWN, FAIL = (
    What.INVOKE,
    What.APPLIED,
    What.OK,
    What.LOOKED,
    What.UNKNOWN,
    What.FAIL,
)
WHOLE = (INVOKE, APPLIED, OK)
A = [*effect("a", *WHOLE), committed(a="succeeded")]
B = [*effect("b", *WHOLE), committed(b="succeeded", run="succeeded")]
GOOD = [ACCEPTED, claimed(), *A, *B, ENDED]
STOPPED = Entry(What.SEEN, "run", states={"a": "failed", "b": "skipped"}, state="failed")

GOOD_HISTORIES = {
    "nothing goes wrong": GOOD,
    "a worker dies after an effect and the next one finds it": [
        *[ACCEPTED, claimed(), *effect("a", INVOKE, APPLIED, UNKNOWN), claimed(2), *effect("a", LOOKED, fence=2)],
        *[committed(2, a="succeeded"), *effect("b", *WHOLE, fence=2), committed(2, b="succeeded"), ENDED],
    ],
    "a worker dies before an effect and the next one brings it about": [
        *[ACCEPTED, claimed(), *effect("a", INVOKE, UNKNOWN), claimed(2), *effect("a", LOOKED, *WHOLE, fence=2)],
        *[committed(2, a="succeeded"), *effect("b", *WHOLE, fence=2), committed(2, b="succeeded"), ENDED],
    ],
    "an effect takes place while the next worker looks": [
        *[ACCEPTED, claimed(), *effect("a", INVOKE), claimed(2), *effect("a", LOOKED, fence=2)],
        *[*effect("a", APPLIED, UNKNOWN), *effect("a", *WHOLE, fence=2), committed(2, a="succeeded")],
        *[*effect("b", *WHOLE, fence=2), committed(2, b="succeeded"), ENDED],
    ],
    "an answer is lost and the same worker asks again": [
        *[ACCEPTED, claimed(), *effect("a", INVOKE, APPLIED, UNKNOWN), *A, *B, ENDED]
    ],
    "a write is lost after it was taken, and read by the next worker": [
        *[ACCEPTED, claimed(), *effect("a", *WHOLE), claimed(2), Entry(What.SEEN, "run", states={"a": "succeeded"})],
        *[*effect("b", *WHOLE, fence=2), committed(2, b="succeeded"), ENDED],
    ],
    "a step fails and the other is skipped": [
        *[ACCEPTED, claimed(), *effect("a", INVOKE, FAIL), committed(a="failed", b="skipped", run="failed"), STOPPED]
    ],
}
BAD_HISTORIES: dict[str, tuple[Sequence[Entry], list[str]]] = {
    "nobody ever looked": ([ACCEPTED], ["never ended: never seen", "a is missing", "b is missing"]),
    "the run goes on for ever": ([*GOOD[:-2], replace(ENDED, state="running")], ["never ended: running"]),
    "a step was forgotten": (
        [*GOOD, Entry(What.SEEN, "run", states={"a": "succeeded", "b": "running"}, state="succeeded")],
        ["b has not ended, and its run has", "b was succeeded and became running"],
    ),
    "a step's end changes": (
        [ACCEPTED, claimed(), *effect("a", *WHOLE), committed(a="failed"), committed(a="succeeded"), *B, ENDED],
        ["a was failed and became succeeded"],
    ),
    "the run's end changes": (
        [*GOOD, replace(ENDED, state="error")],
        ["the run was succeeded and became error"],
    ),
    "a stale write is taken": (
        [ACCEPTED, claimed(), *A, claimed(2), *B, ENDED],
        ["a write of fence 1 was taken after 2 was given out"],
    ),
    "a fence is given out twice": ([ACCEPTED, claimed(), claimed(), *A, *B, ENDED], ["fence 1 was given out after 1"]),
    "an effect is brought about again by the worker that did it": (
        [ACCEPTED, claimed(), *A, *effect("a", *WHOLE), *B, ENDED],
        ["a was carried out again by fence 1, which had been told that it was done"],
    ),
    "the next worker does not look": (
        [*GOOD[:-1], claimed(2), *effect("a", *WHOLE, fence=2), ENDED],
        ["a was carried out again by fence 2, and it was there"],
    ),
    "the next worker looks and does it all the same": (
        [*GOOD[:-1], claimed(2), *effect("a", LOOKED, *WHOLE, fence=2), ENDED],
        ["a was carried out again by fence 2, and it was there"],
    ),
    "a stale worker changes what a later one made": (
        [
            *[ACCEPTED, claimed(), *effect("a", INVOKE), claimed(2), *effect("a", LOOKED, *WHOLE, fence=2)],
            *[*effect("a", APPLIED), committed(2, a="succeeded"), *effect("b", *WHOLE, fence=2), ENDED],
        ],
        ["a was changed by fence 1 after 2"],
    ),
    "a step begins too early": (
        [ACCEPTED, claimed(), *effect("a", *WHOLE), *B, ENDED],
        ["b began before a had succeeded"],
    ),
    "a step succeeds without an effect": (
        [ACCEPTED, claimed(), committed(a="succeeded"), *B, ENDED],
        ["a has succeeded, and nothing was done"],
    ),
    "a step that had begun is skipped": (
        [
            ACCEPTED,
            claimed(),
            *A,
            *effect("b", INVOKE),
            replace(ENDED, states={"a": "succeeded", "b": "skipped"}, state="error"),
        ],
        ["b was skipped, and it had begun"],
    ),
    "a run succeeds and a step of it did not": (
        [ACCEPTED, claimed(), *effect("a", INVOKE, FAIL), replace(STOPPED, state="succeeded")],
        ["the run has succeeded, and not all of its steps have"],
    ),
    "a run that nobody asked for": ([*GOOD, replace(claimed(), run="other")], ["other: nobody accepted it"]),
}


def let_begin(history: Sequence[Entry]) -> list[Entry]:
    """The same where each worker is let begin everything as soon as it has the run."""
    whole: list[Entry] = []
    for entry in history:
        whole.append(entry)
        if entry.what is What.CLAIMED:
            whole.append(let("a", "b", fence=entry.fence, run=entry.run))
    return whole


def let(*steps: str, fence: int = 1, run: str = "run") -> Entry:
    """The graph takes a write that lets those steps begin."""
    return Entry(What.COMMITTED, run, fence=fence, let=frozenset(steps))


def withdrawn(*steps: str) -> Entry:
    """The graph takes a write that takes that back."""
    return Entry(What.COMMITTED, "run", fence=1, withdrawn=frozenset(steps))


def ordered(state: str, *, confirms: bool = False) -> Entry:
    """The graph takes what somebody asks of the run."""
    return Entry(What.ORDERED, "run", state=state, confirms=confirms)


def found_by(fence: int, *marked: str) -> Entry:
    """A worker reads the steps."""
    return Entry(What.SEEN, "run", fence=fence, let=frozenset(marked))


BEGUN = [ACCEPTED, claimed(), let("a"), *A]
GATED = replace(ACCEPTED, later=frozenset({"b"}))
CANCELLED = replace(ENDED, states={"a": "succeeded", "b": "skipped"}, state="cancelled")
HALF = replace(ENDED, states={"a": "succeeded", "b": "failed"}, state="failed")
FAILED = [ACCEPTED, claimed(), let("a"), *A, let("b"), *effect("b", INVOKE, FAIL), committed(b="failed"), HALF]
BACK = Entry(What.ACCEPTED, "back", undoes="run", requires={"a": frozenset({"b"}), "b": frozenset()})
UNDOING = [
    *[Entry(What.CLAIMED, "back", fence=2), let("a", "b", fence=2, run="back")],
    *[replace(one, run="back", step="b") for one in effect("", *WHOLE, fence=2)],
    Entry(What.COMMITTED, "back", fence=2, states={"b": "succeeded"}),
    *[replace(one, run="back", step="a") for one in effect("", *WHOLE, fence=2)],
    replace(ENDED, run="back"),
]
ONE = replace(ENDED, states={"b": "succeeded"})
LATER = [*effect("b", *WHOLE, fence=2), committed(2, b="succeeded"), ENDED]
ASKED_HISTORIES: dict[str, tuple[Sequence[Entry], list[str]]] = {
    "paused and resumed": ([*BEGUN, ordered("paused"), ordered("running"), let("b"), *B, ENDED], []),
    "what was under way comes to its end in a pause": ([*BEGUN, let("b"), ordered("paused"), *B, ENDED], []),
    "let begin as it is paused, and taken back": (
        [*BEGUN, ordered("paused"), let("b"), withdrawn("b"), ordered("running"), let("b"), *B, ENDED],
        [],
    ),
    "what an earlier worker may have begun goes on in a pause": (
        [*BEGUN, let("b"), ordered("paused"), claimed(2), found_by(2, "b"), let("b", fence=2), *LATER],
        [],
    ),
    "cancelled before it began": ([*BEGUN, ordered("cancelling"), CANCELLED], []),
    "cancelled before it took effect": ([*BEGUN, let("b"), *effect("b", INVOKE, UNKNOWN), CANCELLED], []),
    "confirmed": ([GATED, *BEGUN[1:], ordered("running", confirms=True), let("b"), *B, ENDED], []),
    "rolled back": ([*FAILED, BACK, *UNDOING], []),
    "never let begin": ([*BEGUN, *B, ENDED], ["b began, and had not been let begin"]),
    "taken back and begun": (
        [*BEGUN, let("b"), withdrawn("b"), *B, ENDED],
        ["b began, and had not been let begin"],
    ),
    "begun in a pause": (
        [*BEGUN, ordered("paused"), let("b"), *B, ENDED],
        ["b began, and was let begin after the run was told to be paused"],
    ),
    "begun after it was cancelled": (
        [*BEGUN, ordered("cancelling"), let("b"), *B, ENDED],
        ["b began, and was let begin after the run was told to be cancelling"],
    ),
    "taken up to go on after it was cancelled": (
        [*BEGUN, let("b"), ordered("cancelling"), claimed(2), found_by(2, "b"), let("b", fence=2), *LATER],
        ["b was begun by a worker that took up a cancelled run"],
    ),
    "begun and not confirmed": (
        [GATED, *BEGUN[1:], let("b"), *B, ENDED],
        ["b began before anybody had confirmed"],
    ),
    "told something after its end": (
        [*BEGUN, let("b"), *B, ordered("paused"), ENDED],
        ["the run was succeeded and was told to be paused"],
    ),
    "skipped after it took effect": (
        [*BEGUN, let("b"), *effect("b", INVOKE, APPLIED, UNKNOWN), CANCELLED],
        ["b was skipped, and its effect took place"],
    ),
    "undone though it was skipped": (
        [*BEGUN, CANCELLED, BACK, *UNDOING],
        ["b is undone, and was skipped"],
    ),
    "not undone": (
        [*FAILED, replace(BACK, requires={"b": frozenset()}), *UNDOING[:6], replace(ONE, run="back")],
        ["a was done, and is not undone"],
    ),
    "undone in another order": (
        [*FAILED, replace(BACK, requires={"a": frozenset(), "b": frozenset()}), *UNDOING],
        ["a is undone without waiting for b, which needs it"],
    ),
}


@pytest.mark.parametrize("name", ASKED_HISTORIES)
def test_what_is_asked_of_a_run_is_checked(name: str) -> None:
    # given
    history, expected = ASKED_HISTORIES[name]
    # then
    assert violations(history) == expected


@pytest.mark.parametrize("name", GOOD_HISTORIES)
def test_a_good_history_passes(name: str) -> None:
    # then
    assert violations(let_begin(GOOD_HISTORIES[name])) == []


@pytest.mark.parametrize("name", BAD_HISTORIES)
def test_what_is_wrong_is_found_and_nothing_else(name: str) -> None:
    # given
    history, expected = BAD_HISTORIES[name]
    # when
    found = violations(let_begin(history))
    # then
    assert len(found) == len(expected)
    assert all(one.endswith(other) for one, other in zip(found, expected, strict=True))
