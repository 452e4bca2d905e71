"""What the command line sends fits the schema, and so does what it expects in return."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    parse,
    validate,
)
from pydantic import BaseModel, JsonValue

from app.cli import documents, operations
from app.cli.client import Operation

ROOT = Path(__file__).parents[2]
OPERATIONS: dict[str, Operation[BaseModel]] = {
    operation.name: operation for operation in vars(operations).values() if isinstance(operation, Operation)
}
SCALARS: dict[str, JsonValue] = {
    "ID": "some-id",
    # Text that is a time as well: some times are text in the schema.
    "String": "2026-11-21T12:00:00Z",
    "Int": 7,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": "2026-11-21T12:00:00Z",
    "JSON": {"after": None},
    "IDList": ["some-id"],
    "WaitReason": {"kind": "STEP", "text": "cart has to come first", "subject": "some-id"},
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "graph_schema" / "schema.graphql").read_text())


def test_each_document_belongs_to_an_operation() -> None:
    folder = Path(documents.__file__).parent
    assert {path.stem for path in folder.glob("*.graphql")} == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_document_fits_the_schema(schema: GraphQLSchema, name: str) -> None:
    assert validate(schema, parse(documents.document(name))) == []


@pytest.mark.parametrize("nulls", [False, True], ids=["with all there can be", "with as little as there can be"])
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_model_takes_whatever_the_schema_allows(schema: GraphQLSchema, name: str, nulls: bool) -> None:
    # given
    definition = parse(documents.document(name)).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    root = schema.get_root_type(definition.operation)
    assert root is not None

    # when
    answers = list(_objects(schema, root, definition.selection_set, nulls=nulls))

    # then
    for answer in answers:
        model = OPERATIONS[name].answer.model_validate(answer)
        if not nulls:
            assert _without_nulls(model.model_dump(mode="json", by_alias=True)) == _without_nulls(answer)


def _values(
    schema: GraphQLSchema, kind: GraphQLOutputType, selections: SelectionSetNode | None, *, nulls: bool
) -> Iterator[JsonValue]:
    """Values of a type, one for each of its possible types; with `nulls` null and empty wherever that is allowed."""
    if not isinstance(kind, GraphQLNonNull):
        if nulls:
            yield None
            return
        inner = kind
    else:
        inner = kind.of_type
    if isinstance(inner, GraphQLList):
        yield [] if nulls else list(_values(schema, inner.of_type, selections, nulls=nulls))
        return
    named = get_named_type(inner)
    if is_leaf_type(named):
        yield next(iter(named.values)) if is_enum_type(named) else SCALARS[named.name]
        return
    assert selections is not None
    assert not is_leaf_type(named)
    possible = schema.get_possible_types(named) if is_abstract_type(named) else [named]
    for each in possible:
        assert isinstance(each, GraphQLObjectType)
        yield from _objects(schema, each, selections, nulls=nulls)


def _objects(
    schema: GraphQLSchema, kind: GraphQLObjectType, selections: SelectionSetNode, *, nulls: bool
) -> Iterator[dict[str, JsonValue]]:
    """Objects of a type with the selected fields: as many as the field with the most possible values has."""
    fields = list(_fields(schema, kind, selections))
    choices = [
        (node.alias.value if node.alias else node.name.value, [kind.name])
        if node.name.value == "__typename"
        else (
            node.alias.value if node.alias else node.name.value,
            list(_values(schema, kind.fields[node.name.value].type, node.selection_set, nulls=nulls)),
        )
        for node in fields
    ]
    for turn in range(max(len(values) for _, values in choices)):
        yield {key: values[min(turn, len(values) - 1)] for key, values in choices}


def _fields(schema: GraphQLSchema, kind: GraphQLObjectType, selections: SelectionSetNode) -> Iterator[FieldNode]:
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, InlineFragmentNode) and selection.type_condition is not None:
            condition = schema.type_map[selection.type_condition.name.value]
            fits = condition is kind or (is_abstract_type(condition) and schema.is_sub_type(condition, kind))
            if fits:
                yield from _fields(schema, kind, selection.selection_set)


def _without_nulls(value: object) -> object:
    """What was said: without the nulls and empty lists that a model adds for fields of other types of problems."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each not in (None, [])}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
