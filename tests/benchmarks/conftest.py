"""What benchmarks run on, in tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.graph import GraphSettings
from benchmarks.servers import Servers


@pytest.fixture
def servers(graph_settings: GraphSettings, redis_url: str, tmp_path: Path) -> Servers:
    """The servers of this test run."""
    return Servers(graph_settings, redis_url, tmp_path)
