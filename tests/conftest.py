"""What every test can ask for."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from app.domain.sessions import Passwords
from app.domain.tenants import ensure_tenant
from app.graph import Graph, GraphSettings
from app.ids import Ids
from app.local.kubernetes import KubernetesTestbed
from app.local.kubernetes_build import built_programs
from app.local.neo4j import Neo4jServer
from app.migrations import migrate
from app.ports import SystemClock
from tests.api import Api, free_port, served, settings_for
from tests.platform import Platform
from tests.servers import Neo4jAccess, neo4j_for_tests, own_neo4j, redis_for_tests
from tests.side_by_side import GROUPS, Beside, Turns, group, own_ports

_LATE = ("end_to_end", "faults")
"""Folders whose tests take long: they come last, in this order, so that a plain mistake shows within seconds."""
_FOLDER = pytest.StashKey[str]()
_TURNS = pytest.StashKey[Turns]()


@pytest.fixture(scope="session")
def neo4j_access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jAccess]:
    """A real Neo4j for the whole test run. Tests keep apart by a tenant each, never by emptying it."""
    with neo4j_for_tests(tmp_path_factory.mktemp("neo4j")) as access:
        yield access


@pytest.fixture(scope="session")
def lone_neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A real Neo4j beside the shared one, for tests of what a whole server has: constraints, the names it knows."""
    server = own_neo4j(tmp_path_factory.mktemp("lone-neo4j"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis for the whole test run."""
    with redis_for_tests(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def kubernetes_testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesTestbed]:
    """A running control plane with three nodes for the whole test run. Tests keep apart by a namespace each."""
    # The first build on a machine takes minutes, and says so past pytest's capture.
    built_programs(_past_capture)
    with KubernetesTestbed(tmp_path_factory.mktemp("kubernetes")) as testbed:
        yield testbed


@pytest.fixture(scope="session")
def graph_settings(neo4j_access: Neo4jAccess) -> GraphSettings:
    """The shared Neo4j with every migration applied."""
    settings = GraphSettings(neo4j_access.uri, neo4j_access.user, neo4j_access.password)

    async def prepare() -> None:
        async with Graph.connect(settings) as graph:
            await migrate(graph)

    asyncio.run(prepare())
    return settings


@pytest.fixture
async def graph(graph_settings: GraphSettings) -> AsyncIterator[Graph]:
    """The door to the shared graph."""
    async with Graph.connect(graph_settings) as graph:
        yield graph


@pytest.fixture
async def tenant(graph: Graph) -> str:
    """A tenant of this test's own, with its administrator, the providers and the policies."""
    name = "t-" + Ids(SystemClock()).new()
    passwords = Passwords(memory_kib=1024)
    providers = {"echo": frozenset({"Workload"}), "kubernetes": frozenset({"Workload"})}
    await ensure_tenant(graph, name, passwords=passwords, password="correct horse battery", providers=providers)
    return name


@pytest.fixture
def platform(graph: Graph, tenant: str) -> Platform:
    """Ways to fill the tenant and to look at what is in it."""
    return Platform(graph, tenant)


@pytest.fixture
async def api(graph_settings: GraphSettings, redis_url: str, tenant: str) -> AsyncIterator[Api]:
    """The real API for the test's tenant, on a port of this machine."""
    async with served(settings_for(graph_settings, redis_url, tenant=tenant, port=free_port())) as api:
        yield api


def _past_capture(text: str) -> None:
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"{text}\n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that was skipped has not passed: the run fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what needs no server first, then what asks the shared ones, then what takes long.

    Side by side, one process begins with the longest group once the quick tests are through: what is left when that
    ends is many small parts, so that both end together.
    """
    kubernetes = 3 if config.stash.get(_TURNS, None) is None else 0.5

    def rank(item: pytest.Item) -> float:
        folder = Path(item.location[0]).parts[1]
        fixtures = set(getattr(item, "fixturenames", ()))
        own = group(item.nodeid)
        for name in GROUPS:
            if name in fixtures and own != name:
                raise pytest.UsageError(f"{item.nodeid} asks for {name}: add it there in tests/side_by_side.py")
        if own == "kubernetes_testbed":
            return kubernetes
        if folder in _LATE:
            return 4 + _LATE.index(folder)
        if folder == "local":
            return 2
        return 1 if fixtures & {"neo4j_access", "lone_neo4j", "redis_url"} else 0

    items.sort(key=rank)


# What follows is asked where the tests run side by side (`make test`), in processes of their own.


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out the tests by group, in the order in which they were collected."""
    config.option.loadscopereorder = False
    scheduler = import_module("xdist.scheduler").LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Beside) -> None:
    """Tell a process where it waits for its turn."""
    if _FOLDER not in node.config.stash:
        folder = TemporaryDirectory(prefix="trellis-turns-")
        node.config.stash[_FOLDER] = folder.name
        node.config.add_cleanup(folder.cleanup)
    node.workerinput["turns"] = node.config.stash[_FOLDER]


def pytest_configure(config: pytest.Config) -> None:
    """Judge no generated example by the time it takes, and prepare a process that runs beside others."""
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
    own = getattr(config, "workerinput", None)
    if own is not None:
        config.stash[_TURNS] = Turns(Path(own["turns"]))
        own_ports(int(own["workerid"].removeprefix("gw")), own["workercount"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Wait for the test's turn."""
    turns = item.config.stash.get(_TURNS, None)
    if turns is None:
        return (yield)
    alone = item.get_closest_marker("alone") is not None
    turns.begin(alone=alone)
    try:
        return (yield)
    finally:
        if not (alone and nextitem is not None and nextitem.get_closest_marker("alone")):
            turns.end()
