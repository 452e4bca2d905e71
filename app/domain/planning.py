"""What a deployment will do, computed from what is desired and what is recorded; pure, no input or output.

A service with a desired version becomes a step, a recorded deployment whose service is gone becomes a step that deletes
it. A step waits for the steps that change what it directly needs (hard dependencies): what is unchanged runs already.
Deletes come after whatever used them, in the reverse order of the recorded dependencies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import orjson

from app.domain import ordering
from app.domain.names import deployment_id
from app.domain.workloads import Target, Workload
from app.errors import InvalidInput, PathNode, PolicyDenied, Violation

DIGEST_FORMAT = 1
_SECRET_WORDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "CREDENTIAL")
MASKED = "(masked)"


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


@dataclass(frozen=True, slots=True)
class Desired:
    """A service of the application as it should be: `workload` is None while no version is desired.

    `hard` are the ids of the services it cannot run without, of this application or another.
    """

    service_id: str
    name: str
    kind: str
    workload: Workload | None
    hard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A deployment as the graph records it: `workload` is what runs, None where nothing does.

    `provider` carried it out; `hard` is what it depended on when it was deployed.
    """

    key: str
    service_id: str
    service_name: str
    kind: str
    status: str
    provider: str
    version_id: str | None
    workload: Workload | None
    hard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A policy forbids to deploy a service: its name, the sentence, and the path that shows it (ids; edge types)."""

    service_id: str
    policy: str
    reason: str
    path: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


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
class Picture:
    """Everything a plan is computed from.

    `running_elsewhere` are the services of other applications, among those needed here, that run in the environment.
    """

    place: Place
    desired: tuple[Desired, ...]
    recorded: tuple[Recorded, ...]
    blocks: tuple[Block, ...] = ()
    running_elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `before` and `after` are `field=value` lines of what differs, sorted by field.

    `key` is the deployment's id, `requires` the keys of the steps it waits for, `wave` counts from 1 (0 for what is not
    carried out). `previous_provider` is where it runs so far, where that is another provider than `provider`.
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
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()
    previous_provider: str | None = None
    policy: str | None = None
    reason: str | None = None
    path: tuple[str, ...] = ()
    path_edges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A computed plan: steps to carry out first, by wave and name, then the others by name."""

    place: Place
    steps: tuple[Step, ...]
    state: PlanState
    waves: int
    digest: str
    warnings: tuple[str, ...] = ()
    counts: Mapping[StepAction, int] = field(default_factory=dict)

    @property
    def acting(self) -> int:
        """How many steps a run of it carries out; they are the first of `steps`."""
        return sum(count for action, count in self.counts.items() if action.acts)


def propose(picture: Picture) -> Proposal:
    """Compute the plan; the same picture, in whatever order, gives the same digest.

    Takes time in proportion to services and dependencies. Raises InvalidInput for kinds that the provider cannot carry
    out, PolicyDenied with the path for hard dependencies that run in a circle.
    """
    place = picture.place
    desired = sorted(picture.desired, key=lambda one: one.service_id)
    _refuse_unknown_kinds(place, desired)
    _refuse_cycles(desired)
    recorded = {one.service_id: one for one in picture.recorded}
    blocks = {
        one.service_id: one for one in sorted(picture.blocks, key=lambda one: (one.policy, one.reason), reverse=True)
    }
    steps = [_step(place, one, recorded.get(one.service_id), blocks.get(one.service_id)) for one in desired]
    wanted = {one.service_id for one in desired}
    gone = [one for id, one in sorted(recorded.items()) if id not in wanted]
    steps += [_delete(one) for one in gone]
    ordered, waves = _ordered(steps, desired, recorded)
    counts = {action: sum(1 for step in ordered if step.action is action) for action in StepAction}
    if counts[StepAction.BLOCKED]:
        state = PlanState.BLOCKED
    elif any(step.action.acts for step in ordered):
        state = PlanState.READY
    else:
        state = PlanState.EMPTY
    return Proposal(
        place=place,
        steps=tuple(ordered),
        state=state,
        waves=waves,
        digest=digest(place, ordered),
        warnings=_warnings(desired, wanted, picture.running_elsewhere),
        counts=counts,
    )


def digest(place: Place, steps: Sequence[Step]) -> str:
    """SHA-256 over the canonical JSON of what will be done, and where; no ids or times of the plan itself."""
    content = {
        "format": DIGEST_FORMAT,
        "application": place.application_id,
        "environment": place.environment_id,
        "namespace": place.namespace,
        "provider": place.provider,
        "steps": [
            {
                "key": step.key,
                "action": step.action.value,
                "kind": step.kind,
                "wave": step.wave,
                "version": step.version_id,
                "provider": step.provider,
                "previous_provider": step.previous_provider,
                "before": step.before,
                "after": step.after,
                "requires": step.requires,
                "policy": step.policy,
                "path": step.path,
            }
            for step in steps
        ],
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def fields(workload: Workload) -> dict[str, str]:
    """A workload as flat text fields; values of environment variables whose name speaks of a secret are masked."""
    resources, probe = workload.resources, workload.probe
    flat: dict[str, str | None] = {
        "version": workload.version_id,
        "image": workload.image,
        "replicas": str(workload.replicas),
        "command": " ".join(workload.command) or None,
        "args": " ".join(workload.args) or None,
        "cpu_request": resources.cpu_request,
        "cpu_limit": resources.cpu_limit,
        "memory_request": resources.memory_request,
        "memory_limit": resources.memory_limit,
        "deadline_seconds": str(workload.deadline_seconds),
    }
    for port in workload.ports:
        flat[f"port.{port.name}"] = f"{port.number}:{port.target}"
    for name, value in workload.environment:
        flat[f"environment.{name}"] = MASKED if _is_secret(name) else value
    if probe is not None:
        flat["probe"] = f"{probe.kind}:{probe.port}{probe.path or ''}"
    return {name: value for name, value in flat.items() if value is not None}


def differences(before: Workload | None, after: Workload | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The `field=value` lines that only one of the two has, or has with another value; sorted by field."""
    old = {} if before is None else fields(before)
    new = {} if after is None else fields(after)
    if before is not None and after is not None:
        for name in _changed_secrets(before, after):
            old.pop(name, None)
            new[name] = f"{MASKED} (changed)"
    return (
        tuple(f"{name}={old[name]}" for name in sorted(old) if old[name] != new.get(name)),
        tuple(f"{name}={new[name]}" for name in sorted(new) if new[name] != old.get(name)),
    )


def _is_secret(name: str) -> bool:
    return any(word in name.upper() for word in _SECRET_WORDS)


def _changed_secrets(before: Workload, after: Workload) -> Iterable[str]:
    old, new = dict(before.environment), dict(after.environment)
    return [f"environment.{name}" for name in old if _is_secret(name) and name in new and old[name] != new[name]]


def _refuse_unknown_kinds(place: Place, desired: Sequence[Desired]) -> None:
    unknown = [one for one in desired if one.workload is not None and one.kind not in place.provider_kinds]
    if unknown:
        kinds = sorted({one.kind for one in unknown})
        raise InvalidInput(
            f"provider {place.provider} cannot carry out kind {', '.join(kinds)}"
            f" ({', '.join(one.service_id for one in unknown[:5])}{' and more' if len(unknown) > 5 else ''})",
            "environment",
        )


def _refuse_cycles(desired: Sequence[Desired]) -> None:
    within = {one.service_id for one in desired}
    cycle = ordering.find_cycle({one.service_id: [id for id in one.hard if id in within] for one in desired})
    if not cycle:
        return
    names = {one.service_id: one.name for one in desired}
    closed = (*cycle, cycle[0])
    message = f"hard dependencies run in a circle: {' -> '.join(names[id] for id in closed)}"
    violation = Violation(
        policy="no-dependency-cycle",
        message=message,
        nodes=tuple(PathNode(id, "Service", names[id]) for id in closed),
        edges=("DEPENDS_ON",) * len(cycle),
    )
    raise PolicyDenied(message, (violation,))


def _step(place: Place, wanted: Desired, there: Recorded | None, block: Block | None) -> Step:
    step = Step(
        key=deployment_id(wanted.service_id, place.environment_id),
        action=StepAction.NO_OP,
        kind=wanted.kind,
        service_id=wanted.service_id,
        service_name=wanted.name,
        provider=place.provider,
        version_id=None if wanted.workload is None else wanted.workload.version_id,
        image=None if wanted.workload is None else wanted.workload.image,
        hard=tuple(sorted(wanted.hard)),
    )
    if wanted.workload is None:
        return replace(step, reason="no version is desired")
    runs = there is not None and there.version_id is not None
    before, after = differences(there.workload if there is not None and runs else None, wanted.workload)
    if there is None or not runs:
        action = StepAction.CREATE
    elif there.provider != place.provider:
        action = StepAction.REPLACE
        before, after = (*before, f"provider={there.provider}"), (*after, f"provider={place.provider}")
        step = replace(step, previous_provider=there.provider)
    elif there.version_id != wanted.workload.version_id:
        action = StepAction.UPDATE
    elif there.status != "succeeded":
        action = StepAction.UPDATE
        before, after = (*before, f"status={there.status}"), (*after, "status=succeeded")
    else:
        return step
    if there is not None and there.version_id is not None and there.workload is None:
        before = (f"version={there.version_id}",)
    step = replace(step, action=action, before=before, after=after)
    if block is None:
        return step
    return replace(
        step,
        action=StepAction.BLOCKED,
        policy=block.policy,
        reason=block.reason,
        path=block.path,
        path_edges=block.edges,
    )


def _delete(there: Recorded) -> Step:
    before, _ = differences(there.workload, None)
    return Step(
        key=there.key,
        action=StepAction.DELETE,
        kind=there.kind,
        service_id=there.service_id,
        service_name=there.service_name,
        provider=there.provider,
        version_id=there.version_id,
        before=before or ((f"version={there.version_id}",) if there.version_id else ()),
        hard=tuple(sorted(there.hard)),
    )


def _ordered(
    steps: Sequence[Step], desired: Sequence[Desired], recorded: Mapping[str, Recorded]
) -> tuple[list[Step], int]:
    acting = {step.service_id: step for step in steps if step.action.acts}
    hard = {one.service_id: one.hard for one in desired}
    needs: dict[str, set[str]] = {}
    deletes = {id for id, step in acting.items() if step.action is StepAction.DELETE}
    for id in acting:
        needs[id] = set() if id in deletes else {on for on in hard[id] if on in acting and on not in deletes}
    for user in recorded.values():
        for on in user.hard:
            if on in deletes and user.service_id in acting and user.service_id != on:
                needs[on].add(user.service_id)
    # Records of different times may contradict each other; then those deletes need not wait for one another.
    tangled = ordering.tangled({id: needs[id] & deletes for id in deletes})
    for id in tangled:
        needs[id] -= tangled
    wave = ordering.waves(needs)
    keys = {id: step.key for id, step in acting.items()}
    done = [
        replace(step, wave=wave[id], requires=tuple(sorted(keys[on] for on in needs[id])))
        for id, step in acting.items()
    ]
    done.sort(key=lambda step: (step.wave, step.service_name, step.key))
    still = sorted((step for step in steps if not step.action.acts), key=lambda step: (step.service_name, step.key))
    return [*done, *still], max(wave.values(), default=0)


def _warnings(desired: Sequence[Desired], wanted: set[str], running: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        f"{one.service_id} depends on {on}, which is not running in this environment"
        for one in desired
        if one.workload is not None
        for on in sorted(one.hard)
        if on not in wanted and on not in running
    )


def target(place: Place, *, service_id: str, name: str, kind: str) -> Target:
    """What a provider needs to find a service in the plan's environment."""
    return Target(
        tenant=place.tenant,
        application_id=place.application_id,
        environment_id=place.environment_id,
        service_id=service_id,
        name=name,
        namespace=place.namespace,
        kind=kind,
    )
