"""The tables of structures beside the target: how each stands to what it shall keep."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment, AtRisk
from iceball.assessment.status import Status
from iceball.reporting import display
from iceball.reporting.content import Cell, Table

# Structures on page 1; the others follow on page 2.
NEAREST = 7
# Beyond it a structure is only named.
FAR_MM = 40.0


def nearest_first(verdict: Assessment) -> list[AtRisk]:
    """Structures by their distance to the ice; without ice by their temperature."""
    far = float("inf")

    def nearness(s: AtRisk) -> tuple[float, float]:
        return (far if s.distance_to_0c_mm is None else s.distance_to_0c_mm, s.min_temperature_c)

    return sorted(verdict.structures, key=nearness)


STRUCTURE_HEAD = ("Structure", "Status", "Minimum", "To 0 °C", "Frozen", "0 °C at min:s", "Limits", "Drawn by")
# The tone only repeats the words.
STATUS_TONES = {"green": "met", "amber": "amber", "red": "unmet", "grey": "unknown"}
STATUS_NOTE = (
    "Status: green, the limit and every goal that spares it are kept by nine runs in ten; amber, by the judged run "
    "only; red, not kept; grey, not assessed or no limit known."
)


def structures_table(verdict: Assessment) -> Table:
    """The nearest structures, for page 1."""
    order = nearest_first(verdict)
    more = len(order) - NEAREST
    note = f"{STATUS_NOTE} {more} further away: see page 2." if more > 0 else STATUS_NOTE
    return _table("Nearest structures", order[:NEAREST], verdict, note)


def further_structures_table(verdict: Assessment) -> Table | None:
    """The other structures, for page 2; those far from any ice by name only. None where page 1 holds all."""
    rest = nearest_first(verdict)[NEAREST:]
    far = [s for s in rest if s.distance_to_0c_mm is not None and s.distance_to_0c_mm > FAR_MM]
    near = [s for s in rest if s not in far]
    if not rest:
        return None
    names = ", ".join(display.plain(s.name.replace("_", " ")) for s in far)
    note = f"More than {FAR_MM:g} mm from the ice: {names}." if far else ""
    return _table("Structures further away", near, verdict, note)


def _table(title: str, shown: list[AtRisk], verdict: Assessment, note: str) -> Table:
    """A row each; who drew them stands in the note where it is the same for all: page 1 has little room."""
    rows = tuple(_structure(s, verdict.status_of(s)) for s in shown)
    if len({s.origin for s in shown}) != 1:
        return Table(title, STRUCTURE_HEAD, rows, note, wide=(0, 1, 6, 6, 7))
    note = f"All drawn by: {display.plain(shown[0].origin)}. {note}".strip()
    return Table(title, STRUCTURE_HEAD[:-1], tuple(row[:-1] for row in rows), note, wide=(0, 1, 6, 6))


def _structure(s: AtRisk, status: Status) -> tuple[Cell, ...]:
    frozen = s.distance_to_0c_mm is not None and s.distance_to_0c_mm <= 0
    distance = "no ice" if s.distance_to_0c_mm is None else f"{display.down(s.distance_to_0c_mm)} mm"
    tone = "alert" if frozen else ""
    return (
        Cell(display.plain(s.name.replace("_", " "))),
        Cell(status.words, STATUS_TONES[status.colour]),
        Cell(f"{display.down(s.min_temperature_c)} °C", tone),
        Cell(distance + (" (ice inside)" if frozen else ""), tone),
        Cell(f"{display.up(s.frozen_ml)} mL"),
        Cell(display.clock(s.first_reached_s)),
        _limits(s),
        Cell(display.plain(s.origin)),
    )


def _limits(s: AtRisk) -> Cell:
    """What the structure keeps by its organ's pack, and which of it is passed."""
    if not s.limits:
        return Cell("none read")
    said = f"{s.reached.upper()} reached: " if s.reached else ""
    # who and why stand among the notes
    changed = f" ({display.plain(display.minus(s.changed.partition(' by ')[0]))})" if s.changed else ""
    return Cell(said + display.minus(s.limits) + changed, "alert" if s.reached == "stop" else "")
