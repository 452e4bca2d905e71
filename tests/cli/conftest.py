"""A command line in this process, as a user has it, and one as a process of its own."""

from __future__ import annotations

import asyncio
import io
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from app.cli.commands import run
from app.cli.credentials import Credential, CredentialStore
from app.cli.server import Server
from tests.api import PASSWORD, Api, free_port
from tests.cli.ended import Ended
from tests.cli.shell import ROOT, Shell

Trellis = Callable[..., Ended]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CredentialStore:
    """Where the command line of this test keeps its tokens."""
    path = tmp_path / "cli.json"
    monkeypatch.setenv("TRELLIS_CLI_CREDENTIALS", str(path))
    return CredentialStore(path)


@pytest.fixture
def trellis(store: CredentialStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Trellis:
    """Runs a command line; with `server` as somebody who is signed in there."""
    monkeypatch.delenv("TRELLIS_SERVER", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def call(*arguments: str, server: Server | None = None, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        if server is not None:
            monkeypatch.setenv("TRELLIS_SERVER", server.url)
            until = datetime.now(UTC) + timedelta(hours=1)
            store.keep(server, Credential(name="admin", token="token-1", expires_at=until))
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return call


@pytest.fixture
async def worker(api: Api, tmp_path: Path) -> AsyncIterator[Process]:
    """A worker of the API's tenant."""
    port = free_port()
    with (tmp_path / "worker.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workers.main",
            env=api.environment() | {"TRELLIS_WORKER_PORT": str(port)},
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
        try:
            await _ready(process, f"http://127.0.0.1:{port}/ready")
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@pytest.fixture
async def shell(api: Api, tmp_path: Path) -> Shell:
    """A shell in which nobody is signed in yet."""
    return Shell(api.environment() | {"TRELLIS_CLI_CREDENTIALS": str(tmp_path / "cli.json")})


@pytest.fixture
async def signed_in(shell: Shell) -> Shell:
    """A shell in which the administrator is signed in."""
    ended = await shell("login", "--password-stdin", stdin=PASSWORD)
    assert ended.code == 0, ended.err
    return shell


async def _ready(process: Process, url: str) -> None:
    async with asyncio.timeout(60), httpx2.AsyncClient(trust_env=False) as client:
        while True:
            assert process.returncode is None, "the worker did not start"
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
