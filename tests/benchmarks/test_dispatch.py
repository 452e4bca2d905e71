"""The benchmark of how soon a worker begins, in a small size."""

from __future__ import annotations

from benchmarks import dispatch
from benchmarks.servers import Servers


async def test_the_first_steps_of_runs_are_measured_against_jobs_of_arq(servers: Servers) -> None:
    # when
    measured = await dispatch.measure(servers, runs=3, jobs=2, warm_up=1)
    # then
    each, against, alone, empty, slowest = measured.figures
    assert (len(each.ours), len(each.peer), each.target) == (3, 2, "")
    assert (against.target, alone.target) == ("at least 40 times", "at most 10 ms")
    assert against.ours == alone.ours == (max(each.ours),)
    assert against.peer == (max(each.peer),)
    assert (len(empty.ours), empty.target, slowest.target) == (3, "", "")
    assert slowest.ours == (max(empty.ours),)
    assert min(*each.ours, *empty.ours) > 0
