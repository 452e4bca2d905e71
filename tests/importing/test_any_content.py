"""Importers take whatever a file holds: every manifest they give is valid, and every place they name is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.domain.importing.compose import import_compose
from app.domain.importing.pieces import Imported
from app.domain.importing.score import import_score
from app.domain.manifest_validation import FieldPath, validate
from app.domain.names import ApplicationName

WORDS = (
    *(
        "services",
        "image",
        "ports",
        "environment",
        "depends_on",
        "deploy",
        "resources",
        "limits",
        "memory",
        "cpus",
        "cpu",
    ),
    *("healthcheck", "test", "command", "entrypoint", "expose", "links", "replicas", "scale", "target", "published"),
    *("metadata", "name", "containers", "main", "variables", "service", "readinessProbe", "httpGet", "port", "type"),
    *("params", "workload", "condition", "required", "a", "b", "volumes", "requests", "reservations", "mem_limit"),
)
TEXTS = (
    "a:1",
    "80:80",
    "${A:-b}",
    "${metadata.name}",
    "service",
    "1.5g",
    "curl http://localhost:99999/",
    "http://[x",
    "'",
)
texts = st.one_of(st.sampled_from(WORDS + TEXTS), st.text(max_size=8))
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(allow_nan=False, allow_infinity=False), texts
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=5)),
    max_leaves=30,
)
services = st.dictionaries(texts, st.dictionaries(st.sampled_from(WORDS), values, max_size=8), max_size=4)
composes = st.one_of(values, services.map(lambda each: {"services": each}))
scores = st.builds(
    lambda parts, container, ports: {
        "metadata": {"name": "a"},
        **parts,
        "apiVersion": "score.dev/v1b1",
        "containers": {"main": {"image": "a:1", **container}},
        "service": {"ports": ports},
    },
    st.dictionaries(st.sampled_from(WORDS), values, max_size=4),
    st.dictionaries(st.sampled_from(WORDS), values, max_size=6),
    values,
)
SHOP = ApplicationName("shop", "boutique")


def exists(content: JsonValue, path: FieldPath) -> bool:
    """Whether there is something at the path, or where its last part belongs."""
    for part in path[:-1]:
        if isinstance(content, dict) and part in content:
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        else:
            return False
    return True


def check(imported: Imported, content: JsonValue) -> None:
    for manifest in imported.manifests:
        assert not isinstance(validate(manifest), tuple)
    assert [one.path for one in imported.left_out if not exists(content, one.path)] == []
    assert imported.manifests or imported.left_out
    assert len({str(manifest["metadata"]) for manifest in imported.manifests}) == len(imported.manifests)


@given(composes)
def test_any_compose_file(content: JsonValue) -> None:
    check(import_compose(content, SHOP), content)


@given(st.one_of(values, scores))
def test_any_score_file(content: JsonValue) -> None:
    check(import_score(content, SHOP), content)


@pytest.mark.parametrize("importer", [import_compose, import_score])
def test_deep_content_is_no_problem(importer: Callable[[JsonValue, ApplicationName], Imported]) -> None:
    # given
    content: JsonValue = None
    for _ in range(500):
        content = {"services": content, "containers": content}
    # when
    imported = importer(content, SHOP)
    # then
    assert imported.manifests == ()
    assert imported.left_out != ()
