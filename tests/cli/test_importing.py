"""Imports on the command line: manifests out, what was left on standard error, and refusals that write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from app.domain.manifest_files import read_manifests
from app.domain.yaml_documents import read_yaml
from tests.cli.conftest import Trellis
from tests.cli.scripted import ScriptedServer, data

SCORE = """\
apiVersion: score.dev/v1b1
metadata:
  name: cart
containers:
  main:
    image: example/cart:v1
resources:
  db:
    type: postgres
"""
COMPOSE = """\
services:
  web:
    image: example/web:v1
    restart: always
    depends_on: [db]
  db:
    image: postgres:15
"""
CART = {
    "apiVersion": "trellis/v1",
    "kind": "Service",
    "metadata": {"name": "cart", "project": "shop", "application": "boutique"},
    "spec": {"image": "example/cart:v1"},
}


@pytest.fixture
def score(tmp_path: Path) -> Path:
    """A Score file."""
    path = tmp_path / "score.yaml"
    path.write_text(SCORE)
    return path


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """A Compose file."""
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE)
    return path


def test_manifests_go_to_standard_output_and_what_was_left_to_the_other(trellis: Trellis, score: Path) -> None:
    # when nobody is signed in, and no server is there
    ended = trellis("import", "score", str(score), "--application", "shop/boutique")
    # then
    assert ended.code == 0
    assert [one.content for one in read_yaml(ended.out)[0]] == [CART]
    assert ended.err == (
        f"left out, {score}:8:3: resources.db: there are no resources here yet (postgres), only services\n"
    )


def test_scripts_get_both_as_one_object(trellis: Trellis, score: Path) -> None:
    # when
    ended = trellis("import", "score", "-", "--application", "shop/boutique", "--json", stdin=SCORE)
    # then
    assert ended.json == {
        "manifests": [CART],
        "leftOut": [
            {
                "file": "<stdin>",
                "line": 8,
                "column": 3,
                "field": "resources.db",
                "reason": "there are no resources here yet (postgres), only services",
            }
        ],
        "results": [],
    }


def test_a_folder_gets_the_manifests(trellis: Trellis, compose: Path, tmp_path: Path) -> None:
    # given
    folder = tmp_path / "out"
    # when
    ended = trellis("import", "compose", str(compose), "--application", "shop/boutique", "-o", str(folder))
    # then
    assert ended.code == 0
    assert ended.lines == [f"2 manifests in 1 file below {folder}"]
    assert ended.err == (
        f"left out, {compose}:4:5: services.web.restart: a service that ends is always started again here\n"
    )
    documents, problems = read_manifests([folder])
    assert (len(documents), problems) == (2, [])


def test_they_are_applied_when_asked_for(trellis: Trellis, compose: Path) -> None:
    # given
    results: list[JsonValue] = [
        {"index": index, "kind": "Service", "id": f"shop/boutique/{name}", "action": "CREATED"}
        for index, name in enumerate(("web", "db"))
    ]
    scripted = ScriptedServer(answers=[lambda _: data(applyManifests={"results": results, "problems": []})])
    with scripted.serving() as server:
        # when
        ended = trellis("import", "compose", str(compose), "--application", "shop/boutique", "--apply", server=server)
    # then
    assert ended.code == 0
    assert ended.lines == ["created   Service     shop/boutique/web", "created   Service     shop/boutique/db"]
    place = {"project": "shop", "application": "boutique"}
    assert scripted.requests[0]["variables"] == {
        "input": {
            "manifests": [
                {
                    "apiVersion": "trellis/v1",
                    "kind": "Service",
                    "metadata": {"name": "web", **place},
                    "spec": {"image": "example/web:v1", "dependencies": [{"service": "db"}]},
                },
                {
                    "apiVersion": "trellis/v1",
                    "kind": "Service",
                    "metadata": {"name": "db", **place},
                    "spec": {"image": "postgres:15"},
                },
            ],
            "prune": False,
            "impactDigests": [],
        }
    }


@pytest.mark.parametrize(
    ("kind", "text", "code", "said"),
    [
        ("score", COMPOSE, "NOTHING_TO_IMPORT", "it is no Score file"),
        ("compose", SCORE, "NOTHING_TO_IMPORT", "it is no Compose file"),
        ("compose", "services:\n  a: {image: 'a:1'\n", "INVALID_FILE", "is not YAML"),
        ("compose", "x: &x {a: 1}\nservices:\n  a: {<<: *x}\n", "INVALID_FILE", "merge keys (<<) are not read here"),
        ("score", SCORE + "---\n" + SCORE, "INVALID_FILE", "is declared twice"),
        ("compose", "[" * 60 + "]" * 60, "INVALID_FILE", "nested more than 50 deep"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_written(
    trellis: Trellis, tmp_path: Path, kind: str, text: str, code: str, said: str
) -> None:
    # given
    folder = tmp_path / "out"
    # when
    ended = trellis("import", kind, "-", "--application", "shop/boutique", "-o", str(folder), stdin=text)
    # then
    assert ended.code == 2
    assert f"error {code} " in ended.err
    assert said in ended.err
    assert not folder.exists()


def test_a_bomb_of_aliases_is_refused(trellis: Trellis) -> None:
    # given a short text that stands for a billion values
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    # when
    ended = trellis("import", "compose", "-", "--application", "shop/boutique", stdin="\n".join(lines))
    # then
    assert ended.code == 2
    assert "the aliases stand for more than 100,000 values" in ended.err


@pytest.mark.parametrize("application", ["shop", "Shop/boutique", "shop/boutique/cart"])
def test_an_application_is_named_by_its_id(trellis: Trellis, score: Path, application: str) -> None:
    # when
    ended = trellis("import", "score", str(score), "--application", application)
    # then
    assert ended.code == 2
    assert ended.err == f"error USAGE --application: {application!r} is no application id (project/application)\n"
