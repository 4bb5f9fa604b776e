"""What a field of a plan affects, and between what bounds it lies, as the published schema says it."""

from __future__ import annotations

from typing import Any

Note = dict[str, Any]
RUN: Note = {"affects": "run"}
ASSESSMENT: Note = {"affects": "assessment"}
NOTHING: Note = {"affects": "nothing"}


def within(affects: Note, low: float, high: float) -> Note:
    """The note of a number from `low` to `high`; the class itself refuses what lies outside."""
    return {**affects, "minimum": low, "maximum": high}
