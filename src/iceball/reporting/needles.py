"""The needle table in words: what a person sets in the room, needle by needle."""

from __future__ import annotations

from iceball.plan.geometry import NeedleRow, needle_table
from iceball.plan.plan import Plan
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.tissue import Anatomy

NEIGHBOURS_SHOWN = 2


def needles_table(plan: Plan, anatomy: Anatomy) -> Table:
    """Product, entry, depth, angles, spacing to neighbours, freeze settings and what the shaft crosses."""
    head = ("#", "Needle", "Entry", "Skin to tip", "In plane", "Cranio-caudal", "Neighbours", "Freeze", "Shaft crosses")
    needles = needle_table(plan, anatomy)
    if not needles:
        return Table("Needles", head[:2], ((Cell(""), Cell("No needle in this plan.")),), plan.reason, wide=(1,))
    rows = tuple(_row(i, row) for i, row in enumerate(needles, 1))
    note = (
        "Entry: LPS z of the skin point (the image's own table position) and distance from the body's midline. In "
        "plane: shaft against the vertical, entry to the patient's left (L) or right (R) of the tip. Cranio-caudal: "
        "entry cranial (H) or caudal (F) of the tip. Neighbours: distance where they freeze."
    )
    return Table("Needles", head, rows, note, wide=(1, 1, 1, 2, 2, 2, 6, 6, 7, 7, 7, 8))


def _row(number: int, row: NeedleRow) -> tuple[Cell, ...]:
    near = "; ".join(f"{_short(name)}: {display.nearest(mm)} mm" for name, mm in row.neighbours[:NEIGHBOURS_SHOWN])
    crossed = ", ".join(display.plain(name.replace("_", " ")) for name in row.crosses)
    return (
        Cell(str(number)),
        Cell(_called(number, row)),
        Cell(display.plain(row.entry)),
        Cell(f"{display.nearest(row.skin_to_tip_mm)} mm"),
        Cell(_angle(row.in_plane_deg, "L", "R")),
        Cell(_angle(row.cranio_caudal_deg, "H", "F")),
        Cell(near or "none"),
        Cell(row.freeze),
        Cell(crossed or "nothing named", "alert" if crossed else ""),
    )


def _short(name: str) -> str:
    """A needle that nobody named is its number."""
    number = name.removeprefix("needle ")
    return number if number.isdigit() else display.plain(name)


def _called(number: int, row: NeedleRow) -> str:
    """The product, after the needle's name where a person gave it one."""
    named = row.name != f"needle {number}"
    return f"{display.plain(row.name)}: {row.product}" if named else row.product


def _angle(degrees: float, positive: str, negative: str) -> str:
    size = f"{abs(degrees):.0f}°"
    return size if size == "0°" else f"{size} {positive if degrees > 0 else negative}"
