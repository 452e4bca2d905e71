"""The commands in the documentation: where they stand, and how each is checked without being run."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
import yaml

from app.cli.arguments import globals_first
from app.cli.commands import app
from tests.guards.sources import CHECKOUT, files

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.M | re.S)
_ASSIGNMENT = re.compile(r"^[A-Z][A-Z0-9_]*=")
_SHELL = frozenset({"export", "umask", "for", "do", "done", "echo"})


class CommandUnknown(Exception):
    """A command in the documentation that would not work, or that nobody has said how to check."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of shell: the page it stands on, its first line's number, and its text without indentation."""

    page: Path
    line: int
    text: str

    def commands(self) -> Iterator[list[str]]:
        """The words of each command in it; comments are left out, `;` and line ends separate."""
        joined = self.text.replace("\\\n", " ")
        for line in joined.splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";")
            lexer.whitespace_split = True
            words: list[str] = []
            for word in lexer:
                if word == ";":
                    if words:
                        yield words
                    words = []
                else:
                    words.append(word)
            if words:
                yield words


def blocks() -> Iterator[Block]:
    """Every block of shell on every page."""
    for path in files():
        if path.suffix == ".md":
            text = (CHECKOUT / path).read_text(encoding="utf-8")
            for match in _BLOCK.finditer(text):
                indent = match[1]
                inner = "".join(line.removeprefix(indent) for line in match[2].splitlines(keepends=True))
                yield Block(path, text[: match.start()].count("\n") + 2, inner)


def _targets() -> set[str]:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))


def _make(words: list[str]) -> None:
    """`make` with targets that exist, and variables that the Makefile has."""
    for word in words:
        if "=" not in word and word not in _targets():
            raise CommandUnknown(f"there is no target {word}")


def _python(words: list[str]) -> None:
    """`python -m` with a module that can be found; what follows is that module's own."""
    if words[0] == "-c":
        compile(words[1], "documentation", "exec")
        return
    if words[0] != "-m" or importlib.util.find_spec(words[1]) is None:
        raise CommandUnknown(f"there is no module {words[1:2]}")


def _trellis(words: list[str]) -> None:
    """A command line that the command line's own parser accepts."""
    group = typer.main.get_command(app)
    if not isinstance(group, typer.core.TyperGroup):
        raise TypeError("the command line is no group")
    context = group.make_context("trellis", globals_first(words))
    while isinstance(group, typer.core.TyperGroup):
        arguments = [*context._protected_args, *context.args]
        name, command, rest = group.resolve_command(context, arguments)
        if command is None:
            raise CommandUnknown(f"there is no command {arguments}")
        context = command.make_context(name, rest, parent=context)
        if not isinstance(command, typer.core.TyperGroup):
            return
        group = command


def _docker(words: list[str]) -> None:
    """`docker compose` with services that docker-compose.yml has; the command line's own words are parsed."""
    services = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    match words:
        case ["compose", "up", *rest] if set(rest) <= {"--build", "--detach"}:
            return
        case ["compose", "run", "--rm", "trellis", *rest] if "trellis" in services:
            _trellis(rest)
        case _:
            raise CommandUnknown(f"docker {' '.join(words)}")


def _kubectl(words: list[str]) -> None:
    """Commands that the tests of the provider ask of a real cluster in the same words, object by object."""
    known = {
        "get all,configmaps --all-namespaces --selector app.kubernetes.io/managed-by=trellis",
        "get deployment cart --namespace shop-production --output jsonpath={.metadata.annotations}",
    }
    if " ".join(words) not in known:
        raise CommandUnknown(f"kubectl {' '.join(words)}")


def _script(words: list[str]) -> None:
    """tests/end_to_end/test_readme.py runs it."""
    script = CHECKOUT / "examples" / "online-boutique" / "demo.sh"
    assert words == []
    assert os.access(script, os.X_OK)


def _folder(words: list[str]) -> None:
    """`cd` to a folder that is there."""
    if len(words) != 1 or not (CHECKOUT / words[0]).is_dir():
        raise CommandUnknown(f"cd {' '.join(words)}")


def _npm(words: list[str]) -> None:
    """tests/clients/packages.py installs in the same way."""
    if words != ["ci", "--ignore-scripts"]:
        raise CommandUnknown(f"npm {' '.join(words)}")


def _node(words: list[str]) -> None:
    """An example that tests/clients/test_examples.py runs."""
    if not words or not (CHECKOUT / "examples" / "clients" / words[0]).is_file():
        raise CommandUnknown(f"node {' '.join(words)}")


_CHECKS: Mapping[str, Callable[[list[str]], None]] = {
    "make": _make,
    "python3": _python,
    ".venv/bin/python": _python,
    "trellis": _trellis,
    "docker": _docker,
    "kubectl": _kubectl,
    "cd": _folder,
    "npm": _npm,
    "node": _node,
    "examples/online-boutique/demo.sh": _script,
}


def check(words: list[str]) -> None:
    """Raise CommandUnknown, or what the parser of the command raises, where a command would not work."""
    rest = [*words]
    while rest and (_ASSIGNMENT.match(rest[0]) or rest[0] == "do"):
        rest.pop(0)
    if not rest or rest[0] in _SHELL:
        return
    if rest[0] not in _CHECKS:
        raise CommandUnknown(f"nobody has said how to check {rest[0]}")
    _CHECKS[rest[0]](rest[1:])
