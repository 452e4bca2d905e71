"""Lists that the server gives in pages, as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from pydantic import BaseModel

from app.cli.answers import Page
from app.cli.client import Client, Operation, Variables
from app.cli.failures import Refused

LARGEST_PAGE: Final = 100

AnswerT = TypeVar("AnswerT", bound=BaseModel)
NodeT = TypeVar("NodeT")


def everything(
    client: Client,
    operation: Operation[AnswerT],
    variables: Variables,
    page_of: Callable[[AnswerT], Page[NodeT] | None],
    *,
    limit: int | None = None,
    after: str | None = None,
) -> list[NodeT]:
    """All nodes of a list, or `limit` of them, from its start or after a cursor, fetched page by page.

    The operation takes `first` and `after`; `page_of` finds the page in its answer. Raises Refused where there is none:
    what the list belongs to does not exist.
    """
    nodes: list[NodeT] = []
    while limit is None or len(nodes) < limit:
        first = LARGEST_PAGE if limit is None else min(LARGEST_PAGE, limit - len(nodes))
        page = page_of(client.execute(operation, {**variables, "first": first, "after": after}))
        if page is None:
            raise Refused(f"{operation.name} found nothing of that id", "NOT_FOUND")
        nodes += page.nodes
        if not page.page_info.has_next_page:
            break
        after = page.page_info.end_cursor
    return nodes
