"""Reads of a kind that come while others are under way are asked together, each after it came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from app.gathering import MOST_TOGETHER, UNDER_WAY, Gathering
from app.transactions import Value
from tests.runs.deploying import eventually


@dataclass(slots=True)
class Asked:
    """A graph that answers when it is told to, and notes what it was asked in each statement."""

    gathering: Gathering = field(default_factory=Gathering)
    statements: list[list[Value]] = field(default_factory=list)
    ends: list[asyncio.Future[None]] = field(default_factory=list)

    async def _statement(self, numbers: list[Value]) -> list[list[Value]]:
        self.statements.append(numbers)
        self.ends.append(asyncio.get_running_loop().create_future())
        await self.ends[-1]
        return [[f"answer {number}"] for number in numbers]

    def read(self, number: int, kind: str = "kind") -> asyncio.Task[list[Value]]:
        """Begin to read that number."""

        async def alone() -> list[Value]:
            return (await self._statement([number]))[0]

        async def together(asked: Sequence[Mapping[str, Value]]) -> list[list[Value]]:
            return await self._statement([each["number"] for each in asked])

        return asyncio.create_task(
            self.gathering.read(kind, {"number": number}, alone=alone, together=together), name=str(number)
        )

    async def reading(self, *numbers: int) -> list[asyncio.Task[list[Value]]]:
        """Begin to read these, and let all of them ask or wait."""
        tasks = [self.read(number) for number in numbers]
        await asyncio.sleep(0)
        return tasks


async def test_the_first_have_statements_of_their_own_and_all_others_share_one() -> None:
    # given as many reads under way as have statements of their own
    asked = Asked()
    first = await asked.reading(*range(UNDER_WAY))
    # when more come, and one of those under way ends
    others = await asked.reading(10, 11, 12)
    assert asked.statements == [[0], [1]]
    asked.ends[0].set_result(None)
    await eventually(lambda: len(asked.statements) == 3)
    # then all that wait are in one statement, and each has its own answer
    assert asked.statements[2] == [10, 11, 12]
    # and who comes now is not among them: what they are told was read after they asked
    late = await asked.reading(13)
    asked.ends[2].set_result(None)
    assert [await each for each in others] == [["answer 10"], ["answer 11"], ["answer 12"]]
    await eventually(lambda: len(asked.statements) == 4)
    assert asked.statements[3] == [13]
    asked.ends[1].set_result(None)
    asked.ends[3].set_result(None)
    assert [await each for each in (*first, *late)] == [["answer 0"], ["answer 1"], ["answer 13"]]
    # and nothing is remembered
    await eventually(lambda: not asked.gathering._lines and not asked.gathering._tasks)


async def test_reads_of_another_kind_do_not_wait() -> None:
    asked = Asked()
    await asked.reading(*range(UNDER_WAY))
    other = asked.read(20, "other")
    await asyncio.sleep(0)
    asked.ends[-1].set_result(None)
    assert await other == ["answer 20"]
    for each in asked.ends[:-1]:
        each.set_result(None)


async def test_a_statement_asks_for_so_many_at_most() -> None:
    # given more reads than one statement may ask for
    asked = Asked()
    await asked.reading(*range(UNDER_WAY))
    many = await asked.reading(*range(100, 100 + MOST_TOGETHER + 1))
    # when those under way end
    for each in asked.ends[:]:
        each.set_result(None)
    await eventually(lambda: len(asked.statements) == 4)
    # then two statements ask for them
    assert [len(each) for each in asked.statements[2:]] == [MOST_TOGETHER, 1]
    for each in asked.ends[2:]:
        each.set_result(None)
    assert [await each for each in many] == [[f"answer {number}"] for number in range(100, 101 + MOST_TOGETHER)]


async def test_who_goes_away_is_not_asked_for_and_holds_nobody_up() -> None:
    # given reads that wait, one of which is given up, as is one that others wait for
    asked = Asked()
    first = await asked.reading(*range(UNDER_WAY))
    gone, stays = await asked.reading(10, 11)
    gone.cancel()
    first[0].cancel()
    # when
    await eventually(lambda: len(asked.statements) == 3)
    asked.ends[2].set_result(None)
    # then only who stays was asked for
    assert asked.statements[2] == [11]
    assert await stays == ["answer 11"]
    assert gone.cancelled()
    asked.ends[1].set_result(None)


async def test_a_failure_is_told_to_all_that_were_asked_for_and_to_nobody_else() -> None:
    # given reads that were asked together
    asked = Asked()
    first = await asked.reading(*range(UNDER_WAY))
    both = await asked.reading(10, 11)
    asked.ends[0].set_result(None)
    await eventually(lambda: len(asked.statements) == 3)
    later = await asked.reading(12)
    # when their statement fails
    asked.ends[2].set_exception(RuntimeError("broken"))
    # then both are told, and who came later has an answer
    for each in both:
        with pytest.raises(RuntimeError, match=r"^broken$"):
            await each
    await eventually(lambda: len(asked.statements) == 4)
    asked.ends[3].set_result(None)
    asked.ends[1].set_result(None)
    assert [await each for each in (*later, *first)] == [["answer 12"], ["answer 0"], ["answer 1"]]
