"""`make bench` is `python -m benchmarks`: measure, print a table, write results; exit code 1 where a target is missed.

Each benchmark interleaves Trellis with its peer in the same run, works in tenants of its own and removes them.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvloop
from rich.console import Console
from rich.table import Table

from app import collecting
from app.local.failures import LocalFailure
from app.local.node import Node
from app.telemetry import configure_logs
from benchmarks import bulk, cancelling, dispatch, events, impact, page, plan, recovery, run
from benchmarks.bulk_documents import Organisation
from benchmarks.conditions import conditions, load
from benchmarks.events import EventsSize
from benchmarks.figures import Figure, Measured
from benchmarks.page import PageSize
from benchmarks.peers import terraform
from benchmarks.peers.node import prepared
from benchmarks.results_files import save, shown
from benchmarks.servers import Servers, servers
from benchmarks.services import Layers

RESULTS = Path(__file__).parent / "results"
NAMES = ("page", "plan", "run", "recovery", "cancelling", "dispatch", "events", "bulk", "impact")
ROUNDS = 5
TERRAFORM_ROUNDS = 1
"""A round of terraform takes a minute and a half."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    rounds: int
    terraform_rounds: int
    only: tuple[str, ...]
    results: Path

    @property
    def command(self) -> str:
        """The command that measures the same again."""
        words = [] if self.only == NAMES else [f"--only {name}" for name in self.only]
        words += [] if self.rounds == ROUNDS else [f"--rounds {self.rounds}"]
        words += [] if self.terraform_rounds == TERRAFORM_ROUNDS else [f"--terraform-rounds {self.terraform_rounds}"]
        return " ".join([".venv/bin/python -m benchmarks", *words]) if words else "make bench"


def options(arguments: Sequence[str]) -> Options:
    """Read a command line. Raises SystemExit with code 2 and a sentence for a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Trellis against its peers.")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, help="rounds of each side; medians are printed (5)")
    parser.add_argument(
        "--terraform-rounds",
        type=int,
        default=TERRAFORM_ROUNDS,
        help="rounds of terraform, a minute and a half each; 0 for none (1)",
    )
    parser.add_argument("--only", choices=NAMES, action="append", help="measure this one; may be repeated")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are written (benchmarks/results)")
    said = parser.parse_args(arguments)
    only = tuple(name for name in NAMES if said.only is None or name in said.only)
    return Options(said.rounds, said.terraform_rounds, only, said.results)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number


def benchmarks(where: Servers, asked: Options, node: Node | None) -> Mapping[str, Callable[[], Awaitable[Measured]]]:
    """Every benchmark in its full size, by name; without a `node` those peers are left out that run on it."""
    rounds, repeats = asked.rounds, asked.terraform_rounds if terraform.available() else 0
    return {
        "page": lambda: page.measure(where, rounds=rounds, size=PageSize(), node=node),
        "plan": lambda: plan.measure(where, rounds=rounds, layers=Layers(), large=plan.LARGE),
        "run": lambda: run.measure(where, rounds=rounds, terraform_rounds=repeats, layers=Layers()),
        "recovery": lambda: recovery.measure(where, rounds=rounds),
        "cancelling": lambda: cancelling.measure(where),
        "dispatch": lambda: dispatch.measure(where),
        "events": lambda: events.measure(where, rounds=rounds, size=EventsSize()),
        "bulk": lambda: bulk.measure(where, rounds=rounds, size=Organisation()),
        "impact": lambda: impact.measure(where, rounds=rounds),
    }


def table(found: Sequence[Measured]) -> Table:
    """The figures as they are printed."""
    made = Table("benchmark", "measured", title="Medians; the ratio is how many times better than the peer")
    for name in ("Trellis", "peer"):
        made.add_column(name, justify="right")
    made.add_column("")
    made.add_column("ratio", justify="right")
    made.add_column("target")
    for measured in found:
        for figure in measured.figures:
            made.add_row(measured.benchmark, figure.name, *_cells(figure))
        made.add_section()
    return made


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    peer, ratio = figure.peer_median, figure.ratio
    verdict = {True: "reached", False: "missed", None: "not measured"}[figure.reached]
    return (
        f"{shown(figure.median)} {figure.unit}",
        "" if peer is None else f"{shown(peer)} {figure.unit}",
        figure.against or "",
        "" if ratio is None else shown(ratio),
        f"{figure.target}: {verdict}" if figure.target else "",
    )


def main(arguments: Sequence[str]) -> int:
    """Measure; 0 where every target that was measured is reached, 1 where one is missed, 130 where told to end."""
    asked, console = options(arguments), Console()
    configure_logs(form="pretty", level="warning", service="benchmarks")
    # Told to end, leave as after Ctrl-C: every server that was started is stopped, every tenant removed.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        found = _measured(asked, console)
    except KeyboardInterrupt:
        return 130
    console.print(table(found))
    if "run" in asked.only and not terraform.available():
        console.print("There is no terraform on the PATH: the run was measured without its peer.")
    missed = [f"{measured.benchmark}: {name}" for measured in found for name in measured.missed]
    if missed:
        console.print(f"Missed: {'; '.join(missed)}")
    return 1 if missed else 0


def _node(asked: Options, console: Console) -> Node | None:
    if "page" not in asked.only:
        return None
    try:
        return prepared(lambda step: console.print(f"peers: {step}"))
    except LocalFailure as failure:
        console.print(f"{failure}\nThe page is measured without yoga and Apollo.")
        return None


def _measured(asked: Options, console: Console) -> list[Measured]:
    found = []
    node = _node(asked, console)
    with servers() as where:
        taken = uvloop.run(conditions(where, command=asked.command, rounds=asked.rounds))
        # What is measured within this process collects its garbage as the API and the workers do.
        collecting.settle()
        for name, work in benchmarks(where, asked, node).items():
            if name in asked.only:
                before = load()
                console.print(f"{name} … (load {before})")
                measured = uvloop.run(_coroutine(work))
                save(asked.results, measured, {**taken, "load_before": before, "load_after": load()})
                found.append(measured)
    return found


async def _coroutine(work: Callable[[], Awaitable[Measured]]) -> Measured:
    return await work()


def _interrupt(number: int, frame: FrameType | None) -> None:
    # The event loop knows how to end all that is under way for this signal only.
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
