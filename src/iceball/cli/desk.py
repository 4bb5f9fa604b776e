"""A desk whose work is told at the terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from iceball.cli.shell import progress, stderr
from iceball.desk.desk import DEFAULT_SPACING_MM, Desk
from iceball.desk.telling import Progress

__all__ = ["DEFAULT_SPACING_MM", "Terminal", "open_desk"]


class Terminal:
    """Tells on standard error: a bar on a terminal, lines elsewhere."""

    def during(self, title: str) -> AbstractContextManager[Progress]:
        """A bar, or a line at each tenth."""
        return progress(title)

    def say(self, text: str) -> None:
        """One line."""
        stderr.print(text)

    def go_on(self) -> None:
        """Ctrl-C ends it."""


def open_desk(folder: Path, *, kill: str = "", as_placed: bool = False) -> Desk:
    """`Desk.open`, telling at the terminal."""
    return Desk.open(folder, kill=kill, as_placed=as_placed, telling=Terminal())
