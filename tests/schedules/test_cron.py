"""When something happens, in a table, against every minute of a stretch, and across changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.cron import CatchUp, due, parse


def moment(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("* * * * *", "UTC", "2026-11-21T10:00", "2026-11-21T10:01"),
        ("*/15 * * * *", "UTC", "2026-11-21T10:46", "2026-11-21T11:00"),
        ("5/20 * * * *", "UTC", "2026-11-21T10:26", "2026-11-21T10:45"),
        ("0 2 * * *", "UTC", "2026-11-21T02:00", "2026-11-22T02:00"),
        ("0 2 * * *", "Europe/Berlin", "2026-11-21T02:00", "2026-11-22T01:00"),
        ("30 9 * * MON-FRI", "UTC", "2026-11-20T10:00", "2026-11-23T09:30"),
        ("0 0 * * 7", "UTC", "2026-11-21T10:00", "2026-11-22T00:00"),
        ("0 0 1,15 * *", "UTC", "2026-11-21T10:00", "2026-12-01T00:00"),
        ("0 0 13 * FRI", "UTC", "2026-11-21T10:00", "2026-11-27T00:00"),
        ("0 0 29 FEB *", "UTC", "2026-11-21T10:00", "2028-02-29T00:00"),
        ("0 0 29 2 *", "UTC", "2096-03-01T00:00", "2104-02-29T00:00"),
        ("@monthly", "UTC", "2026-12-31T23:59", "2027-01-01T00:00"),
        # the clocks go forward at 01:00 UTC on 2027-03-28: 02:30 is not there, and is an hour later
        ("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00", "2027-03-28T01:30"),
        # and back at 01:00 UTC on 2026-10-25: 02:30 comes twice, and counts once
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:00", "2026-10-25T00:30"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("30 * * * *", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:30"),
    ],
)
def test_when_it_happens_next(cron: str, zone: str, after: str, expected: str) -> None:
    assert parse(cron, zone).after(moment(after)) == moment(expected)


@pytest.mark.parametrize(
    ("cron", "zone", "said"),
    [
        ("* * * *", "UTC", "has 4 fields"),
        ("60 * * * *", "UTC", "'60' in the field minute is not a number from 0 to 59"),
        ("* * * FOO *", "UTC", "'FOO' in the field month"),
        ("* * 0 * *", "UTC", "from 1 to 31"),
        ("*/0 * * * *", "UTC", "'0' in the field minute"),
        ("30-10 * * * *", "UTC", "runs backwards"),
        ("0 0 31 2 *", "UTC", "it never happens"),
        ("* * * * *", "Mars/Olympus", "there is no time zone"),
        ("* * * * *", "../etc/passwd", "there is no time zone"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(cron: str, zone: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(cron, zone)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 59), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, 23), min_size=1, max_size=3, unique=True),
    st.integers(0, 10_000),
)
def test_no_time_is_left_out_and_none_is_made_up(minutes: list[int], hours: list[int], offset: int) -> None:
    # given
    cron = parse(f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *", "UTC")
    start = moment("2026-01-01T00:00") + timedelta(minutes=offset)
    # when
    found = cron.after(start)
    # then: it is the first of all minutes that fit
    every = (start + timedelta(minutes=one) for one in range(1, 2 * 24 * 60))
    assert found == next(at for at in every if at.minute in minutes and at.hour in hours)


@pytest.mark.parametrize(
    ("catch_up", "late", "fires", "next_at"),
    [
        (CatchUp.NONE, "10:00", True, "11:00"),
        (CatchUp.NONE, "10:01", True, "11:00"),
        (CatchUp.NONE, "13:30", False, "14:00"),
        (CatchUp.LAST, "13:30", True, "14:00"),
        (CatchUp.ALL, "13:30", True, "11:00"),
    ],
)
def test_what_becomes_of_times_that_passed(catch_up: CatchUp, late: str, fires: bool, next_at: str) -> None:
    # given: every hour, last looked at before ten
    cron = parse("0 * * * *", "UTC")
    now = moment(f"2026-11-21T{late}")
    # when
    found = due(cron, moment("2026-11-21T10:00"), now, catch_up=catch_up, grace=timedelta(minutes=5))
    # then
    assert (found.fires, found.next_at) == (fires, moment(f"2026-11-21T{next_at}"))
