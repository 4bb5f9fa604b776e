"""How work on a desk tells how far it has come; who is told (a terminal, a page) is not the desk's business."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Progress = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and a few words."""


class Telling(Protocol):
    """Someone who is told of progress."""

    def during(self, title: str) -> AbstractContextManager[Progress]:
        """A stretch of work with a title; what it gives is called as the work moves on."""

    def say(self, text: str) -> None:
        """One sentence about what begins now."""

    def go_on(self) -> None:
        """Asked between parts of the work; raises where nobody wants it any more."""


class Silent:
    """Nobody is told."""

    def during(self, title: str) -> AbstractContextManager[Progress]:
        """Nothing is said of it."""
        return nullcontext(_nothing)

    def say(self, text: str) -> None:
        """Nothing is said."""

    def go_on(self) -> None:
        """It is always wanted."""


def _nothing(fraction: float, text: str) -> None:
    return
