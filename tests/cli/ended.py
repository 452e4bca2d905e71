"""How a command of the command line ended."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from pydantic import JsonValue


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
