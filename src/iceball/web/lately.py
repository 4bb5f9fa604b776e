"""What was made lately, by its key: it holds what was made, never the patient that it was made from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Lately:
    """The last few answers to a question that costs something.

    Args:
        most: so many are kept; what was not asked for longest goes first.
    """

    def __init__(self, most: int) -> None:
        self._most, self._turn = most, Lock()
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The bytes of a key, made where they are not here."""
        with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._turn:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
