"""Each benchmark in a tiny size: that it measures the real thing, that both sides do the same, and what it writes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from graphql import OperationDefinitionNode, parse

from app.broker import connect
from app.graph import GraphSettings
from benchmarks import events, page, plan, run
from benchmarks.__main__ import options
from benchmarks.conditions import conditions
from benchmarks.events import EventsSize
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.load import Load
from benchmarks.page import AnswersDiffer, PageSize
from benchmarks.page_seed import seed
from benchmarks.results_files import save
from benchmarks.servers import Servers, tenant
from benchmarks.services import Layers

TINY = Layers(count=3, width=2, needs=2)


@pytest.fixture
def servers(graph_settings: GraphSettings, redis_url: str, tmp_path: Path) -> Servers:
    """The servers of this test run."""
    return Servers(graph_settings, redis_url, tmp_path)


def rounds_of(measured: Measured) -> dict[str, tuple[int, int]]:
    """How many rounds of ours and of the peer each figure has; each took some time."""
    assert all(value > 0 for figure in measured.figures for value in (*figure.ours, *figure.peer))
    return {figure.name: (len(figure.ours), len(figure.peer)) for figure in measured.figures}


async def test_the_page_is_measured_against_a_route_that_answers_the_same(servers: Servers) -> None:
    # given
    size = PageSize(applications=7, first=3, clients=2, seconds=0.2, warm_up=0.1)
    # when every page of both sides is compared, and then asked for again and again
    measured = await page.measure(servers, rounds=2, size=size)
    # then
    assert (measured.setup["services"], measured.setup["clients"]) == (35, 2)
    assert all(value > 0 for value in (*measured.figures[0].ours, *measured.figures[0].peer))
    assert {figure.name: (len(figure.ours), len(figure.peer)) for figure in measured.figures} == {
        "requests": (2, 2),
        "median latency": (2, 2),
        "99th percentile": (2, 2),
        "CPU of the API process a request": (2, 2),
    }


async def test_pages_that_differ_are_not_measured(servers: Servers) -> None:
    # given
    size = PageSize(applications=3, first=2, clients=1, seconds=0.1, warm_up=0.1)
    async with tenant(servers) as owner:
        await seed(owner.graph, owner.name, size.applications)
        async with page.sides(owner, size) as (ours, peer):
            equal = await page.compare(ours.load, peer.load)
            # when one side has something that the other lacks
            later = Load(peer.load.port, peer.load.path, {}, peer.load.bodies[::-1], clients=1, seconds=0.1)
            with pytest.raises(AnswersDiffer, match="shop/app0002"):
                await page.compare(ours.load, later)
    # then only equal answers are let through
    assert equal > 1000


@pytest.mark.parametrize(
    ("answer", "ordered"),
    [
        ({"a": [{"b": 1, "c": None}, {"b": 2, "c": None}], "d": None}, True),
        ({"d": None, "a": []}, False),
        ({"a": [{"c": None, "b": 1}], "d": None}, False),
        ({"a": [{"b": 1}], "d": None}, False),
        ({"a": [{"b": 1, "c": None, "x": 1}], "d": None}, False),
    ],
)
def test_the_order_of_fields_is_that_of_the_query(answer: object, ordered: bool) -> None:
    # given
    definition = parse("{ a { b c } d { e } }").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    # when / then
    assert page.in_order(answer, definition.selection_set) is ordered


async def test_the_plan_is_measured_against_a_bare_one_of_as_many_steps(servers: Servers) -> None:
    # when
    measured = await plan.measure(servers, rounds=2, layers=TINY)
    # then
    assert measured.setup == {"services": 6, "layers": 3, "dependencies": 8}
    assert rounds_of(measured) == {"CPU of the planning process": (2, 2), "until stored": (2, 2)}
    assert measured.missed == []


async def test_the_run_is_measured_alone_and_from_end_to_end(servers: Servers) -> None:
    # when every step succeeds in each round, which the benchmark itself insists on
    measured = await run.measure(servers, rounds=1, terraform_rounds=0, layers=TINY)
    # then
    assert rounds_of(measured) == {
        "executing a saved plan": (1, 0),
        "planning and executing, over HTTP": (1, 0),
        "CPU of the executing process": (1, 0),
    }
    assert (measured.peer, measured.missed) == (None, [])


async def test_events_are_measured(servers: Servers) -> None:
    # when
    measured = await events.measure(servers, rounds=1, size=EventsSize(backlog=20, deliveries=3, writers=2, changes=2))
    # then
    assert len(rounds_of(measured)) == 7


async def test_nothing_of_a_benchmark_is_left_behind(servers: Servers) -> None:
    # given
    async with tenant(servers) as owner, connect(servers.redis_url) as redis:
        count = f"MATCH (n {{tenant: '{owner.name}'}}) RETURN count(n) AS count"
        empty = int(str((await owner.graph.define(count))[0]["count"]))
        await seed(owner.graph, owner.name, 3)
        full = int(str((await owner.graph.define(count))[0]["count"]))
        await redis.set(f"trellis:events:{owner.name}", "something")
    # when it has ended
    async with tenant(servers) as other, connect(servers.redis_url) as redis:
        after = (await other.graph.define(count))[0]["count"]
        keys = await redis.keys(f"*{owner.name}*")
    # then
    assert empty > 0
    # a project, three environments; an application, five services, their versions, two deployments each
    assert full - empty == 4 + 3 * (1 + 5 + 5 + 10)
    assert (after, keys) == (0, [])


def test_layers_need_only_the_layer_before() -> None:
    # given
    graph = Layers(count=10, width=100, needs=3).graph()
    # then
    assert len(graph) == 1000
    assert {len(needs) for name, needs in graph.items() if not name.startswith("layer00")} == {3}
    assert all(int(one[5:7]) == int(name[5:7]) - 1 for name, needs in graph.items() for one in needs)
    assert {one for needs in graph.values() for one in needs} < set(graph)
    assert Layers().graph() == graph


@pytest.mark.parametrize(
    ("figure", "ratio", "reached"),
    [
        (Figure("rate", "1/s", (3.0, 1.0, 2.0), (1.0,), more_is_better=True, times=2.0), 2.0, True),
        (Figure("rate", "1/s", (1.0,), (2.0,), more_is_better=True, times=1.0), 0.5, False),
        (Figure("time", "s", (0.5,), (100.0,), times=100.0), 200.0, True),
        (Figure("time", "s", (0.5,), times=100.0), None, None),
        (Figure("time", "s", (0.5,), (0.25,), most=1.0), 0.5, True),
        (Figure("time", "s", (1.5,), most=1.0), None, False),
        (Figure("time", "s", (1.5,)), None, None),
    ],
)
def test_a_ratio_says_how_many_times_better(figure: Figure, ratio: float | None, reached: bool | None) -> None:
    assert (figure.ratio, figure.reached) == (ratio, reached)


def test_percentiles() -> None:
    assert [percentile(range(1, 101), part) for part in (0.0, 0.5, 0.99, 1.0)] == [1, 51, 100, 100]


async def test_results_are_a_file_each_and_a_table_of_all(servers: Servers, tmp_path: Path) -> None:
    # given
    folder = tmp_path / "results"
    fast = Figure("requests", "1/s", (80.0, 120.0), (50.0, 50.0), more_is_better=True, times=1.0)
    slow = Figure("CPU", "s", (1.25,), most=1.0)
    taken = await conditions(servers, command="make bench", rounds=2)
    # when
    save(folder, Measured("plan", "Plan", None, {"services": 6}, (slow,)), taken)
    path = save(folder, Measured("page", "Page", "a route", {"clients": 2}, (fast,)), taken)
    # then the file has it all
    content = orjson.loads(path.read_bytes())
    assert content.pop("conditions") == taken
    assert content == {
        "benchmark": "page",
        "title": "Page",
        "peer": "a route",
        "setup": {"clients": 2},
        "figures": [
            {
                "name": "requests",
                "unit": "1/s",
                "better": "more",
                "ours": {"median": 100.0, "rounds": [80.0, 120.0]},
                "peer": {"median": 50.0, "rounds": [50.0, 50.0]},
                "ratio": 2.0,
                "target": "at least 1 times",
                "reached": True,
            }
        ],
    }
    # then the table has both, the page first
    rows = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith(("## ", "| r", "| C"))]
    assert rows == [
        "## Page",
        "| requests, 1/s | 100 | 50.0 | 2.00 | at least 1 times: reached |",
        "## Plan",
        "| CPU, s | 1.25 |  |  | at most 1 s: **missed** |",
    ]


async def test_conditions_say_versions_and_nothing_about_the_machine(servers: Servers) -> None:
    # when
    taken = await conditions(servers, command="make bench", rounds=5)
    # then
    assert set(taken) == {"date", "command", "rounds", "cores", "system", "versions"}
    versions = taken["versions"]
    assert isinstance(versions, dict)
    assert {name for name, said in versions.items() if said is None} <= {"terraform"}
    assert str(versions["neo4j server"]).startswith("5.26.")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "make bench"),
        (["--rounds", "3"], ".venv/bin/python -m benchmarks --rounds 3"),
        (["--terraform-rounds", "0"], ".venv/bin/python -m benchmarks --terraform-rounds 0"),
        (["--only", "run", "--only", "page"], ".venv/bin/python -m benchmarks --only page --only run"),
    ],
)
def test_results_name_the_command_that_measures_again(arguments: list[str], command: str) -> None:
    assert options(arguments).command == command


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--rounds", "x"], ["--only", "nothing"]])
def test_a_wrong_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    # when
    with pytest.raises(SystemExit) as ended:
        options(arguments)
    # then
    assert ended.value.code == 2
    assert f"argument {arguments[0]}" in capsys.readouterr().err
