"""Ports on this machine: is one free, and which setting chooses another."""

from __future__ import annotations

import random
import socket

from app.local.failures import LocalFailure

HOST = "127.0.0.1"

# Below the range from which systems take the near end of a connection: a client that keeps knocking at a server that is
# down could otherwise be given that very port, and the server could not come back on it.
_CHOICE = range(20_000, 32_000)


class PortInUse(LocalFailure):
    """A port that is needed is taken; the message names the setting that chooses another."""

    def __init__(self, port: int, purpose: str, setting: str) -> None:
        other = port + 10_000 if port < 50_000 else port - 10_000
        super().__init__(
            f"Port {port} on {HOST}, wanted for {purpose}, is in use by another program. "
            f"Stop that program, or choose another port: {setting}={other} make up"
        )
        self.port = port
        self.setting = setting


def answers(port: int, host: str = HOST, seconds: float = 0.5) -> bool:
    """Whether something accepts a connection there."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Whether we could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of a server that has just ended linger; they do not keep the next one from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # Some systems let two programs bind the same port when one of them listens on every address.
    return not answers(port)


def require_free(port: int, purpose: str, setting: str) -> None:
    """Raise PortInUse unless we could listen there. `setting` is the environment variable that chooses the port."""
    if not is_free(port):
        raise PortInUse(port, purpose, setting)


def free_ports(count: int) -> list[int]:
    """That many different ports that nobody listens on at this moment. Raises LocalFailure where there are none."""
    found: list[int] = []
    for port in random.sample(_CHOICE, len(_CHOICE)):
        if len(found) == count:
            return found
        if is_free(port):
            found.append(port)
    raise LocalFailure(f"fewer than {count} ports between {_CHOICE.start} and {_CHOICE.stop} are free on {HOST}")
