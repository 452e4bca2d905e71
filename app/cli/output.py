"""What a command prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Final, TextIO

import orjson
import typer
from pydantic import JsonValue
from rich.console import Console, RenderableType
from rich.prompt import Confirm
from rich.text import Text

from app.cli.failures import CommandFailure, Complaint

WIDE: Final = 4096
"""Columns of an output that is no terminal: tables are never folded, so that each row stays one line."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text from a server or a file without what could steer a terminal: control and direction-changing characters."""
    return _CONTROL.sub("�", text.replace("\r\n", "\n"))


class ReaderGone(Exception):
    """Whoever read standard output has closed it: there is nobody left to tell."""


class PipeConsole(Console):
    """A console that leaves a reader who went away to the caller, instead of ending the process."""

    def on_broken_pipe(self) -> None:
        """Tell the caller."""
        raise ReaderGone


class Output:
    """Where a command's results go.

    With `as_json` standard output carries JSON only: one document (`document`) or one object a line (`record`);
    `show` and `say` are for people and are left out then. Notes and failures go to standard error in both cases.
    """

    def __init__(self, *, as_json: bool = False, colour: bool = True, verbose: bool = False) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._out = _console(sys.stdout, colour=colour)
        self._err = _console(sys.stderr, colour=colour)

    def show(self, renderable: RenderableType) -> None:
        """A table, a tree or a styled text, for people."""
        if not self.as_json:
            self._out.print(renderable)

    def say(self, text: str, style: str = "") -> None:
        """One line, for people; never folded."""
        if not self.as_json:
            self._out.print(Text(clean(text), style), soft_wrap=True)

    def raw(self, text: str) -> None:
        """Text in a format of its own, as it is.

        Raises ReaderGone, as everything that prints results.
        """
        try:
            typer.echo(text)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def document(self, data: JsonValue | Mapping[str, object]) -> None:
        """The command's whole result, for scripts."""
        if self.as_json:
            self.raw(to_json(data))

    def record(self, data: JsonValue | Mapping[str, object]) -> None:
        """One of many results, on a line of its own, for scripts."""
        if self.as_json:
            self.raw(orjson.dumps(data).decode())

    def note(self, text: str) -> None:
        """Something worth knowing that is no result."""
        self._err.print(Text(clean(text), "dim"), soft_wrap=True)

    def confirmed(self, question: str) -> bool:
        """Ask on standard error and read the answer from standard input; False where there is none."""
        try:
            return Confirm.ask(Text(clean(question)), console=self._err, default=False)
        except EOFError:
            return False

    def detail(self, text: str) -> None:
        """What happens underneath, with --verbose."""
        if self.verbose:
            self.note(text)

    def failure(self, failure: CommandFailure) -> None:
        """Why the command ends: on standard error, and for scripts also as an object on standard output."""
        if self.as_json:
            self.raw(orjson.dumps({"error": _failure_data(failure)}).decode())
        self._err.print(
            Text.assemble(("error ", "bold red"), (f"{failure.code} ", "red"), clean(failure.message)), soft_wrap=True
        )
        for complaint in failure.complaints:
            if len(failure.complaints) == 1 and failure.message.endswith(complaint.message):
                for detail in complaint.details:
                    self._err.print(Text(f"  {clean(detail)}"), soft_wrap=True)
            else:
                self._err.print(_complaint_text(complaint, within=failure.code), soft_wrap=True)


def to_json(data: JsonValue | Mapping[str, object]) -> str:
    """A document as it is printed: indented, so that people can read it too."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()


def silence_standard_output() -> None:
    """Let the interpreter's last flush of standard output go nowhere, after its reader went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _console(file: TextIO, *, colour: bool) -> Console:
    terminal = file.isatty()
    return PipeConsole(
        file=file,
        # FORCE_COLOR colours for tools that show colours in logs; without it a pipe gets plain text.
        no_color=None if colour else True,
        color_system="auto" if colour else None,
        width=None if terminal else WIDE,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _complaint_text(complaint: Complaint, within: str) -> Text:
    line = Text("  ")
    if complaint.position:
        line.append(f"{complaint.position} ", "bold")
    if complaint.field:
        line.append(f"{clean(complaint.field)}: ", "cyan")
    line.append(clean(complaint.message))
    if complaint.code != within:
        line.append(f" ({complaint.code})", "dim")
    for detail in complaint.details:
        line.append(f"\n      {clean(detail)}")
    return line


def _failure_data(failure: CommandFailure) -> dict[str, object]:
    return {
        "code": failure.code,
        "message": failure.message,
        "problems": [
            {
                "code": complaint.code,
                "message": complaint.message,
                "field": complaint.field,
                "file": complaint.position.file if complaint.position else None,
                "line": complaint.position.line if complaint.position else None,
                "column": complaint.position.column if complaint.position else None,
                "details": list(complaint.details),
            }
            for complaint in failure.complaints
        ],
    }
