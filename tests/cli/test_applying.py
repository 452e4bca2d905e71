"""Problems of manifests are told at the line of the file, whoever found them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from app.cli import applying
from app.cli.batches import Batch
from app.cli.failures import Position
from app.cli.problems import Blame
from tests.cli.conftest import Trellis
from tests.cli.samples import problem
from tests.cli.scripted import ScriptedServer, data

SHOP = """\
apiVersion: trellis/v1
kind: Project
metadata:
  name: shop
---
apiVersion: trellis/v1
kind: Application
metadata:
  name: boutique
  project: shop
"""
CART = """\
apiVersion: trellis/v1
kind: Service
metadata:
  name: cart
  project: shop
  application: boutique
spec:
  image: example/cart:v1
  dependencies:
    - service: redis
    - service: mail
      kind: soft
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three manifests in two files."""
    root = tmp_path / "manifests"
    root.mkdir()
    (root / "cart.yaml").write_text(CART)
    (root / "shop.yaml").write_text(SHOP)
    return root


def applied(*results: JsonValue, problems: tuple[JsonValue, ...] = ()) -> dict[str, JsonValue]:
    return {"results": list(results), "problems": list(problems)}


def result(index: int | None, kind: str, name: str, action: str) -> JsonValue:
    return {"index": index, "kind": kind, "id": name, "action": action}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("manifests[0].spec.image", Blame("spec.image", Position("cart.yaml", 8, 3))),
        ("input.manifests[0].spec.image", Blame("spec.image", Position("cart.yaml", 8, 3))),
        ("manifests[0].spec.dependencies[1].kind", Blame("spec.dependencies[1].kind", Position("cart.yaml", 12, 7))),
        (
            "manifests[0].spec.dependencies[1].nothing",
            Blame("spec.dependencies[1].nothing", Position("cart.yaml", 11, 7)),
        ),
        ("manifests[1]", Blame("", Position("shop.yaml", 1, 1))),
        ("manifests[2].metadata.name", Blame("metadata.name", Position("shop.yaml", 9, 3))),
        ("manifests[3].metadata.name", Blame("manifests[3].metadata.name")),
        ("manifests", Blame("manifests")),
        ("prune", Blame("prune")),
    ],
)
def test_a_field_of_the_request_is_a_line_of_a_file(folder: Path, field: str, expected: Blame) -> None:
    # given
    documents = applying.read([str(folder)])
    batch = Batch((0, 1, 2))

    # when
    found = applying.blame(documents, batch, field)

    # then
    place = found.position
    short = Position(Path(place.file).name, place.line, place.column) if place else None
    assert Blame(found.field, short) == expected


def test_a_field_of_a_later_request_counts_within_it(folder: Path) -> None:
    # given
    documents = applying.read([str(folder)])

    # when
    found = applying.blame(documents, Batch((2, 0)), "manifests[1].spec.image")

    # then
    assert found == Blame("spec.image", Position(str(folder / "cart.yaml"), 8, 3))


def test_what_was_done_is_a_line_each(trellis: Trellis, folder: Path) -> None:
    # given
    done = applied(
        result(0, "Service", "shop/boutique/cart", "UPDATED"),
        result(1, "Project", "shop", "UNCHANGED"),
        result(2, "Application", "shop/boutique", "CREATED"),
        result(None, "Service", "shop/boutique/old", "DELETED"),
    )
    scripted = ScriptedServer(answers=[lambda _: data(applyManifests=done)])
    with scripted.serving() as server:
        # when
        ended = trellis("apply", "-f", str(folder), "--prune", server=server)
        for_scripts = trellis("apply", "-f", str(folder), "--json", server=server)

    # then
    assert ended.code == 0
    assert ended.lines == [
        "updated   Service     shop/boutique/cart",
        "unchanged Project     shop",
        "created   Application shop/boutique",
        "deleted   Service     shop/boutique/old",
        "1 created, 1 updated, 1 unchanged, 1 deleted",
    ]
    sent = scripted.requests[0]["variables"]
    assert isinstance(sent, dict)
    assert isinstance(sent["input"], dict)
    assert sent["input"]["prune"] is True
    assert [manifest["kind"] for manifest in sent["input"]["manifests"]] == ["Service", "Project", "Application"]  # type: ignore[index, call-overload, union-attr]
    assert for_scripts.json == {
        "results": done["results"],
        "totals": {"created": 1, "updated": 1, "unchanged": 1, "deleted": 1},
    }


def test_the_servers_problems_are_told_at_their_lines(trellis: Trellis, folder: Path) -> None:
    # given
    circle: JsonValue = {
        "policy": "no-dependency-cycle",
        "message": "cart depends on itself",
        "nodes": [
            {"id": "shop/boutique/cart", "label": "Service", "name": "cart"},
            {"id": "shop/boutique/redis", "label": "Service", "name": "redis"},
        ],
        "edges": ["DEPENDS_ON"],
    }
    refused = applied(
        problems=(
            problem(
                "NOT_FOUND", "there is no Service shop/boutique/redis", "manifests[0].spec.dependencies[0].service"
            ),
            problem("POLICY_DENIED", "a circle of dependencies", violations=[circle]),
        )
    )
    with ScriptedServer(answers=[lambda _: data(applyManifests=refused)]).serving() as server:
        # when
        ended = trellis("apply", "-f", str(folder), server=server)
        for_scripts = trellis("apply", "-f", str(folder), "--json", server=server)

    # then
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        "error PROBLEMS the manifests were refused, and nothing of this request was changed",
        f"  {folder}/cart.yaml:10:7 spec.dependencies[0].service: there is no Service shop/boutique/redis (NOT_FOUND)",
        "  a circle of dependencies (POLICY_DENIED)",
        "      policy no-dependency-cycle",
        "      cart depends on itself",
        "      Service shop/boutique/cart -DEPENDS_ON-> Service shop/boutique/redis",
    ]
    error = for_scripts.json["error"]
    assert isinstance(error, dict)
    assert isinstance(error["problems"], list)
    assert error["problems"][0] == {
        "code": "NOT_FOUND",
        "message": "there is no Service shop/boutique/redis",
        "field": "spec.dependencies[0].service",
        "file": f"{folder}/cart.yaml",
        "line": 10,
        "column": 7,
        "details": [],
    }


def test_a_wrong_manifest_is_not_sent(trellis: Trellis, folder: Path) -> None:
    # given
    (folder / "cart.yaml").write_text(CART.replace("image: example/cart:v1", "imgae: example/cart:v1"))
    (folder / "shop.yaml").write_text(SHOP.replace("name: boutique", "name: Boutique"))
    scripted = ScriptedServer(answers=[lambda _: data(applyManifests=applied())])
    with scripted.serving() as server:
        # when
        ended = trellis("apply", "-f", str(folder), server=server)

    # then
    assert (ended.code, ended.out, scripted.requests) == (2, "", [])
    lines = ended.err.splitlines()
    assert lines[0] == "error INVALID_MANIFEST 3 problems in the manifests, nothing was sent"
    assert [line.split(" ")[2] for line in lines[1:]] == [
        f"{folder}/cart.yaml:7:1",
        f"{folder}/cart.yaml:8:3",
        f"{folder}/shop.yaml:9:3",
    ]
    assert "spec.imgae: is not a field here; did you mean image?" in lines[2]


def test_manifests_come_from_standard_input(trellis: Trellis) -> None:
    # given
    scripted = ScriptedServer(answers=[lambda _: data(applyManifests=applied(result(0, "Project", "shop", "CREATED")))])
    with scripted.serving() as server:
        # when
        ended = trellis("apply", "-f", "-", server=server, stdin=SHOP)
        wrong = trellis("apply", "-f", "-", server=server, stdin="kind: Nonsense\n")

    # then
    assert (ended.code, ended.lines[0]) == (0, "created   Project     shop")
    assert wrong.code == 2
    assert "<stdin>:1:1 apiVersion" in wrong.err


def many(number: int) -> str:
    """Services of about a kilobyte each, after the application they belong to."""
    cart = CART.split("  dependencies")[0] + f"  description: {'x' * 900}\n---\n"
    return "".join(cart.replace("name: cart", f"name: cart-{index}") for index in range(number)) + SHOP


def echo(actions: list[int]) -> Callable[[dict[str, JsonValue]], object]:
    """Answers that everything was created, and counts the manifests of each request."""

    def answer(body: dict[str, JsonValue]) -> object:
        variables = body["variables"]
        assert isinstance(variables, dict)
        assert isinstance(variables["input"], dict)
        manifests = variables["input"]["manifests"]
        assert isinstance(manifests, list)
        actions.append(len(manifests))
        return data(
            applyManifests=applied(*(result(at, "Service", f"s{at}", "CREATED") for at in range(len(manifests))))
        )

    return answer


def test_what_does_not_fit_into_one_request_is_sent_in_several(trellis: Trellis, tmp_path: Path) -> None:
    # given
    file = tmp_path / "many.yaml"
    file.write_text(many(1500))
    counts: list[int] = []
    scripted = ScriptedServer(answers=[echo(counts)])  # type: ignore[list-item]
    with scripted.serving() as server:
        # when
        ended = trellis("apply", "-f", str(file), "--json", server=server)
        pruned = trellis("apply", "-f", str(file), "--prune", server=server)

    # then
    assert ended.code == 0
    assert len(counts) == 2
    assert sum(counts) == 1502
    results = ended.json["results"]
    assert isinstance(results, list)
    indices = [one["index"] for one in results if isinstance(one, dict)]
    assert indices[:3] == [1500, 1501, 0]
    assert sorted(indices) == list(range(1502))  # type: ignore[type-var]
    assert "they are sent in 2" in ended.err
    assert pruned.code == 2
    assert "--prune needs all of them in one" in pruned.err


def test_a_later_request_that_is_refused_says_what_was_applied_before(trellis: Trellis, tmp_path: Path) -> None:
    # given
    file = tmp_path / "many.yaml"
    file.write_text(many(1500))
    refused = applied(problems=(problem("CONFLICT", "taken", "manifests[0].metadata.name"),))
    scripted = ScriptedServer(answers=[echo([]), lambda _: data(applyManifests=refused)])  # type: ignore[list-item]
    with scripted.serving() as server:
        # when
        ended = trellis("apply", "-f", str(file), server=server)

    # then
    assert ended.code == 1
    assert "request 1 of 2 was applied before this one" in ended.err
    assert "metadata.name: taken" in ended.err
