"""What a text finds by the full-text index: the rows of a page, or what a filter keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.projection import fulltext
from app.projection.filters import Path, Searched, dotted
from app.projection.model import Order
from app.projection.sources import beyond
from app.projection.values import at
from app.transactions import Value

CAUGHT_UP: Final = "db.index.fulltext.awaitEventuallyConsistentIndexRefresh"
"""Ends once the index has all that was committed before; at once where it has."""


def called(index: str, text: str) -> str:
    """The call of the index; `index` and `text` are parameters. `$scope` names the tenant.

    So only its nodes are walked through; what keeps to it is a predicate on each node that is found. The index is kept
    up behind the commits of writers, so whoever searches waits until it has all that was committed before.
    """
    return f"CALL {CAUGHT_UP}() CALL db.index.fulltext.queryNodes({index}, $scope + {text}) YIELD node AS"


@dataclass(slots=True)
class Found:
    """Gives the clause that binds a variable to each node of a type that a text finds.

    `parameter` gives the name of the parameter that holds what is read of a page's arguments. The same place in them
    has the same parameters.
    """

    parameter: Callable[[Callable[[Mapping[str, object]], Value]], str]
    given: dict[Path, tuple[str, str]] = field(default_factory=dict)

    def __call__(self, wanted: Searched, variable: str) -> str:
        """The clauses that bind a variable to what a text finds."""
        if wanted.path not in self.given:
            self.given[wanted.path] = self._bound(wanted)
        index, text = self.given[wanted.path]
        seen = f"{variable}.tenant = $tenant AND {variable}:{wanted.type.label}"
        return f"{called(index, text)} {variable} WHERE {seen}"

    def _bound(self, wanted: Searched) -> tuple[str, str]:
        text, path = wanted.type.text, wanted.path
        assert text is not None
        index = self.parameter(lambda _: text.name)
        asked = self.parameter(lambda values: fulltext.query(str(at(values, path)), text.weights, path=dotted(path)))
        return f"${index}", f"${asked}"


@dataclass(frozen=True, slots=True)
class Hits:
    """What the full-text index finds, with how well each node fits under `score`.

    `index`, `text` and `labels` are parameters, `labels` of those to keep to, if any; `seen` is the predicate that a
    node satisfies that may be seen. `order` is the score and a unique key.
    """

    index: str
    text: str
    labels: str | None
    variable: str
    score: str
    order: tuple[Order, ...]
    seen: str

    def matched(self, *, carried: str, after: Sequence[str] = (), limit: str | None = None) -> str:
        """The clauses that bind the node and its score; the rest as `Source.matched`."""
        conditions = [f"{self.variable}.tenant = $tenant", self.seen]
        if self.labels is not None:
            conditions.append(f"any(label IN labels({self.variable}) WHERE label IN {self.labels})")
        if after:
            conditions.append(beyond(self._read, self.order, after))
        return (
            f"{called(self.index, self.text)} {self.variable}, score AS {self.score} WHERE {' AND '.join(conditions)}"
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The expressions of the order's keys, of which a cursor is made."""
        return tuple(self._read(key.property) for key in self.order)

    @property
    def sorting(self) -> str:
        """What to sort by."""
        return ", ".join(f"{self._read(key.property)}{' DESC' if key.descending else ''}" for key in self.order)

    def _read(self, name: str) -> str:
        return self.score if name == self.order[0].property else f"{self.variable}.{name}"
