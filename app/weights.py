"""What fields weigh where the cost of an operation is told: the declaration says it, `app.costs` adds it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EXTENSION = "trellis_weight"
"""Where a field of the schema keeps its Weight."""
SIZE = "first"
"""The argument that says how long a field's lists are."""
PLACE = "after"
"""The argument that only says where a list begins, and so costs nothing."""
UNSAID = 10
"""How long a list of objects counts where nothing says it."""
NARROWING = 5
"""What each value costs that narrows a list: it is looked at for every candidate, not only for what is shown."""
HEAVIER = {"some": 1, "none": 1, "every": 1, "search": 19}
"""What a field of a filter counts beside the values in it, in values: for edges to follow, and for asking an index."""
RESOLVED = 10
"""How many times dearer a value is that GraphQL's own execution completes, against one of a compiled read."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a field costs by itself, and how long its lists are where its arguments do not say it.

    `items` is the length of a list that is neither a page nor sized by `first`; `most` is the largest `first` that is
    taken, so that a larger one, which is refused later by name, does not count for more; `times` is how many items such
    a list has for each one that `first` asks for; `each` is what every item costs besides what is selected of it.

    `all` is what it costs to look at all nodes of a list: to show a page of them that no index finds, and again to
    count them, which is what a field does that `counts`.
    """

    own: int = 1
    items: int | None = None
    most: int | None = None
    times: int = 1
    each: int = 0
    all: int = 0
    counts: bool = False


USUAL = Weight()


def count(value: object) -> int:
    """How many values a variable holds, with those that what is heavier in a filter counts for."""
    if value is None:
        return 0
    if isinstance(value, Mapping):
        held = ((name, count(each)) for name, each in value.items())
        return sum(many + heavier(name, many) for name, many in held)
    if isinstance(value, list | tuple):
        return sum(count(each) for each in value)
    return 1


def heavier(name: object, values: int) -> int:
    """What a field of a filter counts beside the values in it."""
    return HEAVIER.get(str(name), 0) if values else 0
