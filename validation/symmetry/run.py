"""What must not matter: a mirror, a turn, a shift by whole cells, and where four equal needles stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from common import volume_ml

from iceball.solve import Line, LineStep, Material, Scene, Simulation
from iceball.space import Grid

TISSUE = Material(
    "tissue", 1066.0, 3763.0, 0.535, 233e3, -0.5, -8.0, (2.0, -0.005, 0.0), (1800.0, 5.0), perfusion=0.0036
)
SPACING_MM, HALF_MM, FREEZE_S = 2.0, 24.0, 300.0


def needle(name: str, middle: tuple[float, float, float], direction: tuple[float, float, float]) -> Line:
    """20 mm of active zone about a point."""
    a, d = np.array(middle), 10.0 * np.array(direction) / np.linalg.norm(direction)
    step = LineStep(0.0, FREEZE_S, -140.0, h=2000.0, time_constant_s=10.0)
    start, end = a - d, a + d
    return Line(name, (start[0], start[1], start[2]), (end[0], end[1], end[2]), 0.75, (step,))


def frozen(lines: tuple[Line, ...], *, shift_mm: float = 0.0) -> tuple[Grid, np.ndarray]:
    """Temperature after the freeze in a cube about the origin; its faces are held at 37 °C."""
    low, high = (-HALF_MM + shift_mm,) * 3, (HALF_MM + shift_mm,) * 3
    grid = Grid.box(low, high, SPACING_MM)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (TISSUE,), FREEZE_S, lines=lines, initial_c=37.0)
    return grid, Simulation(scene).run().final_c.astype(float)


def run() -> dict[str, float]:
    """Differences in K between fields that should be one, and relative spreads of the volume."""
    square = tuple(needle(f"{x} {y}", (x, y, 0.0), (0, 0, 1)) for x in (-6.5, 6.5) for y in (-6.5, 6.5))
    grid, field = frozen(square)
    mirrored = max(float(np.abs(field - f).max()) for f in (field[::-1], field[:, ::-1], field[:, :, ::-1]))
    turned = float(np.abs(field - field.transpose(1, 0, 2)).max())
    # one oblique needle, along x and along z after the axes are exchanged
    oblique, exchanged = needle("a", (0.4, -0.7, 1.1), (3, 1, 2)), needle("a", (1.1, -0.7, 0.4), (2, 1, 3))
    _, one = frozen((oblique,))
    _, other = frozen((exchanged,))
    # the same scene somewhere else in space
    moved = replace(
        oblique,
        start_mm=tuple(v + 100.0 for v in oblique.start_mm),  # type: ignore[arg-type]
        end_mm=tuple(v + 100.0 for v in oblique.end_mm),
    )  # type: ignore[arg-type]
    _, elsewhere = frozen((moved,), shift_mm=100.0)
    placed = []
    for offset in (0.0, 0.5, 1.0):  # to half a cell
        for direction in ((0, 0, 1), (0, 1, 1.7320508), (0, 1, 1)):  # 0, 30 and 45 degrees
            _, ice = frozen((needle("a", (offset, offset, offset), direction),))
            placed.append((volume_ml(ice, grid, 0.0), volume_ml(ice, grid, -20.0)))
    spread = np.ptp(placed, axis=0) / np.mean(placed, axis=0)
    return {
        "four_needles_mirrored_k": mirrored,
        "four_needles_turned_k": turned,
        "axes_exchanged_k": float(np.abs(one - other.transpose(2, 1, 0)).max()),
        "moved_by_100_mm_k": float(np.abs(one - elsewhere).max()),
        "volume_0_spread": float(spread[0]),
        "volume_20_spread": float(spread[1]),
    }
