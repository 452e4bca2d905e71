"""What docs/events.md tells people to run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.events.serving import EVENTS, serving
from tests.events.world import World, draft

Check = Callable[[dict[str, object], str, str], str]
PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def check_of_the_page() -> Check:
    """The function that the page prints."""
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    scope: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), scope)
    return cast("Check", scope["check"])


async def delivered(world: World, count: int) -> list[dict[str, object]]:
    """The first events of the log, as a client gets them."""
    async with serving(world) as served, served.signed_in() as client:
        await client.subscribe(EVENTS, {"after": "0"})
        return [await client.event() for _ in range(count)]


async def test_the_check_that_the_page_prints_accepts_the_log_and_finds_a_change(world: World) -> None:
    # given
    check = check_of_the_page()
    odd = replace(
        draft(2), message='ä "quoted" \u2028 \x7f\t', data={"before": None, "after": {"z": [1, True], "é": ""}}
    )
    async with world.running():
        await world.write(draft(1), odd)
        await world.write(draft(3))
        events = await delivered(world, 3)

    # when
    last = "0" * 64
    for event in events:
        last = check(event, last, world.tenant)

    # then
    assert last == (await world.end()).hash
    with pytest.raises(ValueError, match="changed at event 1"):
        check({**events[0], "message": "something else"}, "0" * 64, world.tenant)
