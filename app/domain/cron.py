"""Times that come again: five fields as cron has them, in a time zone; pure.

    minute hour day-of-month month day-of-week        numbers, names (JAN, MON), *, lists, ranges, steps

Where both days are restricted, either will do. In the hour that a change of the clocks takes away, what was to happen
happens an hour later; in the hour that comes twice it happens once, unless it happens every hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: Final = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMED: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_FARTHEST: Final = 9 * 366
"""Days that are looked through: the 29th of February may be eight years away."""


class CatchUp(StrEnum):
    """What becomes of times that passed while nobody could act on them."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Cron:
    """When something happens: which minutes, hours, days of the month, months and days of the week (0 is Sunday)."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first time after a moment, in UTC. Raises ValueError where there is none within eight years."""
        day = moment.astimezone(self.zone).date()
        for _ in range(_FARTHEST):
            if self._on(day):
                found = [at for at in self._times(day) if at > moment]
                if found:
                    return min(found)
            day += timedelta(days=1)
        raise ValueError("it never happens: there is no such day")

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        weekday = day.isoweekday() % 7
        if self.days is None or self.weekdays is None:
            return (self.days is None or day.day in self.days) and (self.weekdays is None or weekday in self.weekdays)
        return day.day in self.days or weekday in self.weekdays

    def _times(self, day: date) -> list[datetime]:
        folds = (0, 1) if len(self.hours) == 24 else (0,)
        return [
            datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=self.zone).astimezone(UTC)
            for hour in self.hours
            for minute in self.minutes
            for fold in folds
        ]


def parse(text: str, zone: str) -> Cron:
    """What the five fields, or one of @hourly, @daily, @weekly, @monthly and @yearly, say in a time zone.

    Raises ValueError with a sentence that says what is wrong.
    """
    fields = _NAMED.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise ValueError(f"{text!r} has {len(fields)} fields; five are needed: minute, hour, day, month, day of week")
    minutes, hours, days, months, weekdays = (
        _field(field, name, least, most) for field, (name, least, most) in zip(fields, _FIELDS, strict=True)
    )
    found = Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=None if fields[2] == "*" else days,
        months=months,
        weekdays=None if fields[4] == "*" else frozenset(day % 7 for day in weekdays),
        zone=_zone(zone),
    )
    found.after(datetime(2000, 1, 1, tzinfo=UTC))
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """What is to happen now: at all or not, for which time, and when to look again."""

    fires: bool
    at: datetime
    next_at: datetime


def due(cron: Cron, next_at: datetime, now: datetime, *, catch_up: CatchUp, grace: timedelta) -> Due:
    """What follows from a time that has come, `next_at`, at the moment `now`, which is not before it.

    NONE lets what is later than `grace` pass, LAST makes up for it once, ALL for each of them, one after the other.
    """
    if catch_up is CatchUp.ALL:
        return Due(True, next_at, cron.after(next_at))
    following = cron.after(now)
    if catch_up is CatchUp.LAST:
        return Due(True, next_at, following)
    return Due(now - next_at <= grace, next_at, following)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; write it as Europe/Berlin or UTC") from error


def _field(field: str, name: str, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, stepped, step_text = part.partition("/")
        step = _number(step_text, name, 1, most) if stepped else 1
        if span == "*":
            first, last = least, min(most, 6) if name == "day of week" else most
        else:
            start, ranged, end = span.partition("-")
            first = _number(start, name, least, most)
            last = _number(end, name, least, most) if ranged else (most if stepped else first)
        if first > last:
            raise ValueError(f"{part!r} in the field {name} runs backwards")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, name: str, least: int, most: int) -> int:
    names = _MONTHS if name == "month" else _DAYS if name == "day of week" else ()
    if text.upper() in names:
        return names.index(text.upper()) + (1 if name == "month" else 0)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(f"{text!r} in the field {name} is not a number from {least} to {most}")
    return int(text)
