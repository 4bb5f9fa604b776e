"""The table of needles as placed: how far each lies from where it was planned."""

from __future__ import annotations

from iceball.plan.placed.placed import Deviation, deviations
from iceball.plan.plan import Plan
from iceball.reporting import display
from iceball.reporting.content import Cell, Table

TITLE = "Needles AS PLACED against PLANNED"
HEAD = ("Needle", "Tip off", "Along the shaft", "Beside it", "Angle", "Entry off")
NOTE = "In the planes needles as placed are solid, as planned dashed with a ring at the tip."


def placed_table(planned: Plan | None, lies: Plan) -> Table | None:
    """How far each needle lies from its plan; None for a plan that is not AS PLACED."""
    if planned is None or lies.stage != "as placed":
        return None
    rows = tuple(_row(d) for d in deviations(planned, lies))
    return Table(TITLE, HEAD, rows, NOTE, lead=lies.reason)


def _row(d: Deviation) -> tuple[Cell, ...]:
    name = Cell(display.plain(d.needle))
    if not d.set_on_streak:
        return (
            name,
            Cell("not set: AS PLANNED, nobody knows where it lies", "unknown"),
            *(Cell("–") for _ in HEAD[2:]),
        )
    way = "deeper" if d.deeper_mm > 0 else "shallower"
    return (
        name,
        Cell(f"{d.tip_mm:.1f} mm"),
        Cell(f"{abs(d.deeper_mm):.1f} mm {way}"),
        Cell(f"{d.beside_mm:.1f} mm"),
        Cell(f"{d.angle_deg:.1f}°"),
        Cell("–" if d.entry_mm is None else f"{d.entry_mm:.1f} mm"),
    )
