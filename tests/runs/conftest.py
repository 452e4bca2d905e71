"""What the tests of runs share."""

from __future__ import annotations

import pytest

from tests.platform import Platform
from tests.runs.deploying import Deploying


@pytest.fixture
def deploying(platform: Platform) -> Deploying:
    """A tenant of this test's own that deploys."""
    return Deploying(platform)
