"""Tests run side by side, but for those that measure time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

import pytest

from app.local import ports
from tests.side_by_side import GROUPS, Turns, group, own_ports

Started = Callable[..., "Future[None]"]


@pytest.fixture
def turns(tmp_path: Path) -> Iterator[list[Turns]]:
    """Three processes' turns, ended at the end."""
    turns = [Turns(tmp_path) for _ in range(3)]
    yield turns
    for each in turns:
        each.end()


@pytest.fixture
def beginning() -> Iterator[Started]:
    """Begins a turn in a thread."""
    threads = ThreadPoolExecutor(4)

    def start(turns: Turns, *, alone: bool) -> Future[None]:
        return threads.submit(turns.begin, alone=alone)

    yield start
    threads.shutdown(wait=False)


def waits(turn: Future[None]) -> bool:
    """Whether a turn has not come within a moment."""
    try:
        turn.result(0.2)
    except NotYet:
        return True
    return False


def test_two_run_at_once(turns: list[Turns], beginning: Started) -> None:
    # given a test that runs
    first, second, _ = turns
    first.begin(alone=False)
    # when another process begins one
    beginning(second, alone=False).result(10)
    # then neither waits


def test_who_is_to_be_alone_waits_and_is_waited_for(turns: list[Turns], beginning: Started) -> None:
    # given a test that runs
    first, second, third = turns
    first.begin(alone=False)
    # when another one is to be alone, and a third comes after it
    alone = beginning(second, alone=True)
    assert waits(alone)
    after = beginning(third, alone=False)
    # then it has its turn once the first has ended, and before the third
    assert waits(after)
    first.end()
    alone.result(10)
    assert waits(after)
    # and stays alone while more such tests follow
    second.begin(alone=True)
    assert waits(after)
    second.end()
    after.result(10)


def test_tests_stay_together_by_what_they_share() -> None:
    assert group("tests/graph/test_races.py::test_a[x::y]") == group("tests/guards/test_rooms.py::test_b")
    assert group("tests/runs/test_rota.py::test_a[x::y]") == "tests/runs/test_rota.py"


def test_every_group_names_what_is_there() -> None:
    here = Path(__file__).parents[2]
    assert [each for begins in GROUPS.values() for each in begins if not list(here.glob(f"{each}*"))] == []


def test_processes_choose_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    # given the ports that one process may choose
    whole = range(20_000, 32_000)
    shares = []
    # when two share them
    for index in range(2):
        monkeypatch.setattr(ports, "_CHOICE", whole)
        own_ports(index, 2)
        shares.append(set(ports._CHOICE))
    # then each has half of them
    assert [len(share) for share in shares] == [6_000, 6_000]
    assert shares[0] & shares[1] == set()
