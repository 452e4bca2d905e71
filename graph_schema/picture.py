"""The graph for pictures: flat nodes and edges, bounded, no edge without its ends; and paths between two nodes."""

from collections.abc import Mapping, Sequence

import strawberry

from app.domain import dependency_paths, pictures
from app.domain.access import Action, require
from app.domain.impact import Link, is_hard
from app.domain.impact_reading import Described, describe
from app.domain.pictures import Asked, GraphKind, GraphMode
from app.weights import Weight
from graph_schema.context import Context
from graph_schema.stored import described
from graph_schema.weights import weighing

USUAL_EDGES_A_NODE = 3
"""What a picture's cost counts for each node: platforms are sparse, and the bound above keeps dense ones short."""


described(
    GraphMode,
    "Which graph of the platform is shown. The same thing has the same id in each.",
    {
        GraphMode.DESIRED: "What is declared: each service as it is desired, in each environment of its project.",
        GraphMode.PLANNED: "What is deployed once the newest plan of each application and environment is carried out.",
        GraphMode.ACTUAL: "What is recorded as deployed, with the dependencies that it was deployed with.",
    },
)
described(
    GraphKind,
    "What a picture can show.",
    {
        GraphKind.TEAM: "Teams.",
        GraphKind.PROJECT: "Projects.",
        GraphKind.PROVIDER: "Providers.",
        GraphKind.ENVIRONMENT: "Environments.",
        GraphKind.APPLICATION: "Applications.",
        GraphKind.SERVICE: "Services.",
        GraphKind.DEPLOYMENT: "Services in an environment.",
        GraphKind.SERVICE_VERSION: "Versions that are desired or run.",
    },
)


@strawberry.type(description="A node of a picture.")
class GraphNode:
    """A node of a picture."""

    id: strawberry.ID = strawberry.field(description="The node's id.")
    label: str = strawberry.field(description="What it is, such as `Service`.")
    name: str = strawberry.field(description="Its name.")
    status: str | None = strawberry.field(description="How it is doing, where it is a deployment.")
    version: strawberry.ID | None = strawberry.field(
        default=None, description="The version that a deployment runs, or that a service desires, by its id."
    )


@strawberry.type(description="An edge of a picture; both its ends are among the nodes.")
class GraphEdge:
    """An edge of a picture."""

    from_: strawberry.ID = strawberry.field(name="from", description="The id of the node it starts at.")
    to: strawberry.ID = strawberry.field(description="The id of the node it ends at.")
    type: str = strawberry.field(description="The relationship, such as `DEPENDS_ON`.")
    kind: str | None = strawberry.field(description="How much a dependency is needed: `hard` or `soft`.")


@strawberry.type(description="One way on which a node needs another.")
class DependencyPath:
    """One way on which a node needs another."""

    nodes: list[GraphNode] = strawberry.field(description="The nodes in order, one more than edges.")
    edges: list[GraphEdge] = strawberry.field(description="The edges, each from a node to the next.")
    hard: bool = strawberry.field(description="Whether all its edges are hard.")


@strawberry.type(description="The shortest ways on which a node needs another.")
class DependencyPaths:
    """The shortest ways on which a node needs another."""

    hops: int = strawberry.field(description="How many edges each of them has.")
    paths: list[DependencyPath] = strawberry.field(description="The ways, in the order of their nodes' ids.")
    truncated: bool = strawberry.field(description="Whether there are more of the same length.")


@strawberry.type(description="The platform, or a part of it, as nodes and edges.")
class GraphPicture:
    """The platform, or a part of it, as nodes and edges."""

    nodes: list[GraphNode] = strawberry.field(description="The nodes.")
    edges: list[GraphEdge] = strawberry.field(
        description="The edges between these nodes.", metadata=weighing(Weight(times=USUAL_EDGES_A_NODE))
    )
    truncated: bool = strawberry.field(description="Whether there is more than is shown.")


def shown_node(described: Mapping[str, Described], id: str) -> GraphNode:
    """A node as it was described; one that is gone meanwhile goes by its id."""
    found = described.get(id)
    if found is None:
        return GraphNode(id=strawberry.ID(id), label="Entity", name=id, status=None)
    return GraphNode(id=strawberry.ID(id), label=found.label, name=found.name, status=found.status)


def shown_edge(link: Link) -> GraphEdge:
    """An edge of a path, as it is in the graph."""
    return GraphEdge(from_=strawberry.ID(link.start), to=strawberry.ID(link.end), type=link.type, kind=link.kind)


def nodes_of(first: str, path: Sequence[Link]) -> list[str]:
    """The ids of a path's nodes in order, from its first on."""
    ids = [first]
    for link in path:
        ids.append(link.end if link.start == ids[-1] else link.start)
    return ids


async def read_picture(context: Context, asked: Asked) -> GraphPicture:
    """The platform as nodes and edges, or a part of it.

    Raises Unauthenticated, Forbidden, NotFound and InvalidInput.
    """
    actor = context.signed_in()
    require(actor, Action.READ)
    found = await pictures.read_picture(context.application.graph.reader(actor.tenant), asked)
    return GraphPicture(
        nodes=[
            GraphNode(
                id=strawberry.ID(node.id),
                label=node.label,
                name=node.name,
                status=node.status,
                version=None if node.version is None else strawberry.ID(node.version),
            )
            for node in found.nodes
        ],
        edges=[shown_edge(link) for link in found.edges],
        truncated=found.truncated,
    )


async def read_paths(
    context: Context, start: str, end: str, *, depth: int | None, first: int | None
) -> DependencyPaths | None:
    """The shortest ways on which a node needs another. Raises Unauthenticated, Forbidden, NotFound and InvalidInput."""
    actor = context.signed_in()
    require(actor, Action.READ)
    reader = context.application.graph.reader(actor.tenant)
    found = await dependency_paths.find(reader, start, end, depth=depth, most=first)
    if found is None:
        return None
    described_nodes = await describe(reader, [id for path in found.paths for id in nodes_of(start, path)])
    return DependencyPaths(
        hops=len(found.paths[0]),
        paths=[
            DependencyPath(
                nodes=[shown_node(described_nodes, id) for id in nodes_of(start, path)],
                edges=[shown_edge(link) for link in path],
                hard=all(is_hard(link.type, link.kind) for link in path),
            )
            for path in found.paths
        ],
        truncated=found.truncated,
    )
