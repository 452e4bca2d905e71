"""Results on disk: one JSON file a benchmark, and a table of them all.

Nothing that identifies the machine is written: no host name, no path, no address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from pydantic import JsonValue

from benchmarks.figures import Measured

TABLE = "README.md"
_HEAD = """\
# Results

Written by `make bench`; what is measured, and how, is in [docs/benchmarks.md](../../docs/benchmarks.md). Medians of
all rounds. The ratio says how many times better Trellis is than its peer in the same run.
"""
_ORDER = ("page", "plan", "run", "recovery", "events", "bulk", "impact")


def save(folder: Path, measured: Measured, conditions: Mapping[str, JsonValue]) -> Path:
    """Write one benchmark's results and the table of all that are in the folder. Returns the results file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{measured.benchmark}.json"
    content = {**measured.json(), "conditions": dict(conditions)}
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    found = [orjson.loads(each.read_bytes()) for each in sorted(folder.glob("*.json"), key=_place)]
    (folder / TABLE).write_text(_table(found), encoding="utf-8")
    return path


def _place(path: Path) -> tuple[int, str]:
    return (_ORDER.index(path.stem) if path.stem in _ORDER else len(_ORDER), path.stem)


def _table(found: Sequence[Mapping[str, JsonValue]]) -> str:
    parts = [_HEAD]
    for one in found:
        conditions, figures = one["conditions"], one["figures"]
        assert isinstance(conditions, dict)
        assert isinstance(figures, list)
        against = f", against {one['peer']}" if one["peer"] else ""
        rows = [
            f"## {one['title']}\n",
            f"{conditions['date']}, {conditions['cores']} cores{against}. Again: `{conditions['command']}`\n",
            "| | Trellis | peer | | ratio | target |",
            "| --- | ---: | ---: | --- | ---: | --- |",
        ]
        rows += [_row(figure) for figure in figures if isinstance(figure, dict)]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(figure: Mapping[str, JsonValue]) -> str:
    unit, ratio, target = figure["unit"], figure["ratio"], figure["target"]
    said = {True: "reached", False: "**missed**", None: "not measured"}
    cells = (
        f"{figure['name']}, {unit}",
        _median(figure["ours"]),
        _median(figure["peer"]),
        str(figure.get("against") or ""),
        shown(ratio) if isinstance(ratio, int | float) else "",
        f"{target}: {said[bool(figure['reached']) if figure['reached'] is not None else None]}" if target else "",
    )
    return f"| {' | '.join(cells)} |"


def _median(side: JsonValue) -> str:
    if not isinstance(side, dict):
        return ""
    median = side["median"]
    return shown(median) if isinstance(median, int | float) else ""


def shown(value: float) -> str:
    """A number with as many digits as are worth reading."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
