"""Keeps what was made lately, so that it need not be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """At most `most` values by key; the one that was longest unused leaves first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T], *, keep: bool = True) -> T:
        """The value of a key, made where it is not there; `keep` says whether a new one stays.

        Raises whatever `make` raises; then nothing is kept.
        """
        if key in self._found:
            self._found.move_to_end(key)
            return self._found[key]
        made = make()
        if keep and self._most > 0:
            self._found[key] = made
            if len(self._found) > self._most:
                self._found.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._found)
