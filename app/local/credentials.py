"""The secrets of a local start: generated once, kept in a file that only its owner can read."""

from __future__ import annotations

import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.local.failures import LocalFailure
from app.local.settings import LocalSettings
from app.local.state import write_private

FILE = "credentials.json"


class Credentials(BaseModel):
    """What is generated at the first start. Its text form names no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    admin_user: str = "admin"
    admin_password: str
    neo4j_user: str = "neo4j"
    neo4j_password: str
    redis_password: str
    auth_signing_key: str

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        return [("admin_user", self.admin_user), ("neo4j_user", self.neo4j_user)]


def credentials(folder: Path, settings: LocalSettings) -> Credentials:
    """The credentials kept in `folder`, generated if there are none yet.

    An administrator password or signing key from the settings takes the place of the kept one. Raises LocalFailure
    where the file is damaged.
    """
    path = folder / FILE
    kept = _read(path)
    if kept is None:
        found = Credentials(
            admin_password=secrets.token_urlsafe(18),
            neo4j_password=secrets.token_urlsafe(24),
            redis_password=secrets.token_urlsafe(24),
            auth_signing_key=secrets.token_urlsafe(48),
        )
    else:
        found = kept
    given = {"admin_password": settings.auth_admin_password, "auth_signing_key": settings.auth_signing_key}
    found = found.model_copy(update={name: value.get_secret_value() for name, value in given.items() if value})
    if found != kept or path.stat().st_mode & 0o077:
        write_private(path, found.model_dump_json(indent=2) + "\n")
    return found


def _read(path: Path) -> Credentials | None:
    try:
        return Credentials.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise LocalFailure(
            f"{path} cannot be used: {reason}. It holds the passwords of the local servers; put it back, or stop with "
            f"`make down` and delete the folder {path.parent} to begin anew."
        ) from None
