"""What is declared is written down again, and read back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.domain.declarations import Declaration, declare
from app.domain.manifest_validation import validate
from app.domain.manifest_writing import document
from app.domain.yaml_documents import read_yaml
from app.domain.yaml_writing import write_yaml
from tests.manifests import samples

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ("no", "On", "1.10", "010", "1e3", "12:30", "2026-01-31", "~", "", "<<", "a: b", "# x", " x ", "\n")
    ),
    st.sampled_from(
        ("- a", "&a", "*a", "!x", "%d", "@x", "`x`", "{a}", "[a", "a\nb\n", "null", "=", "'", '"', "\u2028")
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def declared(content: JsonValue) -> Declaration:
    """What a valid document declares."""
    manifest = validate(content)
    assert not isinstance(manifest, tuple), manifest
    return declare(manifest)


@given(st.one_of(samples.services, samples.environments))
def test_what_is_written_declares_the_same(content: JsonValue) -> None:
    # given what a document declares
    first = declared(content)
    # when it is written down
    written = document(first)
    # then that declares the same, and is written the same
    assert declared(written) == first
    assert document(declared(written)) == written


def test_defaults_are_left_out() -> None:
    # given
    content: JsonValue = {
        "apiVersion": "trellis/v1",
        "kind": "Service",
        "metadata": {"name": "cart", "project": "shop", "application": "boutique"},
        "spec": {
            "description": "",
            "version": "v1",
            "image": "cart:v1",
            "replicas": 1,
            "ports": [{"name": "web", "port": 80, "targetPort": 80}, {"name": "admin", "port": 81, "targetPort": 82}],
            "env": [],
            "resources": {"requests": {"cpu": "0.5"}, "limits": {}},
            "readiness": {"http": {"port": 80, "path": "/"}},
            "deadlineSeconds": 300,
            "dependencies": [
                {"service": "redis", "kind": "hard"},
                {"service": "boutique/mail", "kind": "soft"},
                {"service": "other/mail"},
            ],
        },
    }
    # when
    written = document(declared(content))
    # then
    assert written["spec"] == {
        "image": "cart:v1",
        "ports": [{"name": "admin", "port": 81, "targetPort": 82}, {"name": "web", "port": 80}],
        "resources": {"requests": {"cpu": "500m"}},
        "readiness": {"http": {"port": 80}},
        "dependencies": [{"service": "mail", "kind": "soft"}, {"service": "redis"}, {"service": "other/mail"}],
    }


@pytest.mark.parametrize("kind", ["Project", "Application"])
def test_what_says_nothing_has_no_specification(kind: str) -> None:
    assert "spec" not in document(declared(samples.document(kind)))


@given(st.lists(st.dictionaries(texts, values, min_size=1, max_size=5), min_size=1, max_size=3))
def test_what_is_written_as_yaml_is_read_equal(documents: list[dict[str, JsonValue]]) -> None:
    # when
    found, problems = read_yaml(write_yaml(documents))
    # then
    assert problems == []
    assert [one.content for one in found] == documents


def test_yaml_is_written_as_people_write_it() -> None:
    # when
    text = write_yaml(
        [{"kind": "Service", "spec": {"args": ["--on", "no"], "ports": [{"name": "web", "port": 80}]}}, {}]
    )
    # then
    assert text == (
        'kind: Service\nspec:\n  args:\n    - --on\n    - "no"\n  ports:\n    - name: web\n      port: 80\n---\n{}\n'
    )
