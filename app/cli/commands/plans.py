"""`plan`, `diff`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.text import Text

from app.cli import operations
from app.cli.client import Client
from app.cli.failures import ExitCode, Refused
from app.cli.output import clean
from app.cli.paging import everything
from app.cli.plan_answers import DryRun, Plan, PlanStep, ProposedPlan, StepDifference
from app.cli.plan_view import action_word, approval_line, impact_line, plan_table, totals
from app.cli.problems import refuse
from app.cli.session import Session, session_of
from app.cli.tables import count

STEPS_AT_ONCE = 100


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Example: trellis plan shop/boutique shop@production --exit-code")(plan)
    first, second = "0198c0de-0000-7000-8000-000000000000", "0198c0de-0000-7000-8000-000000000001"
    app.command(epilog=f"Example: trellis diff {first} {second}")(diff)


def plan(
    context: typer.Context,
    application: Annotated[str, typer.Argument(help="The application's id, such as shop/boutique.")],
    environment: Annotated[str, typer.Argument(help="The environment's id, such as shop@production.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 5 where there are changes, 1 where a step is blocked.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Store nothing: the plan can be looked at, and not deployed.")
    ] = False,
) -> None:
    """Show what deploying an application would change.

    The steps in their order, what each comes after, and what stands in the way. Nothing is changed by it.
    """
    session = session_of(context)
    wanted: dict[str, JsonValue] = {"application": application, "environment": environment}
    refused = f"there is no plan for {application} in {environment}"
    with session.client() as client:
        found, steps = _foreseen(client, wanted, refused) if dry_run else _stored(client, wanted, refused)
    _show(session, found, steps)
    if exit_code and found.state != "EMPTY":
        raise typer.Exit(ExitCode.REFUSED if found.state == "BLOCKED" else ExitCode.CHANGES)


def diff(
    context: typer.Context,
    plan_a: Annotated[str, typer.Argument(metavar="PLAN", help="The id of the first plan.")],
    plan_b: Annotated[str, typer.Argument(metavar="PLAN", help="The id of the second plan.")],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 5 where they differ.")] = False,
) -> None:
    """Show what two plans say otherwise."""
    session = session_of(context)
    places: dict[str, JsonValue] = {"a": plan_a, "b": plan_b}
    with session.client() as client:
        found = client.execute(operations.PLAN_DIFF, {**places, "first": 1, "after": None}).plan_diff
        steps = everything(client, operations.PLAN_DIFF, places, lambda answer: answer.plan_diff.steps)
    for step in steps:
        for line in difference_lines(step):
            session.output.show(line)
    if found.same:
        session.output.say(f"both plans say the same (digest {found.digest_a[:12]})")
    else:
        said = f"{found.only_in_a} only in the first, {found.only_in_b} only in the second, {found.differing} differ"
        session.output.say(f"{said} (digests {found.digest_a[:12]} and {found.digest_b[:12]})")
    session.output.document(found.as_json() | {"steps": [step.as_json() for step in steps]})
    if exit_code and not found.same:
        raise typer.Exit(ExitCode.CHANGES)


def difference_lines(step: StepDifference) -> list[Text]:
    """A step that is not the same in two plans, and below it each field that differs."""
    if step.action_b is None:
        return [Text.assemble(("- ", "red"), f"{clean(step.service_name)}: {action_word(str(step.action_a))}")]
    if step.action_a is None:
        return [Text.assemble(("+ ", "green"), f"{clean(step.service_name)}: {action_word(step.action_b)}")]
    lines = [Text.assemble(("~ ", "yellow"), clean(step.service_name))]
    for one in step.fields:
        a, b = ("(nothing)" if value is None else clean(value) for value in (one.a, one.b))
        lines.append(Text(f"    {clean(one.field)}: {a} | {b}"))
    return lines


def _stored(client: Client, wanted: dict[str, JsonValue], refused: str) -> tuple[ProposedPlan, Sequence[PlanStep]]:
    payload = client.execute(operations.PLAN, {"input": wanted}).plan
    refuse(payload.problems, refused)
    found = payload.plan
    if found is None:
        raise Refused("the server gave neither a plan nor a reason", "ANSWER_MISFIT")
    steps = everything(
        client, operations.PLAN_STEPS, {"id": found.id}, lambda answer: answer.plan.steps if answer.plan else None
    )
    return found, steps


def _foreseen(client: Client, wanted: dict[str, JsonValue], refused: str) -> tuple[ProposedPlan, Sequence[PlanStep]]:
    steps: list[PlanStep] = []
    first: DryRun | None = None
    after: str | None = None
    while True:
        variables: dict[str, JsonValue] = {
            "input": {**wanted, "dryRun": True},
            "first": STEPS_AT_ONCE,
            "after": after,
        }
        payload = client.execute(operations.PLAN_DRY_RUN, variables).plan
        refuse(payload.problems, refused)
        found = payload.proposal
        if found is None:
            raise Refused("the server gave neither a plan nor a reason", "ANSWER_MISFIT")
        if first is not None and found.digest != first.digest:
            raise Refused("something changed while the plan was read: try again", "CONFLICT")
        first = first or found
        steps += found.steps.nodes
        if not found.steps.page_info.has_next_page:
            return first, steps
        after = found.steps.page_info.end_cursor


def _show(session: Session, found: ProposedPlan, steps: Sequence[PlanStep]) -> None:
    output = session.output
    if found.state == "EMPTY":
        output.say(f"nothing to change: {count(found.no_ops, 'service')} as desired")
    else:
        output.show(plan_table(steps))
    output.say(totals(found))
    for line in (impact_line(found), approval_line(found)):
        if line:
            output.say(line)
    what = f"plan {found.id}" if isinstance(found, Plan) else "not stored"
    output.say(f"{what} ({found.state.lower()}, digest {found.digest[:12]})", "dim")
    output.document(found.as_json() | {"steps": [step.as_json() for step in steps]})
