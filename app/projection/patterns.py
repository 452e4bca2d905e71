"""Cypher patterns: how hops, pages and filters are written. Names come from the model, values are parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.projection.model import AtLeast, Contains, Direction, Equals, Filter, Hop, NodeType, Order, Reaches, StartsWith

Argument = Callable[[Filter], str]
"""Gives the parameter (`$p3`) that holds the value of a filter's argument."""


def hop(step: Hop, node: str, relationship: str = "") -> str:
    """One hop and the node it ends at (`n2:Service {tenant: $tenant}` without the parentheses)."""
    left, right = ("-", "->") if step.direction is Direction.OUT else ("<-", "-")
    return f"{left}[{relationship}:{step.type}]{right}({node})"


def labelled(label: str, variable: str = "") -> str:
    """A node of a label, in the tenant."""
    return f"{variable}:{label} {{tenant: $tenant}}"


def path(start: str, hops: Sequence[Hop], end: str, relationship: str = "") -> str:
    """The pattern from a bound variable over all hops; `relationship` names the last one."""
    middle = "".join(hop(step, labelled(step.label)) for step in hops[:-1])
    return f"({start}){middle}{hop(hops[-1], end, relationship)}"


def order_by(variable: str, order: Sequence[Order], *, indexed: bool) -> str:
    """The keys to sort by. `indexed` puts the tenant first, which lets the key's index deliver the order."""
    keys = [f"{variable}.{key.property}{' DESC' if key.descending else ''}" for key in order]
    if indexed:
        keys.insert(0, f"{variable}.tenant{' DESC' if order[0].descending else ''}")
    return ", ".join(keys)


def _beyond(keys: Sequence[str], order: Sequence[Order], places: Sequence[str]) -> str:
    """The predicate for what comes after a place in an order: keys as expressions, places as parameters."""
    ways = []
    for index, key in enumerate(order):
        same = [f"{keys[n]} = {places[n]}" for n in range(index)]
        past = f"{keys[index]} {'<' if key.descending else '>'} {places[index]}"
        ways.append(" AND ".join([*same, past]))
    return ways[0] if len(ways) == 1 else "(" + " OR ".join(ways) + ")"


def condition(variable: str, wanted: Filter, argument: Argument) -> str:
    """The predicate that a filter puts on a variable."""
    parameter = argument(wanted)
    match wanted.test:
        case Equals(name):
            return f"{variable}.{name} = {parameter}"
        case StartsWith(name):
            return f"{variable}.{name} STARTS WITH {parameter}"
        case Contains(names):
            ways = [f"toLower({variable}.{name}) CONTAINS toLower({parameter})" for name in names]
            return "(" + " OR ".join(ways) + ")"
        case AtLeast(name):
            return f"{variable}.{name} IN {parameter}"
        case Reaches(hops, key):
            end = f":{hops[-1].label} {{tenant: $tenant, {key}: {parameter}}}"
            return f"EXISTS {{ {path(variable, hops, end)} }}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a page come from.

    `parent` is the variable the page hangs on, None for a page of all nodes of the type. `filters` are those the query
    gives a value, `after` and `guard` further predicates on `variable` ("" for none).
    """

    type: NodeType
    variable: str
    relationship: str
    parent: str | None
    hops: tuple[Hop, ...]
    order: tuple[Order, ...]
    filters: tuple[Filter, ...]
    guard: str

    def matched(self, argument: Argument, *, carried: str, after: Sequence[str] = ()) -> str:
        """The clauses that bind `carried` (the variable, and perhaps the relationship) to each row.

        `after` are the parameters that hold the place to start after, one for each key of the order.
        """
        if self.parent is not None:
            relationship = self.relationship if carried != self.variable else ""
            end = labelled(self.type.label, self.variable)
            found = f"MATCH {path(self.parent, self.hops, end, relationship)}"
            conditions = self._conditions(self.filters, argument)
            return found + self._kept(carried, conditions, after, distinct=len(self.hops) > 1)
        for wanted in self.filters:
            if isinstance(wanted.test, Reaches):
                return self._from(wanted, wanted.test, argument, after)
        keys = [f"{self.variable}.{key.property}" for key in self.order]
        known = _beyond(keys, self.order, after) if after else f"{keys[0]} IS NOT NULL"
        conditions = [known, *self._conditions(self.filters, argument)]
        return f"MATCH ({labelled(self.type.label, self.variable)}) WHERE {' AND '.join(conditions)}"

    def _conditions(self, filters: Sequence[Filter], argument: Argument) -> list[str]:
        own = [condition(self.variable, wanted, argument) for wanted in filters]
        return [each for each in (self.guard, *own) if each]

    def _from(self, wanted: Filter, test: Reaches, argument: Argument, after: Sequence[str]) -> str:
        anchor = self.variable + "a"
        start = f"MATCH ({labelled(test.hops[-1].label, anchor)[:-1]}, {test.key}: {argument(wanted)}}})"
        found = f"MATCH {path(labelled(self.type.label, self.variable), test.hops, anchor)}"
        conditions = self._conditions([each for each in self.filters if each is not wanted], argument)
        return f"{start} {found}" + self._kept(self.variable, conditions, after, distinct=not test.unique)

    def _kept(self, carried: str, conditions: Sequence[str], after: Sequence[str], *, distinct: bool) -> str:
        """The clause that keeps what meets the conditions and comes after the place.

        The order's keys are compared under names of their own: seeing a predicate on the property itself, the planner
        walks that key's index through the whole tenant instead of following the hops.
        """
        names = [f"{self.variable}k{index}" for index in range(len(after))]
        wanted = [*conditions, *([_beyond(names, self.order, after)] if after else [])]
        if not wanted and not distinct:
            return ""
        keys = [f"{self.variable}.{key.property} AS {name}" for key, name in zip(self.order, names, strict=False)]
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        return f" WITH {'DISTINCT ' if distinct else ''}{', '.join([carried, *keys])}{where}"

    @property
    def indexed(self) -> bool:
        """Whether the order can come from the key's index: a page of all nodes, started at none in particular."""
        return self.parent is None and not any(isinstance(each.test, Reaches) for each in self.filters)
