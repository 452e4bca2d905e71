"""The history of runs under faults, and what must hold of it: a pure checker, as Jepsen has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.run_records import StepState
from app.domain.runs import RunState


class What(StrEnum):
    """What an entry says. The first four are told by the caller of a step's effect, `applied` by its target."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    """The caller was told that nothing took effect."""
    UNKNOWN = "unknown"
    """The caller was told nothing: the effect may have taken place, and may yet."""
    APPLIED = "applied"
    LOOKED = "looked"
    """A worker began to look at what is there."""
    ACCEPTED = "accepted"
    CLAIMED = "claimed"
    COMMITTED = "committed"
    """The graph took a worker's write: states of steps, and the run's where it ended."""
    SEEN = "seen"
    """States as they were read from the graph."""
    ORDERED = "ordered"
    """The graph took what somebody asks of the run: it is to be `state` from here on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history; their order is that of time.

    `step` is None where the entry is about the run. `states` are of steps; `state` is that of the run. Of an accepted
    run, `requires` says what each of its steps needs, `later` which of them somebody has to confirm first, and `undoes`
    which run it rolls back. A write that was committed lets the steps `let` begin and takes that back from `withdrawn`;
    where a worker has read the steps, `let` are those that an earlier one may have begun.
    """

    what: What
    run: str
    step: str | None = None
    fence: int = 0
    attempt: int = 0
    states: Mapping[str, str] = field(default_factory=dict)
    state: str | None = None
    requires: Mapping[str, frozenset[str]] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    undoes: str | None = None
    let: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    confirms: bool = False

    def __str__(self) -> str:
        """One line for people."""
        parts = [self.what.value, self.step or "", f"fence={self.fence}", f"attempt={self.attempt}"]
        parts += [f"{key}={state}" for key, state in self.states.items()]
        parts += [f"let={','.join(sorted(self.let))}"] if self.let else []
        parts += [f"withdrawn={','.join(sorted(self.withdrawn))}"] if self.withdrawn else []
        return " ".join([*parts, *([] if self.state is None else [f"run={self.state}"])])


def violations(history: Sequence[Entry]) -> list[str]:
    """What does not hold of a history, in a sentence each; empty where all is well."""
    accepted = [entry for entry in history if entry.what is What.ACCEPTED]
    found = []
    for one in accepted:
        own = [entry for entry in history if entry.run == one.run]
        found += [*_lost(own), *_changed(own), *_stale_commits(own)]
        for step in one.requires:
            effects = [entry for entry in own if entry.step == step]
            found += [*_twice(step, effects), *_stale_effects(step, effects)]
        found += [*_too_early(one, own), *_out_of_turn(one, own), *_untrue(one, own)]
        if one.undoes is not None:
            found += _undone(one, [entry for entry in history if entry.run == one.undoes])
    known = {one.run for one in accepted}
    found += [f"{run}: nobody accepted it" for run in sorted({entry.run for entry in history} - known)]
    return found


def _lost(own: Iterable[Entry]) -> list[str]:
    last = [entry for entry in own if entry.what is What.SEEN and entry.state is not None]
    if not last or not RunState(str(last[-1].state)).final:
        return [f"it was accepted and never ended: {last[-1].state if last else 'never seen'}"]
    left = sorted(key for key, state in last[-1].states.items() if not StepState(state).final)
    return [f"{key} has not ended, and its run has" for key in left]


def _changed(own: Iterable[Entry]) -> list[str]:
    found, steps, run = [], dict[str, str](), None
    for entry in own:
        if entry.what is What.ORDERED and run is not None and RunState(run).final:
            found.append(f"the run was {run} and was told to be {entry.state}")
        if entry.what not in (What.COMMITTED, What.SEEN):
            continue
        for key, state in entry.states.items():
            before = steps.setdefault(key, state)
            if StepState(before).final and state != before:
                found.append(f"{key} was {before} and became {state}")
            steps[key] = state
        if entry.state is not None:
            if run is not None and RunState(run).final and entry.state != run:
                found.append(f"the run was {run} and became {entry.state}")
            run = entry.state
    return found


def _stale_commits(own: Iterable[Entry]) -> list[str]:
    found, newest = [], 0
    for entry in own:
        if entry.what is What.CLAIMED:
            if entry.fence <= newest:
                found.append(f"fence {entry.fence} was given out after {newest}")
            newest = max(newest, entry.fence)
        elif entry.what is What.COMMITTED and entry.fence < newest:
            found.append(f"a write of fence {entry.fence} was taken after {newest} was given out")
    return found


def _twice(step: str, effects: Sequence[Entry]) -> list[str]:
    """A call that begins after the effect took place, by whoever could have known.

    A worker that was told nothing may ask the same target again, which finds what is there. A later worker looks first:
    what took place after it began to look, it cannot know.
    """
    found = []
    for place, entry in enumerate(effects):
        if entry.what is not What.INVOKE:
            continue
        before = effects[:place]
        if any(one.what is What.OK and one.fence == entry.fence for one in before):
            found.append(f"{step} was carried out again by fence {entry.fence}, which had been told that it was done")
        looks = [at for at, one in enumerate(before) if one.what is What.LOOKED and one.fence == entry.fence]
        known = before[: looks[-1]] if looks else before
        if any(one.what is What.APPLIED and one.fence < entry.fence for one in known):
            found.append(f"{step} was carried out again by fence {entry.fence}, and it was there")
    return found


def _stale_effects(step: str, effects: Iterable[Entry]) -> list[str]:
    found, newest = [], 0
    for entry in effects:
        if entry.what is What.APPLIED:
            if entry.fence < newest:
                found.append(f"{step} was changed by fence {entry.fence} after {newest}")
            newest = max(newest, entry.fence)
    return found


def _too_early(accepted: Entry, own: Iterable[Entry]) -> list[str]:
    found, succeeded = [], set[str]()
    for entry in own:
        succeeded |= {key for key, state in entry.states.items() if state == StepState.SUCCEEDED}
        if entry.what is What.INVOKE and entry.step is not None:
            missing = sorted(accepted.requires[entry.step] - succeeded)
            if missing:
                found.append(f"{entry.step} began before {', '.join(missing)} had succeeded")
    return found


def _out_of_turn(accepted: Entry, own: Iterable[Entry]) -> list[str]:
    """What began although the run was paused, cancelled, or not confirmed yet.

    What was let begin before is under way, and so is what an earlier worker had been let begin, if it goes on: nobody
    knows whether it has. A run that is cancelled is taken up only to look.
    """
    found = list[str]()
    told, confirmed = RunState.RUNNING, False
    let = dict[tuple[str, int], tuple[RunState, bool]]()
    claimed, inherited = dict[int, RunState](), dict[int, frozenset[str]]()
    for entry in own:
        if entry.what is What.ORDERED:
            told, confirmed = RunState(str(entry.state)), confirmed or entry.confirms
        elif entry.what is What.CLAIMED:
            claimed[entry.fence] = told
        elif entry.what is What.SEEN:
            inherited[entry.fence] = entry.let
        elif entry.what is What.COMMITTED:
            for step in entry.withdrawn:
                let.pop((step, entry.fence), None)
            for step in entry.let:
                under_way = step in inherited.get(entry.fence, ())
                let.setdefault((step, entry.fence), (RunState.RUNNING, True) if under_way else (told, confirmed))
        elif entry.what is What.INVOKE and entry.step is not None:
            then, agreed = let.get((entry.step, entry.fence), (None, False))
            if then is None:
                found.append(f"{entry.step} began, and had not been let begin")
            elif then is not RunState.RUNNING:
                found.append(f"{entry.step} began, and was let begin after the run was told to be {then}")
            elif entry.step in accepted.later and not agreed:
                found.append(f"{entry.step} began before anybody had confirmed")
            if claimed.get(entry.fence) is RunState.CANCELLING:
                found.append(f"{entry.step} was begun by a worker that took up a cancelled run")
    return found


def _undone(rollback: Entry, undone: Sequence[Entry]) -> list[str]:
    """A rollback that undoes what was not done, leaves out what was, or goes another way back."""
    last = next((entry for entry in reversed(undone) if entry.what is What.SEEN and entry.state is not None), None)
    accepted = next((entry for entry in undone if entry.what is What.ACCEPTED), None)
    if last is None or accepted is None:
        return [f"it undoes {rollback.undoes}, of which nothing is known"]
    done = {key for key, state in last.states.items() if state == StepState.SUCCEEDED}
    may_be = {key for key, state in last.states.items() if StepState(state).bad}
    found = [
        f"{key} is undone, and was {last.states.get(key)}" for key in sorted(rollback.requires.keys() - done - may_be)
    ]
    found += [f"{key} was done, and is not undone" for key in sorted(done - rollback.requires.keys())]
    for key, needs in accepted.requires.items():
        for need in sorted(needs & rollback.requires.keys()):
            if key in rollback.requires and key not in rollback.requires[need]:
                found.append(f"{need} is undone without waiting for {key}, which needs it")
    return found


def _untrue(accepted: Entry, own: Sequence[Entry]) -> list[str]:
    """What the graph says of steps at last, against what their targets saw."""
    found = []
    last = next((entry for entry in reversed(own) if entry.what is What.SEEN and entry.state is not None), None)
    states = {} if last is None else last.states
    ended = None if last is None else last.state
    for step in accepted.requires:
        whats = {entry.what for entry in own if entry.step == step}
        state = states.get(step)
        if state is None:
            found.append(f"{step} is missing")
        elif state == StepState.SUCCEEDED and What.APPLIED not in whats:
            found.append(f"{step} has succeeded, and nothing was done")
        elif state == StepState.SKIPPED and What.APPLIED in whats:
            found.append(f"{step} was skipped, and its effect took place")
        elif state == StepState.SKIPPED and What.INVOKE in whats and ended != RunState.CANCELLED:
            found.append(f"{step} was skipped, and it had begun")
    bad = any(StepState(state).bad for state in states.values())
    if ended == RunState.SUCCEEDED and (bad or StepState.SKIPPED in states.values()):
        found.append("the run has succeeded, and not all of its steps have")
    return found
