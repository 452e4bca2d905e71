"""What a plan is made of: where it applies, and its steps. Values only, so that whoever has them can replay a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.plan_changes import FieldChange
from app.domain.workloads import Target


class StepAction(StrEnum):
    """What a step does to one service in one environment."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NO_OP = "no-op"
    BLOCKED = "blocked"

    @property
    def acts(self) -> bool:
        """Whether a run carries it out."""
        return self not in (StepAction.NO_OP, StepAction.BLOCKED)


class PlanState(StrEnum):
    """Whether a plan can be run, is kept from it by a policy, or has nothing to do."""

    READY = "ready"
    BLOCKED = "blocked"
    EMPTY = "empty"


class PlanApproval(StrEnum):
    """Whether somebody has to agree to a plan before it is carried out, and what became of that."""

    NONE = "none"
    REQUIRED = "required"
    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan applies: an application in an environment, and who carries it out with which kinds."""

    tenant: str
    application_id: str
    environment_id: str
    namespace: str
    provider: str
    provider_kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `changes` are the fields that differ, sorted by field.

    `key` is the deployment's id, `requires` the keys of the steps it waits for, `wave` counts from 1 (0 for what is not
    carried out). `previous_provider` is where it runs so far, where that is another provider than `provider`.
    `irreversible` says why it cannot be undone; None where it can.
    """

    key: str
    action: StepAction
    kind: str
    service_id: str
    service_name: str
    provider: str
    wave: int = 0
    version_id: str | None = None
    image: str | None = None
    changes: tuple[FieldChange, ...] = ()
    requires: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()
    previous_provider: str | None = None
    irreversible: str | None = None
    policy: str | None = None
    reason: str | None = None
    path: tuple[str, ...] = ()
    path_edges: tuple[str, ...] = ()


def target(place: Place, *, service_id: str, name: str, kind: str) -> Target:
    """What a provider needs to find a service in a place."""
    return Target(
        tenant=place.tenant,
        application_id=place.application_id,
        environment_id=place.environment_id,
        service_id=service_id,
        name=name,
        namespace=place.namespace,
        kind=kind,
    )
