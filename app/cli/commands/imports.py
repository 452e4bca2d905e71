"""`import score`, `import compose`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from pydantic import JsonValue

from app.cli import applying, manifest_folder
from app.cli.answers import Applied
from app.cli.commands.manifests import result_line
from app.cli.failures import BadUsage, Complaint, Position
from app.cli.session import Session, session_of
from app.cli.tables import count
from app.domain.importing.compose import import_compose
from app.domain.importing.pieces import Imported
from app.domain.importing.score import import_score
from app.domain.manifest_files import STDIN, Document, FileProblem, check, read_documents
from app.domain.names import ApplicationName, parse_application_id
from app.domain.yaml_writing import write_yaml

Importer = Callable[[JsonValue, ApplicationName], Imported]
Files: TypeAlias = Annotated[list[str], typer.Argument(metavar="FILE...", help="YAML files, or - for standard input.")]
Application: TypeAlias = Annotated[
    str, typer.Option("--application", help="The application that gets the services, such as shop/boutique.")
]
Out: TypeAlias = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="DIR|-", help="A new folder, or - for standard output, where they go anyway."),
]
Apply: TypeAlias = Annotated[bool, typer.Option("--apply", help="Apply them as well; the application must exist.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(rich_markup_mode=None, help="Make manifests of other tools' files.")
    group.command("score", epilog="Example: trellis import score score.yaml --application shop/boutique -o boutique")(
        score
    )
    group.command("compose", epilog="Example: trellis import compose compose.yaml --application shop/boutique --apply")(
        compose
    )
    app.add_typer(group, name="import")


def score(
    context: typer.Context, files: Files, application: Application, out: Out = None, apply: Apply = False
) -> None:
    """Make a service of each Score workload (score.dev/v1b1), and say what could not be carried over."""
    _run(session_of(context), files, application, importer=import_score, out=out, apply=apply)


def compose(
    context: typer.Context, files: Files, application: Application, out: Out = None, apply: Apply = False
) -> None:
    """Make services of the services of Docker Compose files, and say what could not be carried over."""
    _run(session_of(context), files, application, importer=import_compose, out=out, apply=apply)


def _run(
    session: Session, files: list[str], application: str, *, importer: Importer, out: str | None, apply: bool
) -> None:
    found, left_out = _imported(files, _application(application), importer)
    for one in left_out:
        session.output.note(f"left out, {one}")
    if not found:
        raise BadUsage("there is no service in it that can be carried over", "NOTHING_TO_IMPORT")
    manifests = [one.content for one in found if isinstance(one.content, dict)]
    results: list[Applied] = []
    if out not in (None, STDIN):
        number = manifest_folder.write(Path(str(out)), manifests)
        session.output.say(f"{count(len(manifests), 'manifest')} in {count(number, 'file')} below {out}")
    elif not session.output.as_json and (out == STDIN or not apply):
        session.output.raw(write_yaml(manifests).removesuffix("\n"))
    if apply:
        with session.client() as client:
            for batch in applying.batches(found, prune=False):
                results += applying.send(client, found, batch, prune=False)
        for result in results:
            session.output.show(result_line(result))
    session.output.document(
        {
            "manifests": manifests,
            "leftOut": [
                {"file": one.file, "line": one.line, "column": one.column, "field": one.field, "reason": one.message}
                for one in left_out
            ],
            "results": [result.as_json() for result in results],
        }
    )


def _application(text: str) -> ApplicationName:
    try:
        return parse_application_id(text)
    except ValueError as error:
        raise BadUsage(f"--application: {error}", "USAGE") from error


def _imported(
    files: list[str], application: ApplicationName, importer: Importer
) -> tuple[list[Document], list[FileProblem]]:
    """The manifests that the files give, each with the place of its file, and what is not carried over.

    Raises BadUsage for files that cannot be read, and for two services of one name.
    """
    documents, problems = read_documents(files, stdin=sys.stdin.buffer if STDIN in files else None)
    _refuse(problems)
    found: list[Document] = []
    left_out: list[FileProblem] = []
    for document in documents:
        imported = importer(document.content, application)
        found += [Document(document.file, manifest, document.place) for manifest in imported.manifests]
        left_out += [document.problem(one.path, one.reason) for one in imported.left_out]
    _refuse(check(found)[1])
    return found, left_out


def _refuse(problems: list[FileProblem]) -> None:
    if problems:
        raise BadUsage(
            f"{count(len(problems), 'problem')} in the files, nothing was imported",
            "INVALID_FILE",
            complaints=tuple(
                Complaint("INVALID_FILE", one.message, one.field or None, Position(one.file, one.line, one.column))
                for one in problems
            ),
        )
