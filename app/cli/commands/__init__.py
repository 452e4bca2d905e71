"""The command line `trellis`: what it is made of, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from app.cli.arguments import globals_first
from app.cli.commands import (
    approvals,
    deleting,
    deployments,
    deprecating,
    drifting,
    events,
    exports,
    freezing,
    imports,
    manifests,
    plans,
    policies,
    reading,
    scheduling,
    signing_in,
)
from app.cli.credentials import CredentialStore, credentials_path
from app.cli.failures import BadUsage, CommandFailure, ExitCode
from app.cli.output import Output, ReaderGone, silence_standard_output
from app.cli.server import DEFAULT, parse_server
from app.cli.session import Session

ABOUT = """\
Describe a platform in manifests, see what would change, deploy it, and watch.

--server, --json, --no-color and --verbose may stand anywhere on the line, also after the command.
"""

app = typer.Typer(
    name="trellis",
    help=ABOUT,
    epilog="Exit codes and the form of --json: docs/cli.md",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
signing_in.register(app)
manifests.register(app)
plans.register(app)
exports.register(app)
imports.register(app)
deployments.register(app)
approvals.register(app)
scheduling.register(app)
drifting.register(app)
events.register(app)
reading.register(app)
deleting.register(app)
deprecating.register(app)
policies.register(app)
freezing.register(app)


@app.callback(invoke_without_command=True)
def settings(
    context: typer.Context,
    server: Annotated[
        str, typer.Option(envvar="TRELLIS_SERVER", help="The server's address.", show_default=True)
    ] = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for scripts.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say on standard error what is sent.")] = False,
) -> None:
    """What holds for every command."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(ExitCode.USAGE)
    context.obj = Session(
        server=parse_server(server),
        output=Output(as_json=as_json, colour=not no_color, verbose=verbose),
        credentials=CredentialStore(credentials_path(os.environ)),
    )


@app.command("version", epilog="Example: trellis version --json")
def show_version(context: typer.Context) -> None:
    """Print the version of the command line."""
    output = context.find_object(Session)
    if output is not None:
        output.output.say(f"trellis {version('trellis')}")
        output.output.document({"version": version("trellis")})


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; whatever goes wrong has been said by then."""
    output = Output(as_json="--json" in arguments, colour="--no-color" not in arguments)
    try:
        code = app(args=globals_first(arguments), prog_name="trellis", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else ExitCode.OK
    except (ReaderGone, BrokenPipeError):
        silence_standard_output()
        return ExitCode.READER_GONE
    except (typer.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except CommandFailure as failure:
        return _end(output, failure)
    except typer.TyperException as error:
        hint = "see `trellis --help`"
        return _end(output, BadUsage(f"{error.format_message().rstrip('.')}; {hint}", "USAGE"))
    except Exception as error:
        if os.environ.get("TRELLIS_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}; TRELLIS_DEBUG=1 shows where"
        return _end(output, CommandFailure(f"this is a mistake of the command line itself: {what}", "INTERNAL"))


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def _end(output: Output, failure: CommandFailure) -> ExitCode:
    if os.environ.get("TRELLIS_DEBUG"):
        raise failure
    try:
        output.failure(failure)
    except ReaderGone:
        silence_standard_output()
    return failure.exit_code
