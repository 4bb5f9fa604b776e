"""The tables of vessels and warmers: what keeps tissue warm, by which numbers, and whether a vessel froze shut."""

from __future__ import annotations

from iceball.plan.plan import Plan
from iceball.plan.warm.kept_warm import Range, VesselRow, vessel_rows, warmer_rows
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.solve.history import History
from iceball.tissue import Anatomy

COOLED_K = 3.0
"""Blood that loses more on its way is not as warm as it was taken to be."""
VESSEL_NOTE = (
    "h: heat from blood to its wall at the ice, by an entry-length law for laminar flow, over the range of the speed; "
    "low and high blood flow take its ends. Blood keeps its temperature in the model: the last column says by how much "
    "the run would have cooled it."
)
VESSEL_HEAD = ("Vessel", "Width", "Mean speed", "Blood", "h, W/m²K", "Froze shut, min:s", "Gave", "Blood cooled by")
WARMER_NOTE = "The runs of low and high blood flow take the low and the high end of each h."
WARMER_HEAD = ("Warmer", "Where", "Set to", "h, W/m²K", "From, min:s", "To, min:s", "Gave")


def vessels_table(plan: Plan, anatomy: Anatomy, history: History) -> Table | None:
    """Every vessel of the box as a wall, still, or left in the perfusion; None where there is none."""
    rows = vessel_rows(plan, anatomy, history.scene.grid, history=history)
    told = [r for r in rows if r.what != "perfused"]
    left = "; ".join(display.plain(str(r).replace("_", " ")) for r in rows if r.what == "perfused")
    note = f"Left in the perfusion of their tissue: {left}." if left else ""
    if not rows:
        return None
    return Table("Vessels", VESSEL_HEAD, tuple(_vessel(r) for r in told), f"{VESSEL_NOTE} {note}".strip(), wide=(0, 2))


def warmers_table(plan: Plan, history: History) -> Table | None:
    """Every warmer with what it was set to and what it gave; None where there is none."""
    rows = tuple(
        (
            Cell(row.label),
            Cell(display.plain(row.where)),
            Cell(f"{row.celsius:g} °C"),
            Cell(_range(row.h), "assumed" if row.h_kind == "assumed" else ""),
            Cell(display.clock(row.start_s)),
            Cell(display.clock(row.end_s)),
            Cell(_joules(row.gave_j)),
        )
        for row in warmer_rows(plan, history=history)
    )
    return Table("Warmers", WARMER_HEAD, rows, WARMER_NOTE, wide=(0, 1)) if rows else None


def _vessel(row: VesselRow) -> tuple[Cell, ...]:
    speed = f"{row.speed_m_s[0]:g} m/s, {row.speed_from}" + (f", × {row.share:g}" if row.share < 1 else "")
    still = row.what == "still"
    cooled = "" if row.cooled_k is None else f"{row.cooled_k:.1f} K"
    return (
        Cell(display.plain(row.name.replace("_", " "))),
        Cell(f"{display.nearest(row.diameter_mm)} mm{', measured' if row.measured else ''}"),
        Cell("clamped" if still else speed),
        Cell(f"{row.blood_c:g} °C"),
        Cell("stands still" if still else _range(row.h) + ("" if row.laminar else " or more: not laminar")),
        Cell("" if row.shut_s is None else display.clock(row.shut_s), "" if row.shut_s is None else "alert"),
        Cell(_joules(row.gave_j)),
        Cell(cooled, "alert" if (row.cooled_k or 0.0) > COOLED_K else ""),
    )


def _range(h: Range) -> str:
    value, low, high = h
    return f"{value:.0f}" if low == high else f"{value:.0f} ({low:.0f} to {high:.0f})"


def _joules(joules: float | None) -> str:
    return "" if joules is None else display.minus(f"{joules:.0f} J")
