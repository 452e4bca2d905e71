"""The queries for people who explore the graph: each is shown in docs/exploring.md, and each shows something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import cypher
from app.domain.manifest_files import read_manifests
from app.domain.runs import deploy
from app.graph import Graph
from app.transactions import Row
from tests.guards.execution_plans import read, writes
from tests.guards.patterns import outside, parameters
from tests.platform import Platform
from tests.runs.deploying import Deploying, RecordingQueue
from workers.executor import Outcome

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "exploring.md"
QUERIES = {path.stem: path for path in sorted((cypher.ROOT / "exploring").glob("*.cypher"))}
APPLICATION = "online-boutique/boutique"
ENVIRONMENT = "online-boutique@development"
SERVICE = f"{APPLICATION}/redis-cart"
PARAMETERS = {"application": APPLICATION, "environment": ENVIRONMENT, "service": SERVICE}
SERVICES = [
    "adservice",
    "cartservice",
    "checkoutservice",
    "currencyservice",
    "emailservice",
    "frontend",
    "loadgenerator",
    "paymentservice",
    "productcatalogservice",
    "recommendationservice",
    "redis-cart",
    "shippingservice",
]


def text(name: str) -> str:
    """A query as it is pasted."""
    return QUERIES[name].read_text(encoding="utf-8").strip()


@pytest.fixture
async def example(platform: Platform) -> Platform:
    """A tenant with the example, deployed to development."""
    documents, problems = read_manifests([CHECKOUT / "examples" / "online-boutique"])
    assert problems == []
    await platform.apply(*[document.content for document in documents])
    deploying = Deploying(platform, RecordingQueue())
    started = await deploy(
        platform.change(correlation_id="request-2"),
        deploying.queue,
        application_id=APPLICATION,
        environment_id=ENVIRONMENT,
    )
    assert await deploying.worker().execute(started.run_id) is Outcome.FINISHED
    return platform


async def shown(platform: Platform, name: str) -> list[Row]:
    """The rows of a query, with the parameters of the page."""
    graph, query = platform.graph, text(name)
    given = {key: f"'{value}'" for key, value in {**PARAMETERS, "tenant": platform.tenant}.items()}
    return await graph.define(re.sub(r"\$(\w+)", lambda match: given[match[1]], query))


def test_the_page_shows_every_query_as_it_is() -> None:
    # given the page, and the files beside it
    blocks = re.findall(r"^`cypher/exploring/(\w+)\.cypher`\n\n```cypher\n(.*?)\n```$", PAGE.read_text(), re.M | re.S)
    # when the queries on the page are compared with the files
    # then each file is shown once, word for word
    assert sorted(name for name, _ in blocks) == sorted(QUERIES)
    assert {name: shown for name, shown in blocks if shown != text(name)} == {}
    assert len(QUERIES) >= 10


def test_the_page_sets_every_parameter() -> None:
    # given the line of the page that sets the parameters
    [line] = re.findall(r"^:params \{(.*)\}$", PAGE.read_text(), re.M)
    # when it is read
    said = dict(re.findall(r"(\w+): '([^']*)'", line))
    # then it has all that the queries use, for the example
    assert said == {**PARAMETERS, "tenant": "default"}
    assert {used for name in QUERIES for used in parameters(text(name))} == set(said)


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_stays_in_the_tenant_and_changes_nothing(graph: Graph, name: str) -> None:
    # given a query
    # when it is read, and the server plans it
    explained = await graph.explain(text(name), {**PARAMETERS, "tenant": "default"})
    # then it is kept to the tenant, and writes nothing
    assert outside(text(name)) == []
    assert not explained.writes
    assert writes(read(explained.plan)) == []
    assert text(name).startswith("// ")


async def test_tables_show_the_example(example: Platform) -> None:
    # given the example, deployed
    # when the queries that answer with tables are run
    tables: Mapping[str, list[Row]] = {
        name: await shown(example, name)
        for name in (
            "most_needed",
            "not_deployed_yet",
            "order_of_deployment",
            "one_request",
            "the_newest_run",
            "what_a_plan_was_computed_from",
            "what_breaks_without",
            "what_happened_to",
            "what_runs_where",
        )
    }
    # then each says what is the case
    assert [row["service"] for row in tables["what_runs_where"]] == SERVICES
    assert {row["environment"] for row in tables["what_runs_where"]} == {"development"}
    assert {(row["status"], row["current"]) for row in tables["what_runs_where"]} == {("succeeded", True)}
    assert tables["not_deployed_yet"] == []
    assert sorted(str(row["service"]) for row in tables["most_needed"]) == SERVICES
    assert tables["most_needed"][0]["callers"] == max(int(str(row["callers"])) for row in tables["most_needed"])
    assert sorted(str(row["service"]) for row in tables["the_newest_run"]) == SERVICES
    assert {row["state"] for row in tables["the_newest_run"]} == {"succeeded"}
    assert {row["action"] for row in tables["the_newest_run"]} == {"create"}
    assert tables["what_breaks_without"] == [
        {"service": "cartservice", "hops": 1},
        {"service": "checkoutservice", "hops": 2},
        {"service": "frontend", "hops": 2},
        {"service": "loadgenerator", "hops": 3},
    ]
    assert tables["order_of_deployment"] == [
        {"starts_in_this_order": ["redis-cart", "cartservice", "checkoutservice", "frontend", "loadgenerator"]}
    ]
    assert [row["type"] for row in tables["what_happened_to"]][-1] == "service.created"
    assert {row["changed"] for row in tables["what_a_plan_was_computed_from"]} == {False}
    assert {row["kind"] for row in tables["what_a_plan_was_computed_from"]} >= {"Application", "Environment", "Service"}
    assert tables["one_request"] != []


async def test_pictures_show_the_example(example: Platform) -> None:
    # given the example, deployed
    # when the queries that answer with pictures are run
    pictures = {
        name: await shown(example, name)
        for name in ("an_application", "circles", "the_newest_plan", "the_way_to_production", "who_may")
    }
    # then each has what the picture shows
    assert {name: len(rows) > 0 for name, rows in pictures.items()} == {
        "an_application": True,
        "circles": False,
        "the_newest_plan": True,
        "the_way_to_production": True,
        "who_may": True,
    }


async def test_a_change_shows(example: Platform) -> None:
    # given the example, deployed, and a service that is to run another version since
    documents, _ = read_manifests([CHECKOUT / "examples" / "online-boutique" / "services" / "redis-cart.yaml"])
    [document] = documents
    content = document.content
    assert isinstance(content, dict)
    spec = content["spec"]
    assert isinstance(spec, dict)
    spec["image"] = "redis:7.4.0-alpine"
    await example.apply(content)
    # when it is looked for
    waiting = await shown(example, "not_deployed_yet")
    running = {str(row["service"]): row["current"] for row in await shown(example, "what_runs_where")}
    read_then = {str(row["id"]): row["changed"] for row in await shown(example, "what_a_plan_was_computed_from")}
    # then it is named, and no other
    assert [row["service"] for row in waiting] == ["redis-cart"]
    assert [service for service, current in running.items() if not current] == ["redis-cart"]
    assert [id for id, changed in read_then.items() if changed] == [SERVICE]
