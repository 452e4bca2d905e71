"""Every command of the page about plans does what the page says, in the page's order, against the real API."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from app.domain.access import Role
from app.domain.plans import create_plan
from tests.api import Api
from tests.cli.conftest import shell, signed_in
from tests.cli.shell import EXAMPLE, Shell
from tests.plans.approving import acting, hire, wanting_approval
from tests.platform import Platform

__all__ = ["shell", "signed_in"]
PAGE = Path(__file__).parents[2] / "docs" / "plans.md"
APPLICATION, ENVIRONMENT = "online-boutique/boutique", "online-boutique@development"


def commands() -> list[list[str]]:
    """The commands of the page, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


async def test_each_command_does_what_the_page_says(api: Api, platform: Platform, signed_in: Shell) -> None:
    # given plans that somebody else has made, and that a policy wants agreed to
    assert (await signed_in("apply", "-f", EXAMPLE)).code == 0
    await hire(platform, "lead", Role.ADMIN)
    with wanting_approval(ENVIRONMENT):
        plan, other = [
            (await create_plan(acting(platform, "lead"), application_id=APPLICATION, environment_id=ENVIRONMENT)).id
            for _ in range(2)
        ]
    places = {"$PLAN": plan, "$OTHER": other}
    # when
    said = []
    for words in commands():
        ended = await signed_in(*(places.get(word, word) for word in words))
        said.append((words[0], ended.code, ended.out.splitlines()[-1] if ended.out else ended.err))
    # then a no ends what was agreed to, so that the last is refused
    names, codes = [one[0] for one in said], [one[1] for one in said]
    assert names == ["plan", "plan", "diff", "approve", "reject", "deploy"], said
    assert codes == [0, 0, 0, 0, 0, 1], said
    assert said[0][2].startswith("plan ")
    assert said[1][2].startswith("not stored (ready, digest ")
    assert said[2][2].startswith("both plans say the same")
    assert said[3][2].startswith("approved")
    assert said[4][2].startswith("rejected")
    assert "was rejected" in said[5][2]
