"""Real worker processes, and what their logs say they did to the outside."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.local.ports import HOST, free_ports
from app.local.processes import Process, alive, kill, spawn, stop, wait_for

COMMAND = (sys.executable, "-m", "workers.main")
ROOT = Path(__file__).parents[2]

METRICS_TOKEN = "scrape-for-tests"


@dataclass(frozen=True, slots=True)
class Place:
    """The graph, the broker and the tenant that a worker serves."""

    neo4j_uri: str
    neo4j_password: str
    redis_url: str
    tenant: str


class WorkerProcess:
    """A worker as users run it, with a lease of one second; its log goes to a file of its own."""

    def __init__(self, place: Place, log: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Start it."""
        [self.port] = free_ports(1)
        self.log = log
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "TRELLIS_NEO4J_URI": place.neo4j_uri,
            "TRELLIS_NEO4J_PASSWORD": place.neo4j_password,
            "TRELLIS_REDIS_URL": place.redis_url,
            "TRELLIS_AUTH_SIGNING_KEY": "0123456789abcdef0123456789abcdef",
            "TRELLIS_TENANT": place.tenant,
            "TRELLIS_METRICS_TOKEN": METRICS_TOKEN,
            "TRELLIS_WORKER_PORT": str(self.port),
            "TRELLIS_WORKER_LEASE_SECONDS": "1",
            "TRELLIS_LOG_LEVEL": "debug",
            **(settings or {}),
        }
        self.process: Process = spawn("worker", COMMAND, log=log, environment=environment)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return alive(self.process)

    def wait_until_ready(self) -> None:
        """Return once the worker answers that it and all it needs are ready."""
        assert wait_for(lambda: self.get("/ready")[0] == 200, 30.0), self.log.read_text()[-3000:]

    def get(self, path: str, *, token: str | None = None) -> tuple[int, str]:
        """Status and body of its health endpoint; 0 where it does not listen."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5.0)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        kill(self.process)

    def freeze(self) -> None:
        """Stop it where it is (SIGSTOP)."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and see to it that it does."""
        stop(self.process, 30.0)

    def said(self, event: str) -> list[dict[str, object]]:
        """All log lines of that event."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("{"):
                entry = json.loads(line)
                if entry.get("event") == event:
                    found.append(entry)
        return found

    def effects(self) -> list[str]:
        """The services it applied or deleted, in order."""
        return [str(one["step"]).rpartition("/")[2].partition("@")[0] for one in self.said("step.effect")]
