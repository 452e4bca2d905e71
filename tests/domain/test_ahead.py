"""Rows are made while those before them are written, and nothing is left under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from app.domain import ahead
from app.transactions import Value


class Database:
    """Answers a statement when it is told to, and remembers what it was sent and what is under way."""

    def __init__(self) -> None:
        self.sent: list[Sequence[Value]] = []
        self.under_way = 0
        self.most_under_way = 0

    async def run(self, rows: Sequence[Value]) -> int:
        """Take one turn of the loop for every hundred rows."""
        self.sent.append(rows)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            for _ in range(0, len(rows), 100):
                await asyncio.sleep(0)
            return len(rows)
        finally:
            self.under_way -= 1


async def test_every_thousand_is_a_statement_and_answers_keep_their_order() -> None:
    # given
    database = Database()

    # when
    answers = await ahead.write(range(2_500), lambda number: [number], database.run)

    # then
    assert answers == [1_000, 1_000, 500]
    assert [row for rows in database.sent for row in rows] == [[number] for number in range(2_500)]
    assert database.most_under_way == 1


async def test_nothing_to_write_is_no_statement() -> None:
    # given
    database = Database()

    # when
    answers = await ahead.write([], lambda number: number, database.run)

    # then
    assert answers == []
    assert database.sent == []


async def test_rows_are_made_while_others_are_written() -> None:
    # given
    database, made_meanwhile = Database(), list[int]()

    def make(number: int) -> Value:
        if database.under_way:
            made_meanwhile.append(number)
        return number

    # when
    await ahead.write(range(2_000), make, database.run)

    # then
    assert made_meanwhile[:100] == list(range(1_000, 1_100))


async def test_a_row_that_cannot_be_made_lets_the_statement_under_way_end() -> None:
    # given
    database = Database()

    def make(number: int) -> Value:
        if number == 1_000:
            raise ValueError("no row")
        return number

    # when
    with pytest.raises(ValueError, match=r"^no row$"):
        await ahead.write(range(2_000), make, database.run)

    # then
    assert database.sent == [list(range(1_000))]
    assert database.under_way == 0


async def test_a_statement_that_fails_is_the_last() -> None:
    # given
    sent: list[int] = []

    async def run(rows: Sequence[Value]) -> None:
        sent.append(len(rows))
        raise LookupError("gone")

    # when
    with pytest.raises(LookupError, match=r"^gone$"):
        await ahead.write(range(2_500), lambda number: number, run)

    # then
    assert sent == [1_000]


async def test_being_cancelled_cancels_what_is_under_way() -> None:
    # given
    begun, cancelled = asyncio.Event(), list[str]()

    async def run(rows: Sequence[Value]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("statement")
            raise

    writing = asyncio.create_task(ahead.write(range(10), lambda number: number, run))
    await begun.wait()

    # when
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    # then
    assert cancelled == ["statement"]


async def test_items_are_gone_through_while_an_answer_is_waited_for() -> None:
    # given
    database, seen_meanwhile = Database(), list[int]()

    def items() -> Iterator[int]:
        for number in range(250):
            if database.under_way:
                seen_meanwhile.append(number)
            yield number

    # when
    answer, found = await ahead.meanwhile(database.run(list(range(1_000))), items())

    # then
    assert answer == 1_000
    assert found == list(range(250))
    assert seen_meanwhile == list(range(250))
