"""The page about the command line names every command, exit code and global option, and so does the help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli.arguments import FLAGS, VALUED
from app.cli.failures import ExitCode
from tests.cli.conftest import Trellis

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
COMMANDS = (
    *(
        "apply",
        "approve",
        "delete",
        "deploy",
        "deprecate",
        "diff",
        "events",
        "export",
        "get",
        "graph",
        "impact",
        "import compose",
        "import score",
    ),
    *("drift list", "drift observe", "drift accept", "drift revert"),
    *("freeze create", "freeze delete", "freeze list", "login", "logout", "plan", "reject"),
    *("policy audit", "policy except", "policy list", "policy revoke", "policy set", "policy show", "policy test"),
    "policy unset",
    *("run show", "run cancel", "run pause", "run resume", "run confirm", "run reject", "run rerun"),
    *("schedule create", "schedule list", "schedule pause", "schedule resume", "schedule delete"),
    *("runs", "search", "status", "version", "whoami"),
)


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d+) \| ", PAGE, re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_every_option_of_all_commands_is_documented() -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)[ `]", PAGE, re.MULTILINE)
    assert set(rows) == FLAGS | VALUED


def test_every_command_is_listed_in_the_help(trellis: Trellis) -> None:
    # when
    shown = trellis("--help").out.partition("Commands:")[2]
    listed = re.findall(r"^  ([a-z]+) ", shown, re.MULTILINE)

    # then
    assert "..." not in shown
    assert set(listed) == {command.split(" ")[0] for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_json_and_has_an_example(trellis: Trellis, command: str) -> None:
    # when
    shown = trellis(*command.split(" "), "--help")

    # then
    assert shown.code == 0
    assert re.search(rf"Examples?: .*trellis {command}", shown.out) is not None
    assert re.search(rf"trellis {command}\b", PAGE) is not None
    assert re.search(rf"^\| `{command}` \| ", PAGE, re.MULTILINE) is not None
