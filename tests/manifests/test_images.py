"""Image references: the grammar of the OCI distribution reference, and what a writer is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.images import IMAGE_PATTERN, ImageReference, parse_image

SHA = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("redis", ImageReference("docker.io", "redis", None, None)),
        ("redis:8.2.1-alpine", ImageReference("docker.io", "redis", "8.2.1-alpine", None)),
        ("library/redis", ImageReference("docker.io", "library/redis", None, None)),
        ("localhost/redis:1", ImageReference("localhost", "redis", "1", None)),
        ("localhost:5000/redis", ImageReference("localhost:5000", "redis", None, None)),
        ("quay.io/a/b__c/d-e--f:_x", ImageReference("quay.io", "a/b__c/d-e--f", "_x", None)),
        (f"Registry/redis@{SHA}", ImageReference("Registry", "redis", None, SHA)),
        (f"registry.example:443/a/b:v1@{SHA}", ImageReference("registry.example:443", "a/b", "v1", SHA)),
        ("[2001:db8::1]:5000/redis:1", ImageReference("[2001:db8::1]:5000", "redis", "1", None)),
    ],
)
def test_an_image_reference_comes_apart(text: str, parts: ImageReference) -> None:
    assert parse_image(text) == parts
    assert re.fullmatch(IMAGE_PATTERN, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an image reference must not be empty"),
        ("redis ", "'redis ' is no image reference: it has white space in it"),
        ("https://quay.io/a", "'https://quay.io/a' is no image reference: leave https:// out"),
        ("Redis:1", "'Redis:1' is no image reference: the repository 'Redis' must be in lower case"),
        (
            "redis:",
            "'redis:' is no image reference: the tag '' is not 1 to 128 letters, digits, '_', '.' and '-' that begin "
            "with a letter, digit or '_'",
        ),
        (
            "redis:-1",
            "'redis:-1' is no image reference: the tag '-1' is not 1 to 128 letters, digits, '_', '.' and '-' that "
            "begin with a letter, digit or '_'",
        ),
        (
            "redis:" + "a" * 129,
            f"'redis:{'a' * 129}' is no image reference: the tag '{'a' * 129}' is not 1 to 128 letters, digits, '_', "
            "'.' and '-' that begin with a letter, digit or '_'",
        ),
        ("quay.io/", "'quay.io/' is no image reference: the repository's name is missing"),
        (
            "quay.io/a//b",
            "'quay.io/a//b' is no image reference: in the repository 'a//b' each part between slashes must be "
            "lower-case letters and digits, separated by '.', '_', '__' or '-'",
        ),
        ("-x.io/a", "'-x.io/a' is no image reference: '-x.io' is no registry host"),
        (
            "redis@sha256:abc",
            "'redis@sha256:abc' is no image reference: the digest 'sha256:abc' is not an algorithm, ':' and at least "
            "32 hexadecimal digits",
        ),
        (
            "redis@sha256:" + "a" * 40,
            f"'redis@sha256:{'a' * 40}' is no image reference: a sha256 digest has 64 lower-case hexadecimal digits, "
            "this one 40",
        ),
        ("a/" * 127 + "ab", "the image's name has 256 characters, at most 255 are allowed"),
    ],
)
def test_a_malformed_image_reference_is_explained(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_image(text)


@pytest.mark.parametrize(
    ("text", "pinned"),
    [("redis", False), ("redis:latest", False), ("redis:8", True), (f"redis@{SHA}", True), (f"a:latest@{SHA}", True)],
)
def test_pinned_is_a_digest_or_a_tag_other_than_latest(text: str, pinned: bool) -> None:
    assert parse_image(text).pinned is pinned


part = st.text("ab0", min_size=1, max_size=3)
repository = st.lists(st.builds("".join, st.tuples(part, st.sampled_from(("", ".x", "_x", "__x", "--x")))), min_size=1)
registry = st.sampled_from(("quay.io", "localhost", "host:5000", "A-b.example:1", "[::1]:5000"))
tag = st.none() | st.text("aB0_.-", max_size=5).map(lambda text: "v" + text)


@given(registry=registry, repository=repository, tag=tag, digest=st.sampled_from((None, SHA, "md5:" + "A" * 32)))
def test_what_is_put_together_comes_apart(
    registry: str, repository: list[str], *, tag: str | None, digest: str | None
) -> None:
    # given
    name = "/".join(repository)
    text = f"{registry}/{name}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    # then
    assert parse_image(text) == ImageReference(registry, name, tag, digest)
    assert re.fullmatch(IMAGE_PATTERN, text)


@given(st.text(st.sampled_from("aB0.:/@-_ "), max_size=30))
def test_what_is_accepted_follows_the_pattern(text: str) -> None:
    try:
        parse_image(text)
    except ValueError:
        return
    assert re.fullmatch(IMAGE_PATTERN, text)
