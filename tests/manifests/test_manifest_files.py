"""Manifest files: found, read, and every problem told with file, line, column and field."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from app.domain.manifest_files import (
    MAX_FILE_SIZE,
    Document,
    FileProblem,
    check,
    read_documents,
    read_manifests,
)
from app.domain.yaml_documents import Position

PROJECT = "apiVersion: trellis/v1\nkind: Project\nmetadata:\n  name: {name}\n"
SERVICE = """\
apiVersion: trellis/v1
kind: Service
metadata:
  name: {name}
  project: shop
  application: boutique
spec:
  image: {image}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def told(path: Path) -> list[str]:
    return [str(problem).removeprefix(f"{path}:") for problem in read_manifests([path])[1]]


def names_of(documents: list[Document]) -> list[tuple[str, object]]:
    return [(Path(one.file).name, one.content) for one in documents]


def test_a_folder_is_read_recursively_in_the_order_of_names(tmp_path: Path) -> None:
    # given
    for name in ("b.yaml", "a.yml", "c/a.yaml", "c/notes.txt", ".hidden/x.yaml", "z.json"):
        write(tmp_path, name, f"file: {name}\n---\nsecond: true\n")

    # when
    documents, problems = read_documents([tmp_path, tmp_path / "b.yaml"])

    # then
    second = {"second": True}
    assert problems == []
    assert names_of(documents) == [
        ("a.yml", {"file": "a.yml"}),
        ("a.yml", second),
        ("b.yaml", {"file": "b.yaml"}),
        ("b.yaml", second),
        ("a.yaml", {"file": "c/a.yaml"}),
        ("a.yaml", second),
    ]


def test_a_dash_reads_standard_input() -> None:
    # when
    documents, problems = read_manifests(["-"], stdin=io.BytesIO(b"apiVersion: trellis/v1\nkind: Pod\n"))

    # then
    assert [document.file for document in documents] == ["<stdin>"]
    assert problems == [
        FileProblem(
            *("<stdin>", 2, 1, "kind"), "must be Project, Environment, Application, Template or Service, not 'Pod'"
        )
    ]


def test_a_document_knows_where_its_fields_are_written(tmp_path: Path) -> None:
    # given
    path = write(tmp_path, "a.yaml", "# first\n" + PROJECT.format(name="a") + "---\n" + PROJECT.format(name="b"))

    # when
    documents, _ = read_documents([path])

    # then
    assert documents[0].locate(("metadata", "name")) == Position(5, 3)
    assert documents[1].locate(("metadata", "name")) == Position(10, 3)
    assert documents[1].locate(("metadata", "labels", "x")) == Position(9, 1)
    assert documents[1].locate(()) == Position(7, 1)
    assert documents[1].problem(("spec", "ports", 0), "is odd") == FileProblem(
        str(path), 7, 1, "spec.ports[0]", "is odd"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("  replicas: two", "9:3: spec.replicas: must be a whole number, not 'two'"),
        ("  replicas: '2'", "9:3: spec.replicas: must be a whole number, not '2'"),
        ("  replica: 2", "9:3: spec.replica: is not a field here; did you mean replicas?"),
        ("  version: 1.10", '9:3: spec.version: must be text, but YAML reads 1.10 as the number 1.1: quote it, "1.10"'),
        ("  version: 12", '9:3: spec.version: must be text, but YAML reads 12 as the number 12: quote it, "12"'),
        ("  version: true", '9:3: spec.version: must be text, but YAML reads true as true: quote it, "true"'),
        (
            "  version: no",
            '9:3: spec.version: no is false to some YAML readers and text to others: quote it, "no"',
        ),
        (
            "  version: 1e5",
            '9:3: spec.version: 1e5 is not the same number, or none, to every YAML reader: quote it, "1e5", if it is '
            "text",
        ),
        ("  description:", "9:3: spec.description: must be text, not empty"),
        (
            "  env: [{name: A, value: 31337}]",
            "9:19: spec.env[0].value: must be text, but YAML reads it as a number: quote it",
        ),
        ("  ports: [{name: http}]", "9:11: spec.ports[0].port: is required"),
        (
            "  dependencies:\n    - service: cart",
            "10:7: spec.dependencies[0].service: must name another service: cart cannot depend on itself",
        ),
        ("  image: redis", "9:3: spec.image: is written twice; first in line 8, column 3"),
        ("  ports: [", "10:1: is not YAML: did not find expected node content while parsing a flow node"),
        (
            "\tports: []",
            "9:1: is not YAML: found a tab character that violates indentation while scanning a plain scalar that "
            "begins in line 8; indent with spaces, not tabs",
        ),
    ],
)
def test_a_wrong_line_is_told_once_with_its_place(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path, "cart.yaml", SERVICE.format(name="cart", image="redis:8") + line + "\n")
    assert told(path) == [problem]


def test_a_wrong_image_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "cart.yaml", SERVICE.format(name="cart", image="shop/Cart:v1"))
    assert told(path) == [
        "8:3: spec.image: 'shop/Cart:v1' is no image reference: the repository 'shop/Cart' must be in lower case"
    ]


def test_all_problems_of_all_files_are_told_in_order(tmp_path: Path) -> None:
    # given
    write(tmp_path, "b.yaml", "kind: Project\n---\n" + PROJECT.format(name="A") + "team: x\n")
    write(tmp_path, "a.yaml", PROJECT.format(name="a") + "spec: [\n")
    write(tmp_path, "c.yaml", "# nothing here\n---\n")

    # when
    _, problems = read_manifests([tmp_path, tmp_path / "missing.yaml"])

    # then
    assert [str(problem).removeprefix(f"{tmp_path}/") for problem in problems] == [
        "a.yaml:6:1: is not YAML: did not find expected node content while parsing a flow node",
        "b.yaml:1:1: apiVersion: must be trellis/v1",
        "b.yaml:6:3: metadata.name: must be 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at "
        "both ends, not 'A'",
        "b.yaml:7:1: team: is not a field here; there is apiVersion, kind, metadata or spec",
        "c.yaml:1:1: holds no document",
        "missing.yaml:1:1: does not exist",
    ]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    # given
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.yaml").write_bytes("a: b\nc: übel\n".encode("latin-1"))
    (tmp_path / "large.yaml").write_bytes(b"#" * (MAX_FILE_SIZE + 1))

    # then
    assert told(tmp_path / "empty") == ["1:1: holds no *.yaml or *.yml file"]
    assert told(tmp_path / "latin.yaml") == ["2:4: is not UTF-8 text"]
    assert told(tmp_path / "large.yaml") == ["1:1: is larger than 8 MiB"]
    assert told(tmp_path / "none.yaml") == ["1:1: does not exist"]
    assert told(tmp_path / "latin.yaml" / "x") == ["1:1: cannot be read: Not a directory"]


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PROJECT.format(name="a").encode())
    assert told(path) == []


def test_the_same_object_twice_is_refused_naming_both_places(tmp_path: Path) -> None:
    # given
    first = write(tmp_path, "a.yaml", SERVICE.format(name="cart", image="redis:8"))
    second = write(tmp_path, "b.yaml", PROJECT.format(name="shop") + "---\n" + SERVICE.format(name="cart", image="x"))

    # when
    documents, _ = read_documents([tmp_path])
    manifests, problems = check(documents)

    # then
    assert [manifest.kind for manifest in manifests] == ["Service", "Project"]
    assert problems == [
        FileProblem(
            *(str(second), 9, 3, "metadata.name"),
            f"Service shop/boutique/cart is declared twice; first in {first}:4:3",
        )
    ]


def test_a_thousand_documents_in_one_file_are_read_in_time(tmp_path: Path) -> None:
    # given
    full = """\
  replicas: 2
  ports:
    - {{name: http, port: 80, targetPort: 8080}}
  env:
    - name: PORT
      value: "8080"
  resources:
    requests: {{cpu: 100m, memory: 64Mi}}
    limits: {{cpu: 200m, memory: 128Mi}}
  dependencies:
    - service: service-{before}
"""
    path = write(
        tmp_path,
        "all.yaml",
        "---\n".join(
            SERVICE.format(name=f"service-{n}", image="redis:8") + full.format(before=n - 1 if n else "last")
            for n in range(1_000)
        ),
    )

    # when
    before = time.process_time()
    documents, problems = read_manifests([path])
    used = time.process_time() - before

    # then
    assert (len(documents), problems) == (1_000, [])
    assert documents[999].locate(("spec", "image")) == Position(999 * 20 + 8, 3)
    assert used < 3
