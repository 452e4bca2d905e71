"""`drift list`, `drift observe`, `drift accept`, `drift revert`."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.drift import drift_table
from app.cli.failures import Refused
from app.cli.paging import everything
from app.cli.plan_view import approval_line, totals
from app.cli.problems import refuse
from app.cli.session import session_of

Deployment = Annotated[str, typer.Argument(help="The deployment's id, such as shop/boutique/cart@production.")]
AsSeen = Annotated[
    int | None, typer.Option("--expected-version", help="Refused where something else was seen since this version.")
]

drift_app = typer.Typer(help="See what was changed outside of Trellis, and decide.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    drift_app.command("list", epilog="Example: trellis drift list --environment shop@production")(listed)
    drift_app.command(epilog="Example: trellis drift observe shop@production")(observe)
    drift_app.command(epilog="Example: trellis drift accept shop/boutique/cart@production")(accept)
    drift_app.command(epilog="Example: trellis drift revert shop/boutique/cart@production")(revert)
    app.add_typer(drift_app, name="drift")


def listed(
    context: typer.Context,
    environment: Annotated[str | None, typer.Option(help="Only what runs in this environment.")] = None,
    application: Annotated[str | None, typer.Option(help="Only what is of this application.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many deployments.")] = 100,
) -> None:
    """List deployments that are not as recorded, field by field, and since when."""
    session = session_of(context)
    where: dict[str, JsonValue] = {"drifted": {"eq": True}}
    if environment is not None:
        where["environmentId"] = {"eq": environment}
    if application is not None:
        where["applicationId"] = {"eq": application}
    with session.client() as client:
        found = everything(client, operations.DRIFT, {"where": where}, lambda answer: answer.deployments, limit=limit)
    if found:
        session.output.show(drift_table(found))
    else:
        session.output.say("nothing is known to have drifted")
    session.output.document({"drifted": [one.as_json() for one in found]})


def observe(
    context: typer.Context,
    environment: Annotated[str, typer.Argument(help="The environment's id, such as shop@production.")],
) -> None:
    """Let a worker compare what runs in an environment with what is recorded, now."""
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(
            operations.OBSERVE_DRIFT, {"input": {"environment": environment, "idempotencyKey": str(uuid4())}}
        ).observe_drift
    refuse(payload.problems, f"{environment} is not observed")
    if payload.environment is None:
        raise Refused("the server gave neither an environment nor a reason", "ANSWER_MISFIT")
    session.output.say(f"{environment} is observed as soon as a worker can; `trellis drift list` says what it found")
    session.output.document(payload.environment.as_json())


def accept(context: typer.Context, deployment: Deployment, expected_version: AsSeen = None) -> None:
    """Let the service desire what was seen, as a new version; the next deployment records it."""
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.ACCEPT_DRIFT, {"input": _wanted(deployment, expected_version)}).accept_drift
    refuse(payload.problems, f"what was seen of {deployment} is not accepted")
    if payload.service_version is None:
        raise Refused("the server gave neither a version nor a reason", "ANSWER_MISFIT")
    session.output.say(f"desired is {payload.service_version.id} from now on; `trellis deploy` records it")
    session.output.document(payload.service_version.as_json())


def revert(context: typer.Context, deployment: Deployment, expected_version: AsSeen = None) -> None:
    """Plan what puts back what was changed; `trellis deploy --plan` carries it out."""
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(operations.REVERT_DRIFT, {"input": _wanted(deployment, expected_version)}).revert_drift
    refuse(payload.problems, f"there is no plan that reverts {deployment}")
    if payload.plan is None:
        raise Refused("the server gave neither a plan nor a reason", "ANSWER_MISFIT")
    plan = payload.plan
    session.output.say(f"plan {plan.id} of {plan.application_id} in {plan.environment_id}: {totals(plan)}")
    session.output.say(approval_line(plan))
    session.output.document(plan.as_json())


def _wanted(deployment: str, expected_version: int | None) -> dict[str, JsonValue]:
    return {"deployment": deployment, "expectedVersion": expected_version, "idempotencyKey": str(uuid4())}
