"""Neumann's freezing of a half space from a wall held cold."""

from __future__ import annotations

import numpy as np
from common import SET_T, SET_W, ice_share, order, sharp

from iceball.solve import Keep, Scene, Simulation
from iceball.space import Grid

SPACINGS_MM = (1.0, 0.5, 0.25)
TIMES_S = tuple(float(t) for t in range(60, 601, 10))
CASES = {
    "w_20_10": (SET_W, -20.0, 10.0),
    "w_150_37": (SET_W, -150.0, 37.0),
    "t_150_37": (SET_T, -150.0, 37.0),
    "t_196_37": (SET_T, -196.0, 37.0),
}


def front(properties: tuple[float, ...], wall_c: float, start_c: float, spacing_mm: float) -> tuple[np.ndarray, float]:
    """Frozen thickness in mm at the times, and the energy residual."""
    grid = Grid.box((0, 0, 0), (spacing_mm, spacing_mm, 120), spacing_mm)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (sharp(properties),), TIMES_S[-1], initial_c=start_c,
                  body_c=start_c, outer_c=(None, None, None, None, wall_c, None))  # fmt: skip
    history = Simulation(scene, keep=Keep(times_s=TIMES_S)).run()
    depth = [ice_share(history.kept[t][0, 0], properties[-1]).sum() * spacing_mm for t in TIMES_S]
    return np.array(depth), history.heat.residual


def run() -> dict[str, float]:
    """Worst front error in mm at 1 and 0.5 mm, fitted order, front at 600 s, and the largest energy residual."""
    # imported here: what is measured must not lean on what is expected
    from exact import Medium, neumann

    values: dict[str, float] = {}
    residual = 0.0
    for name, (properties, wall_c, start_c) in CASES.items():
        k_s, k_u, c_s, c_u, latent, t_f = properties
        growth, _ = neumann(Medium(k_s, k_u, 1e3 * c_s, 1e3 * c_u, 1e3 * latent, t_f, t_f), wall_c, start_c)
        exact = 1e3 * growth * np.sqrt(TIMES_S)
        worst = []
        for spacing in SPACINGS_MM:
            depth, lost = front(properties, wall_c, start_c, spacing)
            worst.append(float(np.abs(depth - exact).max()))
            residual = max(residual, lost)
            if spacing == 0.5:
                values[f"{name}.front_600_s_mm"] = float(depth[-1])
        values |= {f"{name}.worst_at_1mm_mm": worst[0], f"{name}.worst_at_05mm_mm": worst[1]}
        values[f"{name}.order"] = order(SPACINGS_MM, worst)
    return {**values, "energy_residual": residual}
