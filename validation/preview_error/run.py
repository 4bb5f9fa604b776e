"""Previews of moved needles against the full runs that take their place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from iceball.assessment.cold import ColdMap
from iceball.assessment.margin import Skin, margin
from iceball.io.bundled import NAMES, bundled_case
from iceball.plan.carried import Carried
from iceball.plan.compose import Conditions
from iceball.plan.plan import Plan
from iceball.plan.predict import simulate
from iceball.plan.treated import as_treated
from iceball.solve import History
from iceball.solve.history import Field
from iceball.tissue import Anatomy
from iceball.web.preview import coarse_run

SEED, FULL_MM, MOVES_MM = 7, 1.5, (0.0, 3.0, 6.0, 10.0, 10.0)
FAR_SEED, FAR_MM = 8, (14.0, 17.0, 20.0)
ISOTHERMS_C = (0.0, -20.0)


def run(*, say: bool = False) -> dict[str, float]:
    """The worst and the mean errors of each tier over all plans."""
    off: dict[str, list[list[float]]] = {"physics": [], "carried": [], "far": []}
    unmoved_k = 0.0
    rng, far_rng = np.random.default_rng(SEED), np.random.default_rng(FAR_SEED)
    with tempfile.TemporaryDirectory() as there:
        for name in NAMES:
            case = bundled_case(name, Path(there) / name)
            plan, anatomy = case.plan(), case.anatomy()
            anatomy, base = as_treated(plan, anatomy), coarse_run(plan, anatomy)
            carried = Carried.of(base, plan.probes)
            for millimetres, moved in chain(moves(plan, rng, MOVES_MM), moves(plan, far_rng, FAR_MM)):
                full = numbers(
                    simulate(moved, anatomy, conditions=Conditions(spacing_mm=FULL_MM), doubt=False), anatomy
                )
                fresh = base if millimetres == 0 else coarse_run(moved, anatomy)
                field = carried.with_needles(moved.probes)
                if millimetres == 0:
                    unmoved_k = max(unmoved_k, float(np.nanmax(np.abs(field - base.minimum_c))))
                tier = "far" if millimetres in FAR_MM else "carried"
                found = {"physics": numbers(fresh, anatomy), tier: numbers(base, anatomy, field)}
                for tier, values in found.items():
                    error = [
                        values[0] - full[0],
                        *(100 * (v / f - 1) for v, f in zip(values[1:], full[1:], strict=True)),
                    ]
                    off[tier].append(error)
                    if say:
                        print(
                            name,
                            f"{millimetres:g} mm",
                            tier,
                            "margin {:+.2f} mm, 0 °C {:+.1f} %, -20 °C {:+.1f} %".format(*error),
                        )
    out = {"unmoved_k": unmoved_k}
    for tier, rows in off.items():
        table = np.array(rows)
        out |= {f"{tier}_margin_mm": float(np.abs(table[:, 0]).max()), f"{tier}_mean_mm": float(table[:, 0].mean())}
        out[f"{tier}_volume_percent"] = float(np.abs(table[:, 1:]).max())
    return out


def moves(plan: Plan, rng: np.random.Generator, far_mm: Sequence[float]) -> Iterator[tuple[float, Plan]]:
    """How far one needle was moved, and the plan with it there."""
    for millimetres in far_mm:
        needles = list(plan.probes)
        if millimetres:
            one, way = int(rng.integers(len(needles))), rng.normal(size=3)
            way *= millimetres / np.linalg.norm(way)
            tip, entry = (tuple((np.array(p) + way).tolist()) for p in (needles[one].tip_mm, needles[one].entry_mm))
            needles[one] = replace(needles[one], tip_mm=tip, entry_mm=entry)
        yield millimetres, replace(plan, probes=tuple(needles))


def numbers(history: History, anatomy: Anatomy, field: Field | None = None) -> tuple[float, float, float]:
    """Smallest margin at 0 °C in mm, and volumes at or below 0 and -20 °C in mL."""
    cold = ColdMap.of(history.minimum_c if field is None else field, history)
    found, _ = margin(Skin.of(anatomy.target.shape, cold, anatomy.image.grid), cold.isotherm(0.0))
    assert found.min_mm is not None, found.reason
    warm, lethal = (cold.volume_ml(t) for t in ISOTHERMS_C)
    return found.min_mm, warm, lethal


if __name__ == "__main__":
    print(run(say=True))
