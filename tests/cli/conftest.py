"""A command line in this process, as a user has it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pydantic import JsonValue

from app.cli.commands import run
from app.cli.credentials import Credential, CredentialStore
from app.cli.server import Server


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output, without spaces at their ends."""
        return [line.rstrip() for line in self.out.splitlines()]

    @property
    def json(self) -> dict[str, JsonValue]:
        """Standard output as one JSON object."""
        found: dict[str, JsonValue] = orjson.loads(self.out)
        return found

    @property
    def records(self) -> list[dict[str, JsonValue]]:
        """Standard output as JSON objects, one a line."""
        return [orjson.loads(line) for line in self.out.splitlines()]


Trellis = Callable[..., Ended]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CredentialStore:
    """Where the command line of this test keeps its tokens."""
    path = tmp_path / "cli.json"
    monkeypatch.setenv("TRELLIS_CLI_CREDENTIALS", str(path))
    return CredentialStore(path)


@pytest.fixture
def trellis(store: CredentialStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Trellis:
    """Runs a command line; with `server` as somebody who is signed in there."""
    monkeypatch.delenv("TRELLIS_SERVER", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*arguments: str, server: Server | None = None, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        if server is not None:
            monkeypatch.setenv("TRELLIS_SERVER", server.url)
            until = datetime.now(UTC) + timedelta(hours=1)
            store.keep(server, Credential(name="admin", token="token-1", expires_at=until))
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return call
