"""The runs at work in this process: at most so many, all of them ended or given back before it stops.

Each is begun in a lane, that of its project, so that it can be told how many places each project holds.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import structlog

from app.graph_failures import GraphUnavailable, OutcomeUnknown
from workers.deadlines import cancelled
from workers.executor import Outcome
from workers.rota import Lane

log: structlog.stdlib.BoundLogger = structlog.get_logger("dispatcher")


class Dispatcher:
    """Starts runs in the background, `concurrency` at the same time; `execute` carries one out (tenant, run id)."""

    def __init__(self, execute: Callable[[str, str], Awaitable[Outcome]], *, concurrency: int) -> None:
        self._carry_out = execute
        self._concurrency = concurrency
        self._freed: Callable[[], None] = lambda: None
        self._done: Callable[[Outcome | None], None] = lambda _: None
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._closed = False

    def listen(self, *, freed: Callable[[], None], done: Callable[[Outcome | None], None]) -> None:
        """Call `freed` whenever there is room again, and `done` with what became of each run, None where it was not."""
        self._freed = freed
        self._done = done

    @property
    def active(self) -> int:
        """How many runs are at work."""
        return len(self._tasks)

    @property
    def places(self) -> int:
        """How many runs may be at work at the same time."""
        return self._concurrency

    @property
    def working(self) -> Mapping[Lane, int]:
        """How many runs are at work, by lane."""
        return Counter(self._lanes.values())

    @property
    def free(self) -> bool:
        """Whether another run may be started."""
        return not self._closed and len(self._tasks) < self._concurrency

    def start(self, lane: Lane, run_id: str) -> bool:
        """Start a run in the background; False where there is no room, or this process has it at work already."""
        tenant = lane.tenant
        place = (tenant, run_id)
        if not self.free or place in self._tasks:
            return False
        task = asyncio.create_task(self._execute(tenant, run_id), name=f"run {run_id}")
        self._tasks[place] = task
        self._lanes[place] = lane
        task.add_done_callback(lambda _: self._ended(place))
        return True

    async def close(self, *, drain: float) -> None:
        """Start nothing more, let runs go on for `drain` seconds, then give the others back."""
        self._closed = True
        if self._tasks and drain > 0:
            log.info("dispatcher.draining", runs=len(self._tasks), seconds=drain)
            await asyncio.wait(self._tasks.values(), timeout=drain)
        await cancelled(*self._tasks.values())

    def _ended(self, place: tuple[str, str]) -> None:
        self._tasks.pop(place, None)
        self._lanes.pop(place, None)
        self._freed()

    async def _execute(self, tenant: str, run_id: str) -> None:
        outcome: Outcome | None = None
        try:
            outcome = await self._carry_out(tenant, run_id)
        except (GraphUnavailable, OutcomeUnknown) as error:
            # The reaper rings for it again once the graph answers.
            log.warning("run.not_carried_out", tenant=tenant, run=run_id, error=repr(error))
        except Exception:
            log.exception("run.not_carried_out", tenant=tenant, run=run_id)
        self._done(outcome)
