"""Each benchmark in a tiny size: that it measures the real thing, that both sides do the same, and what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from graphql import OperationDefinitionNode, parse
from neo4j import AsyncGraphDatabase

from app.broker import connect
from app.domain.declarations import declare
from app.domain.manifest_validation import validate
from app.local.node import Node
from benchmarks import bulk, events, page, plan
from benchmarks.__main__ import options
from benchmarks.bulk_documents import Organisation
from benchmarks.children import CHECKOUT
from benchmarks.conditions import conditions
from benchmarks.events import EventsSize
from benchmarks.figures import Figure, Measured, percentile
from benchmarks.page import AnswersDiffer, PageSize
from benchmarks.page_queries import PAGE, page_as_ours, small_as_ours
from benchmarks.page_seed import seed
from benchmarks.peers import bare_unwind
from benchmarks.peers.node import FOLDER, prepared, versions
from benchmarks.results_files import save
from benchmarks.servers import Servers, tenant
from benchmarks.services import Layers
from tests.platform import Platform

TINY = Layers(count=3, width=2, needs=2)


def rounds_of(measured: Measured) -> dict[str, tuple[int, int]]:
    """How many rounds of ours and of the peer each figure has; each took some time."""
    assert all(value > 0 for figure in measured.figures for value in (*figure.ours, *figure.peer))
    return {figure.name: (len(figure.ours), len(figure.peer)) for figure in measured.figures}


@pytest.fixture(scope="session")
def node() -> Node:
    """The Node that runs the peers of JavaScript, their locked packages installed."""
    return prepared(print)


TINY_PAGE = PageSize(7, 3, 2, seconds=0.2, warm_up=0.1, small_queries=3, small_seconds=0.1, small_warm_up=0.1)


async def test_the_page_is_measured_against_peers_that_answer_the_same(servers: Servers, node: Node) -> None:
    # when every page and small query of all sides is compared, and then asked for again and again
    measured = await page.measure(servers, rounds=2, size=TINY_PAGE, node=node)
    # then
    assert (measured.setup["services"], measured.setup["clients"]) == (35, 2)
    assert all(value > 0 for figure in measured.figures for value in (*figure.ours, *figure.peer))
    assert {(len(figure.ours), len(figure.peer)) for figure in measured.figures} == {(2, 2)}
    against = {
        "page": {"route by hand", "yoga", "Apollo"},
        "page seen through teams": {"route by hand"},
        "page, kept until something changes": {"route by hand"},
        "small query": {"yoga", "Strawberry", "Strawberry, bare session"},
    }
    names = ("requests", "median latency", "99th percentile", "CPU of the API process a request")
    assert {(figure.name, figure.against) for figure in measured.figures} == {
        (f"{what}: {name}", peer) for what, peers in against.items() for peer in peers for name in names
    }


async def test_the_targets_are_those_that_were_set(servers: Servers) -> None:
    # when measured without the peers that need packages
    measured = await page.measure(servers, rounds=1, size=TINY_PAGE, node=None)
    # then
    assert {(figure.label, figure.target) for figure in measured.figures if figure.target} == {
        ("page: requests, against route by hand", "at least 1.5 times"),
        ("page: requests, against yoga", "at least 3 times"),
        ("page: requests, against Apollo", "at least 4 times"),
        ("page: 99th percentile, against route by hand", "at least 1 times"),
        ("small query: requests, against yoga", "at least 3 times"),
        ("small query: requests, against Strawberry", "at least 1.8 times"),
    }
    # then what was left out is neither reached nor missed
    left_out = {figure.against for figure in measured.figures if not figure.peer}
    assert left_out == {"yoga", "Apollo"}
    assert {figure.reached for figure in measured.figures if figure.against in left_out} == {None}


async def test_pages_that_differ_are_not_measured(servers: Servers) -> None:
    # given
    size = replace(TINY_PAGE, applications=3, first=2, clients=1)
    async with tenant(servers) as owner:
        await seed(owner.graph, owner.name, size.applications)
        async with page.sides(owner, size, None) as asked:
            equal = await page.compare(asked.page, in_order_of=PAGE)
            # when one side has something that the others lack
            ours, peer, *_ = asked.page
            later = replace(peer.side.load, bodies=peer.side.load.bodies[::-1])
            with pytest.raises(AnswersDiffer, match=r"route by hand .*shop/app0002"):
                await page.compare((ours, replace(peer, side=replace(peer.side, load=later))), in_order_of=PAGE)
    # then only equal answers are let through
    assert equal > 1000


def test_other_shapes_say_the_same_in_ours() -> None:
    # given what @neo4j/graphql answers
    service = {
        "id": "shop/a/b",
        "deployments": [{"id": "d", "status": "succeeded", "environment": [{"id": "e", "stage": "staging"}]}],
        "dependenciesConnection": {"edges": [{"properties": {"kind": "hard"}, "node": {"id": "c"}}]},
    }
    application = {"id": "shop/a", "project": [{"id": "shop"}], "services": [service]}
    # when
    shaped = page_as_ours({"applications": [application]})
    # then
    assert shaped == [
        {
            "id": "shop/a",
            "project": {"id": "shop"},
            "services": {
                "nodes": [
                    {
                        "id": "shop/a/b",
                        "deployments": {
                            "nodes": [
                                {"id": "d", "status": "SUCCEEDED", "environment": {"id": "e", "stage": "STAGING"}}
                            ]
                        },
                        "dependencies": {"edges": [{"kind": "HARD", "node": {"id": "c"}}]},
                    }
                ]
            },
        }
    ]
    assert (small_as_ours({"services": [{"id": "x"}]}), small_as_ours({"services": []})) == ({"id": "x"}, None)


def test_the_packages_of_the_peers_are_pinned_and_name_no_place_to_download_from() -> None:
    # given
    package = orjson.loads((FOLDER / "package.json").read_bytes())
    lock = orjson.loads((FOLDER / "package-lock.json").read_bytes())
    # then
    packages = {name: found for name, found in lock["packages"].items() if name}
    assert [name for name, found in packages.items() if "resolved" in found or "integrity" not in found] == []
    assert {name: packages[f"node_modules/{name}"]["version"] for name in package["dependencies"]} == versions()
    page = (CHECKOUT / "docs" / "benchmarks.md").read_text()
    assert [version for name, version in versions().items() if name != "graphql" and version not in page] == []
    assert (FOLDER / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"


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
    measured = await plan.measure(servers, rounds=2, layers=TINY, large=Layers(count=3, width=4, needs=2))
    # then
    assert measured.setup == {"services": 6, "layers": 3, "dependencies": 8}
    assert rounds_of(measured) == {
        "CPU of the planning process": (2, 2),
        "until stored": (2, 2),
        "until stored, 12 services with 16 dependencies": (2, 0),
        "memory at its peak, 12 services with 16 dependencies": (1, 0),
        "time against 6 services; n log n is 2.8 times": (2, 0),
    }
    # The growth of what takes no time is chance.
    assert [name for name in measured.missed if "n log n" not in name] == []


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
    fast = Figure("requests", "1/s", (80.0, 120.0), (50.0, 50.0), more_is_better=True, times=1.0, against="a route")
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
                "against": "a route",
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
        "| requests, 1/s | 100 | 50.0 | a route | 2.00 | at least 1 times: reached |",
        "## Plan",
        "| CPU, s | 1.25 |  |  |  | at most 1 s: **missed** |",
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


async def test_a_bulk_import_is_measured_against_statements_that_create_the_same(servers: Servers) -> None:
    # given
    size = Organisation(projects=2, applications=3, documents=25)
    # when every import creates all of it, and its repeat nothing, which the benchmark itself insists on
    measured = await bulk.measure(servers, rounds=2, size=size)
    # then
    assert measured.setup == {"documents": 25, "services": 14, "entities": 39, "dependencies": 23}
    assert rounds_of(measured) == {
        "entities imported": (2, 2),
        "CPU of the importing process": (2, 2),
        "the same again, all unchanged": (2, 0),
    }


async def test_a_bulk_import_and_its_peer_make_the_same_graph(servers: Servers) -> None:
    # given
    manifests = Organisation(projects=2, applications=3, documents=25).manifests()
    documents = [validate(one) for one in manifests]
    ready = bare_unwind.rows([declare(one) for one in documents if not isinstance(one, tuple)])
    graph = servers.graph
    async with (
        tenant(servers) as ours,
        tenant(servers) as theirs,
        AsyncGraphDatabase.driver(graph.uri, auth=(graph.user, graph.password)) as driver,
    ):
        # when
        await Platform(ours.graph, ours.name).apply(*manifests)
        created = await bare_unwind.load(driver, theirs.name, ready)
        # then
        assert created == 39
        pictures = [await Platform(one.graph, one.name).picture() for one in (ours, theirs)]
        assert pictures[0] == pictures[1]
