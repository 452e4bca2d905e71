"""The local Redis: private, on this machine only, and its data outlives it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from app.local.failures import LocalFailure
from app.local.ports import PortInUse
from app.local.redis import RedisServer
from tests.servers import own_redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running Redis of one test, in a folder whose name has a space and a quote."""
    redis = own_redis(tmp_path / 'a "home"')
    try:
        redis.start()
        yield redis
    finally:
        redis.stop()


def test_data_outlives_a_restart_and_a_power_cut(server: RedisServer) -> None:
    # given
    with Redis.from_url(server.url) as client:
        client.xadd("stream", {"n": 1}, id="1-0")
    first = server.process

    # when
    server.restart()
    second = server.process
    with Redis.from_url(server.url) as client:
        client.xadd("stream", {"n": 2}, id="2-0")
        # The file is synced every second; a process that dies has handed over to the system what it answered.
    server.kill()
    assert not server.alive
    server.start()

    # then
    assert first != second != server.process
    with Redis.from_url(server.url) as client:
        assert client.xrange("stream") == [(b"1-0", {b"n": b"1"}), (b"2-0", {b"n": b"2"})]


def test_it_is_set_up_to_lose_nothing_and_to_listen_here_only(server: RedisServer) -> None:
    # when
    with Redis.from_url(server.url) as client:
        found = {
            name: client.config_get(name)[name]
            for name in ("bind", "appendonly", "maxmemory-policy", "protected-mode", "save", "dir")
        }

    # then
    assert found == {
        "bind": "127.0.0.1",
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "protected-mode": "yes",
        "save": "",
        "dir": str(server.home),
    }


def test_nobody_gets_in_without_the_password(server: RedisServer) -> None:
    # when
    with Redis(host="127.0.0.1", port=server.port) as client, pytest.raises(AuthenticationError) as caught:
        client.set("key", "value")

    # then
    assert str(caught.value) == "Authentication required."
    with Redis.from_url(server.url) as client:
        assert client.dbsize() == 0


def test_the_password_is_in_a_private_file_and_on_no_command_line(server: RedisServer) -> None:
    # given
    assert server.process is not None

    # when
    command = Path(f"/proc/{server.process.pid}/cmdline").read_text()
    environment = Path(f"/proc/{server.process.pid}/environ").read_text()

    # then
    configuration = server.home / "redis.conf"
    assert server.password in configuration.read_text()
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.home.stat().st_mode) == 0o700
    assert server.password not in command + environment
    assert server.password not in server.log.read_text()


def test_a_second_server_on_the_same_port_is_refused(server: RedisServer, tmp_path: Path) -> None:
    # given
    second = RedisServer(tmp_path / "second", password="of-the-second", port=server.port)

    # when
    with pytest.raises(PortInUse) as caught:
        second.start()

    # then
    assert caught.value.setting == "TRELLIS_LOCAL_REDIS_PORT"
    assert not second.home.exists()


def test_a_wrong_recorded_password_is_said(server: RedisServer) -> None:
    # given
    described = RedisServer(server.home, password="a-wrong-password", port=server.port, process=server.process)

    # when
    with pytest.raises(LocalFailure) as caught:
        described.wait()

    # then
    assert str(caught.value).startswith(f"Redis in {server.home} does not accept the recorded password: ")
    assert "a-wrong-password" not in str(caught.value)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    # given: data that is no append-only file
    redis = own_redis(tmp_path / "home")
    redis.home.mkdir()
    (redis.home / "appendonly.aof").write_text("this is not what Redis wrote\n" * 10)
    try:
        # when
        with pytest.raises(LocalFailure) as caught:
            redis.start()
    finally:
        redis.stop()

    # then
    assert str(caught.value).startswith("Redis ended while it was starting. The end of ")
    assert "Bad file format reading the append only file" in str(caught.value)
