"""Manifests in files: read, checked, and every problem told with file, line, column and field."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import JsonValue

from app.domain.manifest_validation import FieldPath, ManifestProblem, field_name, is_private, validate
from app.domain.manifests import Manifest, identity
from app.domain.yaml_documents import Place, Position, TextProblem, read_yaml

MAX_FILE_SIZE: Final = 8 * 1024 * 1024
"""Bytes; a larger file is refused."""

SUFFIXES: Final = (".yaml", ".yml")
STDIN: Final = "-"
_START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing that is wrong with a file; `field` is empty where no single field is to blame."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        subject = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}:{self.column}: {subject}{self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file, as the API takes it (`content`), that still knows where everything in it is written."""

    file: str
    content: JsonValue
    place: Place = field(repr=False, compare=False)

    def locate(self, path: FieldPath) -> Position:
        """Where the field at a path is written; where it is missing, what should hold it."""
        return self.place.find(path).position

    def problem(self, path: FieldPath, message: str) -> FileProblem:
        """That something is wrong with the field at a path."""
        position = self.locate(path)
        return FileProblem(self.file, position.line, position.column, field_name(path), message)


def read_documents(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None
) -> tuple[list[Document], list[FileProblem]]:
    """All documents of YAML files and of folders (recursively, `*.yaml` and `*.yml` in the order of their names).

    `-` reads standard input (`stdin` where it is given). A document with problems is among the documents where it could
    be read at all. Nothing is raised for what a user can get wrong.
    """
    documents: list[Document] = []
    problems: list[FileProblem] = []
    seen: set[Path] = set()
    for path in paths:
        for name, source in _sources(path, stdin, problems):
            if isinstance(source, Path):
                real = source.resolve()
                if real in seen:
                    continue
                seen.add(real)
            data = _bytes(name, source, problems)
            if data is not None:
                _read(name, data, documents=documents, problems=problems)
    return documents, problems


def check(documents: Sequence[Document]) -> tuple[list[Manifest], list[FileProblem]]:
    """The manifests that the documents hold, and everything that is wrong: with each, and with two of the same name."""
    manifests: list[Manifest] = []
    problems: list[FileProblem] = []
    first: dict[str, Document] = {}
    for document in documents:
        manifest = validate(document.content)
        if isinstance(manifest, tuple):
            problems.extend(_located(document, problem) for problem in manifest)
            continue
        own = identity(manifest)
        if own in first:
            place = first[own].locate(("metadata", "name"))
            earlier = f"{first[own].file}:{place.line}:{place.column}"
            message = f"{manifest.kind} {own} is declared twice; first in {earlier}"
            problems.append(document.problem(("metadata", "name"), message))
            continue
        first[own] = document
        manifests.append(manifest)
    return manifests, problems


def read_manifests(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None
) -> tuple[list[Document], list[FileProblem]]:
    """`read_documents` and `check` in one, each field told once; without problems the documents can be sent."""
    documents, unreadable = read_documents(paths, stdin=stdin)
    invalid = check(documents)[1]
    told = {(problem.file, problem.line, problem.column, problem.field) for problem in unreadable}
    further = [p for p in invalid if (p.file, p.line, p.column, p.field) not in told]
    return documents, sorted(unreadable + further, key=lambda p: (p.file, p.line, p.column, p.field))


def _located(document: Document, problem: ManifestProblem) -> FileProblem:
    source = document.place.find(problem.path).source
    if problem.quotes and source is not None:
        value = problem.message.split(", not ", 1)[1]
        shown = ("it", "") if is_private(problem.path) else (source, f', "{source}"')
        return document.problem(problem.path, f"must be text, but YAML reads {shown[0]} as {value}: quote it{shown[1]}")
    return document.problem(problem.path, problem.message)


def _sources(
    path: str | Path, stdin: BinaryIO | None, problems: list[FileProblem]
) -> Iterator[tuple[str, Path | BinaryIO]]:
    if str(path) == STDIN:
        yield "<stdin>", stdin or sys.stdin.buffer
        return
    root = Path(path)
    if not root.is_dir():
        yield str(path), root
        return
    found = list(_yaml_files(root, problems))
    if not found:
        problems.append(_whole(str(path), "holds no *.yaml or *.yml file"))
    for file in found:
        yield str(file), file


def _yaml_files(root: Path, problems: list[FileProblem]) -> Iterator[Path]:
    """YAML files below a folder, hidden folders left out."""

    def unreadable(error: OSError) -> None:
        problems.append(_whole(str(error.filename), _reason(error)))

    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES):
                yield Path(folder, name)


def _bytes(name: str, source: Path | BinaryIO, problems: list[FileProblem]) -> bytes | None:
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                data = stream.read(MAX_FILE_SIZE + 1)
        else:
            data = source.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        problems.append(_whole(name, _reason(error)))
        return None
    if len(data) > MAX_FILE_SIZE:
        problems.append(_whole(name, f"is larger than {MAX_FILE_SIZE // 1024 // 1024} MiB"))
        return None
    return data


def _read(name: str, data: bytes, *, documents: list[Document], problems: list[FileProblem]) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        problems.append(FileProblem(name, line, column, "", "is not UTF-8 text"))
        return
    found, wrong = read_yaml(text)
    documents.extend(Document(name, document.content, document.place) for document in found)
    problems.extend(_in_file(name, problem) for problem in wrong)
    if not found and not wrong:
        problems.append(_whole(name, "holds no document"))


def _in_file(name: str, problem: TextProblem) -> FileProblem:
    return FileProblem(name, problem.position.line, problem.position.column, field_name(problem.path), problem.message)


def _whole(name: str, message: str) -> FileProblem:
    return FileProblem(name, _START.line, _START.column, "", message)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {error.strerror or error}"
