"""Documents: parsed, bounded, validated, and kept, so that a query that is sent again costs none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
)

from app.recent import Recent


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a request may be.

    `body` counts bytes, `document` characters, `tokens` words of the document; `depth` is levels of fields; `aliases`,
    `fields` and `roots` are counted with every fragment opened.
    """

    body: int = 1_048_576
    document: int = 65_536
    tokens: int = 2_000
    depth: int = 18
    aliases: int = 30
    fields: int = 1_000
    roots: int = 20


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, its operations by name, its fragments by name, and what is wrong with it."""

    text: str
    tree: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one. Raises GraphQLError where there is none such."""
        if name is None:
            if len(self.operations) == 1:
                return self.operations[0]
            many = "has several operations: say in operationName which to run"
            raise GraphQLError(f"the document {many if self.operations else 'holds no operation'}")
        for operation in self.operations:
            if operation.name and operation.name.value == name:
                return operation
        raise GraphQLError(f"the document has no operation named {name!r}")


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int
    aliases: int
    fields: int


class Documents:
    """Parses and validates documents against one schema; keeps the newest `kept`."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits, kept: int = 256) -> None:
        self._schema = schema
        self._limits = limits
        self._parsed: Recent[Document] = Recent(kept)
        self._validated: Recent[tuple[GraphQLError, ...]] = Recent(kept)

    def parse(self, text: str, *, keep: bool) -> Document:
        """The document, within its limits. Raises GraphQLError."""
        return self._parsed.get(text, lambda: self._parse(text), keep=keep)

    def validate(self, document: Document) -> tuple[GraphQLError, ...]:
        """What is wrong with the document, empty where nothing is."""
        return self._validated.get(
            document.text,
            lambda: tuple(validate(self._schema, document.tree, max_errors=20, hide_suggestions=True)),
        )

    def _parse(self, text: str) -> Document:
        if len(text) > self._limits.document:
            raise GraphQLError(f"the document has more than {self._limits.document} characters")
        tree = parse(text, max_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        fragments = {each.name.value: each for each in tree.definitions if isinstance(each, FragmentDefinitionNode)}
        operations = tuple(each for each in tree.definitions if isinstance(each, OperationDefinitionNode))
        document = Document(text, tree, operations, fragments)
        self._check_size(document)
        return document

    def _check_size(self, document: Document) -> None:
        known: dict[str, _Size] = {}
        limits = self._limits
        for operation in document.operations:
            size = _measure(operation.selection_set, document.fragments, known, frozenset())
            roots = len(root_names(operation, document.fragments))
            for actual, allowed, what in (
                (size.depth, limits.depth, "levels of fields"),
                (size.aliases, limits.aliases, "aliases"),
                (size.fields, limits.fields, "fields"),
                (roots, limits.roots, "root fields"),
            ):
                if actual > allowed:
                    raise GraphQLError(f"the operation has {actual} {what}, at most {allowed} are allowed", operation)


def root_names(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """The names of all root fields of an operation, each fragment opened once."""
    names: list[str] = []
    opened: set[str] = set()

    def collect(selections: SelectionSetNode) -> None:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                names.append(each.name.value)
            elif isinstance(each, InlineFragmentNode):
                collect(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value in fragments.keys() - opened:
                opened.add(each.name.value)
                collect(fragments[each.name.value].selection_set)

    collect(operation.selection_set)
    return names


def _measure(
    selections: SelectionSetNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, _Size],
    opened: frozenset[str],
) -> _Size:
    depth = aliases = fields = 0
    for each in selections.selections:
        if isinstance(each, FieldNode):
            inner = _measure(each.selection_set, fragments, known, opened) if each.selection_set else _Size(0, 0, 0)
            size = _Size(inner.depth + 1, inner.aliases + (each.alias is not None), inner.fields + 1)
        elif isinstance(each, InlineFragmentNode):
            size = _measure(each.selection_set, fragments, known, opened)
        elif isinstance(each, FragmentSpreadNode):
            name = each.name.value
            if name in opened or name not in fragments:
                continue
            if name not in known:
                known[name] = _measure(fragments[name].selection_set, fragments, known, opened | {name})
            size = known[name]
        else:
            continue
        depth, aliases, fields = max(depth, size.depth), aliases + size.aliases, fields + size.fields
    return _Size(depth, aliases, fields)
