"""`make up`, `make down` and `make status`, once the virtual environment is there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from app.local import children, example, servers, web
from app.local.credentials import FILE, Credentials, credentials
from app.local.failures import LocalFailure
from app.local.kubernetes import KubernetesTestbed
from app.local.processes import alive, stop
from app.local.screen import Screen
from app.local.settings import LocalSettings
from app.local.state import State

_LOCK_SECONDS = 900.0
_READY_SECONDS = 90.0
_STOP_SECONDS = {"neo4j": 60.0}
_STOP_FIRST = ("worker", "api")
_KUBERNETES = "kubernetes"
"""The folder within the local one where `make kubernetes` keeps its control plane."""


def up(settings: LocalSettings, screen: Screen) -> None:
    """Start what does not run, load the example, deploy it, and say what is up.

    What runs and is up to date stays as it is. Raises LocalFailure with the reason and what to do.
    """
    state = State(settings.local_folder)
    with state.locked(_LOCK_SECONDS, screen.note):
        secret = credentials(state.folder, settings)
        found = servers.describe(settings, state, secret)
        children.require_port(state, "api", settings.api_port)
        children.require_port(state, "worker", settings.worker_port)
        servers.start(found, state, screen, meanwhile=partial(_build_playground, screen))
        environment = _environment(settings, found, secret)
        _migrate(screen, environment)
        _start_children(settings, state, screen, environment=environment)
        _load_example(screen, environment, secret)
        _summary(settings, found, screen, environment=environment, secret=secret)


def down(settings: LocalSettings, screen: Screen) -> None:
    """Stop exactly what was started here, what needs another before that one; data and credentials stay."""
    if not settings.local_folder.exists():
        screen.note(f"Nothing to stop: there is no folder {settings.local_folder}.")
        return
    state = State(settings.local_folder)
    stopped = 0
    with state.locked(_LOCK_SECONDS, screen.note):
        for name, process in sorted(state.processes().items(), key=lambda item: _stop_rank(item[0])):
            with screen.step(f"Stop {name}") as step:
                ended = stop(process, _STOP_SECONDS.get(name, 30.0))
                step.detail = "stopped" if ended else "was not running"
            state.forget(name)
            stopped += ended
        cluster = settings.local_folder / _KUBERNETES
        if cluster.exists():
            with screen.step("Stop Kubernetes") as step:
                ended = KubernetesTestbed(cluster, say=step.update).stop()
                step.detail = "stopped" if ended else "was not running"
            stopped += ended
    screen.note(f"Data, logs and credentials stay in {state.folder}." if stopped else "Nothing was running.")


def _stop_rank(name: str) -> int:
    return _STOP_FIRST.index(name) if name in _STOP_FIRST else len(_STOP_FIRST)


def status(settings: LocalSettings, screen: Screen) -> bool:
    """Say of each recorded process whether it runs; returns whether there are any and all do."""
    known = State(settings.local_folder).processes() if settings.local_folder.exists() else {}
    if not known:
        screen.note("Nothing was started here.")
        return False
    running = {name: alive(process) for name, process in known.items()}
    cluster = settings.local_folder / _KUBERNETES
    rows = [(name, f"runs, process {known[name].pid}" if runs else "does not run") for name, runs in running.items()]
    if cluster.exists():
        parts = KubernetesTestbed(cluster).running()
        rows += [(f"kubernetes: {name}", "runs" if runs else "does not run") for name, runs in parts.items()]
    screen.summary("Started here", rows)
    return all(running.values())


def _environment(settings: LocalSettings, found: servers.Servers, secret: Credentials) -> dict[str, str]:
    """What the API, the worker and the command line are given, above what this command was given itself."""
    environment = {
        **os.environ,
        "TRELLIS_NEO4J_URI": found.neo4j_uri,
        "TRELLIS_NEO4J_USER": found.neo4j_user,
        "TRELLIS_NEO4J_PASSWORD": found.neo4j_password,
        "TRELLIS_REDIS_URL": found.redis_url,
        "TRELLIS_AUTH_SIGNING_KEY": secret.auth_signing_key,
        "TRELLIS_AUTH_ADMIN_PASSWORD": secret.admin_password,
        "TRELLIS_API_HOST": str(settings.api_host),
        "TRELLIS_API_PORT": str(settings.api_port),
        "TRELLIS_WORKER_HOST": str(settings.worker_host),
        "TRELLIS_WORKER_PORT": str(settings.worker_port),
        "TRELLIS_SERVER": _address(settings),
        "PYTHONUNBUFFERED": "1",
    }
    kubeconfig = settings.kubernetes_kubeconfig or _testbed(settings)
    if kubeconfig:
        environment["KUBECONFIG"] = kubeconfig
    return environment


def _testbed(settings: LocalSettings) -> str | None:
    """The kubeconfig that `make kubernetes` has written; it is there only while that control plane runs."""
    path = settings.local_folder.absolute() / _KUBERNETES / "kubeconfig"
    return str(path) if path.exists() else None


def _address(settings: LocalSettings) -> str:
    host = children.reachable(str(settings.api_host))
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.api_port}"


def _build_playground(screen: Screen) -> None:
    with screen.step("Playground") as step:
        web.build(step.update)


def _migrate(screen: Screen, environment: Mapping[str, str]) -> None:
    with screen.step("Migrations") as step:
        ended = subprocess.run(
            children.MIGRATE,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            said = (ended.stdout + ended.stderr).strip() or "it said nothing"
            raise LocalFailure(f"The migrations ended with exit code {ended.returncode}: {said[-4000:]}")
        step.detail = "done"


def _start_children(settings: LocalSettings, state: State, screen: Screen, *, environment: Mapping[str, str]) -> None:
    endpoints = (
        ("api", children.API, str(settings.api_host), settings.api_port),
        ("worker", children.WORKER, str(settings.worker_host), settings.worker_port),
    )
    for name, command, host, port in endpoints:
        with screen.step(f"Start {name}") as step:
            process, done = children.keep_running(
                state,
                name,
                command=command,
                environment=environment,
                before_start=partial(children.require_port, state, name, port),
            )
            children.wait_until_ready(process, host=host, port=port, seconds=_READY_SECONDS, waiting=step.update)
            step.detail = f"{children.reachable(host)}:{port}, {done}"


def _load_example(screen: Screen, environment: Mapping[str, str], secret: Credentials) -> None:
    screen.note("")
    screen.note(f"The example, {example.MANIFESTS}:")
    example.trellis(example.LOGIN, environment, given=secret.admin_password + "\n")
    example.trellis(example.APPLY, environment)
    example.trellis(example.DEPLOY, environment)


def _summary(
    settings: LocalSettings,
    found: servers.Servers,
    screen: Screen,
    *,
    environment: Mapping[str, str],
    secret: Credentials,
) -> None:
    folder: Path = settings.local_folder.absolute()
    rows = [
        ("Playground", f"{_address(settings)}/"),
        ("  sign in as", f"{secret.admin_user}, password {secret.admin_password}"),
    ]
    if found.neo4j is not None:
        rows.append(("Neo4j Browser", found.neo4j.browser))
        rows.append(("  connect to", found.neo4j_uri))
        rows.append(("  sign in as", f"{found.neo4j_user}, password {found.neo4j_password}"))
    else:
        rows.append(("Neo4j", f"your own, {found.neo4j_uri}"))
    if found.redis is None:
        rows.append(("Redis", "your own"))
    kubeconfig = environment.get("KUBECONFIG")
    if kubeconfig:
        rows.append(("Deployed to", f"Kubernetes, {kubeconfig}"))
    else:
        rows.append(
            ("Deployed to", "the echo provider: the steps were played, no cluster was touched (see `make kubernetes`)")
        )
    rows.append(("Credentials", f"{folder / FILE}"))
    rows.append(("Logs", f"{folder / 'logs'}"))
    rows.append(("Stop", "make down (data stays)"))
    screen.summary("Trellis is up", rows)
