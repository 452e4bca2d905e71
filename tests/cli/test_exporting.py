"""Exports on the command line: files that can be applied, whatever the server has."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from app.domain.manifest_files import read_manifests
from app.domain.yaml_documents import read_yaml
from tests.cli.conftest import Trellis
from tests.cli.scripted import Answer, ScriptedServer, data


def manifest(kind: str, name: str, **metadata: str) -> dict[str, JsonValue]:
    """A small manifest."""
    specs: dict[str, JsonValue] = {"Service": {"image": "a:1"}, "Environment": {"stage": "staging"}}
    return {
        "apiVersion": "trellis/v1",
        "kind": kind,
        "metadata": dict(metadata, name=name),
        "spec": specs.get(kind, {}),
    }


SHOP = manifest("Project", "shop")
TEST = manifest("Environment", "test", project="shop")
BOUTIQUE = manifest("Application", "boutique", project="shop")
CART = manifest("Service", "cart", project="shop", application="boutique")


def page(*nodes: JsonValue, more: str | None = None, unsaid: JsonValue = None) -> dict[str, JsonValue]:
    """An answer with one page."""
    info: JsonValue = {"hasNextPage": more is not None, "endCursor": more}
    return {"nodes": list(nodes), "unsaid": unsaid or [], "pageInfo": info}


def server(*pages: dict[str, JsonValue]) -> ScriptedServer:
    """A server that gives these pages, one after the other."""

    def answer(each: dict[str, JsonValue]) -> Answer:
        return lambda _: data(exportManifests=each)

    return ScriptedServer(answers=[answer(each) for each in pages])


def test_a_folder_gets_a_file_for_each_project_and_application(trellis: Trellis, tmp_path: Path) -> None:
    # given
    unsaid: JsonValue = [{"id": "shop/boutique/x", "reason": "it desires no version yet"}]
    scripted = server(page(SHOP, TEST, more="1"), page(BOUTIQUE, CART, unsaid=unsaid))
    folder = tmp_path / "out"
    with scripted.serving() as at:
        # when
        ended = trellis("export", "shop", "-o", str(folder), server=at)
    # then
    assert ended.code == 0
    assert ended.lines == [f"4 manifests in 2 files below {folder}"]
    assert ended.err == "left out, shop/boutique/x: it desires no version yet\n"
    assert [request["variables"] for request in scripted.requests] == [
        {"scope": "shop", "first": 100, "after": None},
        {"scope": "shop", "first": 100, "after": "1"},
    ]
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.yaml")) == [
        "shop/applications/boutique.yaml",
        "shop/project.yaml",
    ]
    documents, problems = read_manifests([folder])
    assert problems == []
    assert [one.content for one in documents] == [SHOP, TEST, BOUTIQUE, CART]


def test_standard_output_gets_one_text(trellis: Trellis) -> None:
    # given
    with server(page(SHOP, CART)).serving() as at:
        # when
        ended = trellis("export", server=at)
        for_scripts = trellis("export", "--json", server=at)
    # then
    assert (ended.code, ended.err) == (0, "")
    assert [one.content for one in read_yaml(ended.out)[0]] == [SHOP, CART]
    assert for_scripts.json == {"manifests": [SHOP, CART], "unsaid": []}


def test_a_folder_that_holds_something_is_left_alone(trellis: Trellis, tmp_path: Path) -> None:
    # given
    (tmp_path / "mine.yaml").write_text("kind: Mine\n")
    with server(page(SHOP)).serving() as at:
        # when
        ended = trellis("export", "-o", str(tmp_path), server=at)
    # then
    assert ended.code == 2
    assert ended.err == f"error FOLDER_NOT_EMPTY {tmp_path} is not empty: name a new folder\n"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".yaml"] == ["mine.yaml"]


@pytest.mark.parametrize("name", ["../shop", "/tmp/shop", "Shop"])
def test_a_name_that_is_none_writes_no_file(trellis: Trellis, tmp_path: Path, name: str) -> None:
    # given a server that gives what it should not
    folder = tmp_path / "out"
    with server(page(manifest("Project", name))).serving() as at:
        # when
        ended = trellis("export", "-o", str(folder), server=at)
    # then
    assert ended.code == 1
    assert "error ANSWER_MISFIT" in ended.err
    assert not folder.exists()
