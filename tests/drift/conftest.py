"""What the tests of drift share."""

from __future__ import annotations

import pytest

from tests.drift.outside import Outside
from tests.platform import Platform
from tests.runs.deploying import Deploying, RecordingQueue


@pytest.fixture
def outside(platform: Platform) -> Outside:
    """A tenant of this test's own whose targets others change."""
    return Outside(Deploying(platform, RecordingQueue()))
