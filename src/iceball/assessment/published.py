"""The Assessment as the published JSON object, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from iceball.assessment.assessment import Assessment, AtRisk, Death, Doubt, Margin, MarginMap, Range, Verdict
from iceball.assessment.published_spread import spread_back, spread_json
from iceball.assessment.published_surface import gas_back, gas_json, surface_back, surface_json, surface_map_json
from iceball.assessment.stopping import Stop
from iceball.errors import CaseError

PARTS = ("capsule_fraction", "without_capsule")


def to_json(a: Assessment, *, full: bool) -> dict[str, Any]:
    """Plain dicts, lists, strings, numbers and None; never NaN or infinity."""
    out: dict[str, Any] = {
        "status": a.status,
        "volumes_ml": dict(a.volumes_ml),
        "volumes_end_of_freeze_ml": [dict(v) for v in a.volumes_end_of_freeze_ml],
        "coverage": dict(a.coverage),
        "margins_mm": {t: _margin(m) for t, m in a.margins_mm.items()},
        "structures": [
            {
                "name": s.name,
                "min_temperature_c": s.min_temperature_c,
                "frozen_ml": s.frozen_ml,
                "distance_to_0c_mm": s.distance_to_0c_mm,
                "first_reached_s": s.first_reached_s,
                "origin": s.origin,
                "limits": s.limits,
                "reached": s.reached,
                "stop_c": s.stop_c,
                "stop_mm": s.stop_mm,
                "alarm_c": s.alarm_c,
                "alarm_mm": s.alarm_mm,
                "changed": s.changed,
                "goals": list(s.goals),
                "status": a.status_of(s).colour,
                "status_words": a.status_of(s).words,
            }
            for s in a.structures
        ],
        "not_assessed": list(a.not_assessed),
        "goals": [
            {
                "goal": v.goal,
                "met": v.met,
                "value": v.value,
                "unit": v.unit,
                "tolerance": v.tolerance,
                "reason": v.reason,
            }
            for v in a.goals
        ],
        "target_ml": a.target_ml,
        "half_voxel_mm": a.half_voxel_mm,
        "doubt": {name: {"low": d.low, "high": d.high, "kind": d.kind} for name, d in a.doubt.items()},
        "numerical_doubt": dict(a.numerical),
        "kill": [_death(d) for d in a.kill],
        "spread": None if a.spread is None else spread_json(a.spread),
        "surface": None if a.surface is None else surface_json(a.surface),
        "gas": None if a.vented is None else gas_json(a.vented),
        "stops": [{**asdict(s), "advice": s.sentence} for s in a.stops],
        "made_by": dict(a.made_by),
        "notes": list(a.notes),
        "variants": {name: _without_variants(to_json(v, full=full)) for name, v in a.variants.items()},
    }
    if full:
        out["histogram"] = {name: [list(pair) for pair in pairs] for name, pairs in a.histogram.items()}
        out["margin_map"] = (
            None
            if a.margin_map is None
            else {
                "points_mm": a.margin_map.points_mm.tolist(),
                "triangles": a.margin_map.triangles.tolist(),
                "margin_mm": a.margin_map.margin_mm.tolist(),
            }
        )
        drawn = None if a.surface is None else a.surface.map
        out["surface_map"] = None if drawn is None else surface_map_json(drawn)
    return _plain(out)  # type: ignore[no-any-return]


def from_json(data: Mapping[str, Any]) -> Assessment:
    """The Assessment of a JSON object made by `to_json`; raises CaseError where it is not one."""
    try:
        drawn = data.get("margin_map")
        return Assessment(
            volumes_ml=dict(data["volumes_ml"]),
            volumes_end_of_freeze_ml=tuple(dict(v) for v in data["volumes_end_of_freeze_ml"]),
            coverage=dict(data["coverage"]),
            margins_mm={t: _margin_back(m) for t, m in data["margins_mm"].items()},
            structures=tuple(_structure_back(s) for s in data["structures"]),
            not_assessed=tuple(data["not_assessed"]),
            goals=tuple(Verdict(**v) for v in data["goals"]),
            target_ml=data["target_ml"],
            half_voxel_mm=data["half_voxel_mm"],
            histogram={n: tuple((float(t), float(f)) for t, f in h) for n, h in data.get("histogram", {}).items()},
            margin_map=None
            if drawn is None
            else MarginMap(
                np.array(drawn["points_mm"], float).reshape(-1, 3),
                np.array(drawn["triangles"], np.int64).reshape(-1, 3),
                np.array(drawn["margin_mm"], float),
            ),
            doubt={name: Doubt(**d) for name, d in data["doubt"].items()},
            numerical=dict(data["numerical_doubt"]),
            kill=tuple(_death_back(d) for d in data["kill"]),
            spread=None if data["spread"] is None else spread_back(data["spread"]),
            stops=tuple(Stop(**{k: v for k, v in s.items() if k != "advice"}) for s in data["stops"]),
            surface=None if data["surface"] is None else surface_back(data["surface"], data.get("surface_map")),
            vented=None if data["gas"] is None else gas_back(data["gas"]),
            made_by=dict(data["made_by"]),
            variants={name: from_json({**v, "variants": {}}) for name, v in data.get("variants", {}).items()},
            notes=tuple(data["notes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise CaseError(
            f"is not an assessment of this version ({type(problem).__name__}: {problem})",
            where="assessment",
            remedy="Assess the case again.",
        ) from problem


def _structure_back(s: Mapping[str, Any]) -> AtRisk:
    """Its status is not read: it follows from the rest."""
    kept = {name: value for name, value in s.items() if name not in ("status", "status_words")}
    return AtRisk(**{**kept, "goals": tuple(kept.get("goals", ()))})


def _margin(m: Margin) -> dict[str, Any]:
    return {
        "min": m.min_mm,
        "p05": m.p05_mm,
        "where_lps_mm": m.where_lps_mm,
        "not_assessable_fraction": m.not_assessable_fraction,
        "reason": m.reason,
        "area_below": dict(m.area_below),
        "capsule_fraction": m.capsule_fraction,
        "without_capsule": None if m.without_capsule is None else _face(m.without_capsule),
    }


def _face(m: Margin) -> dict[str, Any]:
    """A margin over part of the surface: it has no parts of its own."""
    return {name: value for name, value in _margin(m).items() if name not in PARTS}


def _margin_back(m: Mapping[str, Any]) -> Margin:
    where = m["where_lps_mm"]
    place = None if where is None else (float(where[0]), float(where[1]), float(where[2]))
    rest = m.get("without_capsule")
    return Margin(
        m["min"],
        m["p05"],
        place,
        m["not_assessable_fraction"],
        m["reason"],
        dict(m["area_below"]),
        m.get("capsule_fraction"),
        None if rest is None else _margin_back(rest),
    )


def _death(d: Death) -> dict[str, Any]:
    return {
        "name": d.name,
        "label": d.label,
        "form": d.form,
        "leads": d.leads,
        "assumed": d.assumed,
        "volumes_ml": {p: _spread(r) for p, r in d.volumes_ml.items()},
        "coverage": {p: _spread(r) for p, r in d.coverage.items()},
        "lowest_in_target": _spread(d.lowest_in_target),
        "margins_mm": {
            p: {**_margin(m), "low": d.margin_ends_mm[p][0], "high": d.margin_ends_mm[p][1]}
            for p, m in d.margins_mm.items()
        },
    }


def _death_back(d: Mapping[str, Any]) -> Death:
    return Death(
        name=d["name"],
        label=d["label"],
        form=d["form"],
        leads=d["leads"],
        assumed=d["assumed"],
        volumes_ml={p: Range(**r) for p, r in d["volumes_ml"].items()},
        coverage={p: Range(**r) for p, r in d["coverage"].items()},
        lowest_in_target=None if d["lowest_in_target"] is None else Range(**d["lowest_in_target"]),
        margins_mm={p: _margin_back(m) for p, m in d["margins_mm"].items()},
        margin_ends_mm={p: (m["low"], m["high"]) for p, m in d["margins_mm"].items()},
    )


def _spread(r: Range | None) -> dict[str, float] | None:
    return None if r is None else {"value": r.value, "low": r.low, "high": r.high}


def _without_variants(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "variants"}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
