"""A real Kubernetes control plane on this machine, without containers: `python -m app.local.kubernetes up`."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import secrets
import shutil
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from joserfc.jwk import RSAKey

from app.local import processes
from app.local.failures import LocalFailure, tail
from app.local.kubernetes_build import Programs, built_programs
from app.local.kubernetes_parts import (
    NAMES,
    Endpoints,
    Files,
    Node,
    command,
    kubeconfig,
    token_file,
    write_stages,
)
from app.local.ports import HOST, free_ports
from app.local.state import State, private_folder, write_private

FOLDER: Final = Path(".trellis") / "kubernetes"
NODES: Final = (Node("node-1"), Node("node-2"), Node("node-3"))

_READY_SECONDS: Final = 90.0
_STOP_SECONDS: Final = 5.0
_LOCK_SECONDS: Final = 120.0


class KubernetesTestbed:
    """etcd, API server, controller manager, scheduler and kwok, as processes of their own that outlive their starter.

    Several testbeds run side by side, each in a folder of its own. What was deployed is kept over stop and start;
    ports, token and keys are new with every start. As a context manager it starts, and stops when left.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kubeconfig: Path | None = None,
        nodes: Sequence[Node] = NODES,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Work in `folder` (made with mode 700).

        `kubeconfig` is the file to write at start (mode 600), in `folder` by default. `nodes` are created at start;
        `say` is told how far a start is.
        """
        self._state = State(folder.resolve())
        self._files = Files(self._state.folder, (kubeconfig or folder / "kubeconfig").resolve())
        self._nodes = tuple(nodes)
        self._say = say

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def kubeconfig(self) -> Path:
        """Where the kubeconfig is while it runs."""
        return self._files.kubeconfig

    @property
    def server(self) -> str:
        """The API server's address; LocalFailure if nothing was started."""
        return self._endpoints().server

    def running(self) -> dict[str, bool]:
        """Each program by name, and whether it runs."""
        known = self._state.processes()
        return {name: name in known and processes.alive(known[name]) for name in NAMES}

    def start(self) -> bool:
        """Start what does not run and wait until the nodes are ready; False where all of it was up already.

        Builds the programs first if this machine has never done so. Raises LocalFailure with the end of the log of what
        could not start; nothing is left running then.
        """
        with self._state.locked(_LOCK_SECONDS, self._say):
            programs = built_programs(self._say)
            current = all(self._state.basis(name) == programs.folder.name for name in NAMES)
            if current and all(self.running().values()) and self._answers("/readyz"):
                return False
            self._stop_all()
            try:
                self._start_all(programs)
            except BaseException:
                self._stop_all()
                raise
            return True

    def stop(self) -> bool:
        """Stop exactly what was started here; False where nothing ran. What was deployed is kept."""
        with self._state.locked(_LOCK_SECONDS, self._say):
            return self._stop_all()

    def start_api_server(self) -> None:
        """Start a stopped API server again, where it was and with what it had; returns when it is ready."""
        self._spawn("kube-apiserver", built_programs(self._say), self._endpoints())
        self._wait_for_api_server()

    def stop_api_server(self) -> None:
        """Stop only the API server, as an upgrade would."""
        processes.stop(self._api_server(), _STOP_SECONDS)

    def kill_api_server(self) -> None:
        """End only the API server at once, as a crash would."""
        processes.kill(self._api_server())

    def add_node(self, node: Node) -> None:
        """Create a node and wait until it is ready; one that is there already is fine."""
        status, answer = self._call("POST", "/api/v1/nodes", node.manifest())
        if status not in (201, 409):
            raise LocalFailure(f"node {node.name} cannot be created: {status} {answer.decode(errors='replace')}")
        if not processes.wait_for(lambda: self._node_ready(node.name), _READY_SECONDS):
            raise LocalFailure(f"node {node.name} does not become ready\n{tail(self._files.log('kwok'))}")

    def remove_node(self, name: str) -> None:
        """Delete a node; its pods go too. One that is not there is fine."""
        status, answer = self._call("DELETE", f"/api/v1/nodes/{name}")
        if status not in (200, 202, 404):
            raise LocalFailure(f"node {name} cannot be deleted: {status} {answer.decode(errors='replace')}")

    def _start_all(self, programs: Programs) -> None:
        api, etcd, peer = free_ports(3)
        endpoints = Endpoints(api, etcd, peer, secrets.token_urlsafe(32))
        write_private(self._endpoints_file, json.dumps(asdict(endpoints)) + "\n")
        write_private(self._files.tokens, token_file(endpoints))
        write_private(self._files.service_account_key, RSAKey.generate_key(2048).as_pem(private=True).decode())
        # The API server makes a new certificate, good for a year, where it finds none.
        shutil.rmtree(self._files.certificate.parent, ignore_errors=True)
        private_folder(self._files.certificate.parent)
        write_stages(programs, self._files)
        self._say("starting etcd and the API server")
        self._spawn("etcd", programs, endpoints)
        self._spawn("kube-apiserver", programs, endpoints)
        self._wait_for_api_server()
        self._files.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._files.kubeconfig, kubeconfig(endpoints, self._files.certificate.read_bytes()))
        self._say("starting the controller manager, the scheduler and the nodes")
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            self._spawn(name, programs, endpoints)
        for node in self._nodes:
            self.add_node(node)
        for name, runs in self.running().items():
            if not runs:
                raise LocalFailure(f"{name} ended at its start\n{tail(self._files.log(name))}")

    def _spawn(self, name: str, programs: Programs, endpoints: Endpoints) -> None:
        environment = {"HOME": str(self._files.folder), "PATH": os.defpath}
        process = processes.spawn(
            name,
            command(name, programs, self._files, endpoints),
            log=self._files.log(name),
            environment=environment,
        )
        self._state.record(process, basis=programs.folder.name)

    def _stop_all(self) -> bool:
        known = self._state.processes()
        stopped = False
        for name in reversed(NAMES):
            if name in known:
                stopped = processes.stop(known[name], _STOP_SECONDS) or stopped
                self._state.forget(name)
        # Its address and token are void; a kubeconfig that is not there says more than one that leads nowhere.
        self._files.kubeconfig.unlink(missing_ok=True)
        return stopped

    def _wait_for_api_server(self) -> None:
        needed = ("etcd", "kube-apiserver")
        known = self._state.processes()

        def dead() -> bool:
            return any(not processes.alive(known[name]) for name in needed)

        if not processes.wait_for(lambda: dead() or self._answers("/readyz"), _READY_SECONDS) or dead():
            logs = "\n".join(tail(self._files.log(name)) for name in needed)
            raise LocalFailure(f"the API server does not start\n{logs}")

    def _api_server(self) -> processes.Process:
        process = self._state.processes().get("kube-apiserver")
        if process is None:
            raise LocalFailure(f"no Kubernetes testbed was started in {self._files.folder}")
        return process

    @property
    def _endpoints_file(self) -> Path:
        return self._files.folder / "endpoints.json"

    def _endpoints(self) -> Endpoints:
        try:
            return Endpoints(**json.loads(self._endpoints_file.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise LocalFailure(f"no Kubernetes testbed was started in {self._files.folder}") from error

    def _node_ready(self, name: str) -> bool:
        status, answer = self._call("GET", f"/api/v1/nodes/{name}")
        if status != 200:
            return False
        node = json.loads(answer)
        tainted = any(taint["effect"] == "NoSchedule" for taint in node["spec"].get("taints", []))
        conditions = {entry["type"]: entry["status"] for entry in node["status"].get("conditions", [])}
        return conditions.get("Ready") == "True" and not tainted

    def _answers(self, path: str) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException, LocalFailure):
            return self._call("GET", path)[0] == 200
        return False

    def _call(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        endpoints = self._endpoints()
        trust = ssl.create_default_context(cafile=str(self._files.certificate))
        connection = http.client.HTTPSConnection(HOST, endpoints.api, timeout=10.0, context=trust)
        with contextlib.closing(connection):
            headers = {"Authorization": f"Bearer {endpoints.token}", "Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, response.read()


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out `up`, `down` or `status`; returns the exit code (`status`: 0 where all of it runs, otherwise 3)."""
    parser = argparse.ArgumentParser(
        prog="python -m app.local.kubernetes",
        description="A real Kubernetes control plane on this machine, without containers; kwok plays the nodes.",
    )
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument("--state", type=Path, default=FOLDER, help="where it keeps its files (default: %(default)s)")
    parser.add_argument("--kubeconfig", type=Path, help="where to write the kubeconfig (default: in the state folder)")
    options = parser.parse_args(arguments)
    try:
        testbed = KubernetesTestbed(options.state, kubeconfig=options.kubeconfig, say=_say)
        match options.action:
            case "up":
                started = testbed.start()
                _say(f"Kubernetes is up at {testbed.server}" if started else f"Kubernetes was up at {testbed.server}")
                _say(f"use it with: export KUBECONFIG={testbed.kubeconfig}")
            case "down":
                _say("Kubernetes is stopped; what was deployed is kept" if testbed.stop() else "Kubernetes did not run")
            case _:
                running = testbed.running()
                for name, runs in running.items():
                    _say(f"{name}: {'running' if runs else 'not running'}")
                return 0 if all(running.values()) else 3
    except LocalFailure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
