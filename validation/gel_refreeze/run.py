"""A 17-gauge needle in gel against the published reference runs: held wall, and finite power over two freezes."""

from __future__ import annotations

import math

from common import needle_scene, sizes
from gel_needle.run import GEL

from iceball.solve import ADIABATIC, Keep, LineStep, Simulation


def run(spacing_mm: float = 1.0) -> dict[str, float]:
    """Diameters and lengths after one freeze with the wall held; diameters and ratios after each of two with a film."""
    held = (LineStep(0.0, 600.0, -140.0, h=math.inf, time_constant_s=10.0),)
    film = tuple(
        LineStep(begin, seconds, cold, h=2000.0, time_constant_s=10.0 * (cold == cold))
        for begin, seconds, cold in ((0.0, 600.0, -140.0), (600.0, 300.0, ADIABATIC), (900.0, 600.0, -140.0))
    )
    values = {}
    for name, steps, looks in (("held", held, (600.0,)), ("film", film, (600.0, 1500.0))):
        scene = needle_scene(GEL, spacing_mm, radius_mm=0.75, active_mm=39.0, steps=steps, side_mm=48.0, beyond_mm=40.5)
        history = Simulation(scene, keep=Keep(times_s=looks)).run()
        for n, time_s in enumerate(looks):
            found = {level: sizes(history, history.kept[time_s], level) for level in (0, -20, -40)}
            for level, (d, length, _) in found.items():
                values |= {f"{name}.freeze_{n + 1}.d{-level}_mm": d, f"{name}.freeze_{n + 1}.l{-level}_mm": length}
            values[f"{name}.freeze_{n + 1}.cold_percent"] = 100.0 * found[-40][2] / found[0][2]
    return values
