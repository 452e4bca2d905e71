"""`export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from app.cli import manifest_folder, operations
from app.cli.failures import Refused
from app.cli.listings import ManifestPage, Unsaid
from app.cli.paging import LARGEST_PAGE
from app.cli.session import session_of
from app.cli.tables import count
from app.domain.manifest_files import STDIN
from app.domain.manifest_validation import validate
from app.domain.yaml_writing import write_yaml


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples: trellis export shop -o shop; trellis export shop/boutique",
    )(export)


def export(
    context: typer.Context,
    scope: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="A project, environment, application, service or template; all if left out."
        ),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR|-", help="A new folder, or - for standard output.")
    ] = STDIN,
) -> None:
    """Write the platform as manifests that `trellis apply -f` takes.

    Environment variables are written with their values.
    """
    session = session_of(context)
    manifests: list[dict[str, JsonValue]] = []
    unsaid: list[Unsaid] = []
    with session.client() as client:
        page: ManifestPage | None = None
        while page is None or page.page_info.has_next_page:
            page = client.execute(
                operations.EXPORT_MANIFESTS,
                {"scope": scope, "first": LARGEST_PAGE, "after": page.page_info.end_cursor if page else None},
            ).export_manifests
            manifests += page.nodes
            unsaid += page.unsaid
    if any(isinstance(validate(manifest), tuple) for manifest in manifests):
        # Names become paths of files: nothing else than names may.
        raise Refused("the server's answer holds what this version of the command line cannot apply", "ANSWER_MISFIT")
    for one in unsaid:
        session.output.note(f"left out, {one.id}: {one.reason}")
    if out != STDIN:
        files = manifest_folder.write(Path(out), manifests)
        session.output.say(f"{count(len(manifests), 'manifest')} in {count(files, 'file')} below {out}")
    elif not session.output.as_json:
        session.output.raw(write_yaml(manifests).removesuffix("\n"))
    session.output.document({"manifests": manifests, "unsaid": [one.as_json() for one in unsaid]})
