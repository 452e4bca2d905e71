"""Keeps what was made lately, so that it need not be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_CHARACTERS = 131_072
"""What the documents weigh together that are kept, in characters: parsed, each takes hundreds of times that."""


class Recent(Generic[T]):
    """At most `most` values by key; the one that was longest unused leaves first.

    Each value may have a weight, and all that are kept together weigh at most `heaviest`.
    """

    def __init__(self, most: int, *, heaviest: int = 0) -> None:
        self._most = most
        self._heaviest = heaviest
        self._weight = 0
        self._found: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], *, keep: bool = True, weight: int = 0) -> T:
        """The value of a key, made where it is not there; `keep` says whether a new one stays, `weight` its weight.

        Raises whatever `make` raises; then nothing is kept.
        """
        found = self._found.get(key)
        if found is not None:
            self._found.move_to_end(key)
            return found[0]
        made = make()
        if keep:
            self.put(key, made, weight=weight)
        return made

    def put(self, key: Hashable, value: T, *, weight: int = 0) -> None:
        """Keep a value under a key, in place of the one that is there."""
        _, gone = self._found.pop(key, (None, 0))
        self._found[key] = value, weight
        self._weight += weight - gone
        while self._found and (len(self._found) > self._most or self._weight > self._heaviest):
            _, (_, gone) = self._found.popitem(last=False)
            self._weight -= gone

    def find(self, key: Hashable) -> T | None:
        """The value of a key, or None where it is not there."""
        found = self._found.get(key)
        if found is None:
            return None
        self._found.move_to_end(key)
        return found[0]

    def __len__(self) -> int:
        return len(self._found)
