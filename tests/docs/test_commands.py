"""Every command in the documentation is one that exists."""

from __future__ import annotations

import re
import subprocess

import pytest
import typer
from graphql import build_schema, parse, validate

from tests.docs.commands import Block, CommandUnknown, blocks, check
from tests.guards.sources import CHECKOUT, texts

BLOCKS = [pytest.param(block, id=f"{block.page}:{block.line}") for block in blocks()]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_commands_works(block: Block) -> None:
    # given a block of shell on a page
    # when the shell reads it, and each command in it is checked
    read = subprocess.run(["sh", "-n"], input=block.text, capture_output=True, text=True, check=False)
    # then nothing is wrong with either
    assert (read.returncode, read.stderr) == (0, "")
    for words in block.commands():
        check(words)


@pytest.mark.parametrize(
    "words",
    [
        ["make", "upp"],
        ["trellis", "aply", "-f", "examples"],
        ["trellis", "plan", "--no-such-option", "a", "b"],
        ["trellis", "plan"],
        ["python3", "-m", "app.no_such_module"],
        ["docker", "compose", "destroy"],
        ["kubectl", "delete", "namespace", "shop"],
        ["cd", "examples/no-such-folder"],
        ["npm", "install", "left-pad"],
        ["node", "no-such-script.mjs"],
        ["curl", "http://127.0.0.1:8080/health"],
    ],
)
def test_a_command_that_does_not_work_is_found(words: list[str]) -> None:
    # given a command with a mistake, or one that nobody has said how to check
    # when it is checked
    # then it is refused
    with pytest.raises((CommandUnknown, typer.TyperException)):
        check(words)


def test_the_commands_of_the_first_page_are_there() -> None:
    # given the first page
    commands = [words for block in blocks() if str(block.page) == "README.md" for words in block.commands()]
    # when its commands are listed
    # then they begin and end with what a new user does
    assert commands[0] == ["make", "up"]
    assert ["make", "down"] in commands
    assert any(words[:2] == ["trellis", "plan"] for words in commands)


def test_every_query_on_a_page_is_valid() -> None:
    # given every block of GraphQL on a page, and the schema
    schema = build_schema((CHECKOUT / "graph_schema" / "schema.graphql").read_text(encoding="utf-8"))
    found = [
        (path, match[1])
        for path, text in texts()
        if path.suffix == ".md"
        for match in re.finditer(r"^ *```graphql\n(.*?)^ *```$", text, re.M | re.S)
    ]
    # when each is validated
    wrong = {str(path): [error.message for error in validate(schema, parse(text))] for path, text in found}
    # then none has an error
    assert found != []
    assert {path: errors for path, errors in wrong.items() if errors} == {}


def test_every_link_leads_somewhere() -> None:
    # given every link on a page to another file
    links = [
        (path, match[1])
        for path, text in texts()
        if path.suffix == ".md"
        for match in LINK.finditer(text)
        if "://" not in match[1]
    ]
    # when it is followed
    broken = [f"{path}: {target}" for path, target in links if not (CHECKOUT / path.parent / target).exists()]
    # then there is something
    assert broken == []
