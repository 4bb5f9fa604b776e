"""One needle of finite length, constant properties, against an axisymmetric solver."""

from __future__ import annotations

from common import needle_scene, sizes

from iceball.solve import Keep, LineStep, Material, Simulation


def run(spacing_mm: float = 1.0) -> dict[str, float]:
    """Diameters, length, volumes and needle power."""
    tissue = Material("tissue", 1000.0, 3600.0, 0.5, 250e3, -1.0, -8.0, (2.0, 0, 0), (1800.0, 0))
    scene = needle_scene(
        tissue,
        spacing_mm,
        radius_mm=1.0,
        active_mm=40.0,
        steps=(LineStep(0.0, 600.0, -140.0),),
        side_mm=46.0,
        beyond_mm=40.0,
    )
    history = Simulation(scene, keep=Keep(times_s=(300.0,))).run()
    d0, l0, v0 = sizes(history, history.final_c, 0.0)
    d20, _, _ = sizes(history, history.final_c, -20.0)
    d40, _, v40 = sizes(history, history.final_c, -40.0)
    return {
        "d0_300_mm": sizes(history, history.kept[300.0], 0.0)[0],
        "d0_mm": d0,
        "d20_mm": d20,
        "d40_mm": d40,
        "l0_mm": l0,
        "v0_ml": v0,
        "v40_ml": v40,
        "watts": 2 * float(history.needle_watts["needle"][-1]),
        "energy_residual": history.heat.residual,
    }
