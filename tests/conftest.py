"""What every test can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Neo4jAccess, neo4j_for_tests, redis_for_tests

_LATE = ("faults", "kubernetes", "providers", "end_to_end")
"""Folders whose tests take long: they come last, in this order, so that a plain mistake shows within seconds."""


@pytest.fixture(scope="session")
def neo4j_access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jAccess]:
    """A real Neo4j for the whole test run. Tests keep apart by a tenant each, never by emptying it."""
    with neo4j_for_tests(tmp_path_factory.mktemp("neo4j")) as access:
        yield access


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis for the whole test run."""
    with redis_for_tests(tmp_path_factory.mktemp("redis")) as url:
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs no server first, then what asks the shared ones, then the folders that take long."""

    def rank(item: pytest.Item) -> int:
        folder = Path(item.location[0]).parts[1]
        if folder in _LATE:
            return 3 + _LATE.index(folder)
        fixtures = set(getattr(item, "fixturenames", ()))
        if folder == "local":
            return 2
        return 1 if fixtures & {"neo4j_access", "redis_url"} else 0

    items.sort(key=rank)
