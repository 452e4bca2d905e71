"""Targets: how many steps may be at work on each at the same time."""

from __future__ import annotations

import asyncio


class Targets:
    """One limit a target (tenant, environment, provider), shared by all runs of this worker."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._slots: dict[tuple[str, str, str], asyncio.Semaphore] = {}

    def slots(self, tenant: str, environment_id: str, provider: str) -> asyncio.Semaphore:
        """What to hold while a step is at work on that target."""
        return self._slots.setdefault((tenant, environment_id, provider), asyncio.Semaphore(self._limit))
