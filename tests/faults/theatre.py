"""Where scenes are played: real executors on the real graph, one after the other, while people ask things of runs."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Final

from app.domain.run_control import cancel_run, confirm_run, pause_run, reject_run, resume_run
from app.domain.runs import RunState, Wishes, deploy
from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.errors import Conflict
from app.graph import Graph
from app.graph_observer import Silent
from app.ids import Ids
from app.ports import SystemClock
from tests.clocks import HandClock
from tests.faults.history import Entry, What
from tests.faults.nemesis import Door, Journal, WatchedLedger
from tests.faults.scenes import Asked, Fault, Scene
from tests.faults.watched_target import WatchedTarget
from tests.platform import Platform, application, environment, project, service
from tests.runs.deploying import ENVIRONMENT, Deploying, RecordingQueue
from workers.executor import Outcome, RunExecutor
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets

SETTINGS: Final = WorkerSettings(steps_per_target=3, attempts=3)
DEADLINE, LONGEST, TICK = 10, 60.0, 0.5
MOST_WORKERS: Final = 30
_ASK: Final = {
    Asked.PAUSE: pause_run,
    Asked.RESUME: resume_run,
    Asked.CANCEL: cancel_run,
    Asked.CONFIRM: confirm_run,
    Asked.REJECT: reject_run,
}
_TO_BE: Final = {
    Asked.PAUSE: RunState.PAUSED,
    Asked.RESUME: RunState.RUNNING,
    Asked.CANCEL: RunState.CANCELLING,
    Asked.CONFIRM: RunState.RUNNING,
    Asked.REJECT: RunState.CANCELLING,
}


class Worker:
    """A real executor whose ledger and target are watched, with a clock of its own."""

    def __init__(self, theatre: Theatre, fault: Fault | None, *, name: str, run: str) -> None:
        self.clock = HandClock()
        self.door = Door(fault, theatre.pass_point)
        self.ledger = WatchedLedger(theatre.platform, self.door, theatre.journal, theatre.scene.commits, owner=name)
        target = WatchedTarget(
            theatre.shared, theatre.scene, self.door, theatre.journal, self.ledger, self.clock, theatre.asked, run=run
        )
        registry = ProviderRegistry({"echo": lambda: target})
        parts = StepParts(registry, self.clock, random.Random(7), SETTINGS, Targets(SETTINGS, self.clock))
        executor = RunExecutor(self.ledger, parts)
        self.task: asyncio.Task[Outcome] = asyncio.create_task(
            executor.execute(theatre.platform.tenant, run), name=name
        )
        self.door.task = self.task

    def turn_clock(self) -> None:
        """Let time pass for a worker that waits for nothing else."""
        if not self.door.still and not self.ledger.in_flight:
            self.clock.advance(TICK)

    def thaw(self) -> None:
        """Let a stalled worker go on: its lease has ended meanwhile."""
        if self.door.stalled.is_set() and not self.door.thawed.is_set():
            self.door.thawed.set()
            self.clock.advance(SETTINGS.lease + 1)


class Locked(Silent):
    """Takes a stamp while a run is locked by what tells it something: the place of that in the order of all."""

    def __init__(self) -> None:
        self.journal: Journal | None = None
        self.stamp: int | None = None

    def watch(self, journal: Journal) -> None:
        """Take stamps from that journal from now on; none was taken yet."""
        self.journal, self.stamp = journal, None

    def statement_done(self, name: str, *, seconds: float, rows: int, failed: bool) -> None:
        """The run is locked from then on until the commit."""
        if name in ("runs/direct_run", "runs/cancel_run") and self.journal is not None and not failed:
            self.stamp = self.journal.stamp()


class Person:
    """Somebody who asks things of a run, one after the other, and notes what the graph took."""

    def __init__(self, platform: Platform, locked: Locked, journal: Journal, *, run: str) -> None:
        self._platform = platform
        self._locked = locked
        self._journal = journal
        self._run = run
        self._one = asyncio.Lock()

    async def ask(self, what: Asked) -> None:
        """Ask; what comes too late or too early is refused, and changes nothing."""
        async with self._one:
            self._locked.watch(self._journal)
            with suppress(Conflict):
                await _ASK[what](self._platform.change(), RecordingQueue(), run_id=self._run)
                if self._locked.stamp is not None:
                    entry = Entry(What.ORDERED, self._run, state=_TO_BE[what], confirms=what is Asked.CONFIRM)
                    self._journal.add(entry, stamp=self._locked.stamp)

    async def leave(self, asking: asyncio.Task[None]) -> None:
        """End what was to be asked later; what is being asked is still answered."""
        async with self._one:
            asking.cancel()


class Theatre:
    """Plays one scene to its end."""

    def __init__(self, platform: Platform, scene: Scene, *, run: str, person: Person, journal: Journal) -> None:
        self.platform = platform
        self.scene = scene
        self.run = run
        self.journal = journal
        self.shared = EchoProvider(HandClock())
        self.asked: dict[str, int] = {}
        self.workers: list[Worker] = []
        self.outcomes: list[Outcome] = []
        self._person = person
        self._points = self._answers = 0
        self._passed = {order.at: asyncio.Event() for order in scene.orders}
        self._deploying = Deploying(platform, RecordingQueue())
        self._thaws: set[asyncio.Task[None]] = set()

    def pass_point(self) -> None:
        """A worker passes a point."""
        self._points += 1
        if self._points in self._passed:
            self._passed[self._points].set()

    async def play(self) -> None:
        """Let one worker after the other take the run up, until it has ended; then let all go on that were stalled.

        What was to be rolled back is rolled back after that.
        """
        turning, asking = asyncio.create_task(self._turn_clocks()), asyncio.create_task(self._ask())
        try:
            async with asyncio.timeout(LONGEST):
                await self._play_run()
                await self._person.leave(asking)
                await self.see(self.run)
                for worker in self.workers:
                    worker.thaw()
                for worker in self.workers:
                    with suppress(asyncio.CancelledError):
                        self.outcomes.append(await worker.task)
                await self.see(self.run)
                await self._roll_back()
        finally:
            left = [turning, asking, *self._thaws, *(worker.task for worker in self.workers)]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def see(self, run_id: str) -> None:
        """Note what the graph says."""
        run = await self._deploying.run(run_id)
        steps = (await self._deploying.steps(run_id)).values()
        states = {str(step["key"]): str(step["state"]) for step in steps}
        self.journal.add(Entry(What.SEEN, run_id, states=states, state=str(run["state"])))
        counted = Counter(states.values())
        bad = counted["failed"] + counted["error"] + counted["unknown"]
        # A write that was taken twice would be counted twice.
        assert (run["succeeded"], run["failed"], run["skipped"]) == (counted["succeeded"], bad, counted["skipped"])

    async def _play_run(self) -> None:
        faults = iter(self.scene.faults)
        for number in range(MOST_WORKERS):
            if number:
                await self._answered()
                await self._deploying.make_overdue(self.run)
            ended = await self._take_up(next(faults, None), name=f"worker-{number}")
            run = await self._deploying.run(self.run)
            if RunState(str(run["state"])).final:
                return
            if ended and run["state"] == RunState.PAUSED:
                waits = any(str(one).startswith("person:") for one in _list(run["waiting_for"]))
                agreed = Asked.REJECT if self.scene.rejects else Asked.CONFIRM
                await self._person.ask(agreed if waits else Asked.RESUME)

    async def _ask(self) -> None:
        for order in sorted(self.scene.orders, key=lambda order: order.at):
            await self._passed[order.at].wait()
            await self._person.ask(order.what)
            self._answers += 1

    async def _answered(self) -> None:
        """Return once all has its answer that was to be asked by now: a worker that died is not followed at once."""
        while True:
            if self._answers == sum(self._passed[order.at].is_set() for order in self.scene.orders):
                return
            await asyncio.sleep(0.002)

    async def _roll_back(self) -> None:
        """Carry out the run that undoes this one, where there is one."""
        tenant = self.platform.tenant
        rows = await self.platform.graph.define(
            f"MATCH (undoing:Run)-[:ROLLS_BACK]->(:Run {{tenant: '{tenant}', id: '{self.run}'}}) "
            "MATCH (undoing)-[:EXECUTES]->(:Plan)-[:HAS_STEP]->(step:PlanStep) "
            "OPTIONAL MATCH (step)-[:REQUIRES]->(required:PlanStep) "
            "RETURN undoing.id AS id, step.key AS key, collect(required.key) AS needs"
        )
        if not rows:
            return
        run_id = str(rows[0]["id"])
        requires = {str(row["key"]): frozenset(map(str, _list(row["needs"]))) for row in rows}
        self.journal.add(Entry(What.ACCEPTED, run_id, requires=requires, undoes=self.run))
        worker = Worker(self, None, name="undoing", run=run_id)
        self.workers.append(worker)
        self.outcomes.append(await worker.task)
        await self.see(run_id)

    async def _take_up(self, fault: Fault | None, *, name: str) -> bool:
        """Let another worker take the run up; whether it came to an end of its own."""
        worker = Worker(self, fault, name=name, run=self.run)
        for stalled in self.workers:
            if stalled.door.still and stalled.door.fault is not None:
                passed = worker.door.passed.setdefault(stalled.door.fault.thaw_at, asyncio.Event())
                self._thaws.add(asyncio.create_task(self._thaw(stalled, passed)))
        self.workers.append(worker)
        stopped = asyncio.create_task(worker.door.stalled.wait())
        try:
            await asyncio.wait({worker.task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
        return worker.task.done() and not worker.door.killed

    async def _thaw(self, stalled: Worker, passed: asyncio.Event) -> None:
        await passed.wait()
        stalled.thaw()

    async def _turn_clocks(self) -> None:
        while True:
            await asyncio.sleep(0.002)
            for worker in self.workers:
                worker.turn_clock()


class Stage:
    """One tenant for many scenes; each has an application of its own. `persons` is the door of those who ask."""

    def __init__(self, graph: Graph, persons: Graph, locked: Locked) -> None:
        self._graph = graph
        self._persons = persons
        self._locked = locked
        self._numbers = count()
        self._platform: Platform | None = None

    async def play(self, scene: Scene) -> Theatre:
        """Deploy what the scene says, and let it happen."""
        platform = self._platform = self._platform or await self._furnished()
        name = f"a{next(self._numbers)}"
        services = [
            service(step, needs=needs, application=name, deadline=DEADLINE) for step, needs in scene.requires.items()
        ]
        await platform.apply(application(name), *services)
        started = await deploy(
            platform.change(),
            RecordingQueue(),
            application_id=f"shop/{name}",
            environment_id=ENVIRONMENT,
            wishes=Wishes(scene.on_failure, scene.confirm_after),
        )
        journal = Journal()
        person = Person(Platform(self._persons, platform.tenant), self._locked, journal, run=started.run_id)
        theatre = Theatre(platform, scene, run=started.run_id, person=person, journal=journal)
        keys = {step: f"shop/{name}/{step}@dev" for step in scene.requires}
        requires = {keys[step]: frozenset(keys[one] for one in needs) for step, needs in scene.requires.items()}
        waves = _waves(scene.requires)
        gate = scene.confirm_after
        later = frozenset(keys[step] for step, wave in waves.items() if gate is not None and wave > gate)
        journal.add(Entry(What.ACCEPTED, started.run_id, requires=requires, later=later))
        with suppress(TimeoutError):
            # A run that does not end by then is one that the history says was lost.
            await theatre.play()
        return theatre

    async def _furnished(self) -> Platform:
        tenant = "t-" + Ids(SystemClock()).new()
        await ensure_tenant(
            self._graph,
            tenant,
            passwords=Passwords(memory_kib=1024),
            password="correct horse battery",
            providers={"echo": frozenset({"Workload"})},
        )
        platform = Platform(self._graph, tenant)
        await platform.apply(project(), environment("dev"))
        return platform


def _waves(requires: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The wave of each step, from 1; what a step requires stands before it."""
    waves: dict[str, int] = {}
    for step, needs in requires.items():
        waves[step] = 1 + max((waves[need] for need in needs), default=0)
    return waves


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
