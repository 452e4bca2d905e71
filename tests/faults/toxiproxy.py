"""toxiproxy between a process under test and a server: it delays, swallows and cuts what the two say to each other."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.local.go_build import GoProgram, build_all, build_key, build_once, cache_folder, find_go
from app.local.ports import HOST, answers, free_ports
from app.local.processes import Process, kill, spawn, wait_for

MODULE: Final = Path(__file__).resolve().parents[2] / "deploy" / "toxiproxy"
_SERVER: Final = GoProgram("toxiproxy-server", MODULE, "github.com/Shopify/toxiproxy/v2/cmd/server")


def built_server(say: Callable[[str], None]) -> Path:
    """The program, built from its pinned module the first time on a machine, which takes seconds."""
    target = cache_folder("toxiproxy") / build_key([MODULE])
    if not target.is_dir():
        go = find_go([MODULE], "Building toxiproxy, with which tests cut connections,")
        build_once(target, lambda place: build_all(go, [_SERVER], place, say), say)
    return target / _SERVER.name


class Stream(StrEnum):
    """Who is speaking."""

    PROCESS = "upstream"
    SERVER = "downstream"


class Toxiproxy:
    """A running toxiproxy with one proxy, listening on `port` of this machine, in front of a server."""

    def __init__(self, api: int, port: int, upstream: str) -> None:
        self.port = port
        self._api = api
        self._ask("POST", "/proxies", {"name": "cut", "listen": f"{HOST}:{port}", "upstream": upstream})

    def cut_at_next_word(self, stream: Stream) -> None:
        """Cut each connection as soon as one side says something, which is lost, until `heal`."""
        self._add(stream, "reset_peer")

    def cut(self) -> None:
        """Cut all connections, with all that is on its way in them, and take no new ones until `heal`."""
        self._ask("POST", "/proxies/cut", {"enabled": False})

    def swallow(self) -> None:
        """Keep connections open and let nothing through either way until `heal`, which ends those connections."""
        for stream in Stream:
            self._add(stream, "timeout")

    def heal(self) -> None:
        """Take connections again, and pass everything on at once."""
        self._ask("POST", "/reset", {})

    def _add(self, stream: Stream, toxic: str) -> None:
        body = {"name": stream, "type": toxic, "stream": stream, "attributes": {"timeout": 0}}
        self._ask("POST", "/proxies/cut/toxics", body)

    def _ask(self, method: str, path: str, body: Mapping[str, object]) -> None:
        connection = http.client.HTTPConnection(HOST, self._api, timeout=10.0)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise AssertionError(f"toxiproxy: {method} {path}: {answer.status} {said}")


@contextmanager
def proxied(server: Path, folder: Path, upstream: str) -> Iterator[Toxiproxy]:
    """A proxy in front of `upstream` (host:port), killed at the end."""
    api, port = free_ports(2)
    command = [str(server), "-host", HOST, "-port", str(api)]
    process: Process = spawn("toxiproxy", command, log=folder / "toxiproxy.log", environment={})
    try:
        assert wait_for(lambda: answers(api), 20.0), (folder / "toxiproxy.log").read_text()
        yield Toxiproxy(api, port, upstream)
    finally:
        kill(process)
