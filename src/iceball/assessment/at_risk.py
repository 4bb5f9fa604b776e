"""What happens to one structure beside the target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import AtRisk
from iceball.assessment.cold import ColdMap, Isotherm
from iceball.assessment.part import Part
from iceball.space.window import cut
from iceball.tissue.protection import NUMBERS, Protection


def at_risk(
    name: str,
    origin: str,
    part: Part,
    cold: ColdMap,
    ice: Isotherm,
    first_frozen_s: NDArray[np.float32],
    protection: Protection | None = None,
    *,
    changed: str = "",
    goals: tuple[str, ...] = (),
) -> AtRisk | None:
    """Lowest temperature, frozen volume, distance to the ice and first contact of one structure.

    Args:
        name: its name.
        origin: who drew it.
        part: its part near the simulated box.
        cold: the minimum-temperature map.
        ice: that map's isotherm at 0 °C.
        first_frozen_s: when each cell first fell below 0 °C; NaN: never.
        protection: what it shall keep; None where nothing is known.
        changed: what the plan changed of that, in words.
        goals: the plan's goals that spare it.

    Returns:
        None where all of the structure lies in gas.
    """
    found = part.lowest(cold)
    if found is None:
        return None
    lowest = found.celsius
    frozen = cold.below_ml(0.0, part.inside, part.block) if lowest <= 0 else 0.0
    away = _distance_mm(part, cold, ice)
    return AtRisk(
        name,
        origin,
        lowest,
        frozen,
        away,
        _first_reached_s(part, lowest, first_frozen_s),
        limits="" if protection is None else str(protection),
        reached="" if protection is None else protection.reached(lowest, away),
        changed=changed,
        goals=goals,
        **{field: None if (n := getattr(protection, field, None)) is None else n.value for field in NUMBERS},
    )


def _distance_mm(part: Part, cold: ColdMap, ice: Isotherm) -> float | None:
    if ice.nearest is None:
        return None
    points, values = part.surface_samples
    seeds, seed_values = part.seed_samples(cold)
    points, values = np.concatenate([points, seeds]), np.concatenate([values, seed_values])
    frozen_cells = part.grid.to_mm(np.argwhere(part.cells & (part.temperature_c <= 0)))
    frozen = np.concatenate([points[values <= 0], frozen_cells])
    if len(frozen):
        return -ice.nearest.farthest_mm(frozen)
    if not len(points):
        points = part.grid.to_mm(np.argwhere(part.inside >= 0))
    return ice.nearest.closest_mm(points)


def _first_reached_s(part: Part, lowest_c: float, first_frozen_s: NDArray[np.float32]) -> float | None:
    if lowest_c >= 0:
        return None
    times = cut(first_frozen_s, part.block, fill=np.nan)
    within = part.cells
    if len(part.seeds_mm):
        index = np.rint(part.grid.to_index(part.seeds_mm)).astype(int)
        within = within.copy()
        within[tuple(np.clip(index, 0, np.array(part.grid.shape) - 1).T)] = True
    reached = times[within & np.isfinite(times)]
    if not reached.size:
        # Ice entered between the outermost cell centres of the structure and its surface: the cells beside tell when.
        from scipy.ndimage import binary_dilation

        reached = times[binary_dilation(within) & np.isfinite(times)]
    return float(reached.min()) if reached.size else None
