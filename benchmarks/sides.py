"""Sides of a comparison over HTTP: what is sent to whom, and what is measured, in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.children import Child
from benchmarks.figures import Figure, percentile
from benchmarks.load import Load, generate


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared, and what is sent to it."""

    name: str
    served: Child
    load: Load


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one side; times in milliseconds, `cpu` that of its process a request."""

    a_second: float
    p50: float
    p99: float
    cpu: float


Samples = Mapping[str, Sequence[Sample]]
"""The rounds of each side, by its name."""


async def warmed(sides: Sequence[Side], seconds: float) -> None:
    """Let each side work for that long before anything is measured."""
    for side in sides:
        await generate(replace(side.load, seconds=seconds))


async def measured_in_turn(groups: Sequence[Sequence[Side]], rounds: int) -> list[Samples]:
    """Measure every side of every group once a round; the rounds of each group.

    Whoever follows finds the machine as the one before has left it: each round of a group begins with another side.
    """
    found: list[dict[str, list[Sample]]] = [{side.name: [] for side in group} for group in groups]
    for number in range(rounds):
        for group, samples in zip(groups, found, strict=True):
            first = number % len(group)
            for side in (*group[first:], *group[:first]):
                samples[side.name].append(await _sample(side))
    return list(found)


async def _sample(side: Side) -> Sample:
    before = side.served.cpu()
    found = await generate(side.load)
    cpu = (side.served.cpu() - before) * 1000 / len(found.milliseconds)
    return Sample(found.a_second, percentile(found.milliseconds, 0.5), percentile(found.milliseconds, 0.99), cpu)


def figures(
    what: str, samples: Samples, *, ours: str, requests: Mapping[str, float | None], p99: Mapping[str, float]
) -> tuple[Figure, ...]:
    """The figures of a group, against every peer named in `requests`, by the least ratio of requests a second.

    `p99` has the least ratio of the 99th percentile for the peers where one is asked. A peer that was not measured has
    no rounds.
    """
    made = []
    wanted: tuple[tuple[str, str, Callable[[Sample], float], bool, Mapping[str, float | None]], ...] = (
        ("requests", "1/s", lambda one: one.a_second, True, requests),
        ("median latency", "ms", lambda one: one.p50, False, {}),
        ("99th percentile", "ms", lambda one: one.p99, False, {**p99}),
        ("CPU of the API process a request", "ms", lambda one: one.cpu, False, {}),
    )
    for name, unit, pick, more, times in wanted:
        own = tuple(map(pick, samples[ours]))
        for peer in requests:
            theirs = tuple(map(pick, samples.get(peer, ())))
            made.append(
                Figure(f"{what}: {name}", unit, own, theirs, more_is_better=more, times=times.get(peer), against=peer)
            )
    return tuple(made)
