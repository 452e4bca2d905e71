"""How policies apply: administrators choose, for everybody or for a project, how strictly and with which values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.access import Action
from app.domain.changes import Change
from app.domain.events import Category, EventDraft, Level
from app.domain.policies.library import known
from app.domain.policies.policy import Enforcement, Policy
from app.domain.rows import texts
from app.errors import InvalidInput, NotFound
from app.transactions import Row, Transaction, Value

LONGEST = 1_000
"""Characters of a reason, and of an owner."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """How a policy is to apply: to one project, or to all where `project_id` is None.

    `enforcement` None is what the project's or the policy's own is otherwise; `parameters` are (name, text) pairs, and
    all that are set: what is not among them is as if it had never been.
    """

    policy: str
    project_id: str | None
    enforcement: Enforcement | None
    parameters: Sequence[tuple[str, str]] = ()


def named(name: str) -> Policy:
    """The policy of that name. Raises NotFound."""
    for policy in known():
        if policy.name == name.removeprefix("policy:"):
            return policy
    raise NotFound(f"there is no Policy {name}", "policy")


async def assign(change: Change, wanted: Assignment) -> str:
    """Let a policy apply in another way from now on, and return its id; a repeat changes nothing.

    Raises NotFound (policy or project), InvalidInput (a parameter or a value that it does not take), Forbidden.
    """
    policy = named(wanted.policy)
    lines = _lines(policy, wanted.parameters)

    async def work(transaction: Transaction) -> str:
        rows = await transaction.run(
            "policies/set_assignment",
            policy_id=f"policy:{policy.name}",
            project_id=wanted.project_id,
            enforcement=None if wanted.enforcement is None else wanted.enforcement.value,
            parameters=lines,
        )
        if not rows:
            raise NotFound(f"there is no Project {wanted.project_id}", "project")
        row = rows[0]
        after = {"enforcement": wanted.enforcement, "parameters": lines}
        before = {"enforcement": row["enforcement_before"], "parameters": list(texts(row["parameters_before"]))}
        if before != after:
            scope = wanted.project_id or "everybody"
            data: Mapping[str, Value] = {"project": wanted.project_id, "before": before, "after": after}
            said = f"Policy {policy.name} was set for {scope}"
            await change.record(transaction, [_event(change, policy, "policy.set", said, row=row, data=data)])
        return f"policy:{policy.name}"

    return await change.commit("set_policy", work, action=Action.ADMINISTER)


def _lines(policy: Policy, parameters: Sequence[tuple[str, str]]) -> list[str]:
    lines = {}
    for name, text in parameters:
        if name not in policy.parameters:
            there = ", ".join(policy.parameters) or "none"
            raise InvalidInput(f"{policy.name} has no parameter {name}: there are {there}", "parameters")
        if name in lines:
            raise InvalidInput(f"{name} is given twice", "parameters")
        try:
            lines[name] = f"{name}={policy.parameters[name].write(policy.parameters[name].read(text))}"
        except ValueError as error:
            raise InvalidInput(f"{name} {error}", "parameters") from error
    return [lines[name] for name in sorted(lines)]


@dataclass(frozen=True, slots=True)
class ExceptionGrant:
    """What a policy is to let through until it expires: findings of a node, of what is part of it, or within it."""

    policy: str
    node_id: str
    owner: str
    reason: str
    expires_at: datetime


async def grant(change: Change, wanted: ExceptionGrant) -> str:
    """Let a policy's findings of a node through for a while; one a node. Returns the policy's id.

    Raises NotFound (policy or node), InvalidInput (no owner, no reason, an expiry that has passed), Forbidden.
    """
    policy = named(wanted.policy)
    for name, text in (("owner", wanted.owner), ("reason", wanted.reason)):
        if not text.strip() or len(text) > LONGEST:
            raise InvalidInput(f"the {name} has to be said, in 1 to {LONGEST} characters", name)
    if wanted.expires_at.tzinfo is None:
        raise InvalidInput("the time needs a time zone", "expiresAt")
    exception_id = change.ids.new()

    async def work(transaction: Transaction) -> str:
        rows = await transaction.run(
            "policies/grant_exception",
            policy_id=f"policy:{policy.name}",
            node_id=wanted.node_id,
            exception_id=exception_id,
            owner=wanted.owner.strip(),
            reason=wanted.reason.strip(),
            expires_at=wanted.expires_at,
            created_by=change.actor.id,
        )
        if not rows:
            raise NotFound(f"there is nothing with the id {wanted.node_id}", "node")
        if rows[0]["passed"]:
            raise InvalidInput("that time has passed", "expiresAt")
        data: Mapping[str, Value] = {
            "before": None,
            "after": {
                "exception": exception_id,
                "node": wanted.node_id,
                "owner": wanted.owner.strip(),
                "reason": wanted.reason.strip(),
                "expires_at": wanted.expires_at,
            },
        }
        said = f"Policy {policy.name} lets {wanted.node_id} through until {wanted.expires_at.isoformat()}"
        event = _event(change, policy, "policy.exception-granted", said, row=rows[0], data=data, level=Level.WARNING)
        await change.record(transaction, [event])
        return f"policy:{policy.name}"

    return await change.commit("grant_exception", work, action=Action.ADMINISTER)


async def revoke(change: Change, policy_name: str, node_id: str) -> str:
    """Take an exception back before it expires; returns the policy's id. Raises NotFound, Forbidden."""
    policy = named(policy_name)

    async def work(transaction: Transaction) -> str:
        rows = await transaction.run("policies/revoke_exception", policy_id=f"policy:{policy.name}", node_id=node_id)
        if not rows:
            raise NotFound(f"policy {policy.name} has no exception for {node_id}", "node")
        data: Mapping[str, Value] = {"before": {"exception": rows[0]["exception_id"], "node": node_id}, "after": None}
        said = f"Policy {policy.name} lets {node_id} through no longer"
        event = _event(change, policy, "policy.exception-revoked", said, row=rows[0], data=data)
        await change.record(transaction, [event])
        return f"policy:{policy.name}"

    return await change.commit("revoke_exception", work, action=Action.ADMINISTER)


def _event(
    change: Change,
    policy: Policy,
    type: str,
    message: str,
    *,
    row: Row,
    data: Mapping[str, Value],
    level: Level = Level.INFO,
) -> EventDraft:
    version = row["version"]
    return EventDraft(
        type=type,
        category=Category.POLICY,
        level=level,
        subject=f"policy:{policy.name}",
        subject_label="Policy",
        subject_version=version if isinstance(version, int) else None,
        actor=change.actor.id,
        correlation_id=change.correlation_id,
        message=message,
        data=data,
    )
