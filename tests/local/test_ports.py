"""A port that is taken is said, with the setting that chooses another."""

from __future__ import annotations

import socket

import pytest

from app.local.ports import HOST, PortInUse, answers, free_ports, is_free, require_free


@pytest.mark.parametrize("address", [HOST, "0.0.0.0"])
def test_a_port_in_use_names_its_setting(address: str) -> None:
    # given
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]

        # when
        with pytest.raises(PortInUse) as caught:
            require_free(port, "Redis", "TRELLIS_LOCAL_REDIS_PORT")

    # then
    message = str(caught.value)
    assert message.startswith(f"Port {port} on 127.0.0.1, wanted for Redis, is in use by another program. ")
    assert "choose another port: TRELLIS_LOCAL_REDIS_PORT=" in message
    assert (caught.value.port, caught.value.setting) == (port, "TRELLIS_LOCAL_REDIS_PORT")


def test_a_port_is_free_again_once_its_server_has_ended() -> None:
    # given: a connection that the server closed, which lingers
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            accepted, _ = server.accept()
            accepted.close()
            assert client.recv(1) == b""
        assert (is_free(port), answers(port)) == (False, True)

    # when
    free = is_free(port)

    # then
    assert free
    assert not answers(port)
    require_free(port, "Redis", "TRELLIS_LOCAL_REDIS_PORT")


def test_free_ports_are_different_and_free() -> None:
    # when
    ports = free_ports(20)

    # then
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)
    assert all(20_000 <= port < 32_000 for port in ports)
