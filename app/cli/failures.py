"""Why a command ends other than well: an exit code, a sentence, and what the server or the file had to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a script can rely on; `docs/cli.md` documents each."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_SIGNED_IN = 3
    UNREACHABLE = 4
    CHANGES = 5
    INTERRUPTED = 130
    READER_GONE = 141


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a manifest file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong. `details` are further lines: a violating path, the ids of dependents."""

    code: str
    message: str
    field: str | None = None
    position: Position | None = None
    details: tuple[str, ...] = ()


class CommandFailure(Exception):
    """A command that cannot go on. `message` is one sentence; `complaints` say what exactly, one for each mistake."""

    exit_code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, message: str, code: str = "FAILED", *, complaints: tuple[Complaint, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.complaints = complaints


class Refused(CommandFailure):
    """The server refused, or what was asked for failed."""


class BadUsage(CommandFailure):
    """The command line or a manifest is wrong; nothing was sent."""

    exit_code = ExitCode.USAGE


class NotSignedIn(CommandFailure):
    """There is no token for the server, or the server does not take it."""

    exit_code = ExitCode.NOT_SIGNED_IN

    def __init__(self, message: str) -> None:
        super().__init__(message, "UNAUTHENTICATED")


class Unreachable(CommandFailure):
    """The server did not answer."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, message: str) -> None:
        super().__init__(message, "UNREACHABLE")
