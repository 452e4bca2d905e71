"""The benchmark of a worker that is killed, in a small size."""

from __future__ import annotations

from benchmarks import recovery
from benchmarks.servers import Servers


async def test_the_death_of_a_worker_is_measured(servers: Servers) -> None:
    # when another one takes the run up, which the benchmark itself insists on
    measured = await recovery.measure(servers, rounds=2, lease=1.0)
    # then
    each, longest = measured.figures
    assert (each.name, len(each.ours), each.target) == ("until another worker goes on", 2, "")
    assert (longest.name, longest.target) == ("the longest of 2, with a lease of 1 s", "at most 2 s")
    assert longest.ours == (max(each.ours),)
    assert min(each.ours) > 0
