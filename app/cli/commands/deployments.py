"""`deploy`, `run show`, `runs`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import uuid4

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.answers import Event, Run, RunLinks
from app.cli.client import Client
from app.cli.commands import run_control
from app.cli.event_stream import EventStream, newest_cursor
from app.cli.event_view import event_line, gap_line
from app.cli.failures import BadUsage, ExitCode, Refused, Unreachable
from app.cli.following import find_run, follow
from app.cli.paging import everything
from app.cli.plan_answers import DeployPayload
from app.cli.plan_view import totals
from app.cli.problems import refuse
from app.cli.run_view import link_lines, run_line, runs_table, steps_table
from app.cli.session import Session, session_of
from app.cli.tables import count


class OnFailure(StrEnum):
    """What becomes of the rest of a run after a step has failed."""

    STOP = "stop"
    CONTINUE = "continue"
    ROLLBACK = "rollback"


runs_app = typer.Typer(help="Look at one run, stop it, or let it go on.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples: trellis deploy shop/boutique shop@production; trellis deploy --plan ID --on-failure continue"
    )(deploy)
    runs_app.command(epilog="Example: trellis run show 0198c0de-0000-7000-8000-000000000000")(show)
    run_control.register(runs_app)
    app.add_typer(runs_app, name="run")
    app.command(epilog="Example: trellis runs --application shop/boutique --limit 5")(runs)


def deploy(
    context: typer.Context,
    application: Annotated[str | None, typer.Argument(help="The application's id, such as shop/boutique.")] = None,
    environment: Annotated[str | None, typer.Argument(help="The environment's id, such as shop@production.")] = None,
    plan: Annotated[str | None, typer.Option(help="Deploy this plan instead, as it was shown.")] = None,
    on_failure: Annotated[
        OnFailure,
        typer.Option(help="After a failed step: stop, continue with what does not depend on it, or roll back."),
    ] = OnFailure.STOP,
    priority: Annotated[
        int, typer.Option(min=0, max=9, help="Of the project's runs that wait, the highest are taken up first.")
    ] = 0,
    confirm_after_wave: Annotated[
        int | None, typer.Option(min=1, help="Wait for `trellis run confirm` before anything after this wave begins.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Print the run's events until it is over.")
    ] = True,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Repeating a deployment with the same key starts nothing new.")
    ] = None,
    break_glass: Annotated[
        str | None, typer.Option(metavar="REASON", help="Deploy although a freeze holds; administrators only.")
    ] = None,
) -> None:
    """Deploy an application and print what happens.

    The command ends as the run ends; interrupting it does not interrupt the run.
    """
    session = session_of(context)
    wanted = _wanted(application, environment, plan)
    wishes: dict[str, JsonValue] = {"onFailure": on_failure.name}
    if priority:
        wishes["priority"] = priority
    if confirm_after_wave is not None:
        wishes["confirmAfterWave"] = confirm_after_wave
    key = idempotency_key or str(uuid4())
    with session.client() as client:
        # Where the log stands before anything starts, so that following after it misses nothing.
        cursor = newest_cursor(session.server, session.credential().token) if watch else ""
        if break_glass is not None:
            wanted["breakGlass"] = break_glass
        payload = _start(client, wanted | wishes | {"idempotencyKey": key}, key)
        refuse(payload.problems, f"{plan or application} cannot be deployed")
        run = payload.run
        if run is None:
            raise Refused("the server gave neither a run nor a reason", "ANSWER_MISFIT")
        if payload.plan is not None and payload.plan.state == "EMPTY":
            session.output.say(f"nothing to deploy: {totals(payload.plan)}")
            session.output.record({"run": None, "plan": payload.plan.as_json()})
            return
        session.output.say(f"run {run.id} of {count(run.total, 'step')}" if watch else run_line(run))
        session.output.record({"run": run.as_json(), "plan": payload.plan.as_json() if payload.plan else None})
        if not watch:
            return
        ended = _watch(session, client, run, cursor)
    session.output.say(run_line(ended))
    session.output.record({"run": ended.as_json()})
    if ended.state != "SUCCEEDED":
        session.output.note(f"what became of each step: `trellis run show {ended.id}`")
        raise typer.Exit(ExitCode.REFUSED)


def show(context: typer.Context, run: Annotated[str, typer.Argument(help="The run's id.")]) -> None:
    """Show a run and what became of each of its steps; ends with 1 where the run has failed."""
    session = session_of(context)
    with session.client() as client:
        found = find_run(client, run)
        steps = everything(
            client, operations.RUN_STEPS, {"id": run}, lambda answer: answer.run.steps if answer.run else None
        )
        links = client.execute(operations.RUN_LINKS, {"id": run}).run
    session.output.show(steps_table(steps))
    session.output.say(run_line(found))
    for line in link_lines(links) if links else ():
        session.output.say(line)
    shown = found.as_json() | (_linked(links) if links else {})
    session.output.document(shown | {"steps": [step.as_json() for step in steps]})
    if found.is_over and found.state != "SUCCEEDED":
        raise typer.Exit(ExitCode.REFUSED)


def _linked(links: RunLinks) -> dict[str, JsonValue]:
    return {
        "rollsBack": links.rolls_back.as_json() if links.rolls_back else None,
        "rollbacks": [one.as_json() for one in links.rollbacks.nodes],
        "repeats": links.repeats.as_json() if links.repeats else None,
        "repetitions": [one.as_json() for one in links.repetitions.nodes],
    }


def runs(
    context: typer.Context,
    application: Annotated[str | None, typer.Option(help="Only runs of this application.")] = None,
    environment: Annotated[str | None, typer.Option(help="Only runs in this environment.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest first.")] = 20,
) -> None:
    """List runs, the newest first."""
    session = session_of(context)
    asked = {"applicationId": application, "environmentId": environment}
    variables: dict[str, JsonValue] = {
        "where": {name: {"eq": wanted} for name, wanted in asked.items() if wanted is not None}
    }
    with session.client() as client:
        found = everything(client, operations.RUNS, variables, lambda answer: answer.runs, limit=limit)
    session.output.show(runs_table(found))
    session.output.document({"runs": [run.as_json() for run in found]})


def _wanted(application: str | None, environment: str | None, plan: str | None) -> dict[str, JsonValue]:
    if plan is not None:
        if application is not None:
            raise BadUsage("give APPLICATION and ENVIRONMENT or --plan, not both", "USAGE")
        return {"plan": plan}
    if application is None or environment is None:
        raise BadUsage("give APPLICATION and ENVIRONMENT, or --plan with a plan's id", "USAGE")
    return {"application": application, "environment": environment}


def _start(client: Client, variables: dict[str, JsonValue], key: str) -> DeployPayload:
    try:
        return client.execute(operations.DEPLOY, {"input": variables}).deploy
    except Unreachable as error:
        raise Unreachable(
            f"{error.message}; whether the run has started is not known: repeat with --idempotency-key {key}"
        ) from error


def _watch(session: Session, client: Client, run: Run, cursor: str) -> Run:
    stream = EventStream(
        session.server,
        session.credential().token,
        after=cursor,
        wanted={"correlation": run.correlation_id},
        tell=session.output.note,
    )
    try:
        for item in follow(client, run, stream):
            if isinstance(item, Event):
                session.output.show(event_line(item, short=True))
                session.output.record({"event": item.as_json()})
            else:
                session.output.show(gap_line(item))
                session.output.record({"gap": item.as_json()})
        return find_run(client, run.id)
    except KeyboardInterrupt:
        session.output.note(f"no longer following; run {run.id} goes on: `trellis run show {run.id}`")
        raise
