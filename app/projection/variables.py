"""What variables decide in a document: which of them it uses and how, and which selections they leave out."""

from __future__ import annotations

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    VariableNode,
    Visitor,
    get_directive_values,
)
from graphql.execution.values import VariableValues

Selection = FieldNode | InlineFragmentNode | FragmentSpreadNode


def included(node: Selection, variables: VariableValues) -> bool:
    """Whether `@skip` and `@include` leave a selection in."""
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    if skip and skip["if"]:
        return False
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return not (include and not include["if"])


class VariableFinder(Visitor):
    """Collects the variables of the nodes it visits: those in directives are `decided`, those in arguments `given`."""

    def __init__(self) -> None:
        super().__init__()
        self.decided: set[str] = set()
        self.given: set[str] = set()
        self._directives = 0

    @property
    def found(self) -> set[str]:
        """All of them."""
        return self.decided | self.given

    def enter_directive(self, *_: object) -> None:
        """Count variables as decided from here on."""
        self._directives += 1

    def leave_directive(self, *_: object) -> None:
        """Count variables as they were counted before the directive."""
        self._directives -= 1

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Note a variable."""
        (self.decided if self._directives else self.given).add(node.name.value)
