"""The table of latest safe stops."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment
from iceball.assessment.stopping import Stop
from iceball.reporting import display
from iceball.reporting.content import Cell, Table

HEAD = (
    "To spare",
    "After the stop",
    "Latest stop, min:s",
    "Lowest then",
    "Limit reached, min:s",
    "Beyond it if stopped then",
    "Alarm, min:s",
)
NOTE = (
    "On the protocol's clock; all needles and sprays stop together. After the gas goes off tissue goes on cooling: the "
    "latest stop keeps the limit until the structure has turned, with an allowance for the error of the cells that it "
    "was found on. At nominal blood flow and with needles where they are planned."
)


def stops_table(verdict: Assessment) -> Table | None:
    """Every structure that needs a stop; the others in the note. None where no stops were asked for."""
    if not verdict.stops:
        return None
    needed = [s for s in verdict.stops if s.needed or s.lowest_c is None]
    safe = dict.fromkeys(display.plain(s.goal.replace("_", " ")) for s in verdict.stops if s not in needed)
    note = NOTE + (f" Not needed, safe to the end of the protocol: {display.minus('; '.join(safe))}." if safe else "")
    return Table("Latest safe stop", HEAD, tuple(_row(s) for s in needed), note, wide=(0, 0, 2))


def _row(s: Stop) -> tuple[Cell, ...]:
    if s.lowest_c is None:
        advice = Cell("NOT ASSESSED", "unknown")
    elif s.latest_s is None:
        advice = Cell(s.sentence, "alert")
    else:
        advice = Cell(display.clock(s.latest_s))
    alarm = "" if s.alarm_c is None else f"{display.clock(s.alarm_s)} ({display.down(s.alarm_c, 0)} °C)"
    return (
        Cell(display.minus(display.plain(s.goal.replace("_", " ")))),
        Cell(f"{s.thaw} thaw"),
        advice,
        Cell("" if s.lowest_c is None or s.latest_s is None else f"{display.down(s.lowest_c)} °C"),
        Cell("" if s.reached_s is None else display.clock(s.reached_s)),
        Cell("" if s.coasts_k is None else f"{display.up(s.coasts_k)} K"),
        Cell(alarm),
    )
