"""What can go wrong on this machine, said so that the reader knows what to do next."""

from __future__ import annotations

from pathlib import Path


class LocalFailure(Exception):
    """Something on this machine stands in the way; the message is for the person who typed the command."""


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file, for an error message; a file that is not there or is empty says so."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 200 * lines))
            text = file.read().decode(errors="replace")
    except OSError as error:
        return f"({log} cannot be read: {error.strerror})"
    last = text.splitlines()[-lines:]
    return "\n".join([f"The end of {log}:", *(f"  {line}" for line in last)]) if last else f"({log} is empty)"
