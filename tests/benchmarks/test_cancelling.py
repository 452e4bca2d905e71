"""The benchmark of runs that are cancelled, in a small size."""

from __future__ import annotations

from benchmarks import cancelling
from benchmarks.servers import Servers


async def test_a_run_is_cancelled_within_a_second_by_a_worker_at_a_target_that_lets_go(servers: Servers) -> None:
    # when its step is under way, and skipped in the end, which the benchmark itself insists on
    measured = await cancelling.measure(servers, runs=3)
    # then
    each, longest = measured.figures
    assert (each.name, len(each.ours), each.target) == ("from cancelRun until the run has ended", 3, "")
    assert (longest.name, longest.target) == ("the longest of 3", "at most 1 s")
    assert longest.ours == (max(each.ours),)
    # and: without the message that makes the worker look at once it takes a third of the lease, five seconds
    assert min(each.ours) < 1.0
