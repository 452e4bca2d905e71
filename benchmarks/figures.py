"""What a benchmark found: figures of ours beside the peer's, a ratio, and the target it must reach."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which that part (0..1) of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, once a round, of ours and where there is a peer of the peer.

    `times` is the least ratio to reach, `most` the largest median of ours that is allowed; both None where nothing is
    asked of the figure. `against` names the peer where there are several.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    peer: tuple[float, ...] = ()
    more_is_better: bool = False
    times: float | None = None
    most: float | None = None
    against: str | None = None

    @property
    def label(self) -> str:
        """Its name, and the peer's where there are several: what tells it from all others of its benchmark."""
        return self.name if self.against is None else f"{self.name}, against {self.against}"

    @property
    def median(self) -> float:
        """The median of our rounds."""
        return statistics.median(self.ours)

    @property
    def peer_median(self) -> float | None:
        """The median of the peer's rounds; None without a peer."""
        return statistics.median(self.peer) if self.peer else None

    @property
    def ratio(self) -> float | None:
        """How many times better we are than the peer, by medians; below 1 we are worse. None without a peer."""
        peer = self.peer_median
        if peer is None:
            return None
        return self.median / peer if self.more_is_better else peer / self.median

    @property
    def target(self) -> str:
        """What must be reached, in words; empty where nothing is asked."""
        if self.times is not None:
            return f"at least {self.times:g} times"
        return "" if self.most is None else f"at most {self.most:g} {self.unit}"

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where nothing is asked, or the peer was left out."""
        if self.times is not None:
            return None if self.ratio is None else self.ratio >= self.times
        return None if self.most is None else self.median <= self.most

    def json(self) -> dict[str, JsonValue]:
        """As it is written to a results file."""
        return {
            "name": self.name,
            "against": self.against,
            "unit": self.unit,
            "better": "more" if self.more_is_better else "less",
            "ours": {"median": round(self.median, 4), "rounds": [round(one, 4) for one in self.ours]},
            "peer": None
            if self.peer_median is None
            else {"median": round(self.peer_median, 4), "rounds": [round(one, 4) for one in self.peer]},
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "target": self.target or None,
            "reached": self.reached,
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """What one benchmark found. `peer` says what we were measured against, `setup` how large everything was."""

    benchmark: str
    title: str
    peer: str | None
    setup: Mapping[str, JsonValue]
    figures: tuple[Figure, ...]

    @property
    def missed(self) -> list[str]:
        """The labels of the figures whose target is not reached."""
        return [figure.label for figure in self.figures if figure.reached is False]

    def json(self) -> dict[str, JsonValue]:
        """As it is written to a results file."""
        return {
            "benchmark": self.benchmark,
            "title": self.title,
            "peer": self.peer,
            "setup": dict(self.setup),
            "figures": [figure.json() for figure in self.figures],
        }
