"""What an index finds of what a list is asked: the nodes themselves, or others from which edges lead back to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.errors import InvalidInput
from app.projection.filters import (
    ALWAYS,
    RANGES,
    SEEKABLE,
    Compare,
    Condition,
    Operator,
    Quantifier,
    Related,
    Searched,
    condition,
    conjuncts,
)
from app.projection.model import EntryPage, EntrySearch, Hop, LeafKind, Model, NodeType, Order
from app.projection.ordering import ordering

_MOST_SELECTIVE = (
    LeafKind.ID,
    LeafKind.STRING,
    LeafKind.TIME,
    LeafKind.INT,
    LeafKind.FLOAT,
    LeafKind.ENUM,
    LeafKind.BOOLEAN,
)


def finds_few(wanted: Compare) -> bool:
    """Whether an index finds what meets a comparison."""
    return wanted.operator in SEEKABLE and (wanted.leaf.indexed or wanted.leaf.name == "id")


def _selectivity(wanted: Compare) -> tuple[bool, bool, int]:
    """Sorts first what finds the fewest nodes: ids, then one value before several."""
    return wanted.leaf.name != "id", wanted.operator is not Operator.EQ, _MOST_SELECTIVE.index(wanted.leaf.kind)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Nodes that an index finds and from which edges lead back to the rows of a page.

    `edges` are hops and the type they lead to, from the rows on; `exact` is the condition that says nothing else.
    """

    edges: tuple[tuple[tuple[Hop, ...], NodeType], ...]
    seek: Compare
    exact: Related | None

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts the best first: nodes named by id before others, then the fewest edges."""
        return self.seek.leaf.name != "id", sum(len(hops) for hops, _ in self.edges)


@dataclass(frozen=True, slots=True)
class Search:
    """Nodes that a text finds and from which edges lead back to the rows of a page, or that are the rows.

    `edges` are those from the rows on, each with what else is asked of the node it leads to; `own` is the one condition
    of the rows that all this says.
    """

    edges: tuple[tuple[Related, tuple[Condition, ...]], ...]
    wanted: Searched
    own: Condition


def search(where: Condition) -> Search | None:
    """The search in what has to be met, if there is one."""
    for each in conjuncts(where):
        if isinstance(each, Searched):
            return Search((), each, each)
        inner = search(each.node) if isinstance(each, Related) and each.quantifier is Quantifier.SOME else None
        if inner is not None:
            assert isinstance(each, Related)
            others = tuple(one for one in conjuncts(each.node) if one is not inner.own)
            return Search(((each, others), *inner.edges), inner.wanted, each)
    return None


def several(where: Condition) -> Compare | None:
    """The property that is asked to be one of several values and whose index finds each; None where one does."""
    found = [each for each in conjuncts(where) if isinstance(each, Compare) and finds_few(each)]
    best = min(found, key=_selectivity, default=None)
    return best if best is not None and best.operator is Operator.IN else None


def fixed(where: Condition) -> Compare | None:
    """The property that is asked to equal something and whose index holds few nodes for a value."""
    found = [
        each
        for each in conjuncts(where)
        if isinstance(each, Compare) and each.leaf.indexed and each.operator is Operator.EQ
    ]
    return min(found, key=lambda each: _MOST_SELECTIVE.index(each.leaf.kind), default=None)


def anchor(where: Condition, types: Mapping[str, NodeType]) -> Anchor | None:
    """The other end to start from; None where the nodes' own properties serve better."""
    own = [each for each in conjuncts(where) if isinstance(each, Compare) and finds_few(each)]
    if any(each.leaf.name == "id" for each in own):
        return None
    found = min(_anchors(where, types), key=lambda each: each.rank, default=None)
    if found is not None and found.seek.leaf.name != "id" and own:
        return None
    return found


def _anchors(where: Condition, types: Mapping[str, NodeType]) -> Iterator[Anchor]:
    for each in conjuncts(where):
        if not isinstance(each, Related) or each.quantifier is not Quantifier.SOME:
            continue
        target = types[each.edge.target]
        inside = list(conjuncts(each.node))
        alone = len(inside) == 1 and each.relationship == ALWAYS
        for one in inside:
            if isinstance(one, Compare) and finds_few(one):
                yield Anchor(((each.edge.hops, target),), one, each if alone else None)
        for further in _anchors(each.node, types):
            exact = each if alone and further.exact is inside[0] else None
            yield Anchor(((each.edge.hops, target), *further.edges), further.seek, exact)


@dataclass(frozen=True, slots=True)
class Walks:
    """Whether all nodes of a type may have to be looked at: to show a page of them, and to count them."""

    rows: bool
    count: bool


NOWHERE = Walks(rows=False, count=False)


def walks(model: Model, entry: EntryPage | EntrySearch, values: Mapping[str, object]) -> Walks:
    """What a list of all nodes takes, for its arguments; what will be refused takes nothing."""
    target = model.target(entry.target)
    if isinstance(entry, EntrySearch) or not isinstance(target, NodeType):
        return Walks(rows=True, count=True)
    narrowed = any(_given(values, each.argument) for each in entry.filters)
    where = values.get("where")
    try:
        order = ordering(values, target, entry.order).keys[0]
        asked = condition(model.types, entry.target, where, searchable=True) if isinstance(where, Mapping) else ALWAYS
    except InvalidInput:
        return NOWHERE
    if search(asked) is not None:
        return Walks(rows=True, count=True)
    own = [each for each in conjuncts(asked) if isinstance(each, Compare)]
    few = any(finds_few(each) and each.leaf.kind is not LeafKind.ENUM for each in own)
    if few or anchor(asked, model.types) is not None:
        return NOWHERE
    sorts = order.nullable and not order.indexed
    skips = narrowed or not all(isinstance(each, Compare) and _in_order(each, order) for each in conjuncts(asked))
    return Walks(rows=sorts or skips, count=True)


def _in_order(wanted: Compare, order: Order) -> bool:
    """Whether an index finds what meets a comparison beside each other, so that a page reads no more than it shows."""
    return finds_few(wanted) or (wanted.operator in RANGES and wanted.leaf.property == order.property)


def _given(values: Mapping[str, object], path: tuple[str, ...]) -> bool:
    found: object = values
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found is not None
