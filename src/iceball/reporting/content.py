"""What a report holds: words, tables and pictures in reading order, made once and set as HTML and as PDF."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.reporting.figures import Picture

INTENDED_USE = (
    "Research use only. This is a simulation: not a medical device, not for diagnosis or for choosing, guiding or "
    "withholding treatment. What the ice does in a patient may differ from every figure here."
)
# "", "met", "amber", "unmet", "unknown" (each with a mark), "alert", "assumed": what the templates set apart.
Tone = str


@dataclass(frozen=True)
class Cell:
    """Words and their tone. The tone only repeats what the words say."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """A titled table. `wide` columns share the room that is left; one named twice gets twice as much."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wide: tuple[int, ...] = (0,)
    lead: str = ""
    """What holds for every row, said above the table."""


@dataclass(frozen=True)
class Content:
    """Everything both renderings show, in reading order."""

    title: str
    badges: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    setting_warning: str
    status: Cell
    line: str
    goals: Table
    structures: Table
    further_structures: Table | None
    stops: Table | None
    vessels: Table | None
    warmers: Table | None
    not_assessed: tuple[str, ...]
    needles: Table | None
    placed: Table | None
    observed: Table | None
    spots: Table | None
    clock: Picture | None
    spots_clock: Picture | None
    surface_picture: Picture | None
    surface: Table | None
    planes: Picture
    needle_planes: tuple[Picture, ...]
    margin: Picture | None
    volumes: Table
    deaths: Table | None
    death_margins: Table | None
    histogram: Picture | None
    curves: Picture | None
    variants: Table
    doubts: Table | None
    spread_words: str
    spread: Table | None
    spread_picture: Picture | None
    matters: Table | None
    notes: tuple[tuple[str, tuple[str, ...]], ...]
    constants: Table | None
    sources: Table | None
    spot_list: Table | None
    versions: Table
    intended_use: str
    version: str
    footer: str
