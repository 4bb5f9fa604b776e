"""One 2.4 mm argon probe in warm agar: gas-side h and temperature from two measured widths, and the misfit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from common import needle_scene, sizes

from iceball.applicator import probe
from iceball.plan.compose import material_of
from iceball.plan.fit.calibrate import Fit, fit
from iceball.solve import LineStep, Simulation
from iceball.tissue import tissue

CARD, START_C, FREEZE_S = "generic-24-argon", 39.0, 900.0
WIDTHS_MM = {0.0: 33.3, -30.0: 12.0}
SHARE = 0.15


def widths(h: float, coolant_c: float, spacing_mm: float = 2.0) -> np.ndarray:
    """Widths in mm of both isotherms at the end of the freeze."""
    card = probe(CARD)
    steps = (LineStep(0.0, FREEZE_S, coolant_c, h=h, time_constant_s=card.time_constant_s.value),)
    scene = needle_scene(
        material_of(tissue("agar")),
        spacing_mm,
        radius_mm=card.radius_mm.value,
        active_mm=card.active_mm.value,
        steps=steps,
        side_mm=46.0,
        beyond_mm=40.0,
        start_c=START_C,
    )
    history = Simulation(scene).run()
    return np.array([sizes(history, history.final_c, level)[0] for level in WIDTHS_MM])


def calibrate(coldest_c: float, warmest_c: float) -> Fit:
    """The fit with the gas no colder and no warmer than that."""
    measured = np.array(list(WIDTHS_MM.values()))

    def model(p: Mapping[str, float]) -> np.ndarray:
        return widths(p["h"], p["coolant_c"])

    guess = {"h": 2000.0, "coolant_c": (coldest_c + warmest_c) / 2}
    return fit(model, measured, start=guess, sigma=SHARE * measured, bounds={"coolant_c": (coldest_c, warmest_c)})


def run() -> dict[str, float]:
    """Misfit of the free fit, of the best with gas as cold as argon's, and of the card."""
    measured = np.array(list(WIDTHS_MM.values()))
    values = {}
    for name, bounds in (("free", (-150.0, -50.0)), ("argon", (-150.0, -130.0))):
        found = calibrate(*bounds)
        values |= {f"{name}.{n}": v for n, v in found.values.items()}
        values |= {f"{name}.{n}_low": v for n, v in found.low.items()}
        values |= {f"{name}.{n}_high": v for n, v in found.high.items()}
        off = 100.0 * (found.predicted / measured - 1.0)
        values |= {f"{name}.d0_percent": float(off[0]), f"{name}.d30_percent": float(off[1])}
    card = probe(CARD)
    off = 100.0 * (widths(card.h.value, card.coolant_c.value, 1.5) / measured - 1.0)
    values |= {"card.d0_percent": float(off[0]), "card.d30_percent": float(off[1])}
    return values
