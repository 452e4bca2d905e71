"""Generated secrets are made once, stay private, and appear in no text form."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.local.credentials import credentials
from app.local.failures import LocalFailure
from app.local.settings import LocalSettings

NOTHING_GIVEN = LocalSettings()


def test_credentials_are_generated_once_and_kept(tmp_path: Path) -> None:
    # when
    first = credentials(tmp_path, NOTHING_GIVEN)
    second = credentials(tmp_path, NOTHING_GIVEN)

    # then
    assert first == second
    secrets = {first.admin_password, first.neo4j_password, first.redis_password, first.auth_signing_key}
    assert len(secrets) == 4
    assert min(map(len, secrets)) >= 24
    assert len(first.auth_signing_key) >= 48
    assert first != credentials(tmp_path / "..", NOTHING_GIVEN)


def test_the_file_is_private_and_made_private_again(tmp_path: Path) -> None:
    # given
    kept = credentials(tmp_path, NOTHING_GIVEN)
    path = tmp_path / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)

    # when
    again = credentials(tmp_path, NOTHING_GIVEN)

    # then
    assert again == kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_given_secrets_take_the_place_of_the_kept_ones(tmp_path: Path) -> None:
    # given
    kept = credentials(tmp_path, NOTHING_GIVEN)
    given = NOTHING_GIVEN.model_copy(update={"auth_admin_password": SecretStr("chosen-by-hand")})

    # when
    changed = credentials(tmp_path, given)

    # then
    assert changed == kept.model_copy(update={"admin_password": "chosen-by-hand"})
    assert credentials(tmp_path, NOTHING_GIVEN) == changed


@pytest.mark.parametrize("content", ["", "{}", '{"admin_password": "secret-of-mine", "surprise": 1}'])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    # given
    path = tmp_path / "credentials.json"
    path.write_text(content)

    # when
    with pytest.raises(LocalFailure) as caught:
        credentials(tmp_path, NOTHING_GIVEN)

    # then
    assert str(caught.value).startswith(f"{path} cannot be used: it is damaged. ")
    assert "secret-of-mine" not in str(caught.value)
    assert path.read_text() == content


def test_no_text_form_shows_a_secret(tmp_path: Path) -> None:
    # given
    kept = credentials(tmp_path, NOTHING_GIVEN)

    # when
    shown = f"{kept!r} {kept}"

    # then
    assert shown.count("admin") >= 1
    for secret in (kept.admin_password, kept.neo4j_password, kept.redis_password, kept.auth_signing_key):
        assert secret not in shown
