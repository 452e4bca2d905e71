"""`login`, `logout`, `whoami`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli import operations
from app.cli.client import SIGN_IN
from app.cli.credentials import Credential
from app.cli.failures import BadUsage, NotSignedIn, Refused
from app.cli.problems import refuse
from app.cli.session import session_of
from app.cli.tables import utc_time

LONGEST_PASSWORD = 4096


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples: trellis login; trellis login --name admin --password-stdin < password.txt",
    )(login)
    app.command(epilog="Example: trellis logout --server https://trellis.example.org")(logout)
    app.command(epilog="Example: trellis whoami --json")(whoami)


def login(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Who signs in.")] = "admin",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
    ] = False,
) -> None:
    """Sign in, and keep the token in a file only you can read."""
    session = session_of(context)
    if session.server.is_open_to_listeners:
        session.output.note(f"{session.server.url} is not https: others on the network can read password and token")
    password = _password(session.server.url, name, from_stdin=password_stdin)
    with session.stranger() as client:
        answer = client.execute(operations.LOGIN, {"input": {"name": name, "password": password}}).login
    refuse(answer.problems, f"{name} could not sign in to {session.server.url}")
    if answer.token is None or answer.expires_at is None or answer.user is None:
        raise Refused(f"{session.server.url} gave neither a token nor a reason", "ANSWER_MISFIT")
    credential = Credential(name=answer.user.name, token=answer.token, expires_at=answer.expires_at)
    session.credentials.keep(session.server, credential)
    session.output.say(
        f"signed in to {session.server.url} as {answer.user.name} ({answer.user.role.lower()}) "
        f"until {utc_time(answer.expires_at)} UTC"
    )
    session.output.document(
        {
            "server": session.server.url,
            "user": answer.user.as_json(),
            "expiresAt": answer.expires_at.isoformat(),
            "credentials": str(session.credentials.path),
        }
    )


def logout(context: typer.Context) -> None:
    """Forget the token for the server."""
    session = session_of(context)
    known = session.credentials.forget(session.server)
    session.output.say(
        f"signed out of {session.server.url}" if known else f"nobody was signed in to {session.server.url}"
    )
    session.output.document({"server": session.server.url, "signedOut": known})


def whoami(context: typer.Context) -> None:
    """Ask the server who you are."""
    session = session_of(context)
    with session.client() as client:
        user = client.execute(operations.ME).me
    if user is None:
        raise NotSignedIn(f"{session.server.url} does not know you any more: {SIGN_IN}")
    roles = ", ".join(f"{edge.role.lower().replace('_', '-')} of {edge.node.name}" for edge in user.teams.edges)
    session.output.say(f"{user.name} at {session.server.url}: {roles or 'in no team'}")
    session.output.document({"server": session.server.url, "user": user.as_json()})


def _password(server: str, name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline(LONGEST_PASSWORD).rstrip("\r\n")
    elif sys.stdin.isatty():
        password = str(typer.prompt(f"Password of {name} at {server}", hide_input=True, err=True))
    else:
        raise NotSignedIn("there is no terminal to ask for the password at: give it with --password-stdin")
    if not password:
        raise BadUsage("the password is empty", "USAGE")
    return password
