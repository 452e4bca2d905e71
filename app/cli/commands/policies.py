"""`policy list`, `policy show`, `policy audit`, `policy test`."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import operations
from app.cli.client import Client
from app.cli.commands import policy_settings
from app.cli.failures import ExitCode, Refused
from app.cli.paging import everything
from app.cli.policy_view import effect, policy_lines
from app.cli.problems import refuse
from app.cli.session import session_of
from app.cli.tables import cell, count, table

policies_app = typer.Typer(help="Look at policies, ask them, and say how they apply.", rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    policies_app.command("list", epilog="Example: trellis policy list --json")(list_policies)
    policies_app.command(epilog="Example: trellis policy show pinned-images")(show)
    policies_app.command(epilog="Examples: trellis policy audit; trellis policy audit --project shop --json")(audit)
    policies_app.command("test", epilog="Examples: trellis policy test; trellis policy test pinned-images --json")(
        run_fixtures
    )
    policy_settings.register(policies_app)
    app.add_typer(policies_app, name="policy")


def list_policies(context: typer.Context) -> None:
    """List the policies, when they are asked and what a finding does."""
    session = session_of(context)
    with session.client() as client:
        found = everything(client, operations.POLICIES, {}, lambda answer: answer.policies)
    view = table("POLICY", "FINDINGS", "ASKED AT", "DESCRIPTION")
    for one in found:
        points = ", ".join(point.lower() for point in one.points)
        view.add_row(cell(one.name), cell(effect(one)), cell(points), cell(one.description))
    session.output.show(view)
    session.output.document({"policies": [one.as_json() for one in found]})


def show(context: typer.Context, policy: Annotated[str, typer.Argument(help="The policy's name.")]) -> None:
    """Show a policy: its parameters, how projects have set it, and what it lets through."""
    session = session_of(context)
    with session.client() as client:
        found = client.execute(operations.POLICY, {"id": f"policy:{policy.removeprefix('policy:')}"}).policy
    if found is None:
        raise Refused(f"there is no policy {policy}", "NOT_FOUND")
    for line in policy_lines(found):
        session.output.say(line)
    session.output.document(found.as_json())


def audit(
    context: typer.Context,
    project: Annotated[str | None, typer.Option(help="Only what runs in this project.")] = None,
) -> None:
    """Ask the policies about everything that runs; ends with 1 where something that they would deny is found."""
    session = session_of(context)
    with session.client() as client:
        done = _audited(client, project)
        where: dict[str, JsonValue] = {"state": {"eq": "OPEN"}}
        open_ = everything(client, operations.VIOLATIONS, {"where": where}, lambda answer: answer.violations)
    if project is not None:
        open_ = [one for one in open_ if one.place.startswith(f"{project}/")]
    view = table("POLICY", "FINDINGS", "SUBJECT", "WHAT IS WRONG")
    for one in open_:
        view.add_row(cell(one.policy), cell(one.enforcement.lower()), cell(one.subject), cell(one.message))
    if open_:
        session.output.show(view)
    session.output.say(
        f"{count(done['open'], 'violation')} in {count(done['places'], 'place')}, "
        f"{done['opened']} new, {done['resolved']} gone"
    )
    session.output.document(
        {
            **done,
            "violations": [one.as_json() for one in open_],
        }
    )
    if any(one.enforcement == "DENY" for one in open_):
        raise typer.Exit(ExitCode.REFUSED)


def _audited(client: Client, project: str | None) -> dict[str, int]:
    """Ask for the audit until it has been everywhere: the server ends each request after a while."""
    totals = dict.fromkeys(("places", "opened", "open", "resolved"), 0)
    after: str | None = None
    while True:
        wanted: dict[str, JsonValue] = {"project": project, "after": after}
        done = client.execute(operations.AUDIT_POLICIES, {"input": wanted}).audit_policies
        refuse(done.problems, "the audit was refused")
        for name, more in zip(totals, (done.places, done.opened, done.open, done.resolved), strict=True):
            totals[name] += more or 0
        after = done.end
        if after is None:
            return totals


def run_fixtures(
    context: typer.Context,
    policies: Annotated[
        list[str] | None, typer.Argument(metavar="[POLICY]...", help="Names of policies; all if left out.")
    ] = None,
) -> None:
    """Run the fixtures of the server's policies and name the clauses that none has shown; ends with 1 where one failed.

    A clause is one of the ways in which a policy can be violated, as its policy.yaml names them.
    """
    session = session_of(context)
    with session.client() as client:
        wanted: list[JsonValue] = [*(policies or [])]
        done = client.execute(operations.TEST_POLICIES, {"input": {"policies": wanted}}).test_policies
    refuse(done.problems, "the test was refused")
    for one in done.results:
        shown = len(one.clauses) - len(one.never)
        session.output.say(
            f"{'ok  ' if one.passed else 'FAIL'} {one.policy}: {count(len(one.fixtures), 'fixture')}, "
            f"{shown} of {count(len(one.clauses), 'clause')} exercised"
        )
        for fixture in one.fixtures:
            if fixture.failure is not None:
                session.output.say(f"     {fixture.setup} at {fixture.point.lower()}: {fixture.failure}")
        for clause in one.never:
            session.output.say(f"     clause {clause} was never exercised")
    session.output.document({"results": [one.as_json() for one in done.results]})
    if not all(one.passed for one in done.results):
        raise typer.Exit(ExitCode.REFUSED)
