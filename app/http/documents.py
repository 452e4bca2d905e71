"""Documents: parsed, bounded, validated, and kept, so that a query that is sent again costs none of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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

from app.costs import Priced
from app.recent import KEPT_CHARACTERS, Recent

DOCUMENT = "trellisDocument"
"""The operation extension under which the schema finds a document that was parsed and validated already."""
_NESTING = re.compile(r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*|[{\[(]|[}\])]')


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a request may be.

    `body` counts bytes, `document` characters, `tokens` words of the document, `nesting` brackets inside brackets;
    `depth` is levels of fields; `aliases`, `fields` and `roots` are counted with every fragment opened; `repeats` is
    how often one field of the answer may be selected; `seconds` is how long a body may take to arrive.
    """

    body: int = 1_048_576
    document: int = 65_536
    tokens: int = 2_000
    nesting: int = 64
    depth: int = 18
    aliases: int = 30
    fields: int = 1_000
    roots: int = 20
    repeats: int = 20
    seconds: float = 10.0


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, its operations by name, its fragments by name, and what their costs depend on."""

    text: str
    tree: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]
    prices: dict[int, Priced] = field(default_factory=dict, compare=False)

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
        raise GraphQLError(f"the document has no operation named {name[:100]!r}")


class Documents:
    """Parses and validates documents against one schema; keeps the newest `kept`."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits, kept: int = 256) -> None:
        self._schema = schema
        self._limits = limits
        self._parsed: Recent[Document] = Recent(kept, heaviest=KEPT_CHARACTERS)
        self._validated: Recent[tuple[GraphQLError, ...]] = Recent(kept, heaviest=KEPT_CHARACTERS)

    def parse(self, text: str, *, keep: bool) -> Document:
        """The document, within its limits. Raises GraphQLError."""
        return self._parsed.get(text, lambda: self._parse(text), keep=keep, weight=len(text))

    def validate(self, document: Document) -> tuple[GraphQLError, ...]:
        """What is wrong with the document, empty where nothing is."""
        return self._validated.get(
            document.text,
            lambda: self._mistakes(document),
            weight=len(document.text),
        )

    def _mistakes(self, document: Document) -> tuple[GraphQLError, ...]:
        found = validate(self._schema, document.tree, max_errors=20, hide_suggestions=True)
        # A mistake of the caller's, whatever raised it inside: a number of too many digits, for one.
        return tuple(GraphQLError(each.message, each.nodes) for each in found)

    def _parse(self, text: str) -> Document:
        if len(text) > self._limits.document:
            raise GraphQLError(f"the document has more than {self._limits.document} characters")
        if _nesting(text) > self._limits.nesting:
            raise GraphQLError(f"the document nests deeper than {self._limits.nesting} brackets")
        tree = parse(text, max_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        fragments = {each.name.value: each for each in tree.definitions if isinstance(each, FragmentDefinitionNode)}
        operations = tuple(each for each in tree.definitions if isinstance(each, OperationDefinitionNode))
        document = Document(text, tree, operations, fragments)
        # Validation looks at every fragment, also at those that no operation opens.
        for operation in operations:
            _Measure(self._limits, fragments, operation).check()
        for fragment in fragments.values():
            _Measure(self._limits, fragments, fragment).check()
        return document


def _nesting(text: str) -> int:
    """How deep brackets stand in brackets, outside of texts and comments."""
    deepest = depth = 0
    for found in _NESTING.finditer(text):
        match found[0]:
            case "{" | "[" | "(":
                depth += 1
                deepest = max(deepest, depth)
            case "}" | "]" | ")":
                depth -= 1
    return deepest


_Opened = tuple[SelectionSetNode, frozenset[str]]


@dataclass(slots=True)
class _Measure:
    """Walks one operation or fragment as its answer would be built, and stops at the first limit it meets.

    What two selections say of the same field of the answer is counted together: comparing such selections with each
    other is what makes validating a document long.
    """

    limits: Limits
    fragments: Mapping[str, FragmentDefinitionNode]
    definition: OperationDefinitionNode | FragmentDefinitionNode
    fields: int = 0
    aliases: int = 0

    def check(self) -> None:
        """Raises GraphQLError where the definition is beyond a limit."""
        self._level([(self.definition.selection_set, frozenset())], 1)

    def _level(self, sets: Sequence[_Opened], depth: int) -> None:
        self._at_most(depth, self.limits.depth, "levels of fields")
        found: dict[str, list[tuple[FieldNode, frozenset[str]]]] = {}
        seen: set[str] = set()
        for selections, opened in sets:
            self._collect(selections, opened, found, seen)
        if depth == 1 and isinstance(self.definition, OperationDefinitionNode):
            self._at_most(sum(map(len, found.values())), self.limits.roots, "root fields")
        for nodes in found.values():
            self._at_most(len(nodes), self.limits.repeats, "selections of one field")
        for nodes in found.values():
            below = [(node.selection_set, opened) for node, opened in nodes if node.selection_set is not None]
            if below:
                self._level(below, depth + 1)

    def _collect(
        self,
        selections: SelectionSetNode,
        opened: frozenset[str],
        found: dict[str, list[tuple[FieldNode, frozenset[str]]]],
        seen: set[str],
    ) -> None:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                self.fields += 1
                self.aliases += each.alias is not None
                self._at_most(self.aliases, self.limits.aliases, "aliases")
                self._at_most(self.fields, self.limits.fields, "fields")
                found.setdefault(each.alias.value if each.alias else each.name.value, []).append((each, opened))
            elif isinstance(each, InlineFragmentNode):
                self._collect(each.selection_set, opened, found, seen)
            elif isinstance(each, FragmentSpreadNode):
                name = each.name.value
                if name in self.fragments and name not in opened and name not in seen:
                    seen.add(name)
                    self._collect(self.fragments[name].selection_set, opened | {name}, found, seen)

    def _at_most(self, actual: int, allowed: int, what: str) -> None:
        if actual > allowed:
            kind = "operation" if isinstance(self.definition, OperationDefinitionNode) else "fragment"
            raise GraphQLError(f"the {kind} has more than {allowed} {what}", self.definition)
