"""Runs scripts and reads what they print, a line of JSON at a time."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tests.clients.packages import EXAMPLES

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program has left: its exit code, the lines of its output as JSON, and what it complained of."""

    code: int | None
    lines: list[JsonValue]
    complaint: str


class Programs:
    """Starts scripts of `folder` with Node, and examples in Python."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._started: list[Process] = []

    async def start(self, script: str, *arguments: str, **environment: str) -> Process:
        """Start a script; `environment` is added to what it gets."""
        python = script.endswith(".py")
        program = [sys.executable, "-W", "error", str(EXAMPLES / script)] if python else ["node", script]
        given = {**self._environment, **environment}
        process = await asyncio.create_subprocess_exec(
            *program, *arguments, cwd=self._folder, env=given, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        self._started.append(process)
        return process

    async def run(self, script: str, *arguments: str, stdin: str = "", **environment: str) -> Ended:
        """Run a script to its end."""
        process = await self.start(script, *arguments, **environment)
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate(stdin.encode())
        return Ended(process.returncode, [json.loads(line) for line in out.splitlines()], err.decode().strip())

    async def end(self) -> None:
        """End what still runs."""
        for process in self._started:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


async def line(process: Process) -> JsonValue:
    """The next line that a program prints."""
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        said = await process.stdout.readline()
    assert said, "the program has ended"
    content: JsonValue = json.loads(said)
    return content
