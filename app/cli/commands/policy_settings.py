"""`policy set`, `policy unset`, `policy except`, `policy revoke`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import moments, operations
from app.cli.failures import BadUsage, Refused
from app.cli.policies import PolicyDetail, PolicyPayload
from app.cli.policy_view import policy_lines
from app.cli.problems import refuse
from app.cli.session import Session, session_of

PolicyName = Annotated[str, typer.Argument(help="The policy's name.")]
Node = Annotated[str, typer.Argument(help="The id of a service, an application, a project or an environment.")]


class Enforcement(StrEnum):
    """What a finding of a policy does."""

    DENY = "deny"
    APPROVE = "approve"
    WARN = "warn"
    DRY_RUN = "dry-run"
    OFF = "off"


def register(policies: typer.Typer) -> None:
    """Add the commands to the group of policies."""
    policies.command(
        "set",
        epilog="Examples: trellis policy set resource-limits --enforcement deny; "
        "trellis policy set replicas-in-production --project shop --parameter least=3",
    )(set_)
    policies.command(epilog="Example: trellis policy unset replicas-in-production --project shop")(unset)
    policies.command(
        "except",
        epilog='Example: trellis policy except pinned-images shop/boutique/cart --until 14d --owner "shop team" '
        '--reason "the vendor has no tags"',
    )(except_)
    policies.command(epilog="Example: trellis policy revoke pinned-images shop/boutique/cart")(revoke)


def set_(
    context: typer.Context,
    policy: PolicyName,
    project: Annotated[str | None, typer.Option(help="The project it is set for; everybody if left out.")] = None,
    enforcement: Annotated[Enforcement | None, typer.Option(help="What a finding does.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter's value; may be repeated.")
    ] = None,
) -> None:
    """Say how a policy applies to a project or to everybody; administrators only.

    It replaces what was set there before: what is not said is as if it had never been set.
    """
    if enforcement is None and not parameter:
        raise BadUsage("give --enforcement or --parameter; `trellis policy unset` takes back what was set", "USAGE")
    _set(context, policy, project, enforcement=enforcement, parameters=[_parameter(one) for one in parameter or []])


def unset(
    context: typer.Context,
    policy: PolicyName,
    project: Annotated[str | None, typer.Option(help="The project it was set for; everybody if left out.")] = None,
) -> None:
    """Take back what was set of a policy for a project or for everybody; administrators only."""
    _set(context, policy, project, enforcement=None, parameters=[])


def except_(
    context: typer.Context,
    policy: PolicyName,
    node: Node,
    until: Annotated[str, typer.Option(help=f"When it ends: {moments.HELP}.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why it is needed.")],
) -> None:
    """Let a policy's findings of something, and of what is part of it, through for a while; administrators only."""
    wanted: dict[str, JsonValue] = {
        "policy": policy,
        "node": node,
        "owner": owner,
        "reason": reason,
        "expiresAt": moments.moment(until, "--until", now=datetime.now(UTC)).isoformat(),
    }
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.GRANT_POLICY_EXCEPTION, {"input": wanted}).grant_policy_exception
    _show(session, payload, f"{policy} lets nothing through")


def revoke(context: typer.Context, policy: PolicyName, node: Node) -> None:
    """Take an exception back before it ends; administrators only."""
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(
            operations.REVOKE_POLICY_EXCEPTION, {"input": {"policy": policy, "node": node}}
        ).revoke_policy_exception
    _show(session, payload, "no exception is taken back")


def _set(
    context: typer.Context,
    policy: str,
    project: str | None,
    *,
    enforcement: Enforcement | None,
    parameters: list[JsonValue],
) -> None:
    wanted: dict[str, JsonValue] = {
        "policy": policy,
        "project": project,
        "enforcement": None if enforcement is None else enforcement.name,
        "parameters": parameters,
    }
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.SET_POLICY, {"input": wanted}).set_policy
    _show(session, payload, f"{policy} stays as it is")


def _parameter(text: str) -> JsonValue:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadUsage(f"--parameter {text[:100]!r} is not NAME=VALUE", "USAGE")
    return {"name": name, "value": value}


def _show(session: Session, payload: PolicyPayload, otherwise: str) -> None:
    refuse(payload.problems, otherwise)
    found: PolicyDetail | None = payload.policy
    if found is None:
        raise Refused("the server gave neither a policy nor a reason", "ANSWER_MISFIT")
    for line in policy_lines(found):
        session.output.say(line)
    session.output.document(found.as_json())
