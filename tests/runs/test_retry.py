"""Waits between tries are random, within bounds that double."""

from __future__ import annotations

import random

import pytest

from workers.retry import Backoff


@pytest.mark.parametrize(("failures", "most"), [(0, 0.5), (1, 1.0), (3, 4.0), (6, 30.0), (10_000, 30.0)])
def test_a_wait_is_random_up_to_twice_the_last_and_never_longer_than_the_longest(failures: int, most: float) -> None:
    # given
    backoff = Backoff(random.Random(1), first=0.5, longest=30.0)
    # when
    waits = [backoff.seconds(failures) for _ in range(1_000)]
    # then they are spread over all that is allowed, so that many who failed together do not come back together
    assert 0 <= min(waits) < most * 0.01
    assert most * 0.99 < max(waits) <= most
    assert len(set(waits)) == 1_000
    assert sum(waits) / len(waits) == pytest.approx(most / 2, rel=0.1)
