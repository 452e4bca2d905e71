"""Settings: where they come from, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import PREFIX, Settings, SettingsInvalid, load

NEEDED = {
    "TRELLIS_NEO4J_PASSWORD": "neo4j-canary",
    "TRELLIS_REDIS_URL": "redis://127.0.0.1:6379/0",
    "TRELLIS_AUTH_SIGNING_KEY": "k" * 32,
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(PREFIX) or name == "KUBECONFIG"]:
        monkeypatch.delenv(name)


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("needed")
def test_defaults_apply_where_nothing_is_said() -> None:
    # when
    settings = load()
    # then
    assert (settings.neo4j_uri, settings.api_port, settings.log_format) == ("bolt://127.0.0.1:7687", 8080, "json")
    assert settings.default_provider == "echo"


def test_what_is_missing_is_named() -> None:
    # when
    with pytest.raises(SettingsInvalid) as refused:
        load()
    # then
    assert str(refused.value).splitlines() == [
        "TRELLIS_NEO4J_PASSWORD: Field required",
        "TRELLIS_REDIS_URL: Field required",
        "TRELLIS_AUTH_SIGNING_KEY: Field required",
    ]


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("API_PORT", "99999", "Input should be less than or equal to 65535"),
        (
            "API_PORT",
            "eighty",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        ("LOG_FORMAT", "xml", "Input should be 'json' or 'pretty'"),
        ("WORKER_LEASE_SECONDS", "0", "Input should be greater than or equal to 1"),
        ("AUTH_SIGNING_KEY", "short-canary", "Value error, needs 32 bytes or more"),
    ],
)
def test_a_wrong_one_is_refused_with_name_and_reason(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    monkeypatch.setenv(PREFIX + name, value)
    # when
    with pytest.raises(SettingsInvalid) as refused:
        load()
    # then
    assert str(refused.value) == f"{PREFIX}{name}: {message}"


@pytest.mark.usefixtures("needed")
def test_an_unknown_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("TRELLIS_API_PROT", "8080")
    # when
    with pytest.raises(SettingsInvalid) as refused:
        load()
    # then
    assert str(refused.value) == "TRELLIS_API_PROT: there is no such setting"


@pytest.mark.usefixtures("needed")
def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    file = tmp_path / "trellis.yaml"
    file.write_text("api_port: 9001\nlog_level: debug\n")
    monkeypatch.setenv("TRELLIS_SETTINGS", str(file))
    monkeypatch.setenv("TRELLIS_API_PORT", "9002")
    # when
    settings = load()
    # then
    assert (settings.api_port, settings.log_level, settings.worker_port) == (9002, "debug", 8081)


@pytest.mark.usefixtures("needed")
def test_a_wrong_or_unknown_one_in_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    file = tmp_path / "trellis.yaml"
    file.write_text("api_prot: 1\nworker_port: none\n")
    monkeypatch.setenv("TRELLIS_SETTINGS", str(file))
    # when
    with pytest.raises(SettingsInvalid) as refused:
        load()
    # then
    assert sorted(line.split(":")[0] for line in str(refused.value).splitlines()) == [
        "TRELLIS_API_PROT",
        "TRELLIS_WORKER_PORT",
    ]


@pytest.mark.usefixtures("needed")
def test_a_file_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("TRELLIS_SETTINGS", "/nowhere/trellis.yaml")
    # when
    with pytest.raises(SettingsInvalid) as refused:
        load()
    # then
    assert str(refused.value) == "TRELLIS_SETTINGS: there is no file /nowhere/trellis.yaml"


@pytest.mark.usefixtures("needed")
def test_secrets_are_not_shown() -> None:
    # when
    settings = load()
    # then
    shown = repr(settings) + str(settings) + repr(settings.graph)
    assert "neo4j-canary" not in shown
    assert "k" * 32 not in shown


@pytest.mark.usefixtures("needed")
def test_a_kubeconfig_makes_kubernetes_the_default_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kubeconfig")
    # then
    assert load().default_provider == "kubernetes"
    # when
    monkeypatch.setenv("TRELLIS_PROVIDER_DEFAULT", "echo")
    # then
    assert load().default_provider == "echo"


def test_every_setting_says_what_it_is_for() -> None:
    # then
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
