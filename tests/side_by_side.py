"""How `make test` runs two tests at a time: which stay together, and which run while nothing else does.

Each of the two processes has servers of its own. What measures time is marked `alone`: the other process waits
meanwhile, between two tests.
"""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import pytest

from app.local import ports

GROUPS = {
    "kubernetes_testbed": (
        "tests/providers/test_kubernetes_access.py",
        "tests/providers/test_kubernetes_ownership.py",
        "tests/providers/test_kubernetes_rollouts.py",
        "tests/providers/test_kubernetes_testbed.py",
        "tests/end_to_end/test_kubernetes",
        "tests/end_to_end/test_make_up.py",
    ),
    "lone_neo4j": ("tests/guards/", "tests/graph/", "tests/docs/test_browser.py"),
}
"""The tests that share what a fixture of that name starts once, by how their paths begin. Others go by the file."""


class Beside(Protocol):
    """One of the processes, as the one that hands out the tests sees it; `workerinput` is what it is told."""

    config: pytest.Config
    workerinput: dict[str, object]


def group(test: str) -> str:
    """What a test has to stay together with, by its id or its path."""
    path = test.partition("::")[0]
    return next((name for name, begins in GROUPS.items() if path.startswith(begins)), path)


def own_ports(index: int, count: int) -> None:
    """Let this process, one of `count`, choose its ports where no other does: it takes them only later."""
    share = len(ports._CHOICE) // count
    ports._CHOICE = ports._CHOICE[index * share : (index + 1) * share]


@dataclass(slots=True)
class Turns:
    """Lets tests of several processes run side by side, or one of them alone. `folder` is the same for all of them."""

    folder: Path
    _room: IO[bytes] | None = None
    _alone: bool = False

    def begin(self, *, alone: bool) -> None:
        """Wait until a test may run. One that is to be alone and follows such a one goes on at once."""
        if alone and self._alone:
            return
        self.end()
        # Who waits to be alone stands in the door: nobody else comes in, and those inside leave after their test.
        with self._locked("door", fcntl.LOCK_EX):
            self._room = self._locked("room", fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        self._alone = alone

    def end(self) -> None:
        """Let others in."""
        if self._room is not None:
            self._room.close()
        self._room, self._alone = None, False

    def _locked(self, name: str, how: int) -> IO[bytes]:
        file = (self.folder / name).open("wb")
        fcntl.flock(file, how)
        return file
