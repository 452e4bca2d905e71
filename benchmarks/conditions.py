"""Under which conditions figures were taken: versions, cores, load; nothing that identifies the machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import orjson
from pydantic import JsonValue

from app.broker import connect
from app.graph import Graph
from benchmarks.servers import Servers

PACKAGES = ("neo4j", "neo4j-rust-ext", "strawberry-graphql", "graphql-core", "starlette", "uvicorn", "orjson", "arq")


def load() -> float | None:
    """How many programs wanted a core in the last minute, on average; None where the system does not say."""
    try:
        return round(os.getloadavg()[0], 1)
    except OSError:
        return None


def installed(package: str) -> str | None:
    """The version of a Python package; None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def terraform_version() -> str | None:
    """The version of terraform on the PATH; None without one."""
    program = shutil.which("terraform")
    if program is None:
        return None
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = subprocess.run(
        [program, "version", "-json"], capture_output=True, check=False, env={**kept, "CHECKPOINT_DISABLE": "1"}
    )
    if said.returncode:
        return None
    return str(orjson.loads(said.stdout)["terraform_version"])


async def conditions(servers: Servers, *, command: str, rounds: int) -> dict[str, JsonValue]:
    """All of it but the load, as it is written into a results file."""
    async with Graph.connect(servers.graph) as graph, connect(servers.redis_url) as redis:
        neo4j = await graph.verify()
        server = await redis.info("server")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {
            "python": platform.python_version(),
            "neo4j server": neo4j.removeprefix("Neo4j/"),
            "redis server": str(server["redis_version"]),
            "terraform": terraform_version(),
            **{package: installed(package) for package in PACKAGES},
        },
    }
