"""Reports whose acknowledgement was lost: written once, and the repeat says what is true by then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain import run_control
from app.domain.run_ledger import RunLost
from app.domain.run_records import Claim, Report, RunEnd, RunStep, StepEnd, StepState
from app.domain.runs import RunState
from tests.platform import SHOP, service
from tests.runs.deploying import CutLedger, Deploying

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SHOP_OF_TWO = (*SHOP, service("redis"), service("cart", needs=["redis"]))


class Overtaken(CutLedger):
    """A ledger whose run another worker takes just before its lease is renewed."""

    deploying: Deploying | None = None

    async def renew(self, claim: Claim) -> RunState | None:
        """Too late."""
        if self.deploying is not None:
            await self.deploying.make_overdue(claim.run_id)
            await self.deploying.worker("heir").ledger.claim(claim.tenant, claim.run_id)
        return await super().renew(claim)


async def test_a_report_whose_acknowledgement_was_lost_is_not_written_twice(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    [redis, _] = await ledger.steps(claim)
    report, operation_id = Report(ends=(_succeeded(redis),)), ledger.operation_id()
    await ledger.report(claim, report, operation_id=operation_id)
    before = await _all_but_the_lease(deploying, run_id)
    # when
    await ledger.report(claim, report, operation_id=operation_id)
    # then
    assert await _all_but_the_lease(deploying, run_id) == before
    assert (await deploying.totals(run_id))[2] == 1


async def test_a_repeated_report_says_what_was_asked_of_the_run_since(deploying: Deploying) -> None:
    # given: a worker's report was written, its acknowledgement is lost, and somebody pauses the run
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    [redis, cart] = await ledger.steps(claim)
    report, operation_id = Report(ends=(_succeeded(redis),), pending=(cart,)), ledger.operation_id()
    await ledger.report(claim, report, operation_id=operation_id)
    await run_control.pause_run(deploying.platform.change(), deploying.queue, run_id=run_id)
    # when
    told = await ledger.report(claim, report, operation_id=operation_id)
    # then
    assert told is RunState.PAUSED


async def test_a_repeat_of_the_report_that_ended_a_run_finds_it_written(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    report, operation_id = Report(end=RunEnd(RunState.ERROR, "over")), ledger.operation_id()
    await ledger.report(claim, report, operation_id=operation_id)
    before = (await deploying.run(run_id), await deploying.platform.events())
    # when
    await ledger.report(claim, report, operation_id=operation_id)
    # then
    assert (await deploying.run(run_id), await deploying.platform.events()) == before


async def test_a_repeated_report_of_a_worker_that_lost_its_run_meanwhile_is_refused(deploying: Deploying) -> None:
    # given
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker().ledger
    claim = await _claimed(deploying, run_id)
    [redis, cart] = await ledger.steps(claim)
    report, operation_id = Report(ends=(_succeeded(redis),), pending=(cart,)), ledger.operation_id()
    await ledger.report(claim, report, operation_id=operation_id)
    await deploying.make_overdue(run_id)
    assert await deploying.worker("heir").ledger.claim(deploying.platform.tenant, run_id) is not None
    # when / then
    with pytest.raises(RunLost):
        await ledger.report(claim, report, operation_id=operation_id)


async def test_a_repeat_that_loses_its_run_while_it_asks_is_refused(deploying: Deploying) -> None:
    # given: the repeat finds its report, and before it can ask on, another worker takes the run
    await deploying.platform.apply(*SHOP_OF_TWO)
    run_id = (await deploying.deploy()).run_id
    ledger = deploying.worker(ledger=Overtaken).ledger
    claim = await _claimed(deploying, run_id)
    [redis, cart] = await ledger.steps(claim)
    report, operation_id = Report(ends=(_succeeded(redis),), pending=(cart,)), ledger.operation_id()
    await ledger.report(claim, report, operation_id=operation_id)
    assert isinstance(ledger, Overtaken)
    ledger.deploying = deploying
    # when / then
    with pytest.raises(RunLost):
        await ledger.report(claim, report, operation_id=operation_id)
    assert (await deploying.run(run_id))["fence"] == claim.fence + 1


async def _claimed(deploying: Deploying, run_id: str) -> Claim:
    claim = await deploying.worker("first").ledger.claim(deploying.platform.tenant, run_id)
    assert claim is not None
    return claim


def _succeeded(step: RunStep) -> StepEnd:
    return StepEnd(step, StepState.SUCCEEDED, "", NOW, 1, NOW)


async def _all_but_the_lease(deploying: Deploying, run_id: str) -> tuple[object, ...]:
    """What is recorded of a run; the lease is longer after every sign of its worker."""
    run = {name: value for name, value in (await deploying.run(run_id)).items() if name != "lease_until"}
    return run, await deploying.steps(run_id), await deploying.platform.events()
