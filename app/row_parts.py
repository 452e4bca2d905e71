"""One row that comes in several, so that whoever takes it in does not keep others waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from typing import Protocol

from app.transactions import Value


class Record(Protocol):
    """A row as the driver has it."""

    def values(self) -> list[Value]:
        """Its columns."""


async def joined(records: AsyncIterable[Record], lists: Sequence[int]) -> list[Value]:
    """The columns of the first row, in which the lists of some columns go on as the further rows say."""
    columns: list[Value] = []
    async for record in records:
        values = record.values()
        if columns:
            for each in lists:
                known, more = columns[each], values[each]
                assert isinstance(known, list)
                assert isinstance(more, list)
                known += more
        else:
            columns = values
        # Whatever has arrived by now would otherwise be unpacked at one go.
        await asyncio.sleep(0)
    return columns
