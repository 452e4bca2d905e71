"""The circuit breaker, with a clock that is turned by hand: a table of what happens and who may begin then."""

from __future__ import annotations

import pytest

from tests.clocks import HandClock
from workers.breakers import Breaker


@pytest.mark.parametrize(
    ("what", "admitted"),
    [
        ([], 0.0),
        (["unavailable"] * 2, 0.0),
        (["unavailable"] * 3, 10.0),
        (["unavailable", "unavailable", "answered", "unavailable", "unavailable"], 0.0),
        (["unavailable"] * 3 + [4.0], 6.0),
        (["unavailable"] * 3 + [10.0], 0.0),
        (["unavailable"] * 3 + [10.0, "admit"], 10.0),
        (["unavailable"] * 3 + [10.0, "admit", "left"], 0.0),
        (["unavailable"] * 3 + [10.0, "admit", "unavailable"], 10.0),
        (["unavailable"] * 3 + [10.0, "admit", "unavailable", 10.0], 0.0),
        (["unavailable"] * 3 + [10.0, "admit", "answered"], 0.0),
        (["unavailable"] * 3 + [10.0, "admit", "answered", "unavailable", "unavailable"], 0.0),
        (["unavailable"] * 3 + [10.0, "admit", "answered", "unavailable", "unavailable", "unavailable"], 10.0),
    ],
)
def test_who_is_admitted_after_what(what: list[str | float], admitted: float) -> None:
    # given
    clock = HandClock()
    breaker = Breaker(clock, failures=3, pause=10.0)
    # when
    for one in what:
        if isinstance(one, float):
            clock.advance(one)
        else:
            getattr(breaker, one)()
    # then
    assert breaker.admit() == admitted
