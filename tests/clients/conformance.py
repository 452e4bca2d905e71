"""Whether an answer is one that the GraphQL specification and the schema allow for an operation.

`application/graphql-response+json` is taken for granted: the status says whether the operation was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
)

MEDIA = "application/graphql-response+json"
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "Boolean": (bool,),
    "String": (str,),
    "ID": (str,),
    "Int": (int,),
    "Float": (int, float),
    "DateTime": (str,),
}
_LARGEST_INT = 2**31 - 1


def problems(schema: GraphQLSchema, query: str, *, status: int, media: str, answer: object) -> list[str]:
    """What is wrong with an answer, as sentences; empty where nothing is."""
    return list(_problems(schema, query, status, media, answer))


def _problems(schema: GraphQLSchema, query: str, status: int, media: str, answer: object) -> Iterator[str]:
    if media.partition(";")[0].strip() != MEDIA:
        yield f"the media type is {media}"
    if not isinstance(answer, dict):
        yield "the answer is no object"
        return
    if extra := answer.keys() - {"data", "errors", "extensions"}:
        yield f"the answer has {sorted(extra)}"
    if "errors" in answer:
        yield from _errors(answer["errors"])
    elif "data" not in answer:
        yield "the answer has neither data nor errors"
    if status != 200 if "data" in answer else not 400 <= status < 500:
        yield f"status {status} for an answer {'with' if 'data' in answer else 'without'} data"
    if "data" in answer:
        try:
            document = parse(query)
        except GraphQLError:
            yield "a document that is none has data"
            return
        [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        root = schema.get_root_type(operation.operation)
        assert root is not None
        if answer["data"] is not None:
            reader = _Reader(schema, fragments)
            yield from reader.read(root, [operation.selection_set], answer["data"], "data")
        elif "errors" not in answer:
            yield "data is null without an error"


def _errors(errors: object) -> Iterator[str]:
    if not isinstance(errors, list) or not errors:
        yield "errors is no list of errors"
        return
    for error in errors:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
            yield f"an error without a message: {error}"
            continue
        if error.keys() - {"message", "locations", "path", "extensions"}:
            yield f"an error has {sorted(error)}"
        for place in error.get("locations", []):
            if not (isinstance(place, dict) and min(place.get("line", 0), place.get("column", 0)) >= 1):
                yield f"an error is nowhere: {place}"
        if not all(isinstance(step, str | int) for step in error.get("path", [])):
            yield f"an error's path: {error['path']}"


class _Reader:
    """Compares data with what was selected."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def read(
        self, type_: GraphQLObjectType, selections: list[SelectionSetNode], value: object, at: str
    ) -> Iterator[str]:
        """What is wrong with an object of that type."""
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        fields: dict[str, list[FieldNode]] = {}
        for one in selections:
            self._collect(type_, one, fields)
        if list(value) != list(fields):
            yield f"{at} has {list(value)}, selected was {list(fields)}"
            return
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                if value[key] != type_.name:
                    yield f"{at}.{key} is {value[key]}"
                continue
            field = self._schema.get_field(type_, name)
            assert field is not None, name
            inner = [node.selection_set for node in nodes if node.selection_set]
            yield from self._value(field.type, inner, value[key], f"{at}.{key}")

    def _collect(
        self, type_: GraphQLObjectType, selections: SelectionSetNode, fields: dict[str, list[FieldNode]]
    ) -> None:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                fields.setdefault((each.alias or each.name).value, []).append(each)
                continue
            assert isinstance(each, InlineFragmentNode | FragmentSpreadNode)
            fragment = self._fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            condition = fragment.type_condition
            wanted = type_ if condition is None else self._schema.get_type(condition.name.value)
            possible = self._schema.get_possible_types(wanted) if is_abstract_type(wanted) else (wanted,)
            if type_ in possible:
                self._collect(type_, fragment.selection_set, fields)

    def _value(
        self, type_: GraphQLOutputType, selections: list[SelectionSetNode], value: object, at: str
    ) -> Iterator[str]:
        if is_non_null_type(type_):
            if value is None:
                yield f"{at} is null, which its type does not allow"
                return
            type_ = type_.of_type
        if value is None:
            return
        if is_list_type(type_):
            if not isinstance(value, list):
                yield f"{at} is no list"
                return
            for index, item in enumerate(value):
                yield from self._value(type_.of_type, selections, item, f"{at}[{index}]")
        elif is_object_type(type_):
            yield from self.read(type_, selections, value, at)
        elif is_abstract_type(type_):
            yield from self._one_of(type_, selections, value, at)
        elif is_enum_type(type_):
            yield from _enum(type_, value, at)
        elif is_leaf_type(type_):
            yield from _scalar(type_.name, value, at)

    def _one_of(
        self, type_: GraphQLAbstractType, selections: list[SelectionSetNode], value: object, at: str
    ) -> Iterator[str]:
        """The answer need not say which type it has, so it must be right for one of them."""
        tried = [list(self.read(each, selections, value, at)) for each in self._schema.get_possible_types(type_)]
        if all(tried):
            yield from min(tried, key=len)


def _enum(type_: GraphQLEnumType, value: object, at: str) -> Iterator[str]:
    if value not in type_.values:
        yield f"{at} is {value!r}, which is no {type_.name}"


def _scalar(name: str, value: object, at: str) -> Iterator[str]:
    expected = _SCALARS.get(name)
    if expected is None:
        return
    right = isinstance(value, expected) and (bool in expected or not isinstance(value, bool))
    if not right or (name == "Int" and isinstance(value, int) and abs(value) > _LARGEST_INT):
        yield f"{at} is {value!r}, which is no {name}"
