"""The contract every provider keeps: observe, diff, apply, delete, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.domain.workloads import Target, Workload


class Health(StrEnum):
    """How what runs is doing; `unknown` means that the target could not be asked."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `before` is what was observed, `after` what is desired; None means absent."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Observed:
    """What the target says exists now: flat field values, comparable with the desired state's.

    `known` is False where it cannot tell: then neither what is there nor what is missing means anything. `run_id` is
    set where it tells only what that run has made, and knows nothing of what another may have made since.
    """

    exists: bool
    fields: Mapping[str, str] = field(default_factory=dict)
    version_id: str | None = None
    fence: int | None = None
    known: bool = True
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A step's progress: `done` of `total` units (replicas), and a sentence for people."""

    message: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a provider may know and say while it carries out one step.

    `fence` rises with every claim of the run and goes to the outside system, so that a stale worker can be recognised;
    `report` streams progress and returns quickly.
    """

    run_id: str
    step_key: str
    fence: int
    attempt: int
    report: Callable[[Progress], Awaitable[None]]


class ProviderFailure(Exception):
    """The work itself failed, a repeat would fail again: a refused manifest, a rollout that never became ready."""


class ProviderUnavailable(Exception):
    """The target could not be reached or was busy; the same call may succeed later."""


class StaleFence(Exception):
    """The target carries the mark of a later claim: this worker lost the run and must write nothing more."""


class Provider(Protocol):
    """Makes desired state real on one kind of target.

    Every call is idempotent: a repeat after a crash finds what the first made. Synchronous clients run in threads, so
    that no call blocks the event loop.
    """

    @property
    def name(self) -> str:
        """The provider's id, as environments name it."""

    @property
    def kinds(self) -> frozenset[str]:
        """The resource kinds it can carry out; others are refused when planning."""

    async def observe(self, target: Target) -> Observed:
        """What exists now. Raises ProviderUnavailable."""

    def diff(self, desired: Workload, observed: Observed) -> tuple[FieldChange, ...]:
        """The fields in which what exists differs from what is desired, ordered by field; pure."""

    async def apply(self, desired: Workload, step: StepContext) -> Mapping[str, str]:
        """Make it so and wait until it is ready; returns outputs (addresses). Raises the errors of this module."""

    async def delete(self, target: Target, step: StepContext) -> None:
        """Remove what this provider made for the target and wait until it is gone; absent is fine."""

    async def health(self, target: Target) -> Health:
        """How it does now; never raises for an unreachable target."""

    async def aclose(self) -> None:
        """Release connections and threads."""
