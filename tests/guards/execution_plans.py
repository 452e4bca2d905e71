"""Looks through the plans that the server makes of statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

WRITING = re.compile(
    r"^(Create|Delete|DetachDelete|Merge|LockingMerge|Set|Remove|Foreach|LockNodes|EmptyResult.*Write)|\(Locking\)"
)
_ONE_FOR_ONE = frozenset({"Filter", "Projection", "CacheProperties", "Optional", "Limit", "Top", "Eager", "Sort"})
# An id is unique in its tenant, also in an index that finds it together with something else.
_BY_ID = re.compile(r" WHERE tenant = .* AND id = ")
_AGGREGATE = re.compile(r"^(collect|count|max|min|sum|avg|head)\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of a plan: its kind without the database's name, its details, and what it reads from."""

    kind: str
    details: str
    children: tuple[Operator, ...]

    def walk(self) -> Iterator[Operator]:
        """This operator and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def at_most_one(self) -> bool:
        """Whether it gives at most one row for each row it is given."""
        if self.kind.startswith("NodeUniqueIndexSeek"):
            return " IN " not in self.details and " IS NOT NULL" not in self.details
        if self.kind == "NodeIndexSeek" and _BY_ID.search(self.details):
            return " IN " not in self.details
        if self.kind == "Argument":
            return True
        if self.kind == "EagerAggregation":
            return bool(_AGGREGATE.match(self.details))
        if self.kind in _ONE_FOR_ONE or self.kind in ("Apply", "CartesianProduct"):
            return all(child.at_most_one for child in self.children)
        return False


def read(plan: Mapping[str, object]) -> Operator:
    """The plan as the driver returns it. Raises TypeError where that is not what it was."""
    kind, arguments, children = plan["operatorType"], plan.get("args", {}), plan.get("children", [])
    if not isinstance(kind, str) or not isinstance(arguments, Mapping) or not isinstance(children, Sequence):
        raise TypeError(f"not a plan: {plan}")
    return Operator(
        kind=kind.split("@")[0], details=str(arguments.get("Details", "")), children=tuple(map(read, children))
    )


def costly(plan: Operator) -> list[str]:
    """What makes a statement slower as the graph grows: scans, and products of two lists."""
    found = []
    for operator in plan.walk():
        if operator.kind in ("AllNodesScan", "DirectedAllRelationshipsScan", "UndirectedAllRelationshipsScan"):
            found.append(operator.kind)
        if "RelationshipTypeScan" in operator.kind or "LabelScan" in operator.kind:
            found.append(f"{operator.kind} {operator.details}")
        if operator.kind == "CartesianProduct" and not any(child.at_most_one for child in operator.children):
            found.append(operator.kind)
    return found


def writes(plan: Operator) -> list[str]:
    """The operators of a plan that change or lock something."""
    return [operator.kind for operator in plan.walk() if WRITING.search(operator.kind)]
