"""How the graph is asked: one statement a file, whole and pasteable into Neo4j Browser.

A file's header says what the statement is for, which parameters it takes and which columns it returns:

    // purpose: Find one project by its id.
    // parameters: tenant, id
    // columns: id, name
    // mode: read

Comment lines after the mode belong to the statement: they draw the patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent
_HEADER = re.compile(r"^// (purpose|parameters|columns|mode): *(.*)$")
_NOT_STATEMENTS = frozenset({"migrations", "exploring", "fixtures"})


class Mode(StrEnum):
    """Whether a statement may write."""

    READ = "read"
    WRITE = "write"


class StatementInvalid(Exception):
    """A statement's file is missing, or its header is incomplete; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement: its text as it is sent, and what its header promises."""

    name: str
    text: str
    purpose: str
    parameters: frozenset[str]
    columns: tuple[str, ...]
    mode: Mode


def _words(line: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in line.split(",")) if word)


def parse(name: str, text: str) -> Statement:
    """Read a statement's header.

    Raises StatementInvalid where a line of the header is missing, repeated or says nothing.
    """
    header: dict[str, str] = {}
    key = None
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        match = _HEADER.match(line)
        if match:
            key = match[1]
            if key in header:
                raise StatementInvalid(f"{name}: the header says {key} twice")
            header[key] = match[2].strip()
        elif key not in (None, "mode"):
            header[str(key)] += " " + line.removeprefix("//").strip()
    for needed in ("purpose", "parameters", "columns", "mode"):
        if needed not in header:
            raise StatementInvalid(f"{name}: the header lacks '// {needed}: …'")
    if not header["purpose"]:
        raise StatementInvalid(f"{name}: the purpose is empty")
    if header["mode"] not in tuple(Mode):
        raise StatementInvalid(f"{name}: mode is {header['mode']!r}, not read or write")
    return Statement(
        name=name,
        text=text,
        purpose=header["purpose"],
        parameters=frozenset(_words(header["parameters"])),
        columns=_words(header["columns"]),
        mode=Mode(header["mode"]),
    )


@cache
def statement(name: str) -> Statement:
    """The statement `<domain>/<verb_noun>`, read once.

    Raises StatementInvalid where there is none of that name.
    """
    path = ROOT / f"{name}.cypher"
    if not path.is_file():
        raise StatementInvalid(f"{name}: there is no file cypher/{name}.cypher")
    return parse(name, path.read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """All statements' names, sorted; migrations and the queries for people who explore are not among them."""
    found = (path.relative_to(ROOT).with_suffix("") for path in ROOT.rglob("*.cypher"))
    return tuple(sorted(str(path) for path in found if not _NOT_STATEMENTS.intersection(path.parts)))
