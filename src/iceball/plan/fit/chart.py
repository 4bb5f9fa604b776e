"""A probe's chart against our own run: the published protocol in the published medium, with the card's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from iceball.applicator import Probe
from iceball.applicator.published import Published
from iceball.errors import PlanError
from iceball.plan.compose import material_of
from iceball.plan.lines import Bound, line_of
from iceball.plan.placement import Placement
from iceball.plan.protocol import Protocol, Step
from iceball.solve import History, Line, Scene, Simulation
from iceball.space import Grid
from iceball.tissue import tissue

Floats = NDArray[np.float64]
LEVELS_C = (0.0, -20.0, -40.0)
"""Always shown, whatever the chart gives."""
ROOM_MM = 36.0
"""From the active zone to the bath."""
FINE_MM = 0.02
RAYS = 16


@dataclass(frozen=True)
class Size:
    """Width across the needle and length along it of one isotherm, mm."""

    at_c: float
    width_mm: float
    length_mm: float


@dataclass(frozen=True)
class Compared:
    """One isotherm of a chart beside ours; what the chart does not give is None."""

    ours: Size
    width_mm: float | None
    length_mm: float | None

    @property
    def off_mm(self) -> tuple[float | None, float | None]:
        """Ours less the chart's: width, length."""
        pairs = ((self.ours.width_mm, self.width_mm), (self.ours.length_mm, self.length_mm))
        width, length = (None if theirs is None else ours - theirs for ours, theirs in pairs)
        return width, length


def chart_run(
    kind: Probe,
    table: Published,
    *,
    changed: Mapping[str, float] | None = None,
    bound: Bound = "power_limited",
    spacing_mm: float = 2.0,
    room_mm: float = ROOM_MM,
) -> tuple[Compared, ...]:
    """Our run of a published table.

    Args:
        kind: the probe.
        table: protocol, medium, start and isotherms.
        changed: "h", "coolant_c", "time_constant_s" where they differ from the card's.
        bound: finite power, or the wall held.
        spacing_mm: of the cells.
        room_mm: from the active zone to the edge, which keeps the start temperature.

    Raises:
        PlanError, TissueError: where the protocol cannot be run with that probe, or nobody knows the medium.
    """
    history = Simulation(_scene(kind, table, dict(changed or {}), bound, spacing_mm, room_mm)).run()
    charted = {row.at_c.value: row for row in table.isotherms}
    rows = []
    for size in sizes(history, sorted({*LEVELS_C, *charted}, reverse=True)):
        row = charted.get(size.at_c)
        length = row.length_mm.value if row and row.length_mm else None
        rows.append(Compared(size, row.width_mm.value if row else None, length))
    return tuple(rows)


def sizes(history: History, levels_c: Sequence[float]) -> tuple[Size, ...]:
    """Of each level: width halfway along the first needle's active zone and length along it, at the run's end.

    The needle runs along z; a level that was not reached has no size: 0.
    """
    grid, line = history.scene.grid, history.scene.lines[0]
    field = history.final_c.astype(float)
    x, y, low = line.start_mm
    middle = (low + line.end_mm[2]) / 2
    reach = min(grid.corners_mm[:, 0].max() - x, grid.corners_mm[:, 2].max() - middle) - grid.spacing_mm[0]
    r = np.arange(0.0, reach, FINE_MM)
    turns = 2 * np.pi * (np.arange(RAYS) + 0.25) / RAYS
    rays = [np.stack([x + r * np.cos(a), y + r * np.sin(a), np.full_like(r, middle)], axis=1) for a in turns]
    z = np.arange(0.0, grid.corners_mm[:, 2].max() - middle - grid.spacing_mm[0], FINE_MM)
    ends = [np.stack([np.full_like(z, x), np.full_like(z, y), middle + way * z], axis=1) for way in (1.0, -1.0)]
    across = [map_coordinates(field, grid.to_index(p).T, order=1, mode="nearest") for p in rays]
    along = [map_coordinates(field, grid.to_index(p).T, order=1, mode="nearest") for p in ends]
    return tuple(
        Size(c, 2 * float(np.mean([_reach(r, t, c) for t in across])), sum(_reach(z, t, c) for t in along))
        for c in levels_c
    )


def _reach(distance: Floats, celsius: Floats, level_c: float) -> float:
    warm = np.flatnonzero(celsius > level_c)
    if not warm.size:
        raise PlanError(f"the ice at {level_c:g} °C reaches the edge of the bath", where="chart")
    b = int(warm[0])
    return 0.0 if b == 0 else float(np.interp(level_c, celsius[b - 1 : b + 1], distance[b - 1 : b + 1]))


def _scene(
    kind: Probe, table: Published, changed: dict[str, float], bound: Bound, spacing_mm: float, room_mm: float
) -> Scene:
    steps = [Step(name, seconds.value) for name, seconds in table.steps]  # type: ignore[arg-type]
    while steps[-1].kind != "freeze":  # a chart tells the size at the end of the last freeze
        steps.pop()
    if any(s.kind == "active_thaw" for s in steps) and not kind.can_thaw:
        raise PlanError(f"{kind.name} is not known to thaw actively", where="published.steps")
    clock = Protocol(tuple(steps))
    depth = min(kind.usable_mm.value, kind.standoff_mm.value + kind.active_mm.value + kind.shaft_leak_mm.value + 1.0)
    placed = Placement(kind.name, tip_mm=(0.0, 0.0, 0.0), entry_mm=(0.0, 0.0, depth))
    start_c = table.start_c.value
    line = _changed(line_of("needle", placed, clock, bound=bound, body_c=start_c), changed)
    bottom, top = line.start_mm[2] - room_mm, line.end_mm[2] + room_mm
    grid = Grid.box((-room_mm, -room_mm, bottom), (room_mm, room_mm, top), spacing_mm)
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material_of(tissue(table.medium)),),
        clock.duration_s,
        lines=(line,),
        outer_c=(start_c,) * 6,
        initial_c=start_c,
        body_c=start_c,
        freeze_ends_s=clock.freeze_ends_s,
    )


def _changed(line: Line, changed: dict[str, float]) -> Line:
    """The same line with other cooling: only where it freezes."""
    steps = tuple(replace(s, **changed) if not s.is_off and s.coolant_c < 0 else s for s in line.steps)
    return replace(line, steps=steps)
