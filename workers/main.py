"""The worker's composition root: `python -m workers.main` carries runs out until it is told to stop.

It needs the graph and Redis to work, but neither to live: it waits for them, at the start and whenever they go away.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
import uvloop
from prometheus_client import CollectorRegistry, Counter, Gauge
from redis.asyncio import Redis

from app import broker, collecting
from app.domain.healing import Healing
from app.domain.observing import Observations
from app.domain.run_ledger import RunLedger
from app.domain.schedules import Schedules
from app.domain.sessions import Tokens
from app.doorbell import RedisDoorbell, heard
from app.graph import Graph
from app.http.health import MetricsAccess, health_routes
from app.ids import Ids
from app.ports import Clock, SystemClock
from app.sequencer import Sequencer
from app.settings import Settings, SettingsInvalid, load
from app.telemetry import Metrics, configure_logs
from workers import queue
from workers.deadlines import cancelled
from workers.dispatcher import Dispatcher
from workers.drift import DriftLoop
from workers.drift import Outcome as Seen
from workers.executor import Outcome, RunExecutor
from workers.housekeeping import Housekeeping
from workers.providers import echo
from workers.providers.contract import Provider
from workers.providers.echo import EchoProvider
from workers.providers.kubernetes import KubernetesProvider
from workers.providers.registry import ProviderRegistry
from workers.queue import ArqJobQueue, RunWorker
from workers.reaper import Reaper
from workers.scheduler import Scheduler
from workers.serving import HealthServer, PortTaken
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets

log: structlog.stdlib.BoundLogger = structlog.get_logger("worker")


def worker_settings(settings: Settings) -> WorkerSettings:
    """What the process's settings say about how the worker works."""
    return WorkerSettings(
        concurrency=settings.worker_concurrency,
        steps_per_target=settings.worker_steps_per_target,
        lease=settings.worker_lease_seconds,
        attempts=settings.worker_attempts,
        drain=settings.worker_drain_seconds,
        longest_step=settings.worker_step_seconds,
    )


def providers(settings: Settings, clock: SystemClock) -> ProviderRegistry:
    """The providers of this worker; Kubernetes is connected to at the first step that needs it."""
    factories: dict[str, Callable[[], Provider]] = {echo.NAME: lambda: EchoProvider(clock)}
    kubeconfig = settings.kubeconfig
    if kubeconfig is not None:
        factories["kubernetes"] = lambda: KubernetesProvider(
            kubeconfig=kubeconfig, context=settings.kubernetes_context, clock=clock
        )
    return ProviderRegistry(factories)


class RunMetrics:
    """What a worker counts about runs and drift."""

    def __init__(self, registry: CollectorRegistry, active: Callable[[], int]) -> None:
        self._runs = Counter(
            "trellis_runs", "Runs this worker was rung for, by outcome.", ("outcome",), registry=registry
        )
        self._observed = Counter(
            "trellis_observations", "Deployments that were compared with their target.", ("outcome",), registry=registry
        )
        gauge = Gauge("trellis_runs_active", "Runs at work in this worker.", registry=registry)
        gauge.set_function(active)
        self._waiting = Gauge(
            "trellis_jobs_waiting",
            "Jobs of the tenant that no worker has taken, as of the last beat.",
            registry=registry,
        )

    def waiting(self, jobs: int) -> None:
        """Keep how many jobs wait in the queues of all projects."""
        self._waiting.set(jobs)

    def observed(self, outcome: Seen) -> None:
        """Count one deployment that was compared with its target."""
        self._observed.labels(outcome.value).inc()

    def done(self, outcome: Outcome | None) -> None:
        """Count one run that is at work no longer; None where it could not be carried out or was given back."""
        self._runs.labels(outcome.value if outcome else "given-up").inc()


async def serve(settings: Settings, stop: asyncio.Event) -> bool:
    """Work until `stop` is set, then let runs go on for a while and give the others back.

    False where it ended for another reason, so that a supervisor starts a new one. Raises PortTaken.
    """
    clock = SystemClock()
    own = worker_settings(settings)
    owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(Graph.connect(settings.graph, observer=metrics))
        url = settings.redis_url.get_secret_value()
        redis = await stack.enter_async_context(broker.connect(url))
        jobs = await stack.enter_async_context(queue.connect(url))
        registry = providers(settings, clock)
        stack.push_async_callback(registry.aclose)
        ledger = RunLedger(graph, Ids(clock), RedisDoorbell(redis, clock), owner=owner, lease=own.lease)
        parts = StepParts(registry, clock, random.Random(), own, Targets(own, clock))
        executor = RunExecutor(ledger, parts)
        dispatcher = Dispatcher(executor.execute, concurrency=own.concurrency)
        worker = RunWorker(jobs, clock, tenant=settings.tenant, dispatcher=dispatcher, settings=own)
        counts = RunMetrics(metrics.registry, lambda: dispatcher.active)
        dispatcher.listen(freed=worker.freed, done=counts.done)
        reaper = Reaper(
            ledger,
            ArqJobQueue(jobs, clock),
            clock,
            tenants=[settings.tenant],
            interval=own.reaper_interval,
            patience=own.patience,
        )
        sequencer = Sequencer(graph, redis, clock, owner=owner, tenants=[settings.tenant])
        schedules = Schedules(graph, Ids(clock), RedisDoorbell(redis, clock), ArqJobQueue(jobs, clock), clock)
        scheduler = Scheduler(schedules, clock, tenants=[settings.tenant])
        observations = Observations(
            graph, Ids(clock), RedisDoorbell(redis, clock), clock, every=settings.worker_drift_seconds
        )
        drift = DriftLoop(
            observations,
            registry,
            parts.targets,
            clock,
            tenants=[settings.tenant],
            healing=Healing(graph, Ids(clock), RedisDoorbell(redis, clock), ArqJobQueue(jobs, clock), clock),
            counted=counts.observed,
        )
        housekeeping = Housekeeping(
            graph,
            clock,
            tenants=[settings.tenant],
            doorbell=RedisDoorbell(redis, clock),
            decision_days=settings.decision_days,
        )
        health = HealthServer(
            health_routes(
                registry=metrics.registry,
                probes={"neo4j": graph.verify, "redis": redis.ping},
                may_read=MetricsAccess(
                    authenticate=Tokens(settings.auth_signing_key.get_secret_value(), clock=clock).verify,
                    scraper=settings.scraper_token,
                ),
            ),
            host=settings.worker_host,
            port=settings.worker_port,
        )
        collecting.settle()
        log.info("worker.started", owner=owner, providers=registry.names, port=settings.worker_port)
        serving = asyncio.create_task(health.run(), name="health")
        background = [
            asyncio.create_task(reaper.run(), name="reaper"),
            asyncio.create_task(sequencer.run(), name="sequencer"),
            asyncio.create_task(housekeeping.run(), name="housekeeping"),
            asyncio.create_task(scheduler.run(), name="scheduler"),
            asyncio.create_task(drift.run(), name="drift"),
            asyncio.create_task(_nudged(executor, redis, clock, settings.tenant), name="nudges"),
            asyncio.create_task(_asked(drift, redis, clock, settings.tenant), name="requests"),
            asyncio.create_task(
                queue.heartbeat(
                    jobs,
                    clock,
                    owner=owner,
                    tenant=settings.tenant,
                    state=lambda: {"active": dispatcher.active},
                    counted=counts.waiting,
                ),
                name="heartbeat",
            ),
        ]
        taking = asyncio.create_task(worker.main(), name="queue")
        asked = await _until(stop, [taking, serving, *background])
        log.info("worker.stopping", runs=dispatcher.active)
        await cancelled(taking)
        await dispatcher.close(drain=own.drain)
        # Last, so that what the last runs wrote is still numbered and published.
        await cancelled(*background)
        health.stop()
        await serving
    log.info("worker.stopped")
    return asked


async def _nudged(executor: RunExecutor, redis: Redis, clock: Clock, tenant: str) -> None:
    """Look at runs at once that somebody has paused, resumed or cancelled."""
    async for run_id in heard(redis, clock, channel=queue.nudge_channel(tenant)):
        executor.nudge(tenant, run_id)


async def _asked(drift: DriftLoop, redis: Redis, clock: Clock, tenant: str) -> None:
    """Look for drift at once where somebody has asked."""
    async for _ in heard(redis, clock, channel=queue.observe_channel(tenant)):
        drift.nudge()


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> bool:
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    await cancelled(stopping)
    for task in tasks:
        if task.done():
            # None of them ends by itself: say which did, hand the runs over and let the supervisor start a new process.
            log.error("worker.part_ended", part=task.get_name(), exc_info=task.exception())
    return stop.is_set()


async def _main(settings: Settings) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return await serve(settings, stop)


def main() -> int:
    """Run the worker; returns the exit code: 0 when it was told to stop, else 1 (wrong settings, a taken port)."""
    try:
        settings = load()
    except SettingsInvalid as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    configure_logs(form=settings.log_format, level=settings.log_level, service="worker")
    try:
        asked = uvloop.run(_main(settings))
    except PortTaken as taken:
        log.error("worker.not_started", reason=str(taken))
        return 1
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main())
