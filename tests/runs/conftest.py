"""What the tests of runs share."""

from __future__ import annotations

import pytest

from tests.platform import Platform
from tests.runs.deploying import Deploying, RecordingQueue


@pytest.fixture
def queue() -> RecordingQueue:
    """Remembers which runs it was rung for."""
    return RecordingQueue()


@pytest.fixture
def deploying(platform: Platform, queue: RecordingQueue) -> Deploying:
    """A tenant of this test's own that deploys; nobody answers its rings."""
    return Deploying(platform, queue)
