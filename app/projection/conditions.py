"""Writes conditions as Cypher predicates. Names come from the model, values are parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from app.projection.filters import (
    All,
    Any,
    Compare,
    Condition,
    Not,
    Operator,
    Path,
    Quantifier,
    Related,
    Searched,
    conjuncts,
)
from app.projection.model import Filter, NodeType
from app.projection.paths import Passed, labelled, path

Read = Callable[[str], str]
"""Gives the expression that reads a property of the variable a predicate is about."""

# A constant would be folded, and with it what an index is chosen by.
_TRUE, _FALSE = "$tenant IS NOT NULL", "$tenant IS NULL"
_COMPARISONS: Mapping[Operator, str] = {
    Operator.EQ: "{0} = {1}",
    Operator.IN: "{0} IN {1}",
    Operator.LT: "{0} < {1}",
    Operator.LTE: "{0} <= {1}",
    Operator.GT: "{0} > {1}",
    Operator.GTE: "{0} >= {1}",
    Operator.CONTAINS: "toLower({0}) CONTAINS toLower({1})",
    Operator.STARTS_WITH: "{0} STARTS WITH {1}",
    Operator.HAS: "{1} IN {0}",
    Operator.IS_NULL: "({0} IS NULL) = {1}",
}


def reading(variable: str) -> Read:
    """Reads properties where they are stored."""
    return lambda name: f"{variable}.{name}"


@dataclass(slots=True)
class Aliases:
    """Reads properties under names of their own.

    Seeing a predicate on a property itself, the planner may walk that property's index through the whole tenant
    instead of following the edges from the node at hand.
    """

    variable: str
    names: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        """The name that a property's value goes by; the same one for the same property."""
        return self.names.setdefault(name, f"{self.variable}k{len(self.names)}")

    def carried(self) -> list[str]:
        """What a WITH has to say so that the names are known."""
        return [f"{self.variable}.{name} AS {alias}" for name, alias in self.names.items()]


@dataclass(slots=True)
class Conditions:
    """Writes the conditions of one page.

    `parameter` gives the parameter (`$p3`) that holds the value at a path of the page's arguments, `name` a new
    variable, `guard` the predicate that a node has to satisfy to be seen ("" for none), `hits` the clause
    that binds a variable to each node that a text finds, `passed` the nodes that paths only pass through.
    """

    types: Mapping[str, NodeType]
    parameter: Callable[[Path, Filter | None], str]
    name: Callable[[str], str]
    guard: Callable[[NodeType, str], str]
    hits: Callable[[Searched, str], str]
    passed: Passed

    def text(self, condition: Condition, variable: str, read: Read) -> str:
        """The predicate for a variable. It may be null where it is not met, so that `not` has to settle that."""
        match condition:
            case Compare():
                return self.compare(condition, read)
            case Searched():
                raise AssertionError("a list begins with what a text finds")
            case All(parts):
                return " AND ".join(self.part(each, variable, read) for each in parts) or _TRUE
            case Any(parts):
                return " OR ".join(self.part(each, variable, read) for each in parts) or _FALSE
            case Not(Related() as part):
                return f"NOT {self._related(part, variable)}"
            case Not(part):
                return f"NOT coalesce({self.text(part, variable, read)}, false)"
            case Related():
                return self._related(condition, variable)

    def compare(self, condition: Compare, read: Read) -> str:
        """The predicate of one comparison."""
        return _COMPARISONS[condition.operator].format(
            read(condition.leaf.property), self.parameter(condition.path, None)
        )

    def part(self, condition: Condition, variable: str, read: Read) -> str:
        """The predicate, fit to stand beside others."""
        text = self.text(condition, variable, read)
        several = isinstance(condition, All | Any) and len(condition.parts) > 1
        return f"({text})" if several else text

    def _related(self, wanted: Related, variable: str) -> str:
        target = self.types[wanted.edge.target]
        node, relationship = self.name("n"), self.name("r")
        every = wanted.quantifier is Quantifier.EVERY
        inside = [] if every else list(conjuncts(wanted.node))
        own = [] if every else list(conjuncts(wanted.relationship))
        key = next(filter(is_key, inside), None)
        end = labelled(target.label, node)
        if key is not None:
            inside.remove(key)
            end = f"{end[:-1]}, {key.leaf.property}: {self.parameter(key.path, None)}}}"
        read, read_own = Aliases(node), Aliases(relationship)
        predicates = [self.part(each, relationship, read_own) for each in own]
        predicates += [self.part(each, node, read) for each in inside]
        if every:
            parts = [self.part(each, relationship, read_own) for each in conjuncts(wanted.relationship)]
            parts += [self.part(each, node, read) for each in conjuncts(wanted.node)]
            predicates = [f"NOT coalesce({' AND '.join(parts) or _TRUE}, false)"]
        guard = self.guard(target, node)
        predicates = [*([guard] if guard else []), *predicates]
        negated = "" if wanted.quantifier is Quantifier.SOME else "NOT "
        if not predicates:
            return f"{negated}EXISTS {{ {path(variable, wanted.edge.hops, end, passed=self.passed)} }}"
        bound = relationship if read_own.names else ""
        carried = ", ".join([node, *read.carried(), *read_own.carried()])
        matched = f"MATCH {path(variable, wanted.edge.hops, end, bound, passed=self.passed)}"
        return f"{negated}EXISTS {{ {matched} WITH {carried} WHERE {' AND '.join(predicates)} }}"


def is_key(condition: Condition) -> TypeGuard[Compare]:
    """Whether a condition names one node by its id."""
    return isinstance(condition, Compare) and condition.operator is Operator.EQ and condition.leaf.name == "id"
