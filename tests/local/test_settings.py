"""Settings of a local start: each wrong one is named, and a server of one's own is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.local.failures import LocalFailure
from app.local.settings import load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("TRELLIS_", "NEO4J_", "REDIS_", "KUBECONFIG")):
            monkeypatch.delenv(name)


def test_defaults_are_the_ports_everybody_knows() -> None:
    # when
    settings = load_settings()

    # then
    assert (settings.api_port, settings.worker_port) == (8080, 8081)
    assert (settings.local_neo4j_bolt_port, settings.local_neo4j_http_port, settings.local_redis_port) == (
        7687,
        7474,
        6379,
    )
    assert (str(settings.api_host), settings.local_folder) == ("127.0.0.1", Path(".trellis"))
    assert (settings.neo4j_uri, settings.redis_url, settings.kubernetes_kubeconfig) == (None, None, None)


@pytest.mark.parametrize("prefix", ["", "TRELLIS_"])
def test_servers_of_ones_own_are_taken_under_either_name(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv(f"{prefix}NEO4J_URI", "neo4j://graph.example:7687")
    monkeypatch.setenv(f"{prefix}NEO4J_USER", "somebody")
    monkeypatch.setenv(f"{prefix}NEO4J_PASSWORD", "swordfish")
    monkeypatch.setenv(f"{prefix}REDIS_URL", "redis://:herring@cache.example:6379/0")

    # when
    settings = load_settings()

    # then
    assert (settings.neo4j_uri, settings.neo4j_user) == ("neo4j://graph.example:7687", "somebody")
    assert settings.neo4j_password is not None
    assert settings.neo4j_password.get_secret_value() == "swordfish"
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://:herring@cache.example:6379/0"
    assert "swordfish" not in repr(settings)
    assert "herring" not in repr(settings)


def test_the_yaml_file_of_the_api_counts_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    file = tmp_path / "trellis.yaml"
    file.write_text("api_port: 9000\nworker_port: 9001\nlog_format: pretty\n")
    monkeypatch.setenv("TRELLIS_SETTINGS", str(file))
    monkeypatch.setenv("TRELLIS_WORKER_PORT", "9002")

    # when
    settings = load_settings()

    # then
    assert (settings.api_port, settings.worker_port) == (9000, 9002)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"TRELLIS_API_PORT": "eighty"},
            "TRELLIS_API_PORT: Input should be a valid integer, unable to parse string as an integer",
        ),
        ({"TRELLIS_LOCAL_REDIS_PORT": "0"}, "TRELLIS_LOCAL_REDIS_PORT: Input should be greater than or equal to 1"),
        (
            {"TRELLIS_LOCAL_NEO4J_HTTP_PORT": "7687"},
            "TRELLIS_LOCAL_NEO4J_BOLT_PORT and TRELLIS_LOCAL_NEO4J_HTTP_PORT are both 7687",
        ),
        ({"NEO4J_URI": "bolt://127.0.0.1:1"}, "TRELLIS_NEO4J_URI is set, TRELLIS_NEO4J_PASSWORD is not"),
        (
            {"TRELLIS_API_HOST": "localhost"},
            "TRELLIS_API_HOST: value is not a valid IPv4 or IPv6 address",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_the_reason(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    # when
    with pytest.raises(LocalFailure) as caught:
        load_settings()

    # then
    assert str(caught.value) == f"A setting is wrong. {said}"


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("TRELLIS_API_PORT", "-1")
    monkeypatch.setenv("TRELLIS_LOCAL_NEO4J_HEAP_MEGABYTES", "1")

    # when
    with pytest.raises(LocalFailure) as caught:
        load_settings()

    # then
    assert str(caught.value) == (
        "A setting is wrong. TRELLIS_API_PORT: Input should be greater than or equal to 1; "
        "TRELLIS_LOCAL_NEO4J_HEAP_MEGABYTES: Input should be greater than or equal to 256"
    )
