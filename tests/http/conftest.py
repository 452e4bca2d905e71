"""Who asks, in tests of what the API answers over HTTP."""

from __future__ import annotations

import pytest

from tests.http.caller import Caller
from tests.platform import Platform

pytest.register_assert_rewrite("tests.http.attacked")


@pytest.fixture
def caller(platform: Platform) -> Caller:
    """The administrator of the test's tenant."""
    return Caller(platform, platform.actor)


@pytest.fixture
def stranger(platform: Platform) -> Caller:
    """Somebody who is not signed in."""
    return Caller(platform, None)
