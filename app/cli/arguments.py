"""The options that every command knows, wherever on the line they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FLAGS: Final = frozenset({"--json", "--no-color", "--verbose"})
VALUED: Final = frozenset({"--server"})


def globals_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options of every command before the command's name; what follows `--` stays."""
    first: list[str] = []
    rest: list[str] = []
    remaining = list(arguments)
    while remaining:
        argument = remaining.pop(0)
        if argument == "--":
            return [*first, *rest, argument, *remaining]
        if argument in FLAGS or ("=" in argument and argument.partition("=")[0] in VALUED):
            first.append(argument)
        elif argument in VALUED:
            first += [argument, *remaining[:1]]
            remaining = remaining[1:]
        else:
            rest.append(argument)
    return [*first, *rest]
