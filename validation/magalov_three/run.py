"""Three needles 5 mm apart in gel: when their coldest cores join, and to which side the ice grows more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from iceball.plan import Placement, freeze
from iceball.plan.compose import material_of
from iceball.plan.lines import Bound, line_of
from iceball.solve import History, Keep, Scene, Simulation
from iceball.space import Grid
from iceball.tissue import tissue

CARD, START_C, APART_MM = "generic-17g-long", 37.0, 5.0
JOIN_S, GROW_S, ROOM_MM, LEAK_MM = 60.0, 600.0, 32.0, 10.0
LEAK = 0.1


def placements() -> list[Placement]:
    at = ((0.0, 0.0), (APART_MM, 0.0), (0.0, APART_MM))
    return [Placement(CARD, tip_mm=(x, y, 0.0), entry_mm=(x, y, 120.0)) for x, y in at]


def run_for(seconds: float, cell_mm: float, bound: Bound, *, leak: float = 0.0) -> History:
    """All three needles at once; `leak` is the share of h of the 10 mm of shaft above the active zone."""
    lines = []
    for n, placed in enumerate(placements()):
        line = line_of(f"{n}", placed, freeze(seconds), bound=bound, body_c=START_C)
        if leak:
            length = line.length_mm
            line = replace(
                line,
                end_mm=placed.along(placed.kind.standoff_mm.value + length + LEAK_MM),
                profile=((length, 1.0), (LEAK_MM, leak)),
            )
        lines.append(line)
    top = max(line.end_mm[2] for line in lines)
    grid = Grid.box((-ROOM_MM, -ROOM_MM, -ROOM_MM), (ROOM_MM + 5.0, ROOM_MM + 5.0, top + ROOM_MM), cell_mm)
    scene = Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        (material_of(tissue("gel")),),
        seconds,
        lines=tuple(lines),
        outer_c=(START_C,) * 6,
        initial_c=START_C,
        body_c=START_C,
    )
    return Simulation(scene, keep=Keep(times_s=(seconds,))).run()


def along_axis(history: History) -> tuple[np.ndarray, np.ndarray]:
    """z in mm and temperature along a line between the three needles."""
    grid = history.scene.grid
    z = np.arange(-ROOM_MM + 2.0, grid.corners_mm[:, 2].max() - 2.0, 0.1)
    middle = np.full_like(z, APART_MM / 2)
    points = np.stack([middle, middle, z], axis=1)
    found = ndimage.map_coordinates(history.final_c.astype(float), grid.to_index(points).T, order=1, mode="nearest")
    return z, found


def joined(history: History, level_c: float) -> bool:
    """True where one region at or below a level holds the cells around all three needles, halfway along them."""
    grid = history.scene.grid
    pieces, _ = ndimage.label(history.final_c <= level_c)
    middle = np.array([p.along(p.kind.standoff_mm.value + p.cold_mm / 2) for p in placements()])
    found = {int(pieces[tuple(np.round(grid.to_index(point)).astype(int))]) for point in middle}
    return len(found) == 1 and 0 not in found


def growth_mm(history: History) -> tuple[float, float, float]:
    """Advance of 0 °C: up from the active zone, down from it, and down from the physical tip."""
    z, found = along_axis(history)
    frozen = z[found <= 0.0]
    kind = placements()[0].kind
    bottom, top = kind.standoff_mm.value, kind.standoff_mm.value + kind.active_mm.value
    return float(frozen.max() - top), float(bottom - frozen.min()), float(0.0 - frozen.min())


def run(cell_mm: float = 1.0) -> dict[str, float]:
    """Whether the -40 °C cores are one by 60 s, and how much farther the ice goes up than down in 10 min."""
    values: dict[str, float] = {}
    bounds: tuple[Bound, Bound] = ("power_limited", "chart_like")
    for bound in bounds:
        history = run_for(JOIN_S, cell_mm, bound)
        values[f"{bound}.joined_by_60_s"] = float(joined(history, -40.0))
        values[f"{bound}.between_at_60_s_c"] = float(np.interp(20.0, *along_axis(history)))
    for name, leak in (("card", 0.0), ("leaky", LEAK)):
        up, down, below = growth_mm(run_for(GROW_S, 2.0, "power_limited", leak=leak))
        values |= {f"{name}.up_mm": up, f"{name}.down_from_zone_mm": down, f"{name}.down_from_tip_mm": below}
        values |= {f"{name}.up_less_down_from_tip_mm": up - below, f"{name}.up_less_down_from_zone_mm": up - down}
    return values
