"""The local Neo4j: a real server that keeps its data, its password and its ports."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError

from app.local.failures import LocalFailure
from app.local.neo4j import USER, Neo4jServer
from app.local.ports import HOST, PortInUse, answers, free_ports
from app.local.processes import alive
from tests.servers import own_neo4j


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A Neo4j of this module alone, running."""
    neo4j = own_neo4j(tmp_path_factory.mktemp("neo4j") / "home")
    try:
        neo4j.start()
        yield neo4j
    finally:
        neo4j.stop()


def connected(server: Neo4jServer, password: str) -> contextlib.closing[Driver]:
    return contextlib.closing(GraphDatabase.driver(server.uri, auth=(USER, password), telemetry_disabled=True))


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts connections, as the kernel writes them (hexadecimal)."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            sockets.add(os.readlink(entry))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1])
    return found


def addresses(ports: tuple[int, ...]) -> set[str]:
    """127.0.0.1 and a port, as IPv4 and as IPv4 within IPv6."""
    return {f"{ip}:{port:04X}" for ip in ("0100007F", "0000000000000000FFFF00000100007F") for port in ports}


def test_it_listens_on_this_machine_only(server: Neo4jServer) -> None:
    # given
    assert server.process is not None

    # when
    found = listening(server.process.pid)

    # then
    assert len(found) == 2
    assert found <= addresses((server.bolt_port, server.http_port))


def test_only_the_generated_password_signs_in(server: Neo4jServer) -> None:
    # when
    with connected(server, server.password) as driver:
        records, _, _ = driver.execute_query("CALL dbms.components() YIELD edition, versions")
    with connected(server, "neo4j") as driver, pytest.raises(AuthError) as refused:
        driver.verify_connectivity()

    # then
    assert [(record["edition"], record["versions"]) for record in records] == [("community", ["5.26.30"])]
    assert refused.value.code == "Neo.ClientError.Security.Unauthorized"


def test_the_browser_page_is_served(server: Neo4jServer) -> None:
    # when
    with socket.create_connection((HOST, server.http_port)) as connection:
        connection.sendall(b"GET /browser/ HTTP/1.0\r\n\r\n")
        answer = connection.makefile("rb").read()

    # then
    assert server.browser == f"http://127.0.0.1:{server.http_port}/browser/"
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"<title>Neo4j Browser</title>" in answer


def test_its_folder_is_private(server: Neo4jServer) -> None:
    # then
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.home / "conf" / "neo4j.conf").stat().st_mode) == 0o600
    assert server.password not in (server.home / "conf" / "neo4j.conf").read_text()
    assert server.process is not None
    assert server.password not in Path(f"/proc/{server.process.pid}/cmdline").read_text()


def test_a_running_server_is_left_alone(server: Neo4jServer) -> None:
    # given
    before = server.process

    # when
    after = server.start()

    # then
    assert after == before


def test_another_command_takes_over_a_running_server(server: Neo4jServer) -> None:
    # given
    described = Neo4jServer(
        server.home,
        server.class_path,
        password=server.password,
        bolt_port=server.bolt_port,
        http_port=server.http_port,
        process=server.process,
    )

    # when
    process = described.launch()
    described.wait()

    # then
    assert process == server.process


def test_a_second_server_on_the_same_ports_is_refused(server: Neo4jServer, tmp_path: Path) -> None:
    # given
    second = Neo4jServer(
        tmp_path / "second",
        server.class_path,
        password="of-the-second",
        bolt_port=server.bolt_port,
        http_port=server.http_port,
    )

    # when
    with pytest.raises(PortInUse) as caught:
        second.start()

    # then
    assert caught.value.setting == "TRELLIS_LOCAL_NEO4J_BOLT_PORT"
    assert str(caught.value).startswith(f"Port {server.bolt_port} on 127.0.0.1, wanted for Neo4j (Bolt), is in use")
    assert not second.home.exists()


def test_data_outlives_a_restart_and_a_power_cut(server: Neo4jServer) -> None:
    # given
    with connected(server, server.password) as driver:
        driver.execute_query("CREATE (:LocalStartTest {id: 'before-stop'})")

    # when
    server.stop()
    stopped = server.alive, answers(server.bolt_port)
    server.start()
    with connected(server, server.password) as driver:
        driver.execute_query("CREATE (:LocalStartTest {id: 'before-kill'})")
    server.kill()
    killed = server.alive, answers(server.bolt_port)
    server.start()

    # then
    assert (stopped, killed) == ((False, False), (False, False))
    with connected(server, server.password) as driver:
        records, _, _ = driver.execute_query("MATCH (n:LocalStartTest) RETURN n.id AS id ORDER BY id")
    assert [record["id"] for record in records] == ["before-kill", "before-stop"]


def test_a_wrong_recorded_password_is_said(server: Neo4jServer) -> None:
    # given
    described = Neo4jServer(
        server.home,
        server.class_path,
        password="a-wrong-password",
        bolt_port=server.bolt_port,
        http_port=server.http_port,
        process=server.process,
    )

    # when
    with pytest.raises(LocalFailure) as caught:
        described.wait()

    # then
    assert f"Neo4j in {server.home} does not accept the recorded password" in str(caught.value)
    assert "a-wrong-password" not in str(caught.value)
    assert server.alive


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    # given: no jars
    bolt, http = free_ports(2)
    neo4j = Neo4jServer(tmp_path / "home", (), password="irrelevant", bolt_port=bolt, http_port=http)

    # when
    with pytest.raises(LocalFailure) as caught:
        neo4j.start()

    # then
    message = str(caught.value)
    assert message.startswith("Neo4j ended while it was starting. The end of ")
    assert "Could not find or load main class org.neo4j.server.CommunityEntryPoint" in message
    assert not neo4j.alive


def test_a_server_that_takes_too_long_is_said_and_still_ours_to_stop(tmp_path: Path) -> None:
    # given
    neo4j = own_neo4j(tmp_path / "home")
    try:
        # when
        with pytest.raises(LocalFailure) as caught:
            neo4j.start(seconds=0.1)

        # then
        assert str(caught.value).startswith("Neo4j was not ready after 0 seconds. ")
        assert neo4j.process is not None
        assert alive(neo4j.process)
    finally:
        neo4j.stop()
    assert not alive(neo4j.process)


def test_a_recorded_process_that_is_somebody_elses_is_not_stopped(server: Neo4jServer) -> None:
    # given
    assert server.process is not None
    described = Neo4jServer(
        server.home,
        server.class_path,
        password=server.password,
        bolt_port=server.bolt_port,
        http_port=server.http_port,
        process=dataclasses.replace(server.process, started="another boot 1", mark="another mark"),
    )

    # when
    described.stop()
    described.kill()

    # then
    assert not described.alive
    assert server.alive
