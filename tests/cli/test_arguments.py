"""The options of every command may stand anywhere; the server's address is checked before anything is sent."""

from __future__ import annotations

import pytest

from app.cli.arguments import globals_first
from app.cli.failures import BadUsage, ExitCode
from app.cli.server import parse_server


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan", "a", "b", "--json"], ["--json", "plan", "a", "b"]),
        (["plan", "--server", "http://x", "a"], ["--server", "http://x", "plan", "a"]),
        (["plan", "--server=http://x", "--no-color"], ["--server=http://x", "--no-color", "plan"]),
        (["get", "--verbose", "--", "--json"], ["--verbose", "get", "--", "--json"]),
        (["plan", "--server"], ["--server", "plan"]),
        (["plan", "--exit-code"], ["plan", "--exit-code"]),
    ],
)
def test_options_of_every_command_move_before_it(arguments: list[str], expected: list[str]) -> None:
    assert globals_first(arguments) == expected


@pytest.mark.parametrize(
    ("text", "graphql", "socket", "is_local"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql", "ws://127.0.0.1:8080/graphql", True),
        ("http://localhost:8080/", "http://localhost:8080/graphql", "ws://localhost:8080/graphql", True),
        ("http://[::1]:8080", "http://[::1]:8080/graphql", "ws://[::1]:8080/graphql", True),
        ("https://x.org/trellis/", "https://x.org/trellis/graphql", "wss://x.org/trellis/graphql", False),
    ],
)
def test_an_address_becomes_two(text: str, graphql: str, socket: str, is_local: bool) -> None:
    # when
    server = parse_server(text)

    # then
    assert (server.graphql, server.socket, server.is_local) == (graphql, socket, is_local)


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1:8080", "ftp://x", "http://", "http://x:99999", "http://x?y", "http://[x"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadUsage) as refusal:
        parse_server(text)
    assert refusal.value.exit_code is ExitCode.USAGE
    assert refusal.value.code == "BAD_SERVER"


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadUsage) as refusal:
        parse_server("http://admin:secret@127.0.0.1:8080")
    assert "secret" not in refusal.value.message


def test_a_token_over_a_network_without_tls_is_known() -> None:
    assert parse_server("http://trellis.example.org").is_open_to_listeners
    assert not parse_server("https://trellis.example.org").is_open_to_listeners
    assert not parse_server("http://127.0.0.1:8080").is_open_to_listeners
