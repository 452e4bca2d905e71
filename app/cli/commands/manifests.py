"""`apply`, `plan`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated

import typer
from rich.text import Text

from app.cli import applying, operations
from app.cli.answers import Applied
from app.cli.failures import ExitCode, Refused
from app.cli.output import clean
from app.cli.paging import everything
from app.cli.plan_view import plan_table, totals
from app.cli.problems import refuse
from app.cli.session import session_of
from app.cli.tables import count

_STYLES = {"CREATED": "green", "UPDATED": "yellow", "DELETED": "red", "UNCHANGED": "dim"}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis apply -f examples/online-boutique; cat shop.yaml | trellis apply -f -")(apply)
    app.command(epilog="Example: trellis plan shop/boutique shop@production --exit-code")(plan)


def apply(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Option("--file", "-f", metavar="FILE|DIR|-", help="A YAML file, a folder, or - for standard input."),
    ],
    prune: Annotated[
        bool, typer.Option("--prune", help="Also delete what these applications hold and no manifest names any more.")
    ] = False,
) -> None:
    """Make the platform's graph say what the manifests say. Nothing is deployed by it."""
    session = session_of(context)
    documents = applying.read(files, stdin=sys.stdin.buffer if "-" in files else None)
    batches = applying.batches(documents, prune=prune)
    if len(batches) > 1:
        session.output.note(
            f"{len(documents)} manifests do not fit into one request: they are sent in {len(batches)}, in the order in "
            "which they depend on each other; each is applied whole or not at all"
        )
    results: list[Applied] = []
    with session.client() as client:
        for number, batch in enumerate(batches, 1):
            try:
                done = applying.send(client, documents, batch, prune=prune)
            except Refused:
                if number > 1:
                    before = "request 1" if number == 2 else f"requests 1 to {number - 1}"
                    were = "was" if number == 2 else "were"
                    session.output.note(f"{before} of {len(batches)} {were} applied before this one")
                raise
            for result in done:
                session.output.show(_line(result))
            results += done
    totals = Counter[str](result.action for result in results)
    words = ("CREATED", "UPDATED", "UNCHANGED", "DELETED")
    session.output.say(", ".join(f"{totals[word]} {word.lower()}" for word in words))
    session.output.document(
        {
            "results": [result.as_json() for result in results],
            "totals": {word.lower(): totals[word] for word in words},
        }
    )


def plan(
    context: typer.Context,
    application: Annotated[str, typer.Argument(help="The application's id, such as shop/boutique.")],
    environment: Annotated[str, typer.Argument(help="The environment's id, such as shop@production.")],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 5 where there are changes, 1 where a step is blocked.")
    ] = False,
) -> None:
    """Show what deploying an application would change.

    The steps in their order, what each comes after, and what stands in the way. Nothing is changed by it.
    """
    session = session_of(context)
    with session.client() as client:
        payload = client.execute(
            operations.PLAN, {"input": {"application": application, "environment": environment}}
        ).plan
        refuse(payload.problems, f"there is no plan for {application} in {environment}")
        found = payload.plan
        if found is None:
            raise Refused("the server gave neither a plan nor a reason", "ANSWER_MISFIT")
        steps = everything(
            client, operations.PLAN_STEPS, {"id": found.id}, lambda answer: answer.plan.steps if answer.plan else None
        )
    if found.state == "EMPTY":
        session.output.say(f"nothing to change: {count(found.no_ops, 'service')} as desired")
    else:
        session.output.show(plan_table(steps))
    session.output.say(totals(found))
    session.output.say(f"plan {found.id} ({found.state.lower()}, digest {found.digest[:12]})", "dim")
    session.output.document(found.as_json() | {"steps": [step.as_json() for step in steps]})
    if exit_code and found.state != "EMPTY":
        raise typer.Exit(ExitCode.REFUSED if found.state == "BLOCKED" else ExitCode.CHANGES)


def _line(result: Applied) -> Text:
    return Text.assemble(
        (f"{result.action.lower():<9} ", _STYLES[result.action]), f"{clean(result.kind):<12}", clean(result.id)
    )
