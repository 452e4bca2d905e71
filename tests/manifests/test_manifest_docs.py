"""The page about manifests says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema

from app.domain.manifest_files import MAX_FILE_SIZE, read_manifests
from app.domain.manifest_schema import manifest_schema
from app.domain.yaml_documents import MAX_ALIASED, MAX_DEPTH, read_yaml

PAGE = (Path(__file__).parents[2] / "docs" / "manifests.md").read_text()


BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_its_example_is_valid(tmp_path: Path) -> None:
    # given
    path = tmp_path / "shop.yaml"
    path.write_text(example())

    # when
    documents, problems = read_manifests([path])

    # then
    validator = jsonschema.Draft202012Validator(manifest_schema())
    assert problems == []
    assert len(documents) == 6
    assert [error.message for document in documents for error in validator.iter_errors(document.content)] == []


def test_its_messages_are_those_that_are_told(tmp_path: Path) -> None:
    # given
    path = tmp_path / "shop.yaml"
    path.write_text(example().replace("version: v1.4.2", "version: 1.10").replace("replicas: 2", "replica: 2"))

    # when
    told = [str(problem).removeprefix(f"{tmp_path}/") for problem in read_manifests([path])[1]]

    # then
    assert told == next(text for language, text in BLOCKS if not language).splitlines()


def test_the_plain_text_it_warns_of_is_not_read_as_text() -> None:
    # given
    table = PAGE[PAGE.index("| plain |") :].split("\n\n")[0].splitlines()[2:]
    plain = [text for row in table for text in re.findall(r"`([^`]+)`", row.split("|")[1])]

    # when
    as_text = [text for text in plain if [one.content for one in read_yaml(f"- {text}")[0]] == [[text]]]

    # then
    assert len(plain) == 15
    assert [text for text in as_text if read_yaml(f"- {text}")[1] == []] == []


def test_its_limits_are_the_limits() -> None:
    assert f"up to {MAX_ALIASED:,} values" in PAGE
    assert f"more than {MAX_DEPTH} levels" in PAGE
    assert f"at most {MAX_FILE_SIZE // 1024 // 1024} MiB" in PAGE


def example() -> str:
    (text,) = (text for language, text in BLOCKS if language == "yaml")
    return str(text)
