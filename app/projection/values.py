"""Values of a field's arguments, as a statement takes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import cast

from app.errors import InvalidInput
from app.projection.filters import MOST_VALUES, Path
from app.projection.model import AtLeast, Filter
from app.transactions import Value


def at(values: Mapping[str, object], path: Path) -> object:
    """The value at a path of the arguments; None where there is none."""
    found: object = values
    for step in path:
        if isinstance(found, Mapping):
            found = found.get(str(step))
        elif isinstance(found, list | tuple) and isinstance(step, int):
            found = found[step]
        else:
            return None
    return found


def stored(given: object, wanted: Filter | None = None) -> Value:
    """A value as it is stored: of an enum its word, and for a rank all that are as high.

    Raises InvalidInput for a list of more than 100 values.
    """
    if isinstance(given, list | tuple):
        if len(given) > MOST_VALUES:
            raise InvalidInput(f"a filter may list at most {MOST_VALUES} values, not {len(given)}", "where")
        return [stored(each) for each in given]
    plain = cast("Value", given.value if isinstance(given, Enum) else given)
    test = wanted.test if wanted else None
    return list(test.ranking[test.ranking.index(str(plain)) :]) if isinstance(test, AtLeast) else plain
