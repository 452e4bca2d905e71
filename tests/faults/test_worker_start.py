"""A worker that cannot start says why, names the setting, and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from app.local.ports import HOST
from app.ports import SystemClock
from app.settings import Settings
from tests.faults.workers import ROOT
from workers.main import providers, worker_settings

KEY = "0123456789abcdef0123456789abcdef"


def start(settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a worker to its end."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    needed = {
        "PYTHONPATH": str(ROOT),
        "TRELLIS_NEO4J_PASSWORD": "none",
        "TRELLIS_REDIS_URL": "redis://127.0.0.1:1/0",
        "TRELLIS_AUTH_SIGNING_KEY": KEY,
    }
    command = [sys.executable, "-m", "workers.main"]
    environment = {**kept, **needed, **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_wrong_setting_is_refused_by_name_and_reason() -> None:
    # when
    ended = start({"TRELLIS_WORKER_CONCURRENCY": "0", "TRELLIS_WORKER_LEASE_SECONDS": "soon"})
    # then
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "TRELLIS_WORKER_CONCURRENCY: Input should be greater than or equal to 1",
        "TRELLIS_WORKER_LEASE_SECONDS: Input should be a valid number, unable to parse string as a number",
    ]
    assert KEY not in ended.stderr + ended.stdout


def test_a_taken_port_is_said_with_the_setting_to_change() -> None:
    # given
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        # when
        ended = start({"TRELLIS_WORKER_PORT": str(port)})
    # then
    assert ended.returncode == 1
    assert f"the worker cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "TRELLIS_WORKER_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_kubernetes_is_offered_where_a_kubeconfig_is_set_and_connected_to_by_nobody_before_it_is_needed(
    tmp_path: Path,
) -> None:
    # given
    needed = Settings(
        neo4j_password=SecretStr("none"),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        auth_signing_key=SecretStr(KEY),
        kubernetes_kubeconfig=tmp_path / "nothing-here",
    )
    # then
    assert providers(needed, SystemClock()).names == ("echo", "kubernetes")


def test_the_settings_of_the_process_are_those_of_the_worker() -> None:
    # given
    settings = Settings(
        neo4j_password=SecretStr("none"),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        auth_signing_key=SecretStr(KEY),
        worker_concurrency=3,
        worker_steps_per_target=4,
        worker_lease_seconds=5,
        worker_attempts=6,
        worker_drain_seconds=7,
        worker_step_seconds=8,
    )
    # when
    own = worker_settings(settings)
    # then
    assert (own.concurrency, own.steps_per_target, own.lease) == (3, 4, 5.0)
    assert (own.attempts, own.drain, own.longest_step) == (6, 7.0, 8.0)
