"""Every command of the page about drift does what the page says, in the page's order, against the real API."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.api import Api
from tests.cli.conftest import shell, signed_in
from tests.cli.shell import EXAMPLE, Shell
from tests.platform import Platform

__all__ = ["shell", "signed_in"]
PAGE = Path(__file__).parents[2] / "docs" / "drift.md"
SERVICE, ENVIRONMENT = "online-boutique/boutique/adservice", "online-boutique@development"


def commands() -> list[list[str]]:
    """The commands of the page, in their order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


async def drifted(platform: Platform) -> None:
    """Let somebody have scaled a service that runs."""
    await platform.graph.define(
        f"MATCH (s:Service {{tenant: '{platform.tenant}', id: '{SERVICE}'}})-[:DESIRES]->(v), "
        f"(e:Environment {{tenant: '{platform.tenant}', id: '{ENVIRONMENT}'}}) "
        f"CREATE (d:Deployment:Entity {{tenant: '{platform.tenant}', id: '{SERVICE}@development', name: 'adservice', "
        "version: 1, created_at: datetime(), updated_at: datetime(), status: 'succeeded', kind: 'Workload', "
        "provider: 'echo', depends_on: [], application_id: 'online-boutique/boutique', "
        f"environment_id: '{ENVIRONMENT}', service_id: s.id, service_name: 'adservice', version_id: v.id, "
        "drifted: true, drifted_at: datetime(), expected: ['replicas=1'], observed: ['replicas=5']})"
        "-[:OF]->(s) CREATE (d)-[:RUNS]->(v) CREATE (d)-[:IN]->(e)"
    )


async def test_each_command_does_what_the_page_says(api: Api, platform: Platform, signed_in: Shell) -> None:
    # given
    assert (await signed_in("apply", "-f", EXAMPLE)).code == 0
    await drifted(platform)
    # when
    said = []
    for words in commands():
        ended = await signed_in(*words, *(["--no-follow"] if words[0] == "deploy" else []))
        said.append((" ".join(words[:2] if words[0] == "drift" else words[:1]), ended.code, ended.out + ended.err))
    # then
    names = ["drift list", "drift observe", "drift accept", "drift revert", "deploy", "events"]
    assert [(name, code) for name, code, _ in said] == [(name, 0) for name in names], said
    told = [text for *_, text in said]
    assert re.search(rf"{SERVICE}@development.*replicas +1 +5", told[0]) is not None
    assert "as soon as a worker can" in told[1]
    assert f"desired is {SERVICE}:" in told[2]
    assert told[3].startswith("plan ")
    assert [kind in told[5] for kind in ("deployment.drift.accepted", "deployment.drift.reverting")] == [True, True]
