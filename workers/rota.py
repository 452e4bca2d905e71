"""Whose run is next: tenants in turn, within a tenant its projects in turn, within a project by priority, then by age.

Pure: it is told what waits and says what to take. With `n` projects waiting, no more than `n - 1` runs of others are
begun between a project's runs, however many of them wait; and no project holds more than `share` of the places, so that
another's run does not wait for a long one to end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

SHARE: Final = 0.75
"""The part of a worker's places that the runs of one project may hold at most."""


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Where the runs of one project wait."""

    tenant: str
    project: str


class Rota:
    """Remembers who was last; `places` is how many runs may be at work at the same time."""

    def __init__(self, places: int) -> None:
        self._places = places
        # Whoever was served longest ago comes first; who was never served comes before all others.
        self._turn = 0
        self._tenants: dict[str, int] = {}
        self._lanes: dict[Lane, int] = {}

    @property
    def share(self) -> int:
        """How many places one project may hold: three quarters, rounded up."""
        return -(-self._places * 3 // 4)

    def next(self, waiting: Collection[Lane], working: Mapping[Lane, int]) -> Lane | None:
        """Which lane to take the next run from; None where nothing waits that may begin.

        `working` counts the runs at work. Say `served` once the run was begun.
        """
        free = [lane for lane in waiting if working.get(lane, 0) < self.share]
        if not free or sum(working.values()) >= self._places:
            return None
        return min(free, key=lambda lane: (self._tenants.get(lane.tenant, -1), self._lanes.get(lane, -1), lane))

    def served(self, lane: Lane) -> None:
        """A run of that lane was begun."""
        self._turn += 1
        self._tenants[lane.tenant] = self._lanes[lane] = self._turn

    def forget(self, waiting: Collection[Lane]) -> None:
        """Forget lanes where nothing waits, once there are many: what is remembered stays in proportion."""
        if len(self._lanes) > 10 * (len(waiting) + 100):
            self._lanes = {lane: turn for lane, turn in self._lanes.items() if lane in waiting}
            kept = {lane.tenant for lane in waiting}
            self._tenants = {tenant: turn for tenant, turn in self._tenants.items() if tenant in kept}
