"""A policy that cannot be trusted is not loaded, and the refusal names the file and the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.domain.policies import DIRECTORY, PolicyInvalid, library, verify
from app.graph import Graph

NAME = "pinned-images"


def copied(folder: Path) -> Path:
    """A policy of the library in a folder of its own."""
    return Path(shutil.copytree(DIRECTORY / NAME, folder / NAME))


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("policy.yaml", "enforcement: deny", "enforcement: forbid", "policy.yaml: enforcement: Input should be"),
        ("policy.yaml", "name: pinned-images", "name: other", "the name is 'other', but the folder's is"),
        ("policy.yaml", "subjects: []", "subjects: [a]\n    clauses: [latest]", "no fixture passes it"),
        ("policy.yaml", "setup: allowed", "setup: missing", "missing.cypher: there is no such file"),
        ("policy.yaml", "clauses: [no-tag, latest]", "clauses: [no-tag]", "needs one of the policy's clauses"),
        ("policy.yaml", "default: [production]", "default: [moon]", "must be among development, staging, production"),
        ("findings.cypher", "// mode: read", "// mode: write", "a policy only reads, but its mode is write"),
        (
            "findings.cypher",
            "tenant, environment_id",
            "tenant, moon, environment_id",
            "nothing gives it the parameters moon",
        ),
        ("findings.cypher", "columns: subject,", "columns: who,", "its columns are who,"),
    ],
)
def test_what_can_be_seen_without_a_database(tmp_path: Path, file: str, old: str, new: str, reason: str) -> None:
    # given
    broken = copied(tmp_path) / file
    text = broken.read_text(encoding="utf-8")
    assert old in text
    broken.write_text(text.replace(old, new), encoding="utf-8")
    # when
    with pytest.raises(PolicyInvalid) as refused:
        library.load(tmp_path / NAME)
    # then
    assert reason in str(refused.value)
    assert str(tmp_path / NAME) in str(refused.value)


def test_a_policy_without_a_fixture_that_violates_is_refused(tmp_path: Path) -> None:
    # given
    file = copied(tmp_path) / "policy.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("fixtures:")] + "fixtures: []\n", encoding="utf-8")
    # when
    with pytest.raises(PolicyInvalid, match="no fixture violates it"):
        library.load(tmp_path / NAME)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("RETURN service.id AS subject", "RETURNS service.id AS subject", "does not compile"),
        ("RETURN service.id AS subject", "SET service.name = 'mine' RETURN service.id AS subject", "but this writes"),
        ("AS message,", "AS sentence,", "returns subject, clause, sentence"),
    ],
)
async def test_what_the_server_says(graph: Graph, tmp_path: Path, old: str, new: str, reason: str) -> None:
    # given
    file = copied(tmp_path) / "findings.cypher"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    # when
    with pytest.raises(PolicyInvalid) as refused:
        await verify(graph, tmp_path)
    # then
    assert reason in str(refused.value)
    assert str(file) in str(refused.value)


async def test_the_library_passes(graph: Graph) -> None:
    # when, then
    await verify(graph)


def test_the_version_changes_with_any_of_its_files(tmp_path: Path) -> None:
    # given
    folder = copied(tmp_path)
    first = library.load(folder).digest
    # when
    (folder / "fixtures" / "allowed.cypher").write_text("CREATE (:Service {tenant: $tenant})", encoding="utf-8")
    # then
    assert library.load(DIRECTORY / NAME).digest == first
    assert library.load(folder).digest != first
