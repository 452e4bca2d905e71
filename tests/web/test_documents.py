"""What the page asks is what the API answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import parse, validate

from app.local.web import WEB
from graph_schema.mutations.sessions import SessionMutations
from graph_schema.schema import build_schema
from graph_schema.subscriptions import Subscription

DOCUMENTS = sorted((WEB / "src" / "documents").glob("*.graphql"))


def test_every_document_is_here() -> None:
    assert [path.stem for path in DOCUMENTS] == ["applications", "events", "login", "status"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid_for_the_schema(path: Path) -> None:
    # given
    schema = build_schema(mutation=SessionMutations, subscription=Subscription)

    # when
    errors = validate(schema._schema, parse(path.read_text()))

    # then
    assert [error.message for error in errors] == []
