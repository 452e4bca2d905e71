"""Runs that cannot be carried to their end: what cannot be written, who ends whoever takes it up."""

from __future__ import annotations

from app.domain.run_records import Claim, Report
from app.domain.runs import RunState
from app.graph_failures import StatementFailed
from app.transactions import Transaction
from tests.platform import SHOP, service
from tests.runs.deploying import CutLedger, Deploying
from workers.executor import Outcome
from workers.settings import WorkerSettings


class RefusedLedger(CutLedger):
    """A ledger whose statements about steps the database refuses, as it would a mistake of ours."""

    async def _write(self, transaction: Transaction, claim: Claim, report: Report) -> RunState:
        # Nothing but the end of a run is written, neither with the claim nor later.
        if report.pending or report.ends:
            raise StatementFailed("runs/record_report: refused")
        return await super()._write(transaction, claim, report)


async def test_a_run_whose_steps_cannot_be_written_ends_as_an_error(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("a"))
    run_id = (await deploying.deploy()).run_id
    worker = deploying.worker(ledger=RefusedLedger)
    # when
    outcome = await worker.execute(run_id)
    # then
    run = await deploying.run(run_id)
    assert (outcome, run["state"], run["error"]) == (Outcome.FINISHED, "error", "internal error: StatementFailed")
    assert run["attempts"] == 1
    assert worker.provider.calls == []
    assert await deploying.worker("worker-2").execute(run_id) is Outcome.NOT_TAKEN


async def test_a_run_that_ends_whoever_takes_it_up_is_given_up(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP, service("a"))
    run_id = (await deploying.deploy()).run_id
    for name in ("worker-1", "worker-2"):
        assert await deploying.worker(name).ledger.claim(deploying.platform.tenant, run_id) is not None
        await deploying.make_overdue(run_id)
    worker = deploying.worker("worker-3", settings=WorkerSettings(claims=2))
    # when
    outcome = await worker.execute(run_id)
    # then
    run = await deploying.run(run_id)
    assert (outcome, run["state"]) == (Outcome.FINISHED, "error")
    assert run["error"] == "given up: it was taken up 3 times and never came to its end"
    assert worker.provider.calls == []
    assert (await deploying.states(run_id))["a"] in ("skipped", "unknown")
