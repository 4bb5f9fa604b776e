"""The needle table in words: what a person sets in the room, needle by needle."""

from __future__ import annotations

from collections.abc import Sequence

from iceball.plan.plan import Plan
from iceball.plan.ways.geometry import UNKNOWN_PLACE, NeedleRow, needle_table
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.tissue import Anatomy

NEIGHBOURS_SHOWN = 2
PATIENT_ONLY = ("Entry z", "Entry from midline", "In plane", "Cranio-caudal")
"""What a block in a bath does not have."""
SAID_ONCE = ("Needle", "Freeze")
NOTE = (
    "Entry: the skin point; z is LPS, the image's own table position. In plane: shaft against the vertical, entry to "
    "the patient's left (L) or right (R) of the tip. Cranio-caudal: entry cranial (H) or caudal (F) of the tip. "
    "Neighbours: distance where they freeze."
)


def needles_table(plan: Plan, anatomy: Anatomy) -> Table:
    """Product, entry, depth, angles, spacing to neighbours, freeze settings and what the shaft crosses.

    What all needles share is said once, above, so that many needles still fit on page 1.
    """
    needles = needle_table(plan, anatomy)
    if not needles:
        return Table("Needles", ("#", "Needle"), ((Cell(""), Cell("No needle in this plan.")),), plan.reason, wide=(1,))
    columns = _columns(needles)
    shared = [
        (name, cells[0].text)
        for name, cells, _ in columns
        if name in SAID_ONCE and len(needles) > 1 and len({c.text for c in cells}) == 1
    ]
    left_out = PATIENT_ONLY if anatomy.bench is not None else ()
    kept = [c for c in columns if c[0] not in dict(shared) and c[0] not in left_out]
    lead = "All needles: " + "; ".join(text for _, text in shared) + "." if shared else ""
    rows = tuple(tuple(cells[i] for _, cells, _ in kept) for i in range(len(needles)))
    wide = tuple(i for i, (_, _, weight) in enumerate(kept) for _ in range(weight))
    return Table("Needles", tuple(name for name, _, _ in kept), rows, "" if left_out else NOTE, wide, lead)


def _columns(needles: Sequence[NeedleRow]) -> list[tuple[str, list[Cell], int]]:
    """Name, cells and share of the spare width of each column."""
    crossed = [", ".join(display.plain(name.replace("_", " ")) for name in n.crosses) for n in needles]
    near = [
        "; ".join(f"{_short(m)}: {display.nearest(mm)} mm" for m, mm in n.neighbours[:NEIGHBOURS_SHOWN])
        for n in needles
    ]
    return [
        ("#", [Cell(str(i)) for i, _ in enumerate(needles, 1)], 0),
        *([("Name", [Cell(_short(n.name)) for n in needles], 1)] if any(_named(n) for n in needles) else []),
        ("Needle", [Cell(n.product) for n in needles], 3),
        *([("Hole and depth", [Cell(n.hole) for n in needles], 2)] if any(n.hole for n in needles) else []),
        ("Entry z", [Cell(f"{display.nearest(n.table_position_mm)} mm") for n in needles], 0),
        ("Entry from midline", [Cell(_beside(n.from_midline_mm)) for n in needles], 2),
        ("Skin to tip", [Cell(f"{display.nearest(n.skin_to_tip_mm)} mm") for n in needles], 0),
        ("In plane", [Cell(_angle(n.in_plane_deg, "L", "R")) for n in needles], 0),
        ("Cranio-caudal", [Cell(_angle(n.cranio_caudal_deg, "H", "F")) for n in needles], 0),
        ("Neighbours", [Cell(text or "none") for text in near], 2),
        ("Freeze", [Cell(n.freeze) for n in needles], 3),
        ("Shaft crosses", [Cell(text or "nothing named", "alert" if text else "") for text in crossed], 2),
    ]


def _beside(from_midline_mm: float | None) -> str:
    if from_midline_mm is None:
        return UNKNOWN_PLACE
    side = "left" if from_midline_mm > 0 else "right"
    return f"{display.nearest(abs(from_midline_mm), 0)} mm {side}"


def _short(name: str) -> str:
    """A needle that nobody named is its number."""
    number = name.removeprefix("needle ")
    return number if number.isdigit() else display.plain(name)


def _named(row: NeedleRow) -> bool:
    return not row.name.removeprefix("needle ").isdigit()


def _angle(degrees: float, positive: str, negative: str) -> str:
    size = f"{abs(degrees):.0f}°"
    return size if size == "0°" else f"{size} {positive if degrees > 0 else negative}"
