"""`apply`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated

import typer
from rich.text import Text

from app.cli import applying
from app.cli.answers import Applied
from app.cli.failures import Refused
from app.cli.output import clean
from app.cli.session import session_of

_STYLES = {"CREATED": "green", "UPDATED": "yellow", "DELETED": "red", "UNCHANGED": "dim"}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: trellis apply -f examples/online-boutique; cat shop.yaml | trellis apply -f -")(apply)


def apply(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Option("--file", "-f", metavar="FILE|DIR|-", help="A YAML file, a folder, or - for standard input."),
    ],
    prune: Annotated[
        bool, typer.Option("--prune", help="Also delete what these applications hold and no manifest names any more.")
    ] = False,
    impact_digest: Annotated[
        list[str] | None,
        typer.Option(help="With --prune: the digest of the impact of deleting a service that others depend on."),
    ] = None,
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
                done = applying.send(client, documents, batch, prune=prune, impact_digests=impact_digest or [])
            except Refused:
                if number > 1:
                    before = "request 1" if number == 2 else f"requests 1 to {number - 1}"
                    were = "was" if number == 2 else "were"
                    session.output.note(f"{before} of {len(batches)} {were} applied before this one")
                raise
            for result in done:
                session.output.show(result_line(result))
            results += done
            if len(batches) > 1:
                session.output.note(f"request {number} of {len(batches)}: {len(results)} of {len(documents)} applied")
    totals = Counter[str](result.action for result in results)
    words = ("CREATED", "UPDATED", "UNCHANGED", "DELETED")
    session.output.say(", ".join(f"{totals[word]} {word.lower()}" for word in words))
    session.output.document(
        {
            "results": [result.as_json() for result in results],
            "totals": {word.lower(): totals[word] for word in words},
        }
    )


def result_line(result: Applied) -> Text:
    """What became of one object, as a line."""
    return Text.assemble(
        (f"{result.action.lower():<9} ", _STYLES[result.action]), f"{clean(result.kind):<12}", clean(result.id)
    )
