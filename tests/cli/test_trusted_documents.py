"""The command line against an API that takes only documents it knows."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.cli.credentials import Credential, CredentialStore
from app.cli.server import Server
from app.domain.access import Actor, Role
from app.domain.sessions import Tokens
from app.graph import GraphSettings
from app.ports import SystemClock
from app.trusted import Mode, main
from tests.api import KEY, free_port, served, settings_for
from tests.platform import SHOP, Platform, service

TRELLIS = str(Path(sys.executable).with_name("trellis"))
COMMANDS = [
    ("get", "projects"),
    ("get", "services", "--application", "shop/boutique"),
    ("plan", "shop/boutique", "shop@dev"),
    ("status", "shop/boutique"),
    ("graph", "shop/boutique"),
    ("runs",),
    ("events",),
]


async def test_commands_work_where_only_trusted_documents_are_taken(
    graph_settings: GraphSettings, redis_url: str, tenant: str, platform: Platform, tmp_path: Path
) -> None:
    # given an API that takes only what the command line sends, and a developer
    await platform.apply(*SHOP, service("cart"))
    assert main([str(tmp_path / "trusted.json")]) == 0
    settings = settings_for(graph_settings, redis_url, tenant=tenant, port=free_port()).model_copy(
        update={"trusted_documents": tmp_path / "trusted.json", "trusted_documents_mode": Mode.REQUIRE}
    )
    developer = Actor("user:admin", tenant, "admin", Role.DEVELOPER)
    issued = Tokens(KEY, clock=SystemClock()).issue(developer)
    url = f"http://127.0.0.1:{settings.api_port}"
    until = datetime.now(UTC) + timedelta(hours=1)
    CredentialStore(tmp_path / "cli.json").keep(
        Server(url), Credential(name="admin", token=issued.token, expires_at=until)
    )

    async def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            TRELLIS,
            *arguments,
            env={"TRELLIS_SERVER": url, "TRELLIS_CLI_CREDENTIALS": str(tmp_path / "cli.json"), "HOME": str(tmp_path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        assert process.returncode is not None
        return process.returncode, out.decode()

    # when they run commands, and send a document of their own
    async with served(settings) as api:
        ended = {words: await run(*words) for words in COMMANDS}
        own = await api.post("{ me { id } }", token=issued.token)
    # then the commands work, and the document is refused
    assert {words: code for words, (code, _) in ended.items() if code not in (0, 5)} == {}, ended
    assert own.json()["errors"][0]["extensions"] == {"code": "UNTRUSTED_DOCUMENT"}
