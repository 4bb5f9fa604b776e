"""The colon moved away from a mass: volumes, distances, and the thickness that settles two goals."""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from iceball.assessment import assess
from iceball.assessment.goals import Cover
from iceball.io.intake import Request, new_case
from iceball.plan import Plan, Setting
from iceball.plan.pocket import Pocket
from iceball.plan.predict import simulate
from iceball.plan.thickness import Tried, goals_of, thickness_for
from iceball.plan.treated import as_treated
from iceball.space.shapes import Mask
from iceball.tissue import Anatomy

MASS = (103.0, -116.0, 322.0, 28.0)
SWEEP_MM = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0)
SWEEP_CELLS_MM, CONFIRM_CELLS_MM = 2.0, 1.5
FLUID, START_C = "dextrose", 37.0


def patient() -> tuple[Plan, Anatomy]:
    """The bundled CT with its own labels and another mass; the plan is the starter's."""
    home = Path(str(files("iceball"))) / "cases" / "kidney"
    table = tomllib.loads((home / "case.toml").read_text(encoding="utf-8"))
    request = Request(
        home / table["image"],
        labels=home / table["labels"],
        label_names=home / table["label_names"],
        target_sphere=MASS,
        organ=table["organ"],
        modality=table["modality"],
        setting=Setting(side=table["side"], procedure_position=table["procedure_position"]),
    )
    with tempfile.TemporaryDirectory() as folder:
        case = new_case(Path(folder) / "case", request)
        return case.plan().edited(), case.anatomy()


def volumes(anatomy: Anatomy) -> dict[str, float]:
    """Volume of every tissue, mL."""
    counts = np.bincount(anatomy.labels.data.reshape(-1), minlength=256) * anatomy.labels.grid.voxel_ml
    return {name: float(counts[n]) for n, name in anatomy.tissues.items() if name not in ("air", FLUID)}


def coldest_c(plan: Plan, treated: Anatomy, spacing_mm: float) -> float:
    """The colon's lowest temperature."""
    history = simulate(plan, treated, spacing_mm=spacing_mm, doubt=False)
    found = assess(history, plan.goals, treated, needles=len(plan.probes), kill=None)
    return next(s.min_temperature_c for s in found.structures if s.name == "colon")


def both(plan: Plan, tried: Tried) -> tuple[bool, bool]:
    """Whether the mass is covered with its margin, and whether bowel is spared."""
    cover = next(str(g) for g in plan.goals if isinstance(g, Cover) and g.below == 0)
    spare = str(goals_of(plan, "colon")[0])
    met = {v.goal: v.met is True for v in tried.goals}
    return met[cover], met[spare]


def run(out=print) -> dict[str, float]:  # type: ignore[no-untyped-def]
    plan, imaged = patient()
    lowest, before = [coldest_c(plan, imaged, SWEEP_CELLS_MM)], volumes(imaged)
    labels, structures, off = [0.0], [0.0], [0.0]
    out(f"    0 mm: colon {lowest[0]:.1f} °C")
    for thickness in SWEEP_MM:
        moved = replace(plan, pockets=(Pocket("colon", FLUID, thickness, START_C),))
        treated = as_treated(moved, imaged)
        told, after = treated.moved[0], volumes(treated)
        labels.append(max(abs(after[name] - before[name]) for name in before))
        structures += [
            abs(treated.structures[name].shape.volume_ml - s.shape.volume_ml)
            for name, s in imaged.structures.items()
            if isinstance(s.shape, Mask)
        ]
        off.append(abs(told.after_mm - told.before_mm - thickness))
        lowest.append(coldest_c(moved, treated, SWEEP_CELLS_MM))
        out(f"    {thickness:g} mm: colon {lowest[-1]:.1f} °C, {told.after_mm:.1f} mm away, {told.pocket_ml:.0f} mL")
    solved = thickness_for(
        plan,
        imaged,
        Pocket("colon", FLUID, 10.0, START_C),
        spacing_mm=CONFIRM_CELLS_MM,
        progress=lambda text: out(f"    {text}"),
    )
    out(str(solved))
    fine = {t.thickness_mm: t for t in solved.tried if t.spacing_mm == CONFIRM_CELLS_MM}
    covered, spared = both(plan, solved.before)
    thinner = fine.get(solved.pocket.thickness_mm - 1.0)
    return {
        "conflicts": float(covered and not spared),
        "settled": float(all(both(plan, solved.after))),
        "thinner_fails": float(thinner is not None and not thinner.settled),
        "thickness_mm": solved.pocket.thickness_mm,
        "distance_mm": solved.after.distance_mm or 0.0,
        "least_rise_k": float(np.diff(lowest).min()),
        "label_change_ml": max(labels),
        "structure_change_ml": max(structures),
        "distance_off_mm": max(off),
    }


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name} = {value:.6g}")
