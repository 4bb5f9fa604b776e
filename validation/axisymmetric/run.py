"""Iceball against a second, independent solver: what both say of one needle, and by how much they differ.

The second solver takes minutes at 0.25 mm, so what it says of all settings is stored in `second.toml`;
`python validation/axisymmetric/run.py --make-second` makes it anew. One setting is solved again in each run.
"""

from __future__ import annotations

import argparse
import math
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from axisymmetric.cases import SETTINGS, Setting
from axisymmetric.solver import Axisymmetric, Case, Phase, Tissue, ice
from common import SET_T, sizes

from iceball.assessment.cold import ColdMap
from iceball.solve import Keep, Simulation

LEVELS_C = (0, -20, -40)
MESH_M = 0.25e-3
STORED = Path(__file__).resolve().parent / "second.toml"

Sizes = dict[str, tuple[float, float, float]]


def second(setting: Setting, d: float = MESH_M) -> tuple[Sizes, float]:
    """Diameter, length and volume at each time and level by the second solver, and the needle's power at the end."""
    case = setting.case()
    solver, found, watts = Axisymmetric(case, d), {}, math.nan
    for time_s in setting.looks_s:
        state = solver.run(time_s)
        found |= {f"{time_s:.0f}_s_{-level}": ice(state, case, level) for level in LEVELS_C}
        watts = state.watts
    return found, watts


def first(setting: Setting, spacing_mm: float) -> tuple[Sizes, float]:
    """The same by Iceball; volumes as its assessments measure them."""
    history = Simulation(setting.scene(spacing_mm), keep=Keep(times_s=setting.looks_s)).run()
    found = {}
    for time_s in setting.looks_s:
        cold = ColdMap.of(history.kept[time_s], history)
        for level in LEVELS_C:
            diameter, length, _ = sizes(history, history.kept[time_s], level)
            found[f"{time_s:.0f}_s_{-level}"] = diameter, length, 2.0 * cold.volume_ml(level)
    return found, 2.0 * float(history.needle_watts["needle"][-1])


def compare(name: str, spacing_mm: float) -> dict[str, float]:
    """Iceball less the second solver: diameters and lengths in mm, volumes and power in per cent."""
    theirs = tomllib.loads(STORED.read_text(encoding="utf-8"))[name]
    ours, watts = first(SETTINGS[name], spacing_mm)
    values = {}
    for key, (d, length, ml) in ours.items():
        if key in theirs:
            values[f"{name}.{key}.d_mm"] = d - theirs[key][0]
            values[f"{name}.{key}.l_mm"] = length - theirs[key][1]
            values[f"{name}.{key}.v_percent"] = 100.0 * (ml / theirs[key][2] - 1.0)
    values[f"{name}.watts_percent"] = 100.0 * (watts / theirs["watts"] - 1.0)
    return values


def make_second() -> None:
    """Solve all settings with the second solver and store what it says."""
    lines = [
        '# Made by "python validation/axisymmetric/run.py --make-second"; not by hand.',
        "# Of each time and level (degrees below zero): diameter mm, length mm, volume mL.",
        f"mesh_mm = {1e3 * MESH_M}",
        f'date = "{datetime.now(UTC).date().isoformat()}"',
    ]
    for name, setting in SETTINGS.items():
        found, watts = second(setting)
        lines += ["", f"[{name}]", f"watts = {watts:.3f}"]
        for key, (d, length, ml) in found.items():
            if ml > 0.0:
                lines.append(f'"{key}" = [{d:.3f}, {length:.3f}, {ml:.4f}]')
    STORED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sharp(perfusion: float = 0.0, latent: float = SET_T[4], t_f: float = SET_T[5]) -> Tissue:
    """Constant properties and as good as a sharp front, for exact solutions."""
    k_s, k_u, c_s, c_u, *_ = SET_T
    return Tissue(
        1000.0, c_u, k_u, latent, t_f - 0.1, t_f + 0.1, (k_s, 0.0, 0.0), (c_s, 0.0), perfusion * 1050.0 * 3617.0
    )


def itself() -> dict[str, float]:
    """The second solver against exact solutions and published figures: fronts in mm, and of the finite needle all."""
    wall = Case(sharp(), 2e-3, 1e-3, (Phase(0.0, 600.0, -150.0, begin=-150.0),), far=2e-3, near=80e-3, beyond=150e-3)
    plane = Axisymmetric(wall, MESH_M)
    celsius = plane.run(600.0).celsius[0]
    values = {"itself.neumann_mm": float((_frozen(celsius, -1.0) * np.diff(plane.zf)).sum() * 1e3)}
    line = (Phase(0.0, 600.0, watts_per_m=500.0),)
    values["itself.line_sink_mm"] = _radius_mm(
        Case(sharp(), 0.5e-3, 1e-3, line, high_end="mirror", near=20e-3, far=120e-3), 600.0, -1.0
    )
    cold = (Phase(0.0, 1500.0, -140.0, tau=5.0),)
    rest = Case(sharp(0.0155, 20e3, 0.0), 0.75e-3, 1e-3, cold, high_end="mirror", near=20e-3)
    values["itself.perfused_cylinder_mm"] = _radius_mm(rest, 1500.0, 0.0)
    found, watts = second(SETTINGS["finite"])
    for level, (d, length, ml) in zip(LEVELS_C, found.values(), strict=True):
        values[f"itself.finite.d{-level}_mm"] = d
        if level != -20:
            values[f"itself.finite.v{-level}_ml"] = ml
        if level == 0:
            values["itself.finite.l0_mm"] = length
    return values | {"itself.finite.watts": watts}


def _frozen(celsius: np.ndarray, t_f: float) -> np.ndarray:
    return np.where(np.isnan(celsius), 0.0, np.clip((t_f + 0.1 - celsius) / 0.2, 0.0, 1.0))


def _radius_mm(case: Case, time_s: float, t_f: float) -> float:
    solver = Axisymmetric(case, MESH_M)
    rings = _frozen(solver.run(time_s).celsius[:, 0], t_f) * np.diff(solver.rf**2)
    return 1e3 * math.sqrt(rings.sum() + case.radius**2)


def run(spacing_mm: float = 1.0) -> dict[str, float]:
    """The second solver against what is known, then both against each other."""
    values = itself()
    for name in SETTINGS:
        values |= compare(name, spacing_mm)
    return values


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spacing-mm", type=float, default=1.0, help="of Iceball's grid")
    parser.add_argument("--make-second", action="store_true", help="store anew what the second solver says")
    parser.add_argument("names", nargs="*", help=f"only some of {', '.join(SETTINGS)}")
    arguments = parser.parse_args()
    if arguments.make_second:
        make_second()
    for key, value in ({} if arguments.names else itself()).items():
        print(f"{key:32s} {value:.4g}")
    for name in arguments.names or SETTINGS:
        for key, value in compare(name, arguments.spacing_mm).items():
            print(f"{key:32s} {value:+.3f}", flush=True)
