"""``Memory``: what was worked out for the texts that visitors send again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """A function of bytes whose latest results are kept, so many and no more.

    ``lru_cache`` would do, but wraps every key that is no ``str`` in a tuple, and keeps a list in order.
    Here the older half goes all at once; what of it is asked for again counts as new. Nothing is kept of
    a call that raises, and threads that meet here at worst work something out twice.

    Attributes:
        recent: the newer half, for a look without a call: ``memory.recent.get(key) or memory(key)``.
    """

    __slots__ = ("_half", "_make", "_older", "recent")

    def __init__(self, make: Callable[[bytes], T], size: int) -> None:
        self.recent: dict[bytes, T] = {}
        self._older: dict[bytes, T] = {}
        self._make = make
        self._half = size // 2

    def __call__(self, key: bytes) -> T:
        """Return what there is for ``key``, or make it."""
        found = self.recent.get(key)
        if found is None:
            found = self._older.get(key)
            if found is None:
                found = self._make(key)
            if len(self.recent) >= self._half:
                self._older, self.recent = self.recent, {}
            self.recent[key] = found
        return found

    def __len__(self) -> int:
        """Return how many results are kept; a few are counted twice."""
        return len(self.recent) + len(self._older)
