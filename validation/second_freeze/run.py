"""What a second freeze adds in gel and in perfused tissue, with the shipped needle and the shipped tissue rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from common import needle_scene, sizes

from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.fit.bench import bench_plan
from iceball.plan.protocol import Protocol, freeze
from iceball.solve import Material, Simulation
from iceball.tissue import tissue
from iceball.tissue.block import uniform_block
from iceball.units import minutes

SPACING_MM = 1.5
TWICE = freeze(10 * minutes).thaw(5 * minutes).freeze(10 * minutes)
SWINE = freeze(10 * minutes).thaw(8 * minutes).freeze(10 * minutes)
WARMED = freeze(10 * minutes).active_thaw(5 * minutes).freeze(10 * minutes)


def diameters(
    material: Material, clock: Protocol, *, held: bool = False, side_mm: float = 48.0, later_h: float = 1.0
) -> tuple[float, ...]:
    """0 °C diameter at mid-length at the end of each freeze, mm.

    `held` holds the needle's wall at the coolant's temperature; the faces of the block lie `side_mm` beside the needle;
    `later_h` is the share of the film that is left in the second freeze.
    """
    block = uniform_block("gel", 120.0)
    wanted = Conditions(spacing_mm=4.0, bound="chart_like" if held else "power_limited")
    line = compose(bench_plan(block, protocol=clock), block, conditions=wanted).lines[0]
    steps = tuple(replace(s, h=s.h * later_h) if s.start_s > 0 else s for s in line.steps)
    scene = needle_scene(
        material,
        SPACING_MM,
        radius_mm=line.radius_mm,
        active_mm=line.length_mm,
        steps=steps,
        side_mm=side_mm,
        beyond_mm=34.5,
    )
    history = Simulation(replace(scene, freeze_ends_s=clock.freeze_ends_s)).run()
    return tuple(sizes(history, field, 0.0)[0] for field in history.end_of_freeze_c)


def growth(material: Material, clock: Protocol = TWICE, **how: Any) -> tuple[float, float, float]:
    """Both diameters in mm and the growth in %; `how` as in `diameters`."""
    first, second = diameters(material, clock, **how)
    return first, second, 100 * (second / first - 1)


def run() -> dict[str, float]:
    """Diameters and growth; names without a bar are only reported."""
    gel, kidney = material_of(tissue("gel")), material_of(tissue("kidney"))
    values = {}
    for name, material in (("gel", gel), ("kidney", kidney)):
        first, second, more = growth(material)
        values |= {f"{name}.first_mm": first, f"{name}.second_mm": second, f"{name}.growth_percent": more}
    values["kidney.once_over_twice"] = diameters(kidney, freeze(15 * minutes))[0] / diameters(kidney, SWINE)[1]
    return values


def explained() -> dict[str, float]:
    """Growth in % with one part of the model changed at a time, and the diameter after 20 min without a pause."""
    gel, kidney = material_of(tissue("gel")), material_of(tissue("kidney"))
    return {
        "gel_held.growth_percent": growth(gel, held=True)[2],
        "gel_active.growth_percent": growth(gel, WARMED)[2],
        "gel_small.growth_percent": growth(gel, side_mm=30.0)[2],
        "gel_weak.growth_percent": growth(gel, later_h=0.5)[2],
        "gel_flows.growth_percent": growth(replace(gel, perfusion=0.002))[2],
        "gel_20.mm": diameters(gel, freeze(20 * minutes))[0],
        "kidney_no_stasis.growth_percent": growth(replace(kidney, stasis_c=-200.0))[2],
        "kidney_w_0.growth_percent": growth(replace(kidney, perfusion=0.0))[2],
        "kidney_w_0155.growth_percent": growth(replace(kidney, perfusion=0.0155))[2],
    }


if __name__ == "__main__":
    import json

    print(json.dumps({**run(), **explained()}, indent=1))
