"""The tokens of this user, one a server, in a file nobody else can read."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.cli.failures import BadUsage
from app.cli.server import Server


class Credential(BaseModel):
    """A token for one server. Its text form leaves the token out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    token: str
    expires_at: datetime

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("name", self.name), ("expires_at", self.expires_at)]


class _Contents(BaseModel):
    model_config = ConfigDict(extra="forbid")

    servers: dict[str, Credential] = {}


def credentials_path(environment: Mapping[str, str]) -> Path:
    """Where the tokens are kept: `TRELLIS_CLI_CREDENTIALS`, or `trellis/credentials.json` under the configuration."""
    chosen = environment.get("TRELLIS_CLI_CREDENTIALS")
    if chosen:
        return Path(chosen)
    configuration = environment.get("XDG_CONFIG_HOME")
    return (Path(configuration) if configuration else Path.home() / ".config") / "trellis" / "credentials.json"


@dataclass(frozen=True, slots=True)
class CredentialStore:
    """Reads and writes the file; every write replaces it whole, with mode 600."""

    path: Path

    def find(self, server: Server) -> Credential | None:
        """The credential kept for a server, where there is one.

        Raises BadUsage where others can read the file, or it cannot be understood.
        """
        return self._read().servers.get(server.url)

    def keep(self, server: Server, credential: Credential) -> None:
        """Keep a credential in place of the one kept before. Raises BadUsage where the file cannot be written."""
        contents = self._read()
        contents.servers[server.url] = credential
        self._write(contents)

    def forget(self, server: Server) -> bool:
        """Drop the server's credential; says whether there was one. Raises BadUsage as `find` and `keep`."""
        contents = self._read()
        if contents.servers.pop(server.url, None) is None:
            return False
        self._write(contents)
        return True

    def _read(self) -> _Contents:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return _Contents()
        except OSError as error:
            raise self._failure(f"cannot be read: {error.strerror}") from error
        with open(descriptor, encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                raise self._failure(f"can be read by others: run `chmod 600 {self.path}`")
            try:
                return _Contents.model_validate_json(file.read())
            except (ValidationError, UnicodeDecodeError, OSError):
                # The reason would quote the file, and with it a token.
                raise self._failure("is damaged: remove it and sign in again") from None

    def _write(self, contents: _Contents) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp opens with mode 600, so the token is never readable by others, not even for a moment.
            descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with open(descriptor, "w", encoding="utf-8") as file:
                    file.write(contents.model_dump_json(indent=2))
                os.replace(temporary, self.path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            raise self._failure(f"cannot be written: {error.strerror}") from error

    def _failure(self, what: str) -> BadUsage:
        return BadUsage(f"{self.path} {what}", "CREDENTIALS")
