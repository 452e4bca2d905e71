"""What every command is given: the server, who is signed in there, and where results go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import typer

from app.cli.client import SIGN_IN, Client
from app.cli.credentials import Credential, CredentialStore
from app.cli.failures import NotSignedIn
from app.cli.output import Output
from app.cli.server import Server


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    server: Server
    output: Output
    credentials: CredentialStore

    def credential(self) -> Credential:
        """Who is signed in. Raises NotSignedIn where nobody is, or the token has expired."""
        credential = self.credentials.find(self.server)
        if credential is None:
            raise NotSignedIn(f"nobody is signed in to {self.server.url}: {SIGN_IN}")
        if credential.expires_at <= datetime.now(UTC):
            raise NotSignedIn(f"the token for {self.server.url} expired at {credential.expires_at:%F %T %Z}: {SIGN_IN}")
        return credential

    def client(self) -> Client:
        """A client that acts for who is signed in. Raises NotSignedIn."""
        return Client(self.server, self.credential().token, trace=self.output.detail)

    def stranger(self) -> Client:
        """A client that acts for nobody, for signing in."""
        return Client(self.server, trace=self.output.detail)


def session_of(context: typer.Context) -> Session:
    """The session that the global options made."""
    session = context.find_object(Session)
    if session is None:
        raise LookupError("the command was called without the global options")
    return session
