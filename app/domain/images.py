"""References to container images, `registry/repository:tag@digest`: the grammar of OCI distribution references."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_HOST_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

IMAGE_PATTERN: Final = rf"(?:{_HOST}/)?{_PATH}(?::{_TAG})?(?:@{_DIGEST})?"
"""The whole grammar as one regular expression, for schemas; `parse_image` also checks lengths."""

NAME_LENGTH: Final = 255
DEFAULT_REGISTRY: Final = "docker.io"
_HEX_DIGITS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}

_registry = re.compile(_HOST)
_repository = re.compile(_PATH)
_tag = re.compile(_TAG)
_digest = re.compile(_DIGEST)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """The parts of an image reference; `registry` is docker.io where none is written."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def pinned(self) -> bool:
        """Whether it names one release: by digest, or by a tag other than latest."""
        return self.digest is not None or self.tag not in (None, "latest")


def parse_image(text: str) -> ImageReference:
    """Take an image reference apart.

    ValueError with a sentence for the writer where it does not follow the grammar.
    """
    if not text:
        raise ValueError("an image reference must not be empty")
    if text != "".join(text.split()):
        raise ValueError(f"{text!r} is no image reference: it has white space in it")
    if "://" in text:
        raise ValueError(f"{text!r} is no image reference: leave {text.split('://')[0]}:// out")
    name, at, digest = text.partition("@")
    if at:
        _check_digest(text, digest)
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and _tag.fullmatch(tag) is None:
        raise ValueError(
            f"{text!r} is no image reference: the tag {tag!r} is not 1 to 128 letters, digits, '_', '.' and '-' "
            "that begin with a letter, digit or '_'"
        )
    registry, repository = _split_registry(head + slash + last)
    _check_repository(text, repository)
    if registry is not None and _registry.fullmatch(registry) is None:
        raise ValueError(f"{text!r} is no image reference: {registry!r} is no registry host")
    if len(head + slash + last) > NAME_LENGTH:
        raise ValueError(
            f"the image's name has {len(head + slash + last)} characters, at most {NAME_LENGTH} are allowed"
        )
    return ImageReference(registry or DEFAULT_REGISTRY, repository, tag or None, digest or None)


def _split_registry(name: str) -> tuple[str | None, str]:
    first, slash, rest = name.partition("/")
    if slash and (first[:1] == "[" or "." in first or ":" in first or first == "localhost" or first != first.lower()):
        return first, rest
    return None, name


def _check_repository(text: str, repository: str) -> None:
    if not repository:
        raise ValueError(f"{text!r} is no image reference: the repository's name is missing")
    if repository != repository.lower():
        raise ValueError(f"{text!r} is no image reference: the repository {repository!r} must be in lower case")
    if _repository.fullmatch(repository) is None:
        raise ValueError(
            f"{text!r} is no image reference: in the repository {repository!r} each part between slashes must be "
            "lower-case letters and digits, separated by '.', '_', '__' or '-'"
        )


def _check_digest(text: str, digest: str) -> None:
    algorithm, _, digits = digest.partition(":")
    length = _HEX_DIGITS.get(algorithm)
    if _digest.fullmatch(digest) is None:
        raise ValueError(
            f"{text!r} is no image reference: the digest {digest!r} is not an algorithm, ':' and at least 32 "
            "hexadecimal digits"
        )
    if length is not None and (len(digits) != length or digits != digits.lower()):
        raise ValueError(
            f"{text!r} is no image reference: a {algorithm} digest has {length} lower-case hexadecimal digits, "
            f"this one {len(digits)}"
        )
