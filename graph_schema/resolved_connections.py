"""Connections of lists that a resolver of its own reads: the same shape as that of compiled ones."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import strawberry

from graph_schema.connections import PageInfo
from graph_schema.entries import resolved
from graph_schema.weights import ITEM, weighing

N = TypeVar("N")

Count = Callable[[], Awaitable[int]]
"""Counts what is on all pages of a list; called only where `totalCount` is asked for."""


@strawberry.type(description="One node of a page, and where it stands in the list.")
class Edge(Generic[N]):
    """One node of a page, and where it stands in the list."""

    cursor: str = strawberry.field(description="Where this edge stands in the list, to pass as `after`.")
    node: N = strawberry.field(description="The node.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[N]):
    """A page of a list."""

    nodes: list[N] = strawberry.field(description="The page's nodes, in order.", metadata=weighing(ITEM))
    edges: list[Edge[N]] = strawberry.field(description="The page's nodes with their cursors.", metadata=weighing(ITEM))
    page_info: PageInfo = strawberry.field(
        description="Where the page begins and ends, and whether others are around it."
    )
    counted: strawberry.Private[Count]

    @resolved(description="How many there are on all pages; counted only when asked for.")
    async def total_count(self) -> int:
        """How many there are on all pages."""
        return await self.counted()


def connection(found: Sequence[tuple[str, N]], *, more: bool, later: bool, count: Count | int) -> Connection[N]:
    """A page of these nodes, each with its cursor.

    `more` says that others follow, `later` that the page was asked for by a cursor; `count` is what counts all, or how
    many there are.
    """
    return Connection(
        nodes=[node for _, node in found],
        edges=[Edge(cursor=cursor, node=node) for cursor, node in found],
        page_info=PageInfo(
            has_next_page=more,
            has_previous_page=later,
            start_cursor=found[0][0] if found else None,
            end_cursor=found[-1][0] if found else None,
        ),
        counted=_known(count) if isinstance(count, int) else count,
    )


def _known(total: int) -> Count:
    async def count() -> int:
        return total

    return count
