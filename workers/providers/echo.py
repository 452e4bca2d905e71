"""The echo provider: a rehearsal. It deploys nothing, it plays what a service's environment variables tell it.

    ECHO_DELAY_SECONDS   how long applying takes (0..3600)
    ECHO_FAIL            applying fails with this sentence
    ECHO_FAIL_TIMES      so many first attempts find the target unavailable, later ones succeed
    ECHO_HANG            when "1", applying never ends by itself
    ECHO_DRIFT           the first time that a version is applied, this is seen in place of what it says: "replicas=5"

What was applied is remembered as long as the process lives, so that it can be observed, compared and deleted. Of what
another process applied it can say nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.plan_changes import fields
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
    drift: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class _Deployed:
    workload: Workload
    fence: int
    run_id: str
    drift: tuple[str, str] | None = None


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
        """What was applied in this process and not deleted since; nothing is known of anything else."""
        there = self._deployed.get(_place(target))
        if there is None:
            return Observed(exists=False, known=False)
        seen = fields(there.workload) | dict([there.drift] if there.drift else ())
        return Observed(
            exists=True, fields=seen, version_id=there.workload.version_id, fence=there.fence, run_id=there.run_id
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
        before = self._deployed.get(_place(desired.target))
        again = before is not None and before.workload.version_id == desired.version_id
        drift = None if again else script.drift
        self._deployed[_place(desired.target)] = _Deployed(desired, step.fence, step.run_id, drift)
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
        drift=_drift(said.get("ECHO_DRIFT", "")),
    )


def _drift(text: str) -> tuple[str, str] | None:
    name, _, value = text.partition("=")
    return (name, value) if name else None


def _number(said: Mapping[str, str], name: str, most: float) -> float:
    text = said.get(name, "0")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise ProviderFailure(f"echo: {name} is {text!r}, not a number from 0 to {most:g}")
    return value
