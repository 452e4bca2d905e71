"""Any plan, any faults: what the targets and the graph saw of a run is a history in which nothing is wrong."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from app.domain.runs import OnFailure, RunState
from app.graph import Graph, GraphSettings
from tests.faults.history import What, violations
from tests.faults.scenes import Asked, Behaviour, CommitFault, Fault, Order, Scene, scenes
from tests.faults.stories import StoredHistory
from tests.faults.theatre import Locked, Stage, Theatre
from workers.executor import Outcome

EXAMPLES = int(os.environ.get("TRELLIS_FAULT_EXAMPLES", "20"))
SEED = int(os.environ.get("TRELLIS_FAULT_SEED") or random.randrange(2**32))
RECORD = os.environ.get("TRELLIS_FAULT_RECORD")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """An event loop for many examples."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def stage(runner: asyncio.Runner, graph_settings: GraphSettings) -> Iterator[Stage]:
    """Where scenes are played, on the real graph."""
    locked = Locked()
    connections = (Graph.connect(graph_settings), Graph.connect(graph_settings, observer=locked))
    graph, persons = (runner.run(connection.__aenter__()) for connection in connections)
    yield Stage(graph, persons, locked)
    for connection in connections:
        runner.run(connection.__aexit__(None, None, None))


def check(theatre: Theatre) -> None:
    """Fail with the whole history where anything is wrong with it."""
    found = violations(theatre.journal.history)
    if found:
        lines = "\n".join(str(entry) for entry in theatre.journal.history)
        pytest.fail(f"TRELLIS_FAULT_SEED={SEED} plays it again\n{theatre.scene}\n{lines}\n" + "\n".join(found))


def record(theatre: Theatre, *, number: int) -> None:
    """Store what each worker was told and decided, where TRELLIS_FAULT_RECORD names a folder for it."""
    # What people ask is not told in stories.
    if RECORD and not theatre.scene.orders and theatre.scene.confirm_after is None:
        about = f"seed {SEED}, example {number}: {theatre.scene}"
        stored = StoredHistory(about=about, stories=theatre.journal.stories)
        path = Path(RECORD) / f"{SEED}-{number}.json"
        path.write_text(stored.model_dump_json(indent=1) + "\n", encoding="utf-8")


def test_whatever_happens_the_history_of_a_run_is_sound(runner: asyncio.Runner, stage: Stage) -> None:
    numbers = count()

    # given any plan, any behaviour of its targets, and any faults
    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        print_blob=True,
        # Time passes as the machine lets it: a smaller example need not fail the same way.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(scenes())
    def play(scene: Scene) -> None:
        # when
        theatre = runner.run(stage.play(scene))
        # then
        check(theatre)
        record(theatre, number=next(numbers))
        # and: the one that nothing befell brought it to its end, unless a write was on its way that did
        if theatre.workers[-1].door.fault is None:
            assert theatre.outcomes[-1] in (Outcome.FINISHED, Outcome.NOT_TAKEN, Outcome.PARKED)

    play()


CHAIN = {"s0": (), "s1": ("s0",), "s2": ("s1",)}
SCENES = {
    "no faults": (Scene(CHAIN, {}), RunState.SUCCEEDED),
    "killed in its middle": (Scene(CHAIN, {}, faults=(Fault(True, 6),)), RunState.SUCCEEDED),
    "killed, and what it had sent arrives": (
        Scene(CHAIN, {}, faults=(Fault(True, 3, lands=True),)),
        RunState.SUCCEEDED,
    ),
    "stalled past its lease": (Scene(CHAIN, {}, faults=(Fault(False, 6),)), RunState.SUCCEEDED),
    "every acknowledgement lost": (
        Scene(CHAIN, {}, commits=dict.fromkeys((0, 2, 4, 6, 8), CommitFault.AFTER)),
        RunState.SUCCEEDED,
    ),
    "every write cut off once": (
        Scene(CHAIN, {}, commits=dict.fromkeys((0, 2, 4, 6, 8), CommitFault.INSTEAD)),
        RunState.SUCCEEDED,
    ),
    "errs once, and loses an answer": (
        Scene(CHAIN, {"s0": Behaviour.ERRS_ONCE, "s1": Behaviour.LOSES_ANSWER, "s2": Behaviour.LATE}),
        RunState.SUCCEEDED,
    ),
    "errs always": (Scene(CHAIN, {"s1": Behaviour.ERRS_ALWAYS}), RunState.ERROR),
    "hangs": (Scene(CHAIN, {"s1": Behaviour.HANGS}), RunState.FAILED),
    "answers after the deadline": (Scene(CHAIN, {"s1": Behaviour.TOO_LATE}), RunState.FAILED),
}


@pytest.mark.parametrize("name", SCENES)
def test_each_fault_alone_ends_as_it_should(runner: asyncio.Runner, stage: Stage, name: str) -> None:
    # given
    scene, ends = SCENES[name]
    # when
    theatre = runner.run(stage.play(scene))
    # then
    check(theatre)
    assert theatre.journal.history[-1].state == ends
    assert [worker.door.killed or worker.door.stalled.is_set() for worker in theatre.workers] == [
        *(True for _ in scene.faults),
        False,
    ]
    stalled = [Outcome.LOST for fault in scene.faults if not fault.kills]
    assert theatre.outcomes == [*stalled, Outcome.FINISHED]


ASKED = {
    "confirmed": (Scene(CHAIN, {}, confirm_after=1), {RunState.SUCCEEDED}),
    "rejected": (Scene(CHAIN, {}, confirm_after=1, rejects=True), {RunState.CANCELLED}),
    "killed, and confirmed": (Scene(CHAIN, {}, confirm_after=2, faults=(Fault(True, 6),)), {RunState.SUCCEEDED}),
    # Whether what is asked arrives before the end is a matter of speed.
    "paused": (Scene(CHAIN, {}, orders=(Order(Asked.PAUSE, 3),)), {RunState.SUCCEEDED}),
    "paused, and its worker killed": (
        Scene(CHAIN, {}, orders=(Order(Asked.PAUSE, 3),), faults=(Fault(True, 6),)),
        {RunState.SUCCEEDED},
    ),
    "cancelled": (Scene(CHAIN, {}, orders=(Order(Asked.CANCEL, 3),)), {RunState.CANCELLED, RunState.SUCCEEDED}),
    # Nobody knows then whether what it has sent still arrives: here it does.
    "cancelled, and its worker stalled": (
        Scene(CHAIN, {}, orders=(Order(Asked.CANCEL, 3),), faults=(Fault(False, 3, thaw_at=99),)),
        {RunState.CANCELLED},
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_people_ask_of_a_run_comes_true(runner: asyncio.Runner, stage: Stage, name: str) -> None:
    # given
    scene, ends = ASKED[name]
    # when
    theatre = runner.run(stage.play(scene))
    # then
    check(theatre)
    assert theatre.journal.history[-1].state in ends


@pytest.mark.parametrize("faults", [(), (Fault(True, 6, lands=True),), (Fault(False, 6),)])
def test_what_succeeded_of_a_failed_run_is_undone(
    runner: asyncio.Runner, stage: Stage, faults: tuple[Fault, ...]
) -> None:
    # given
    scene = Scene(CHAIN, {"s2": Behaviour.REFUSES}, on_failure=OnFailure.ROLLBACK, faults=faults)
    # when
    theatre = runner.run(stage.play(scene))
    # then
    check(theatre)
    last = theatre.journal.history[-1]
    assert last.run != theatre.run
    assert last.state == RunState.SUCCEEDED
    undone = [entry.step for entry in theatre.journal.history if entry.run == last.run and entry.what is What.APPLIED]
    assert [str(step).rpartition("/")[2] for step in undone] == ["s2@dev", "s1@dev", "s0@dev"]


def test_a_checked_history_is_wrong_where_a_worker_does_not_look(
    runner: asyncio.Runner, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: workers that trust nobody and apply everything that was begun a second time
    async def never(*_: object) -> bool:
        return False

    monkeypatch.setattr("workers.steps.StepRunner._is_done", never)
    # when
    theatre = runner.run(stage.play(Scene({"s0": ()}, {}, faults=(Fault(True, 3, lands=True),))))
    # then
    assert [one.partition(" ")[2] for one in violations(theatre.journal.history)] == [
        "was carried out again by fence 2, and it was there"
    ]
