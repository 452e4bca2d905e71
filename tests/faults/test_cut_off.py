"""Neo4j cut off by toxiproxy before a commit, after it, and past a lease: nothing is lost, nothing is written twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.domain.run_ledger import RunLedger
from app.domain.run_records import Claim, Report
from app.domain.runs import RunState
from app.graph import Graph, GraphSettings
from app.graph_failures import GraphUnavailable, OutcomeUnknown
from app.local.processes import wait_for
from app.ports import SystemClock
from app.transactions import Transaction
from tests.faults.conftest import Start
from tests.faults.toxiproxy import Stream, Toxiproxy, proxied
from tests.faults.workers import Place
from tests.platform import SHOP, Platform, service
from tests.runs.deploying import Deploying, RecordingProvider
from workers.executor import Outcome, RunExecutor
from workers.providers.echo import EchoProvider
from workers.providers.registry import ProviderRegistry
from workers.settings import WorkerSettings
from workers.steps import StepParts
from workers.targets import Targets

NAMES = [f"s{number}" for number in range(3)]
SLOW = {"ECHO_DELAY_SECONDS": "0.3"}


@pytest.fixture
def toxiproxy(toxiproxy_server: Path, graph_settings: GraphSettings, tmp_path: Path) -> Iterator[Toxiproxy]:
    """A proxy in front of the shared Neo4j."""
    with proxied(toxiproxy_server, tmp_path, urlsplit(graph_settings.uri).netloc) as proxy:
        yield proxy


class CutOffLedger(RunLedger):
    """A ledger whose every report is cut off at its first try, between its last statement and the end of its commit.

    It notes what the graph has of the report at that moment.
    """

    def __init__(self, platform: Platform, far: Graph, toxiproxy: Toxiproxy, stream: Stream) -> None:
        super().__init__(far, platform.ids, platform.doorbell, owner="cut-off", lease=60.0)
        self.tries: list[str] = []
        self.cut: list[tuple[str, bool]] = []
        self._near = platform.graph
        self._toxiproxy = toxiproxy
        self._stream = stream
        self._armed = False

    async def report(self, claim: Claim, report: Report, *, operation_id: str) -> RunState:
        """Write a report."""
        if operation_id in self.tries:
            return await super().report(claim, report, operation_id=operation_id)
        self.tries.append(operation_id)
        self._armed = True
        try:
            return await super().report(claim, report, operation_id=operation_id)
        except (GraphUnavailable, OutcomeUnknown) as error:
            there = await self._near.read("operations/find_operation", claim.tenant, id=operation_id)
            self.cut.append((type(error).__name__, bool(there)))
            await asyncio.to_thread(self._toxiproxy.heal)
            raise

    async def _write(self, transaction: Transaction, claim: Claim, report: Report) -> RunState:
        state = await super()._write(transaction, claim, report)
        if self._armed:
            self._armed = False
            self._toxiproxy.cut_at_next_word(self._stream)
        return state


@pytest.fixture
def impatient(graph_settings: GraphSettings, toxiproxy: Toxiproxy) -> GraphSettings:
    """The way through the proxy, for somebody with little patience."""
    uri = f"bolt://127.0.0.1:{toxiproxy.port}"
    return replace(graph_settings, uri=uri, connect_timeout=1.0, acquire_timeout=1.0, retry_time=0.2)


@pytest.mark.parametrize(("stream", "committed"), [(Stream.PROCESS, False), (Stream.SERVER, True)])
async def test_a_run_whose_every_report_is_cut_off_at_its_commit_is_written_once(
    deploying: Deploying, impatient: GraphSettings, toxiproxy: Toxiproxy, stream: Stream, committed: bool
) -> None:
    # given a connection that is lost with what the worker says at the commit, or with what it is told
    platform = deploying.platform
    await platform.apply(*SHOP, *(service(name, needs=NAMES[number - 1 : number]) for number, name in enumerate(NAMES)))
    run_id = (await deploying.deploy()).run_id
    async with Graph.connect(impatient) as far:
        ledger, clock, settings = CutOffLedger(platform, far, toxiproxy, stream), SystemClock(), WorkerSettings()
        provider = RecordingProvider(EchoProvider(clock))
        registry = ProviderRegistry({"echo": lambda: provider})
        parts = StepParts(registry, clock, random.Random(7), settings, Targets(settings, clock))
        # when
        outcome = await RunExecutor(ledger, parts).execute(platform.tenant, run_id)
    # then each report was tried again, and what had been committed was not written a second time
    assert outcome is Outcome.FINISHED
    assert ledger.cut == [("OutcomeUnknown", committed)] * len(ledger.tries)
    assert len(ledger.tries) >= len(NAMES)
    assert await deploying.totals(run_id) == ("succeeded", 3, 3, 0, 0)
    assert await deploying.deployments() == dict.fromkeys(NAMES, ("succeeded", True))
    assert provider.names("apply") == NAMES
    types = await deploying.events_of(["run.step.succeeded", "run.finished", "deployment.created"])
    assert [types.count(type) for type in ("run.step.succeeded", "deployment.created", "run.finished")] == [3, 3, 1]


async def test_a_worker_that_hears_nothing_of_the_graph_past_its_lease_is_followed_and_writes_nothing_more(
    deploying: Deploying, place: Place, start: Start, toxiproxy: Toxiproxy
) -> None:
    # given
    names = [f"s{number}" for number in range(6)]
    await deploying.platform.apply(
        *SHOP, *(service(name, needs=names[number - 1 : number], env=SLOW) for number, name in enumerate(names))
    )
    cut_off = start(replace(place, neo4j_uri=f"bolt://127.0.0.1:{toxiproxy.port}"))
    run_id = (await deploying.deploy()).run_id
    await deploying.until(run_id, "s2", "running")
    # when
    toxiproxy.swallow()
    heir = start()
    await deploying.until_ended(run_id)
    before = (await deploying.run(run_id), await deploying.steps(run_id), await deploying.deployments())
    toxiproxy.heal()
    # then
    assert wait_for(lambda: len(cut_off.said("run.lost")) == 1, 30.0)
    assert (await deploying.run(run_id), await deploying.steps(run_id), await deploying.deployments()) == before
    assert await deploying.totals(run_id) == ("succeeded", 6, 6, 0, 0)
    assert len(heir.effects()) == len(set(heir.effects()))
    assert cut_off.alive
