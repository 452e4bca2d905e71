"""The benchmark of a run, and its peers, in a tiny size."""

from __future__ import annotations

from neo4j import AsyncGraphDatabase

from benchmarks import run
from benchmarks.peers import arq_steps, group_commit
from benchmarks.servers import Servers, tenant
from benchmarks.services import Layers

TINY = Layers(count=3, width=2, needs=2)


async def test_the_run_is_measured_alone_and_from_end_to_end(servers: Servers) -> None:
    # when every step succeeds in each round, which the benchmark itself insists on
    measured = await run.measure(servers, rounds=1, terraform_rounds=0, layers=TINY, warm_up=1, past=10)
    # then
    assert all(value > 0 for figure in measured.figures for value in (*figure.ours, *figure.peer))
    assert [(figure.label, len(figure.ours), len(figure.peer), figure.target) for figure in measured.figures] == [
        ("executing a saved plan, against terraform", 1, 0, "at least 100 times"),
        ("executing a saved plan, against terraform without dependencies", 1, 0, "at least 25 times"),
        ("executing a saved plan, against a job a step", 1, 1, "at least 5 times"),
        ("executing a saved plan, against bare group commit", 1, 1, "at least 0.67 times"),
        ("planning and executing, over HTTP, against terraform", 1, 0, "at least 100 times"),
        ("the first after a start of the database", 1, 0, ""),
        ("CPU of the executing process", 1, 0, ""),
    ]
    # What was left out is not missed; six steps are too few to be faster than anything.
    assert [label for label in measured.missed if "terraform" in label] == []


async def test_jobs_of_arq_carry_out_each_step_once_after_those_it_needs(servers: Servers) -> None:
    # given
    graph = TINY.graph()
    async with tenant(servers) as owner:
        # when
        took, order = await arq_steps.run(servers.redis_url, f"{owner.name}:jobs", graph)
    # then
    assert took > 0
    assert sorted(order) == sorted(graph)
    assert all(order.index(one) < order.index(name) for name, needs in graph.items() for one in needs)


async def test_the_bare_loop_leaves_every_step_succeeded(servers: Servers) -> None:
    # given
    graph = servers.graph
    async with (
        tenant(servers) as owner,
        AsyncGraphDatabase.driver(graph.uri, auth=(graph.user, graph.password)) as driver,
    ):
        # when
        took, succeeded = await group_commit.run(driver, owner.name, "bare", TINY.graph())
        states = await owner.graph.define(
            f"MATCH (step:StepRun {{tenant: '{owner.name}'}}) RETURN step.state AS state, count(step) AS steps"
        )
    # then
    assert took > 0
    assert succeeded == TINY.services
    assert [dict(row) for row in states] == [{"state": "succeeded", "steps": TINY.services}]
