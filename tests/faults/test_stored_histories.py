"""Histories that were recorded from real runs: the code of today decides as the workers did then, turn by turn."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.run_records import RunStep, StepEnd, StepState
from tests.faults.stories import StoredHistory, StoredStep, StoredTurn, Story
from tests.runs.run_steps import run_step
from workers.progress import RunProgress, Turn

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def found(stored: StoredStep) -> RunStep:
    """A step as the worker found it."""
    return run_step(stored.key, stored.requires, state=stored.state, mark=stored.mark, wave=stored.wave)


def replayed(story: Story) -> Story:
    """The story as the code of today tells it, given the same steps and the same ends."""
    steps = {stored.key: found(stored) for stored in story.steps}
    progress = RunProgress(steps.values(), story.on_failure)
    again = story.model_copy(update={"turns": [], "state": None, "error": None})
    for place, stored in enumerate(story.turns):
        if place == 0 and not stored.ended:
            turn = progress.begin(NOW)
        else:
            turn = progress.ended([StepEnd(steps[key], state, "", NOW, 1) for key, state in stored.ended.items()], NOW)
        again.turns.append(_told(stored, turn))
    # A worker that was killed in time did not write the end that it knew.
    if progress.over and story.state is not None:
        end = progress.result()
        again.state, again.error = end.state, end.error
    return again


def _told(stored: StoredTurn, turn: Turn) -> StoredTurn:
    return StoredTurn(
        ended=stored.ended,
        begun=sorted(step.key for step in turn.ready),
        skipped=sorted(end.step.key for end in turn.skipped),
    )


def read(path: Path) -> StoredHistory:
    """A stored history."""
    return StoredHistory.model_validate_json(path.read_text(encoding="utf-8"))


def test_there_are_stored_histories_with_faults_and_with_failures() -> None:
    # given
    stored = [read(path) for path in HISTORIES]
    # then
    assert any(len(one.stories) > 1 for one in stored)
    states = {state for one in stored for story in one.stories for turn in story.turns for state in turn.ended.values()}
    assert states >= {StepState.SUCCEEDED, StepState.FAILED, StepState.ERROR}
    assert any(turn.skipped for one in stored for story in one.stories for turn in story.turns)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_stored_history_goes_the_same_way_today(path: Path) -> None:
    # given
    history = read(path)
    # when
    again = [replayed(story) for story in history.stories]
    # then
    assert again == history.stories


def test_a_history_that_went_another_way_is_told_from_todays() -> None:
    # given
    story = read(HISTORIES[0]).stories[0]
    # when
    story.turns[0].begun.append(story.turns[0].begun[0])
    # then
    assert replayed(story) != story
