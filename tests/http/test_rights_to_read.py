"""Who may not read is refused by every field that reads, compiled or by hand, before anything is asked of the graph."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import GraphQLArgument, GraphQLField, get_named_type, is_enum_type, is_leaf_type, is_required_argument

from app.domain import access
from app.domain.access import Action, Role
from app.graph_observer import counting
from tests.http.caller import Caller
from tests.platform import Platform
from tests.projection.reads import SCHEMA

CORE = SCHEMA._schema
assert CORE.query_type is not None


def value(argument: GraphQLArgument) -> str:
    """Some value that an argument takes."""
    kind = get_named_type(argument.type)
    return next(iter(kind.values)) if is_enum_type(kind) else '"x"'


def query(name: str, field: GraphQLField) -> str:
    """As little as can be asked of a root field that asks the graph."""
    given = ", ".join(f"{key}: {value(each)}" for key, each in field.args.items() if is_required_argument(each))
    return f"{{ {name}{f'({given})' if given else ''} {{ {below(field)} }} }}"


def below(field: GraphQLField) -> str:
    """Something that a field's object has."""
    fields: dict[str, GraphQLField] = getattr(get_named_type(field.type), "fields", {})
    for name, each in fields.items():
        if is_leaf_type(get_named_type(each.type)):
            return name
    name, each = next(iter(fields.items()))
    return f"{name} {{ {below(each)} }}"


@pytest.mark.parametrize("asked", [query(name, field) for name, field in CORE.query_type.fields.items()])
async def test_who_may_not_read_is_refused(platform: Platform, monkeypatch: pytest.MonkeyPatch, asked: str) -> None:
    # given a role that may do everything but read
    monkeypatch.setitem(access._MAY, Role.VIEWER, frozenset(set(Action) - {Action.READ}))
    caller = Caller(platform, replace(platform.actor, role=Role.VIEWER))
    # when somebody who has it asks
    with counting() as ran:
        response = await caller.ask(asked)
    # then they are refused, and nothing was asked of the graph
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert ran == []
