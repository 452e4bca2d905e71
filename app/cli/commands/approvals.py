"""`approve`, `reject`."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.client import Client
from app.cli.failures import Refused
from app.cli.plan_answers import Plan, PlanPayload
from app.cli.plan_view import approval_line, totals
from app.cli.problems import refuse
from app.cli.session import Session, session_of

PlanId = Annotated[str, typer.Argument(help="The plan's id.")]
Comment = Annotated[str, typer.Option(help="Why, for people.")]
Digest = Annotated[
    str | None, typer.Option(help="The digest that was looked at: refused where the plan says something else.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    plan = "0198c0de-0000-7000-8000-000000000000"
    app.command(epilog=f'Example: trellis approve {plan} --comment "looked at with the team"')(approve)
    app.command(epilog=f'Example: trellis reject {plan} --comment "not before the holidays"')(reject)


def approve(context: typer.Context, plan: PlanId, comment: Comment = "", digest: Digest = None) -> None:
    """Agree to a plan that somebody else has made.

    It can be deployed then. The approval is of what the plan says: a new plan that says the same has it, any other
    needs another.
    """
    session = session_of(context)
    with session.client() as client:
        wanted = _decision(client, plan, comment, digest)
        payload = client.execute(operations.APPROVE_PLAN, {"input": wanted}).approve_plan
    _show(session, payload, f"plan {plan} cannot be approved")


def reject(context: typer.Context, plan: PlanId, comment: Comment = "", digest: Digest = None) -> None:
    """Say no to a plan that somebody else has made.

    It cannot be deployed then, also where it was approved before.
    """
    session = session_of(context)
    with session.client() as client:
        wanted = _decision(client, plan, comment, digest)
        payload = client.execute(operations.REJECT_PLAN, {"input": wanted}).reject_plan
    _show(session, payload, f"plan {plan} cannot be rejected")


def _decision(client: Client, plan: str, comment: str, digest: str | None) -> dict[str, JsonValue]:
    return {"plan": plan, "digest": digest or _found(client, plan).digest, "comment": comment}


def _found(client: Client, plan: str) -> Plan:
    found = client.execute(operations.PLAN_BY_ID, {"id": plan}).plan
    if found is None:
        raise Refused(f"there is no plan {plan}", "NOT_FOUND")
    return found


def _show(session: Session, payload: PlanPayload, what: str) -> None:
    refuse(payload.problems, what)
    if payload.plan is None:
        raise Refused("the server gave neither a plan nor a reason", "ANSWER_MISFIT")
    session.output.say(
        f"plan of {payload.plan.application_id} in {payload.plan.environment_id}: {totals(payload.plan)}"
    )
    session.output.say(approval_line(payload.plan))
    session.output.document(payload.plan.as_json())
