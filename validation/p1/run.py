"""P1 on four grids against its own fine solution: how far the volumes of ice are off, in per cent.

`python validation/p1/run.py --make-reference` makes that solution anew (0.5 mm, 7 million cells) and stores it.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from p1.scene import p1

from iceball.assessment.cold import ColdMap
from iceball.commit import commit
from iceball.solve import Simulation

REFERENCE = Path(__file__).resolve().parent / "reference.toml"
SPACINGS_MM = {"3": 3.0, "2": 2.0, "1_5": 1.5, "1": 1.0}
LEVELS_C = (0, -20, -40)


def volumes_ml(spacing_mm: float) -> dict[str, dict[str, float]]:
    """Volumes of ice at the end of each freeze, by freeze and level, mL."""
    history = Simulation(p1(spacing_mm)).run()
    maps = [ColdMap.of(field, history) for field in history.end_of_freeze_c]
    return {f"freeze_{n}": {f"{c}": m.volume_ml(c) for c in LEVELS_C} for n, m in enumerate(maps, 1)}


def run() -> dict[str, float]:
    """Error of each volume in per cent of the reference."""
    reference = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))
    values = {}
    for name, spacing_mm in SPACINGS_MM.items():
        for freeze, found in volumes_ml(spacing_mm).items():
            for level, ml in found.items():
                key = f"{name}_mm.{freeze}.v{level.removeprefix('-')}_percent"
                values[key] = 100.0 * (ml / reference["ml"][freeze][level] - 1.0)
    return values


def make_reference(spacing_mm: float) -> None:
    """Solve P1 on a fine grid and store its volumes with how they came about."""
    found = volumes_ml(spacing_mm)
    lines = [
        '# Made by "python validation/p1/run.py --make-reference"; not by hand.',
        'how = "this solver on a fine grid, default method; sub-cell volumes of assessment.cold.ColdMap"',
        f"spacing_mm = {spacing_mm}",
        f'date = "{datetime.now(UTC).date().isoformat()}"',
        f'commit = "{commit()}"',
    ]
    for freeze, levels in found.items():
        lines += ["", f"[ml.{freeze}]", *(f'"{level}" = {ml:.3f}' for level, ml in levels.items())]
    REFERENCE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make-reference", action="store_true", help="solve the fine grid and store its volumes")
    parser.add_argument("--spacing-mm", type=float, default=0.5, help="of the reference")
    arguments = parser.parse_args()
    if arguments.make_reference:
        make_reference(arguments.spacing_mm)
    else:
        for key, value in run().items():
            print(f"{key:32s} {value:+.2f} %")
