"""Exports: the platform as the manifests that would make it."""

from typing import cast

import strawberry
from strawberry.scalars import JSON

from app.domain.access import Action, require
from app.domain.exporting import Kind, Place, count_manifests, export_manifests
from app.errors import InvalidInput
from app.projection.model import LeafKind, Order
from app.projection.ordering import Ordering
from app.projection.paging import cursor, page_size, place
from graph_schema.connections import PageInfo
from graph_schema.context import Context
from graph_schema.entries import resolved
from graph_schema.resolved_connections import Count
from graph_schema.weights import ITEM, weighing

_ORDER = (Order("kind", LeafKind.INT), Order("id"))


@strawberry.type(description="Something that no manifest can say, and that is therefore missing from the export.")
class UnsaidInManifests:
    """Something that no manifest can say."""

    id: strawberry.ID = strawberry.field(description="The id of the object that it is about.")
    reason: str = strawberry.field(description="Why no manifest can say it.")


@strawberry.type(description="One manifest of a page, and where it stands in the list.")
class ManifestEdge:
    """One manifest of a page, and where it stands in the list."""

    cursor: str = strawberry.field(description="Where this edge stands in the list, to pass as `after`.")
    node: JSON = strawberry.field(description="The manifest, as in `nodes`.")


@strawberry.type(description="A page of manifests.")
class ManifestConnection:
    """A page of manifests."""

    nodes: list[JSON] = strawberry.field(
        description="Canonical documents, apiVersion trellis/v1: what equals its default is left out."
    )
    edges: list[ManifestEdge] = strawberry.field(
        description="The page's manifests with their cursors.", metadata=weighing(ITEM)
    )
    unsaid: list[UnsaidInManifests] = strawberry.field(
        description="What is missing from this page because no manifest can say it."
    )
    page_info: PageInfo = strawberry.field(
        description="Where the page begins and ends, and whether others are around it."
    )
    counted: strawberry.Private[Count]

    @resolved(description="How many manifests there are on all pages; counted only when asked for.")
    async def total_count(self) -> int:
        """How many manifests there are on all pages."""
        return await self.counted()


async def read_manifests(
    context: Context, scope: strawberry.ID | None, *, first: int | None, after: str | None
) -> ManifestConnection:
    """A page of manifests. Raises Unauthenticated, Forbidden, InvalidInput and NotFound."""
    actor = context.signed_in()
    require(actor, Action.READ)
    size = page_size(first)
    start = None
    if after is not None:
        kind, id = place(after, Ordering(_ORDER))
        if kind not in tuple(Kind):
            raise InvalidInput("after is not a cursor of this list: pass an endCursor that the list returned", "after")
        start = Place(Kind(int(kind)), str(id))
    reader = context.application.graph.reader(actor.tenant)
    found = await export_manifests(reader, scope, first=size, after=start)
    placed = [(cursor([int(at.kind), at.id]), cast("JSON", one)) for at, one in found.manifests]
    return ManifestConnection(
        nodes=[one for _, one in placed],
        edges=[ManifestEdge(cursor=at, node=one) for at, one in placed],
        unsaid=[UnsaidInManifests(id=strawberry.ID(one.id), reason=one.reason) for one in found.unsaid],
        page_info=PageInfo(
            has_next_page=found.more,
            has_previous_page=after is not None,
            start_cursor=_cursor(found.start),
            end_cursor=_cursor(found.end),
        ),
        counted=lambda: count_manifests(reader, scope),
    )


def _cursor(at: Place | None) -> str | None:
    return None if at is None else cursor([int(at.kind), at.id])
