"""`python -m app.local up|down|status`: what the targets of the Makefile call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dotenv import load_dotenv
from rich.console import Console

from app.local.failures import LocalFailure
from app.local.screen import Screen
from app.local.settings import load_settings
from app.local.up import down, status, up


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; returns the exit code (`status`: 0 where everything runs, otherwise 3)."""
    parser = argparse.ArgumentParser(prog="python -m app.local", description="Trellis on this machine.")
    parser.add_argument("command", choices=("up", "down", "status"))
    command = parser.parse_args(arguments).command
    screen = Screen(Console(highlight=False))
    # What the user keeps in a file here counts for the children too; what is in the environment already wins.
    load_dotenv(".env")
    try:
        settings = load_settings()
        if command == "up":
            up(settings, screen)
        elif command == "down":
            down(settings, screen)
        elif not status(settings, screen):
            return 3
    except LocalFailure as failure:
        Screen(Console(stderr=True, highlight=False)).failure(str(failure))
        return 1
    except KeyboardInterrupt:
        screen.note("Interrupted. What was started goes on running: `make down` stops it, `make up` continues.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
