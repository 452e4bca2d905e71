"""The API and the worker as processes of this machine: when they are out of date, and when they are ready."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.local.failures import LocalFailure, tail
from app.local.ports import HOST, require_free
from app.local.processes import Process, alive, spawn, stop, wait_for
from app.local.state import State
from app.settings import PREFIX

CHECKOUT = Path(__file__).parents[2]
_ROOMS = ("app", "cypher", "graph_schema", "workers")
_QUICK_ENDS = 3

API = (sys.executable, "-m", "app.main", "serve")
WORKER = (sys.executable, "-m", "workers.main")
MIGRATE = (sys.executable, "-m", "app.main", "migrate")


def basis(environment: Mapping[str, str]) -> str:
    """What a child was started from: changes with its settings, the kubeconfig and the program's own files."""
    settings = sorted(name for name in environment if name.startswith(PREFIX) or name == "KUBECONFIG")
    parts = [f"{name}={environment[name]}" for name in settings]
    kubeconfig = environment.get("KUBECONFIG", "")
    for path in filter(None, kubeconfig.split(os.pathsep)):
        parts.append(hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).is_file() else "")
    files = [path for room in _ROOMS for path in (CHECKOUT / room).rglob("*") if path.suffix in (".py", ".cypher")]
    newest = max(path.stat().st_mtime_ns for path in files)
    parts.append(f"{len(files)} files, {newest}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def keep_running(
    state: State,
    name: str,
    *,
    command: Sequence[str],
    environment: Mapping[str, str],
    before_start: Callable[[], None] = lambda: None,
) -> tuple[Process, str]:
    """See to it that a child runs under a supervisor, with this environment and the program's files as they are now.

    `before_start` is called when an older one has ended and may refuse. Returns the process and what was done: "runs",
    "started" or "restarted".
    """
    wanted = basis(environment)
    known = state.processes().get(name)
    runs = known is not None and alive(known)
    if known is not None and runs and state.basis(name) == wanted:
        return known, "runs"
    if known is not None:
        stop(known)
    before_start()
    log = state.folder / "logs" / f"{name}.log"
    supervised = [sys.executable, "-m", "app.local.supervise", name, "--", *command]
    process = spawn(name, supervised, log=log, environment=environment)
    state.record(process, basis=wanted)
    return process, "restarted" if runs else "started"


def require_port(state: State, name: str, port: int) -> None:
    """Raise PortInUse where the child (api, worker) is not running and its port is taken by somebody else."""
    known = state.processes().get(name)
    if known is not None and alive(known):
        return
    if known is not None:
        # Its supervisor has been killed; what that left behind is no other program.
        stop(known)
    require_free(port, f"the {name}", f"TRELLIS_{name.upper()}_PORT")


def wait_until_ready(process: Process, *, host: str, port: int, seconds: float, waiting: Callable[[str], None]) -> None:
    """Return once `/ready` answers 200; `waiting` is told what is missing.

    Raises LocalFailure with the end of the log if the process ends, ends again and again, or the time passes.
    """
    address = reachable(host)
    log = Path(process.log)
    offset = _size(log)

    def ready() -> bool:
        if not alive(process):
            raise LocalFailure(f"The {process.name} ended while it was starting. {tail(log)}")
        if _ends(log, offset) >= _QUICK_ENDS:
            raise LocalFailure(f"The {process.name} ends again and again. {tail(log)}")
        status, said = _ready(address, port)
        waiting(said)
        return status == 200

    if not wait_for(ready, seconds, every=0.2):
        raise LocalFailure(f"The {process.name} was not ready after {seconds:.0f} seconds. {tail(log)}")


def reachable(host: str) -> str:
    """The address at which a server that listens on `host` is reached from this machine."""
    return HOST if ipaddress.ip_address(host).is_unspecified else host


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _ends(log: Path, offset: int) -> int:
    """How often the supervisor has written since that its command ended."""
    with log.open("rb") as file:
        file.seek(offset)
        return file.read(1_000_000).count(b" supervise: ")


def _ready(host: str, port: int) -> tuple[int, str]:
    """The status of `/ready` and what it says; 0 where nobody listens."""
    connection = http.client.HTTPConnection(host, port, timeout=5.0)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return 0, "not listening yet"
    finally:
        connection.close()
    return answer.status, f"/ready answers {answer.status} {body[:200].decode(errors='replace')}".strip()
