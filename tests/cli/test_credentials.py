"""Tokens are kept one a server, in a file that only its owner can read, and are never shown."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.credentials import Credential, CredentialStore, credentials_path
from app.cli.failures import BadUsage, ExitCode
from app.cli.server import Server

HERE = Server("http://127.0.0.1:8080")
THERE = Server("https://trellis.example.org")


def credential(token: str) -> Credential:
    return Credential(name="admin", token=token, expires_at=datetime(2027, 1, 1, tzinfo=UTC))


def test_each_server_has_its_own_token(tmp_path: Path) -> None:
    # given
    store = CredentialStore(tmp_path / "trellis" / "credentials.json")
    assert store.find(HERE) is None

    # when
    store.keep(HERE, credential("here-1"))
    store.keep(THERE, credential("there"))
    store.keep(HERE, credential("here-2"))

    # then
    assert store.find(HERE) == credential("here-2")
    assert store.find(THERE) == credential("there")
    assert store.forget(HERE)
    assert not store.forget(HERE)
    assert store.find(HERE) is None
    assert store.find(THERE) == credential("there")


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    # given
    store = CredentialStore(tmp_path / "trellis" / "credentials.json")

    # when
    store.keep(HERE, credential("secret"))

    # then
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in store.path.parent.iterdir()] == ["credentials.json"]
    assert json.loads(store.path.read_text())["servers"][HERE.url]["token"] == "secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused_and_left_alone(tmp_path: Path, mode: int) -> None:
    # given
    store = CredentialStore(tmp_path / "credentials.json")
    store.keep(HERE, credential("secret"))
    store.path.chmod(mode)
    before = store.path.read_bytes()

    # when
    with pytest.raises(BadUsage) as refusal:
        store.find(HERE)
    with pytest.raises(BadUsage):
        store.keep(THERE, credential("other"))

    # then
    assert refusal.value.message == f"{store.path} can be read by others: run `chmod 600 {store.path}`"
    assert refusal.value.exit_code is ExitCode.USAGE
    assert store.path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "[]", '{"servers": {"x": {"token": "secret-token"}}}', '{"tokens": "secret-token"']
)
def test_a_damaged_file_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    # given
    path = tmp_path / "credentials.json"
    path.touch(mode=0o600)
    path.write_text(text)

    # when
    with pytest.raises(BadUsage) as refusal:
        CredentialStore(path).find(HERE)

    # then
    assert refusal.value.message == f"{path} is damaged: remove it and sign in again"
    assert "secret-token" not in repr(refusal.value)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    # given
    (tmp_path / "file").touch()
    store = CredentialStore(tmp_path / "file" / "credentials.json")

    # when
    with pytest.raises(BadUsage) as refusal:
        store.keep(HERE, credential("secret"))

    # then
    assert refusal.value.message == f"{store.path} cannot be read: Not a directory"


def test_a_credential_does_not_show_its_token() -> None:
    assert "secret" not in repr(credential("secret"))
    assert "secret" not in str(credential("secret"))


def test_the_file_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # given
    monkeypatch.setenv("HOME", str(tmp_path))

    # then
    assert credentials_path({}) == tmp_path / ".config/trellis/credentials.json"
    assert credentials_path({"XDG_CONFIG_HOME": "/etc/x"}) == Path("/etc/x/trellis/credentials.json")
    assert credentials_path({"XDG_CONFIG_HOME": "/etc/x", "TRELLIS_CLI_CREDENTIALS": ".trellis/cli.json"}) == Path(
        ".trellis/cli.json"
    )
