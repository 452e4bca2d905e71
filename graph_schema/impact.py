"""Impact: what the deletion, the change or the outage of one node reaches."""

from collections.abc import Iterable
from typing import Annotated

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from app.domain import impact_reading
from app.domain.access import Action, require
from app.domain.impact import Affected, ChangeKind, Paths, project_of
from app.domain.impact import Impact as Found
from app.domain.impact_reading import MOST_AFFECTED, Described, Owner
from app.projection.model import LeafKind, Order
from app.projection.ordering import Ordering
from app.projection.paging import DEFAULT_FIRST, MOST_FIRST, cursor, page_size, place
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.entries import resolved
from graph_schema.picture import GraphEdge, GraphNode, nodes_of, shown_edge, shown_node
from graph_schema.resolved_connections import Connection, connection
from graph_schema.scalars import IDList
from graph_schema.stored import described
from graph_schema.weights import weighing

_ORDER = (Order("hops", LeafKind.INT), Order("id"))
LONGEST_PATH = 100
USUAL_PATH = 4
"""What the cost of a page counts for each path: few are longer, and the bound above keeps those short."""
_NEEDS_ALL = frozenset({"affected", "digest"})

described(
    ChangeKind,
    "What would happen to a node.",
    {
        ChangeKind.DELETE: "It goes, with its parts and the versions of its services.",
        ChangeKind.UPDATE: "It is changed, and with it its parts.",
        ChangeKind.OUTAGE: "It does not work, and neither do its parts.",
    },
)


@strawberry.type(description="How many nodes of a kind are affected.")
class ImpactCount:
    """How many nodes of a kind are affected."""

    label: str = strawberry.field(description="The kind, such as `Service`.")
    count: int = strawberry.field(description="How many of them.")


@strawberry.type(description="A node that is affected, and how the effect comes to it.")
class AffectedNode:
    """A node that is affected, and how the effect comes to it."""

    node: GraphNode = strawberry.field(description="The node.")
    version: int = strawberry.field(description="The node's version when it was looked at.")
    hard: bool = strawberry.field(description="Whether it cannot do without: all edges of a path to it are hard.")
    hops: int = strawberry.field(description="How many edges the shown path has; of paths as hard, it is a shortest.")
    nodes: list[GraphNode] = strawberry.field(
        description=f"The path's nodes from the changed one on, one more than its edges; at most {LONGEST_PATH + 1}.",
        metadata=weighing(Weight(items=USUAL_PATH)),
    )
    edges: list[GraphEdge] = strawberry.field(
        description=f"The path's edges, each as it is in the graph; the first {LONGEST_PATH} of a longer path.",
        metadata=weighing(Weight(items=USUAL_PATH)),
    )
    owner: GraphNode | None = strawberry.field(description="The team that owns its project; null where none does.")
    environments: list[strawberry.ID] = strawberry.field(description="The ids of the environments it runs in.")
    cost: float | None = strawberry.field(
        description="What it costs a month; null where that is not known, as of everything while nothing has a price."
    )


@strawberry.type(description="What a change of one node reaches.")
class Impact:
    """What a change of one node reaches."""

    node: strawberry.ID = strawberry.field(description="The id of the node that would change.")
    change: ChangeKind = strawberry.field(description="What would happen to it.")
    total: int = strawberry.field(description="How many nodes are affected.")
    truncated: bool = strawberry.field(
        description=f"Whether there are more than {MOST_AFFECTED:,}; those are not looked at."
    )
    ids: IDList = strawberry.field(description="The ids of all affected nodes, in no particular order.")
    counts: list[ImpactCount] = strawberry.field(description="How many nodes of each kind are affected, by kind.")
    digest: str | None = strawberry.field(
        description="SHA-256 of what is shown here: a deletion presents it as `impactDigest`. It changes when the "
        "affected nodes, their versions, the paths to them or their owners do. Null where the impact is truncated."
    )
    found: strawberry.Private[tuple[Found, Paths] | None]

    @resolved(
        description="The affected nodes, each with the path to it, the nearest first, then by id.",
        weight=Weight(100, most=MOST_FIRST),
    )
    async def affected(
        self,
        info: strawberry.Info[Context, None],
        first: Annotated[
            int | None, strawberry.argument(description=f"How many nodes at most, 1 to {MOST_FIRST}.")
        ] = DEFAULT_FIRST,
        after: Annotated[str | None, strawberry.argument(description="The cursor after which to continue.")] = None,
    ) -> Connection[AffectedNode]:
        """The affected nodes, each with the path to it."""
        if self.found is None:
            raise RuntimeError("affected was asked for, and not read")
        return await _page(info.context, *self.found, size=page_size(first), after=after)


def _asked(selections: Iterable[Selection]) -> set[str]:
    names: set[str] = set()
    for one in selections:
        match one:
            case SelectedField():
                names.add(one.name)
            case InlineFragment() | FragmentSpread():
                names |= _asked(one.selections)
    return names


async def read_impact(info: strawberry.Info[Context, None], node: str, change: ChangeKind) -> Impact:
    """What a change of a node reaches.

    What is asked for decides what is read: for the ids, the total or the counts alone one statement each returns one
    row, for the affected nodes and the digest the edges are read too. Raises Unauthenticated, Forbidden and NotFound.
    """
    actor = info.context.signed_in()
    require(actor, Action.READ)
    reader = info.context.application.graph.reader(actor.tenant)
    asked = set().union(*(_asked(each.selections) for each in info.selected_fields))
    if asked & _NEEDS_ALL:
        found = await impact_reading.read_impact(reader, node, change)
        impact, _ = found
        ids = [one.id for one in impact.affected][:MOST_AFFECTED]
        truncated, counts, digest = impact.truncated, impact.counts, impact.digest
        total = len(impact.affected)
        return _impact(node, change, total, truncated, ids, counts, digest, found)
    counts, truncated = {}, False
    ids = []
    if "counts" in asked:
        counts, truncated = await impact_reading.read_counts(reader, node, change)
    total = sum(counts.values())
    if "ids" in asked or "counts" not in asked:
        reach = await impact_reading.read_ids(reader, node, change)
        ids, total, truncated = list(reach.ids), len(reach.ids), reach.truncated
    return _impact(node, change, total, truncated, ids, counts, None, None)


def _impact(
    node: str,
    change: ChangeKind,
    total: int,
    truncated: bool,
    ids: list[str],
    counts: dict[str, int],
    digest: str | None,
    found: tuple[Found, Paths] | None,
) -> Impact:
    return Impact(
        node=strawberry.ID(node),
        change=change,
        total=total,
        truncated=truncated,
        ids=IDList(ids),
        counts=[ImpactCount(label=label, count=count) for label, count in counts.items()],
        digest=digest,
        found=found,
    )


async def _page(
    context: Context, found: Found, paths: Paths, *, size: int, after: str | None
) -> Connection[AffectedNode]:
    start = (0, "") if after is None else place(after, Ordering(_ORDER))
    rest = [one for one in found.affected if (one.hops, one.id) > start]
    shown = rest[:size]
    links = {one.id: paths.to(one.id)[:LONGEST_PATH] for one in shown}
    ids = {found.node, *(one.id for one in shown)}
    ids |= {id for path in links.values() for link in path for id in (link.start, link.end)}
    reader = context.application.graph.reader(context.signed_in().tenant)
    described = await impact_reading.describe(reader, sorted(ids))
    owners = await impact_reading.read_owners(reader, [one.id for one in shown])
    nodes = [
        AffectedNode(
            node=shown_node(described, one.id),
            version=one.version,
            hard=one.hard,
            hops=one.hops,
            nodes=[shown_node(described, id) for id in nodes_of(found.node, links[one.id])],
            edges=[shown_edge(link) for link in links[one.id]],
            owner=_owner(owners, one),
            environments=_environments(described, one.id),
            cost=None,
        )
        for one in shown
    ]
    placed = [(cursor([one.hops, one.id]), node) for one, node in zip(shown, nodes, strict=True)]
    return connection(placed, more=len(rest) > size, later=after is not None, count=len(found.affected))


def _environments(described: dict[str, Described], id: str) -> list[strawberry.ID]:
    return [strawberry.ID(each) for each in described[id].environments] if id in described else []


def _owner(owners: dict[str, Owner], one: Affected) -> GraphNode | None:
    owner = owners.get(project_of(one.id))
    if owner is None:
        return None
    return GraphNode(id=strawberry.ID(owner.id), label="Team", name=owner.name, status=None)
