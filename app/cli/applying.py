"""Manifests from files to the server, and the server's problems back to the lines of the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

from app.cli import operations
from app.cli.answers import Applied
from app.cli.batches import Batch, split
from app.cli.client import Client
from app.cli.failures import BadUsage, Complaint, Position
from app.cli.problems import Blame, refuse
from app.cli.tables import count
from app.domain.manifest_files import Document, read_manifests

_FIELD = re.compile(r"^(?:input\.)?manifests\[(\d+)\]\.?(.*)$")
_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def read(paths: Sequence[str], *, stdin: BinaryIO | None = None) -> list[Document]:
    """The documents of files, folders and standard input (`-`).

    Raises BadUsage with everything that is wrong with them, each with its file, line and column.
    """
    documents, problems = read_manifests(paths, stdin=stdin)
    if problems:
        complaints = tuple(
            Complaint(
                "INVALID_MANIFEST",
                problem.message,
                problem.field or None,
                Position(problem.file, problem.line, problem.column),
            )
            for problem in problems
        )
        raise BadUsage(
            f"{count(len(problems), 'problem')} in the manifests, nothing was sent",
            "INVALID_MANIFEST",
            complaints=complaints,
        )
    return documents


def batches(documents: Sequence[Document], *, prune: bool) -> list[Batch]:
    """The requests in which to send documents.

    Raises BadUsage where several would be needed to prune: each would delete what the others hold.
    """
    found = split([document.content for document in documents])
    if prune and len(found) > 1:
        raise BadUsage(
            "the manifests are too large for one request, and --prune needs all of them in one: "
            "apply each application by itself",
            "TOO_LARGE",
        )
    return found


def send(
    client: Client, documents: Sequence[Document], batch: Batch, *, prune: bool, impact_digests: Sequence[str] = ()
) -> tuple[Applied, ...]:
    """Apply one batch, all of it or nothing; a result's index counts over all documents.

    Raises Refused with the server's problems at the lines of the files they are about, and what Client raises.
    """
    manifests = [documents[position].content for position in batch.positions]
    payload = client.execute(
        operations.APPLY_MANIFESTS,
        {"input": {"manifests": manifests, "prune": prune, "impactDigests": list(impact_digests)}},
    ).apply_manifests
    refuse(
        payload.problems,
        "the manifests were refused, and nothing of this request was changed",
        blame=lambda field: blame(documents, batch, field),
    )
    return tuple(
        result if result.index is None else result.model_copy(update={"index": batch.positions[result.index]})
        for result in payload.results
    )


def blame(documents: Sequence[Document], batch: Batch, field: str) -> Blame:
    """The line in which a problem's field (`manifests[3].spec.image`) is written, or else only the field."""
    match = _FIELD.match(field)
    if match is None or int(match[1]) >= len(batch.positions):
        return Blame(field)
    document = documents[batch.positions[int(match[1])]]
    path = tuple(name or int(index) for name, index in _PART.findall(match[2]))
    place = document.locate(path)
    return Blame(match[2], Position(document.file, place.line, place.column))
