"""A treated surface and the gas of sprays as JSON objects, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from iceball.assessment.assessment import Range
from iceball.assessment.surface import Depths, SurfaceMap, TreatedSurface
from iceball.assessment.vented import Vented


def surface_json(s: TreatedSurface) -> dict[str, Any]:
    """What a reader needs; the map is a matter of the full form."""
    return {
        "target_cm2": s.target_cm2,
        "frozen_cm2": s.frozen_cm2,
        "applied": dict(s.applied),
        "cycles": dict(s.cycles),
        "depth_mm": {t: {"min": d.min_mm, "median": d.median_mm, "p95": d.p95_mm} for t, d in s.depth_mm.items()},
        "reason": s.reason,
    }


def surface_map_json(s: SurfaceMap) -> dict[str, Any]:
    """Triangles with cycles and depths."""
    return {
        "points_mm": s.points_mm.tolist(),
        "triangles": s.triangles.tolist(),
        "applied": s.applied.tolist(),
        "cycles": s.cycles.tolist(),
        "depth_mm": {t: d.tolist() for t, d in s.depth_mm.items()},
        "of_target": s.of_target.tolist(),
    }


def surface_back(data: Mapping[str, Any], drawn: Mapping[str, Any] | None) -> TreatedSurface:
    """The treated surface of `surface_json` and, where it is there, `surface_map_json`."""
    depths = {t: Depths(d["min"], d["median"], d["p95"]) for t, d in data["depth_mm"].items()}
    found = None
    if drawn is not None:
        found = SurfaceMap(
            np.array(drawn["points_mm"], float).reshape(-1, 3),
            np.array(drawn["triangles"], np.int64).reshape(-1, 3),
            np.array(drawn["applied"], np.int64),
            np.array(drawn["cycles"], np.int64),
            {t: np.array(d, float) for t, d in drawn["depth_mm"].items()},
            np.array(drawn["of_target"], bool),
        )
    applied, cycles = dict(data["applied"]), dict(data["cycles"])
    return TreatedSurface(data["target_cm2"], data["frozen_cm2"], applied, cycles, depths, data["reason"], found)


def gas_json(gas: Vented) -> dict[str, Any]:
    """Liquid, gas, vent, and the same in words."""
    return {**asdict(gas), "said": gas.sentence}


def gas_back(data: Mapping[str, Any]) -> Vented:
    """The gas of `gas_json`."""
    return Vented(Range(**data["liquid_ml"]), Range(**data["gas_l"]), data["vent"])
