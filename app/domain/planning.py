"""What a deployment will do, computed from what is desired and what is recorded; pure, no input or output.

A service with a desired version becomes a step, a recorded deployment whose service is gone becomes a step that deletes
it. A step waits for the steps that change what it directly needs (hard dependencies): what is unchanged runs already.
Deletes come after whatever used them, in the reverse order of the recorded dependencies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain import ordering
from app.domain.names import deployment_id
from app.domain.plan_changes import FieldChange, change, differences, pairs
from app.domain.plan_digest import digest
from app.domain.plan_inputs import Given, Sources
from app.domain.plan_steps import Place, PlanState, Step, StepAction
from app.domain.references import resolved
from app.domain.workloads import Workload
from app.errors import InvalidInput, PathNode, PolicyDenied, Violation


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

    `provider` carried it out; `hard` is what it depended on when it was deployed. `outputs` are what the provider said
    about it, `inputs` the values that references in its environment had, both as `name=value`. `drifted` says that what
    was seen differs from that: `observed` are the `field=value` lines that were seen, `expected` those in whose place.
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
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    drifted: bool = False
    observed: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A policy forbids to deploy a service: its name, the sentence, and the path that shows it (ids; edge types)."""

    service_id: str
    policy: str
    reason: str
    path: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concern:
    """A policy wants a person to agree: what it is about (a node's id), the policy's name and the sentence."""

    subject: str
    policy: str
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a plan is computed from.

    `running_elsewhere` are the services of other applications, among those needed here, that run in the environment,
    with their outputs. `approvals` are what policies want a person to agree to, `warnings` what others only say.
    """

    place: Place
    desired: tuple[Desired, ...]
    recorded: tuple[Recorded, ...]
    blocks: tuple[Block, ...] = ()
    running_elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    approvals: tuple[Concern, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A computed plan: steps to carry out first, by wave and name, then the others by name.

    `approval_reasons` say why a person has to agree to it; empty where nobody has to.
    """

    place: Place
    steps: tuple[Step, ...]
    state: PlanState
    waves: int
    digest: str
    warnings: tuple[str, ...] = ()
    approval_reasons: tuple[str, ...] = ()
    counts: Mapping[StepAction, int] = field(default_factory=dict)

    @property
    def acting(self) -> int:
        """How many steps a run of it carries out; they are the first of `steps`."""
        return sum(count for action, count in self.counts.items() if action.acts)

    @property
    def irreversible(self) -> int:
        """How many of its steps cannot be undone."""
        return sum(1 for step in self.steps if step.irreversible is not None)


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
    actions = {
        one.service_id: StepAction.BLOCKED
        if one.service_id in blocks
        else _action(place, one, recorded.get(one.service_id))
        for one in desired
    }
    sources = Sources(
        actions, {one.service_id: one.outputs for one in picture.recorded} | dict(picture.running_elsewhere)
    )
    steps = [_step(picture, one, recorded.get(one.service_id), sources) for one in desired]
    steps = [_blocked(step, blocks.get(step.service_id)) for step in steps]
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
    reasons = _approval_reasons(picture, ordered)
    return Proposal(
        place=place,
        steps=tuple(ordered),
        state=state,
        waves=waves,
        digest=digest(place, ordered, approval_reasons=reasons),
        warnings=(*_warnings(desired, wanted, picture.running_elsewhere), *picture.warnings),
        approval_reasons=reasons,
        counts=counts,
    )


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


def _action(place: Place, wanted: Desired, there: Recorded | None) -> StepAction:
    """What has to be done for a service, whatever becomes of the others."""
    if wanted.workload is None:
        return StepAction.NO_OP
    if there is None or there.version_id is None:
        return StepAction.CREATE
    if there.provider != place.provider:
        return StepAction.REPLACE
    changed = there.version_id != wanted.workload.version_id or there.status != "succeeded"
    return StepAction.UPDATE if changed or there.drifted else StepAction.NO_OP


def _step(picture: Picture, wanted: Desired, there: Recorded | None, sources: Sources) -> Step:
    place, workload = picture.place, wanted.workload
    step = Step(
        key=deployment_id(wanted.service_id, place.environment_id),
        action=StepAction.NO_OP,
        kind=wanted.kind,
        service_id=wanted.service_id,
        service_name=wanted.name,
        provider=place.provider,
        version_id=None if workload is None else workload.version_id,
        image=None if workload is None else workload.image,
        hard=tuple(sorted(wanted.hard)),
    )
    if workload is None:
        return replace(step, reason="no version is desired")
    action = _action(place, wanted, there)
    given = sources.given(workload, wanted.hard, place.environment_id)
    if action is StepAction.NO_OP and not given.arriving and (there is None or _as_given(there, given)):
        return step
    changes = _changes(place, there, given)
    if action is StepAction.NO_OP:
        action = StepAction.UPDATE
    if action is StepAction.REPLACE and there is not None:
        return replace(
            step,
            action=action,
            changes=changes,
            previous_provider=there.provider,
            irreversible=f"what runs at {there.provider} is taken away, with what it holds",
        )
    return replace(step, action=action, changes=changes)


def _as_given(there: Recorded, given: Given) -> bool:
    """Whether what runs was given the values that the outputs it refers to have now."""
    had = pairs(there.inputs)
    return all(had.get(text) == value for text, value in given.known.items())


def _changes(place: Place, there: Recorded | None, given: Given) -> tuple[FieldChange, ...]:
    if there is None or there.version_id is None:
        return differences(None, given.workload, unknown=given.unknown)
    ran = None if there.workload is None else resolved(there.workload, pairs(there.inputs))
    changes = list(
        differences(ran, given.workload, observed=there.observed, expected=there.expected, unknown=given.unknown)
    )
    if ran is None:
        changes = [one for one in changes if one.field != "version"]
        changes.append(change("version", there.version_id, given.workload.version_id))
    if there.provider != place.provider:
        changes.append(change("provider", there.provider, place.provider))
    elif there.status != "succeeded" and there.version_id == given.workload.version_id:
        changes.append(change("status", there.status, "succeeded"))
    return tuple(sorted(changes, key=lambda one: one.field))


def _blocked(step: Step, block: Block | None) -> Step:
    if block is None or not step.action.acts:
        return step
    return replace(
        step,
        action=StepAction.BLOCKED,
        irreversible=None,
        policy=block.policy,
        reason=block.reason,
        path=block.path,
        path_edges=block.edges,
    )


def _delete(there: Recorded) -> Step:
    changes = differences(there.workload, None, observed=there.observed, expected=there.expected)
    if not changes and there.version_id is not None:
        changes = (change("version", there.version_id, None),)
    return Step(
        key=there.key,
        action=StepAction.DELETE,
        kind=there.kind,
        service_id=there.service_id,
        service_name=there.service_name,
        provider=there.provider,
        version_id=there.version_id,
        changes=changes,
        hard=tuple(sorted(there.hard)),
        irreversible=f"what runs at {there.provider} is taken away, with what it holds",
    )


def _approval_reasons(picture: Picture, steps: Sequence[Step]) -> tuple[str, ...]:
    """Why a person has to agree: what policies say of what is carried out, and of the whole where something is."""
    acting = {step.service_id for step in steps if step.action.acts}
    still = {step.service_id for step in steps} - acting
    if not acting:
        return ()
    return tuple(sorted({f"{one.policy}: {one.reason}" for one in picture.approvals if one.subject not in still}))


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


def _warnings(desired: Sequence[Desired], wanted: set[str], running: Collection[str]) -> tuple[str, ...]:
    return tuple(
        f"{one.service_id} depends on {on}, which is not running in this environment"
        for one in desired
        if one.workload is not None
        for on in sorted(one.hard)
        if on not in wanted and on not in running
    )
