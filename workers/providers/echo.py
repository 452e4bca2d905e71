"""The echo provider: a rehearsal. It deploys nothing, it plays what a service's environment variables tell it.

    ECHO_DELAY_SECONDS   how long applying takes (0..3600)
    ECHO_FAIL            applying fails with this sentence
    ECHO_FAIL_TIMES      so many first attempts find the target unavailable, later ones succeed
    ECHO_HANG            when "1", applying never ends by itself

What was applied is remembered as long as the process lives, so that it can be observed, compared and deleted.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.planning import fields
from app.domain.workloads import Target, Workload
from app.ports import Clock
from workers.providers.contract import (
    FieldChange,
    Health,
    Observed,
    Progress,
    ProviderFailure,
    ProviderUnavailable,
    StaleFence,
    StepContext,
)

NAME = "echo"
KINDS = frozenset({"Workload"})
LONGEST_DELAY = 3600.0
_REPORTS = 4


@dataclass(frozen=True, slots=True)
class _Script:
    delay: float
    fail: str | None
    fail_times: int
    hang: bool


@dataclass(frozen=True, slots=True)
class _Deployed:
    workload: Workload
    fence: int


class EchoProvider:
    """Carries nothing out and says so; every call is as idempotent as a real target's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deployed: dict[tuple[str, str, str], _Deployed] = {}

    @property
    def name(self) -> str:
        """The provider's id."""
        return NAME

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds it plays."""
        return KINDS

    async def observe(self, target: Target) -> Observed:
        """What was applied in this process and not deleted since."""
        there = self._deployed.get(_place(target))
        if there is None:
            return Observed(exists=False)
        return Observed(
            exists=True, fields=fields(there.workload), version_id=there.workload.version_id, fence=there.fence
        )

    def diff(self, desired: Workload, observed: Observed) -> tuple[FieldChange, ...]:
        """The fields that differ, by name."""
        wanted = fields(desired)
        return tuple(
            FieldChange(name, observed.fields.get(name), wanted.get(name))
            for name in sorted({*wanted, *observed.fields})
            if observed.fields.get(name) != wanted.get(name)
        )

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Play the script. Raises ProviderFailure and ProviderUnavailable as it says, StaleFence for an older claim."""
        script = _script(desired)
        self._refuse_stale(desired.target, step)
        if step.attempt <= script.fail_times:
            raise ProviderUnavailable(f"echo: unavailable as asked ({step.attempt} of {script.fail_times})")
        if script.hang:
            await step.report(Progress("echo: hangs as asked", 0, desired.replicas))
            await asyncio.Event().wait()
        if script.delay:
            await self._wait(script.delay, desired, step)
        if script.fail is not None:
            raise ProviderFailure(f"echo: {script.fail}")
        self._refuse_stale(desired.target, step)
        self._deployed[_place(desired.target)] = _Deployed(desired, step.fence)
        return {"rehearsed": "true"}

    async def delete(self, target: Target, step: StepContext) -> None:
        """Forget what was applied. Raises StaleFence for an older claim."""
        self._refuse_stale(target, step)
        self._deployed.pop(_place(target), None)

    async def health(self, target: Target) -> Health:
        """Healthy when it was applied."""
        return Health.HEALTHY if _place(target) in self._deployed else Health.MISSING

    async def aclose(self) -> None:
        """Nothing to release."""

    def _refuse_stale(self, target: Target, step: StepContext) -> None:
        there = self._deployed.get(_place(target))
        if there is not None and there.fence > step.fence:
            raise StaleFence(f"echo: {target.service_id} carries fence {there.fence}, this worker has {step.fence}")

    async def _wait(self, seconds: float, desired: Workload, step: StepContext) -> None:
        for part in range(_REPORTS):
            done = desired.replicas * part // _REPORTS
            await step.report(Progress(f"echo: {done} of {desired.replicas} ready", done, desired.replicas))
            await self._clock.sleep(seconds / _REPORTS)


def _place(target: Target) -> tuple[str, str, str]:
    return target.tenant, target.environment_id, target.service_id


def _script(workload: Workload) -> _Script:
    said = dict(workload.environment)
    return _Script(
        delay=_number(said, "ECHO_DELAY_SECONDS", LONGEST_DELAY),
        fail=said.get("ECHO_FAIL"),
        fail_times=int(_number(said, "ECHO_FAIL_TIMES", 1000)),
        hang=said.get("ECHO_HANG") == "1",
    )


def _number(said: Mapping[str, str], name: str, most: float) -> float:
    text = said.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise ProviderFailure(f"echo: {name} is {text!r}, not a number from 0 to {most:g}")
    return value
