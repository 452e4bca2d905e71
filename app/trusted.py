"""Trusted documents: those that a deployment knows beforehand, by the SHA-256 of their text.

`python -m app.trusted FILE [FOLDER …]` writes a list of all documents of the command line and the console, or of the
folders named, for TRELLIS_TRUSTED_DOCUMENTS.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import orjson

CHECKOUT = Path(__file__).parents[1]
OURS = (CHECKOUT / "app" / "cli" / "documents", CHECKOUT / "web" / "src" / "documents")
_HASH = re.compile(r"[0-9a-f]{64}")
_PREFIX = "sha256:"


class Mode(StrEnum):
    """What a list of trusted documents is used for."""

    OFF = "off"
    """Nothing: documents come as text."""
    ALLOW = "allow"
    """Documents may be named by their hash; others may come as text."""
    REQUIRE = "require"
    """Only documents of the list are carried out, but for who may explore."""


class ListInvalid(Exception):
    """The list of trusted documents cannot be read; the message says why."""


class Unknown(Exception):
    """A document was named that the list does not have."""


class Trusted:
    """The documents of a list, by hash."""

    def __init__(self, mode: Mode = Mode.OFF, documents: Mapping[str, str] | None = None) -> None:
        self.mode = mode
        self._documents = dict(documents or {})
        self._texts = frozenset(self._documents.values())

    def __len__(self) -> int:
        return len(self._documents)

    def text(self, id_: str) -> str:
        """The document of that hash, `sha256:` before it or not. Raises Unknown."""
        found = self._documents.get(id_.lower().removeprefix(_PREFIX))
        if found is None:
            raise Unknown(id_)
        return found

    def knows(self, text: str) -> bool:
        """Whether the list has a document with exactly this text."""
        return text in self._texts


def digest(text: str) -> str:
    """The SHA-256 of a document's text, in small hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> dict[str, str]:
    """The documents of a file (a JSON object: hash to text), or of a folder (each `*.graphql` one document).

    Raises ListInvalid.
    """
    if path.is_dir():
        return collected([path])
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ListInvalid(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise ListInvalid(f"{path}: must be a JSON object from SHA-256 to document")
    documents: dict[str, str] = {}
    for key, text in found.items():
        id_ = key.lower().removeprefix(_PREFIX)
        if _HASH.fullmatch(id_) is None or not isinstance(text, str):
            raise ListInvalid(f"{path}: {key[:80]!r} is no SHA-256 of a document's text")
        if digest(text) != id_:
            raise ListInvalid(f"{path}: {key[:80]!r} is not the SHA-256 of its document, which is {digest(text)}")
        documents[id_] = text
    return documents


def collected(folders: Iterable[Path]) -> dict[str, str]:
    """All documents that lie in folders as `*.graphql`, by hash. Raises ListInvalid where there are none."""
    documents: dict[str, str] = {}
    for folder in folders:
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.graphql"))]
        if not texts:
            raise ListInvalid(f"{folder}: holds no *.graphql")
        documents |= {digest(text): text for text in texts}
    return documents


def main(arguments: list[str]) -> int:
    """Write a list; exit code 2 for wrong arguments, 1 for what cannot be read or written."""
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m app.trusted FILE [FOLDER ...]\n")
        return 2
    try:
        documents = collected([Path(each) for each in arguments[1:]] or [each for each in OURS if each.is_dir()])
        Path(arguments[0]).write_bytes(orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    except (ListInvalid, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{len(documents)} documents in {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
