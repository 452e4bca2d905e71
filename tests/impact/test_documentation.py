"""The queries on docs/impact.md are answered as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.http.caller import Caller
from tests.impact.test_confirming import FILLED, WEB, record
from tests.platform import Platform

PAGE = (Path(__file__).parents[2] / "docs" / "impact.md").read_text()
QUERIES = {match[2]: match[1] for match in re.finditer(r"```graphql\n((?:query|mutation) (\w+).*?)```", PAGE, re.S)}


@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_of_the_page_is_answered(platform: Platform, name: str) -> None:
    # given the application of the page, part of which runs
    await platform.apply(*FILLED)
    await record(platform, WEB, "shop@dev")
    # when
    answer = (await Caller(platform, platform.actor).ask(QUERIES[name])).json()
    # then
    assert "errors" not in answer
    assert None not in answer["data"].values()
    if name == "Delete":
        assert [one["code"] for one in answer["data"]["deleteService"]["problems"]] == ["STALE_IMPACT"]


def test_the_page_has_all_of_them() -> None:
    assert list(QUERIES) == ["Graph", "Path", "Impact", "Ids", "Delete"]
