"""How a local start tells what it is doing: a line that moves in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.status import Status
from rich.text import Text

_PLAIN_EVERY = 5.0


@dataclass(slots=True)
class Step:
    """One thing that is being done. `detail` is shown at its end; set it to say how it ended."""

    show: Callable[[str], None]
    detail: str = ""

    def update(self, detail: str) -> None:
        """Say how far it is; cheap enough to be called for every file."""
        self.detail = detail
        self.show(detail)


class Screen:
    """Writes steps, notes and the closing summary to a console, and failures as they are."""

    def __init__(self, console: Console) -> None:
        """Write to `console`; moving lines only where it is a terminal."""
        self._console = console

    def note(self, text: str) -> None:
        """One plain line."""
        self._console.print(Text(text), soft_wrap=True)

    def failure(self, text: str) -> None:
        """Say why it does not go on."""
        self._console.print(Text(text, style="red"), soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show that something is being done, how long it has taken so far, and how it ended."""
        began = time.monotonic()

        def seconds() -> str:
            return f"{time.monotonic() - began:.0f} s"

        try:
            if self._console.is_terminal:
                with self._console.status(Text(f"{title} …")) as status:
                    step = Step(_moving(status, title, seconds))
                    yield step
            else:
                self.note(f"  {title} …")
                step = Step(self._plain(title, seconds))
                yield step
        except BaseException:
            self._console.print(Text.assemble(("✗ ", "red"), f"{title} ({seconds()})"), soft_wrap=True)
            raise
        line = Text.assemble(("✓ ", "green"), title, f": {step.detail}" if step.detail else "", f" ({seconds()})")
        self._console.print(line, soft_wrap=True)

    def _plain(self, title: str, seconds: Callable[[], str]) -> Callable[[str], None]:
        last = time.monotonic()

        def show(detail: str) -> None:
            nonlocal last
            if time.monotonic() - last >= _PLAIN_EVERY:
                last = time.monotonic()
                self.note(f"  {title}: {detail} ({seconds()})")

        return show

    def summary(self, title: str, rows: list[tuple[str, str]]) -> None:
        """The closing lines: a name and a value each."""
        width = max(len(name) for name, _ in rows)
        self._console.print()
        self._console.print(Text(title, style="bold"))
        for name, value in rows:
            self._console.print(Text.assemble(("  " + name.ljust(width) + "  ", "dim"), value), soft_wrap=True)


def _moving(status: Status, title: str, seconds: Callable[[], str]) -> Callable[[str], None]:
    def show(detail: str) -> None:
        status.update(Text(f"{title}: {detail} ({seconds()})"))

    return show
