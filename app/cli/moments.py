"""Times as people type them: a moment with its time zone, or how long from now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from app.cli.failures import BadUsage

HELP: Final = "a time with its zone (2026-12-24T18:00:00+01:00), or how long from now (90m, 12h, 7d, 2w)"

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, option: str, *, now: datetime) -> datetime:
    """The moment that a text names; `option` is what it was given to. Raises BadUsage, with what it could be."""
    span = _SPAN.fullmatch(text)
    try:
        if span is not None:
            return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadUsage(f"{option} {text[:100]!r} is no time: give {HELP}", "USAGE") from None
    if found.tzinfo is None:
        raise BadUsage(f"{option} {text!r} needs a time zone, such as {text}Z", "USAGE")
    return found
