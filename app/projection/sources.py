"""Where the rows of a page come from, and in which order: by index, along an edge, or back from the other end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.projection.conditions import Aliases, Conditions, Read, is_key, reading
from app.projection.filters import (
    ALWAYS,
    RANGES,
    Compare,
    Condition,
    Operator,
    conjuncts,
)
from app.projection.model import (
    AbstractType,
    AtLeast,
    Contains,
    Equals,
    Filter,
    Hop,
    LeafKind,
    NodeType,
    Order,
    StartsWith,
)
from app.projection.paths import labelled, onward, path
from app.projection.seeking import Anchor, Search, anchor, fixed, search, several

AS_TEXT = (LeafKind.TIME, LeafKind.TEXT)
"""The kinds of property that leave the database as text."""


def beyond(read: Read, order: Sequence[Order], places: Sequence[str]) -> str:
    """The predicate for what comes after a place in an order; places are parameters, null where the value is missing.

    A missing value is greater than any other, as ORDER BY has it.
    """
    ways = []
    for index, key in enumerate(order):
        same = [_same(read(each.property), each, places[n]) for n, each in enumerate(order[:index])]
        ways.append(" AND ".join([*same, _past(read(key.property), key, places[index])]))
    return ways[0] if len(ways) == 1 else "(" + " OR ".join(ways) + ")"


def _placed(key: Order, place: str) -> str:
    return f"datetime({place})" if key.kind is LeafKind.TIME else place


def _same(value: str, key: Order, place: str) -> str:
    same = f"{value} = {_placed(key, place)}"
    return f"({same} OR {value} IS NULL AND {place} IS NULL)" if key.nullable else same


def _past(value: str, key: Order, place: str) -> str:
    past = f"{value} {'<' if key.descending else '>'} {_placed(key, place)}"
    if not key.nullable:
        return past
    present, missing = (place, value) if not key.descending else (value, place)
    return f"({past} OR {missing} IS NULL AND {present} IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a page come from.

    `parent` is the variable the page hangs on, None for a page of all nodes of the type. `where` is what the query
    asks, `filters` are those of the list's own that the query gives a value, `guard` is a further predicate on
    `variable` ("" for none).
    """

    type: NodeType | AbstractType
    variable: str
    relationship: str
    parent: str | None
    hops: tuple[Hop, ...]
    order: tuple[Order, ...]
    where: Condition
    filters: tuple[Filter, ...]
    guard: str
    conditions: Conditions

    def matched(self, *, carried: str, after: Sequence[str] = (), limit: str | None = None) -> str:
        """The clauses that bind `carried` (the variable, and perhaps the relationship) to each row.

        `after` are the parameters that hold the place to start after, one for each key of the order; `limit` is the one
        that says how many of the first rows are asked for, None for all.
        """
        if self.parent is not None:
            relationship = self.relationship if carried != self.variable else ""
            end = labelled(self.type.label, self.variable)
            found = f"MATCH {path(self.parent, self.hops, end, relationship, passed=self.conditions.passed)}"
            return found + self._kept(carried, list(conjuncts(self.where)), after, distinct=len(self.hops) > 1)
        searched = search(self.where)
        if searched is not None:
            return self._found(searched, after)
        start = anchor(self.where, self.conditions.types)
        if start is not None:
            return self._from(start, after)
        one_of = several(self.where)
        if one_of is not None:
            return self._each(one_of, after, limit)
        read = reading(self.variable)
        known = self._known(read, after)
        predicates = [*known, *self._predicates(list(conjuncts(self.where)), read)]
        where = f"WHERE {' AND '.join(predicates)}"
        return f"MATCH ({labelled(self.type.label, self.variable)}){self._hint(fixed(self.where))} {where}"

    def _each(self, sought: Compare, after: Sequence[str], limit: str | None) -> str:
        """The clauses that look up each of several values, for each no more rows than are asked for.

        Said with IN, the rows would come in no order: the planner would rather walk all nodes in theirs until the page
        is full, or else sort all that have one of the values, however many.
        """
        value, read = self.conditions.name("v"), reading(self.variable)
        rest = [each for each in conjuncts(self.where) if each is not sought]
        predicates = [
            f"{read(sought.leaf.property)} = {value}",
            *self._known(read, after),
            *self._predicates(rest, read),
        ]
        given = self.conditions.parameter(sought.path, None)
        text = f"UNWIND {given} AS {value} WITH DISTINCT {value}"
        match = f"MATCH ({labelled(self.type.label, self.variable)}){self._hint(sought)}"
        match += f" WHERE {' AND '.join(predicates)}"
        if limit is None:
            return f"{text} {match}"
        order = self._sorted([("tenant", self.order[0].descending), *self._fixing(sought)])
        cut = f"WITH {self.variable} ORDER BY {order} LIMIT {limit} RETURN {self.variable}"
        return f"{text} CALL ({value}) {{ {match} {cut} }}"

    def _fixing(self, sought: Compare) -> list[tuple[str, bool]]:
        """What comes before the order's keys so that the index of what equals a value delivers them."""
        leading = self.order[0]
        if len(self.order) > 1 or sought.leaf.property == leading.property:
            return []
        return [(sought.leaf.property, leading.descending)]

    def _hint(self, sought: Compare | None) -> str:
        """Names the index that finds what a property is sought by, or that delivers the order, or holds a range.

        Left to itself the planner may take the key's index, which holds as many nodes: to sort all of them, or, because
        it hopes that a page is soon full, to look at each in turn. It chooses only where both would do.
        """
        leading = self.order[0]
        compared = [each for each in conjuncts(self.where) if isinstance(each, Compare)]
        if any(each.leaf.name == "id" for each in compared):
            return ""
        ranges = (each.leaf.property for each in compared if each.leaf.indexed and each.operator in RANGES)
        name = leading.property if leading.indexed else next(ranges, None)
        if sought is not None:
            name = None if leading.indexed and leading.property != sought.leaf.property else sought.leaf.property
        return f" USING INDEX {self.variable}:{self.type.label}(tenant, {name}, id)" if name else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The expressions of the order's keys, of which a cursor is made."""
        read = reading(self.variable)
        return tuple(
            f"toString({read(key.property)})" if key.kind in AS_TEXT else read(key.property) for key in self.order
        )

    @property
    def sorting(self) -> str:
        """The keys to sort by.

        For a page of all nodes the tenant comes first, and what is asked to equal something: with these an index
        delivers the order.
        """
        leading = self.order[0]
        elsewhere = (search(self.where), anchor(self.where, self.conditions.types), several(self.where))
        if self.parent is not None or any(elsewhere) or (leading.nullable and not leading.indexed):
            return self._sorted([])
        sought = fixed(self.where)
        return self._sorted([("tenant", leading.descending), *(self._fixing(sought) if sought else [])])

    def _sorted(self, first: Sequence[tuple[str, bool]]) -> str:
        keys = [*first, *((key.property, key.descending) for key in self.order)]
        return ", ".join(f"{self.variable}.{name}{' DESC' if down else ''}" for name, down in keys)

    def _known(self, read: Read, after: Sequence[str]) -> list[str]:
        """What lets an index find the page's nodes, and where in its order to begin."""
        leading = self.order[0]
        key = read(leading.property)
        if len(self.order) == 1:
            return [beyond(read, self.order, after) if after else f"{key} IS NOT NULL"]
        unique = f"{read(self.order[-1].property)} IS NOT NULL"
        if not leading.indexed:
            return [unique, *([beyond(read, self.order, after)] if after else [])]
        if not after:
            return [f"{key} IS NOT NULL", unique]
        # Said with OR, the planner would look up both sides and sort what it found.
        begin = f"{key} {'<=' if leading.descending else '>='} {_placed(leading, after[0])}"
        rest = beyond(read, self.order[1:], after[1:])
        return [begin, unique, f"CASE WHEN {key} = {_placed(leading, after[0])} THEN {rest} ELSE true END"]

    def _from(self, start: Anchor, after: Sequence[str]) -> str:
        names = [self.conditions.name("n") for _ in start.edges]
        guards = [self.conditions.guard(target, name) for (_, target), name in zip(start.edges, names, strict=True)]
        seen = " AND ".join(each for each in guards if each)
        rest = [each for each in conjuncts(self.where) if each is not start.exact]
        return (
            f"{self._sought(start, names[-1])}{self._back(start.edges, names)}{f' WHERE {seen}' if seen else ''}"
            f"{self._kept(self.variable, rest, after, distinct=True)}"
        )

    def _back(
        self,
        edges: Sequence[tuple[tuple[Hop, ...], NodeType]],
        names: Sequence[str],
        relationships: Sequence[str] | None = None,
    ) -> str:
        """The clauses that lead from the last of the named nodes back to the rows.

        A clause an edge: within one, no relationship is walked over twice, but a filter may come back over it.
        """
        starts = [self.variable, *names[:-1]]
        labels = [self.type.label, *(target.label for _, target in edges)]
        text = ""
        for index in reversed(range(len(edges))):
            relationship = relationships[index] if relationships else ""
            start = labelled(labels[index], starts[index])
            hops = onward(edges[index][0], names[index], relationship, passed=self.conditions.passed)
            text += f" MATCH ({start}){hops}"
        return text

    def _found(self, searched: Search, after: Sequence[str]) -> str:
        write = self.conditions
        edges = [(each.edge.hops, write.types[each.edge.target]) for each, _ in searched.edges]
        names = [write.name("n") for _ in edges]
        relationships = [write.name("r") if each.relationship != ALWAYS else "" for each, _ in searched.edges]
        text = write.hits(searched.wanted, names[-1] if names else self.variable)
        predicates, carried, aliased = [], [self.variable], []
        for (each, others), (_, target), node, relationship in zip(
            searched.edges, edges, names, relationships, strict=True
        ):
            read, read_own = Aliases(node), Aliases(relationship)
            predicates.append(write.guard(target, node))
            predicates += [write.part(one, relationship, read_own) for one in conjuncts(each.relationship)]
            predicates += [write.part(one, node, read) for one in others]
            carried.append(node)
            aliased += [*read.carried(), *read_own.carried()]
        asked = " AND ".join(each for each in predicates if each)
        if edges:
            text += self._back(edges, names, relationships)
        if asked:
            text += f" WITH {', '.join([*carried, *aliased])} WHERE {asked}"
        rest = [each for each in conjuncts(self.where) if each is not searched.own]
        return text + self._kept(self.variable, rest, after, distinct=bool(edges))

    def _sought(self, start: Anchor, end: str) -> str:
        label, seek = start.edges[-1][1].label, start.seek
        if is_key(seek):
            key = f"{seek.leaf.property}: {self.conditions.parameter(seek.path, None)}"
            return f"MATCH ({labelled(label, end)[:-1]}, {key}}})"
        known = "" if seek.leaf.name == "id" else f" AND {end}.id IS NOT NULL"
        given = self.conditions.parameter(seek.path, None)
        value = given if seek.operator is Operator.EQ else self.conditions.name("v")
        each = "" if value == given else f"UNWIND {given} AS {value} WITH DISTINCT {value} "
        return f"{each}MATCH ({labelled(label, end)}) WHERE {end}.{seek.leaf.property} = {value}{known}"

    def _kept(self, carried: str, wanted: Sequence[Condition], after: Sequence[str], *, distinct: bool) -> str:
        """The clause that keeps what meets the conditions and comes after the place."""
        read = Aliases(self.variable)
        places = [beyond(read, self.order, after)] if after else []
        predicates = [*self._predicates(wanted, read), *places]
        if not predicates and not distinct:
            return ""
        where = f" WHERE {' AND '.join(predicates)}" if predicates else ""
        return f" WITH {'DISTINCT ' if distinct else ''}{', '.join([carried, *read.carried()])}{where}"

    def _predicates(self, wanted: Sequence[Condition], read: Read) -> list[str]:
        own = [self._own(each) for each in self.filters]
        asked = [self.conditions.part(each, self.variable, read) for each in wanted]
        return [each for each in (self.guard, *own, *asked) if each]

    def _own(self, wanted: Filter) -> str:
        parameter = self.conditions.parameter(wanted.argument, wanted)
        match wanted.test:
            case Equals(name):
                return f"{self.variable}.{name} = {parameter}"
            case StartsWith(name):
                return f"{self.variable}.{name} STARTS WITH {parameter}"
            case Contains(names):
                ways = [f"toLower({self.variable}.{name}) CONTAINS toLower({parameter})" for name in names]
                return "(" + " OR ".join(ways) + ")"
            case AtLeast(name):
                return f"{self.variable}.{name} IN {parameter}"
