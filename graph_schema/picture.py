"""The graph for pictures: flat nodes and edges, bounded, no edge without its ends."""

from collections.abc import Sequence

import strawberry

from app.domain.access import Action, require
from app.errors import InvalidInput, NotFound
from app.graph import Value
from graph_schema.context import Context

DEFAULT_NODES = 500
MOST_NODES = 2_000
EDGES_A_NODE = 10


@strawberry.type(description="A node of a picture.")
class GraphNode:
    """A node of a picture."""

    id: strawberry.ID = strawberry.field(description="The node's id.")
    label: str = strawberry.field(description="What it is, such as `Service`.")
    name: str = strawberry.field(description="Its name.")
    status: str | None = strawberry.field(description="How it is doing, where it is a deployment.")


@strawberry.type(description="An edge of a picture; both its ends are among the nodes.")
class GraphEdge:
    """An edge of a picture."""

    from_: strawberry.ID = strawberry.field(name="from", description="The id of the node it starts at.")
    to: strawberry.ID = strawberry.field(description="The id of the node it ends at.")
    type: str = strawberry.field(description="The relationship, such as `DEPENDS_ON`.")
    kind: str | None = strawberry.field(description="How much a dependency is needed: `hard` or `soft`.")


@strawberry.type(description="The platform, or a part of it, as nodes and edges.")
class GraphPicture:
    """The platform, or a part of it, as nodes and edges."""

    nodes: list[GraphNode] = strawberry.field(description="The nodes.")
    edges: list[GraphEdge] = strawberry.field(description="The edges between these nodes.")
    truncated: bool = strawberry.field(description="Whether there is more than is shown.")


async def read_picture(context: Context, application: str | None, first: int | None) -> GraphPicture:
    """The platform as nodes and edges, or one application with what its services need and where they run.

    `first` is how many nodes at most, 1 to 2,000, 500 where it is null. Raises Unauthenticated, Forbidden, NotFound and
    InvalidInput.
    """
    actor = context.signed_in()
    require(actor, Action.READ)
    most = DEFAULT_NODES if first is None else first
    if not 1 <= most <= MOST_NODES:
        raise InvalidInput(f"first must be between 1 and {MOST_NODES}, not {first}", "first")
    bounds = {"limit": most + 1, "edge_limit": most * EDGES_A_NODE + 1}
    graph = context.application.graph
    if application is None:
        rows = await graph.read("graph/read_all", actor.tenant, **bounds)
    else:
        rows = await graph.read("graph/read_application", actor.tenant, application_id=application, **bounds)
    if not rows:
        raise NotFound(f"there is no Application {str(application)[:100]!r}", "application")
    nodes, edges = _lists(rows[0]["nodes"]), _lists(rows[0]["edges"])
    shown = {str(node[0]) for node in nodes[:most]}
    kept = [edge for edge in edges if str(edge[0]) in shown and str(edge[1]) in shown][: bounds["edge_limit"] - 1]
    return GraphPicture(
        nodes=[
            GraphNode(id=strawberry.ID(str(id_)), label=str(label), name=str(name), status=_text(status))
            for id_, label, name, status in nodes[:most]
        ],
        edges=[
            GraphEdge(from_=strawberry.ID(str(start)), to=strawberry.ID(str(end)), type=str(type_), kind=_text(kind))
            for start, end, type_, kind in kept
        ],
        truncated=len(nodes) > most or len(edges) >= bounds["edge_limit"],
    )


def _lists(value: Value) -> list[Sequence[Value]]:
    return [each for each in value if isinstance(each, list)] if isinstance(value, list) else []


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
