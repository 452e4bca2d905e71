"""Targets: how many steps may be at work on each at the same time, and whether any may begin there now."""

from __future__ import annotations

import asyncio

from app.ports import Clock
from workers.breakers import Breaker
from workers.settings import WorkerSettings

_Place = tuple[str, str, str]


class Slots(asyncio.Semaphore):
    """What to hold while a step is at work on one target."""

    @property
    def free(self) -> int:
        """How many more steps may begin at once."""
        return max(0, self._value)


class Targets:
    """One limit and one circuit breaker a target (tenant, environment, provider), shared by all runs of this worker."""

    def __init__(self, settings: WorkerSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._slots: dict[_Place, Slots] = {}
        self._breakers: dict[_Place, Breaker] = {}

    def slots(self, tenant: str, environment_id: str, provider: str) -> Slots:
        """What to hold while a step is at work on that target."""
        return self._slots.setdefault((tenant, environment_id, provider), Slots(self._settings.steps_per_target))

    def breaker(self, tenant: str, environment_id: str, provider: str) -> Breaker:
        """Who says whether a step may begin on that target."""
        place = (tenant, environment_id, provider)
        found = self._breakers.get(place)
        if found is None:
            settings = self._settings
            found = Breaker(self._clock, failures=settings.breaker_failures, pause=settings.breaker_pause)
            self._breakers[place] = found
        return found
