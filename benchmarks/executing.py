"""The worker's own parts that carry runs out, in the benchmark's process."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from app.domain.run_ledger import RunLedger
from app.doorbell import RedisDoorbell
from app.ports import SystemClock
from benchmarks.servers import Tenant
from tests.platform import Platform
from workers.executor import RunExecutor
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets


@asynccontextmanager
async def executor(
    owner: Tenant, platform: Platform, redis: Redis, *, provider: EchoProvider
) -> AsyncIterator[RunExecutor]:
    """An executor with a worker's default settings, whose only target is `provider`."""
    clock, own = SystemClock(), WorkerSettings()
    ledger = RunLedger(owner.graph, platform.ids, RedisDoorbell(redis, clock), owner="benchmark", lease=own.lease)
    registry = ProviderRegistry({"echo": lambda: provider})
    try:
        yield RunExecutor(ledger, StepParts(registry, clock, random.Random(7), own, Targets(own, clock)))
    finally:
        await registry.aclose()
