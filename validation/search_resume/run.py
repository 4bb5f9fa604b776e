"""A search that is killed twice and goes on, against the same search without a stop."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from search_phantoms.bodies import body  # noqa: E402

from iceball.errors import IceballError  # noqa: E402
from iceball.io.case import Case  # noqa: E402
from iceball.io.text import read_toml  # noqa: E402
from iceball.plan.plan import Plan  # noqa: E402
from iceball.plan.ways.shaft import check_shafts  # noqa: E402

SEED, NUMBER = 20261122, 7
KILLS, RUNS_EACH = 2, 2
ASKED = ("--seed", "3", "--budget", "3600", "--most-needles", "4", "--spacing-mm", "2", "--json")
LONGEST_S = 1800.0


def run() -> dict[str, float]:
    """Both searches of the body."""
    with tempfile.TemporaryDirectory() as there:
        whole, cut = (_case(Path(there) / name) for name in ("whole", "cut"))
        usable = [_killed(cut) for _ in range(KILLS)]
        kept = len(_runs(cut))
        resumed, at_once = _ended(cut), _ended(whole)
    a, b = resumed["chosen"]["probes"], at_once["chosen"]["probes"]
    alike = [p["probe"] for p in a] == [p["probe"] for p in b]
    apart = [np.subtract(p[end], q[end]) for p, q in zip(a, b, strict=False) for end in ("tip_mm", "entry_mm")]
    margins = [told["assessment"]["margins_mm"]["0"]["min"] for told in (resumed, at_once)]
    return {
        "tips_mm": float(np.abs(apart).max()) if alike else 999.0,
        "margin_mm": abs(margins[0] - margins[1]),
        "made_again": float(kept - resumed["read_back"]),
        "best_usable": float(np.mean(usable)),
        "simulations": float(at_once["simulations"]),
    }


def _case(folder: Path) -> Case:
    case = body(NUMBER, seed=SEED)
    made = Case.create_phantom(folder, title="killed and resumed", anatomy=case.anatomy)
    return made.save_plan(replace(case.witness, probes=(), review="edited"))


def _command(case: Case) -> list[str]:
    return [sys.executable, "-m", "iceball.cli", "search", str(case.folder), *ASKED]


def _runs(case: Case) -> list[Path]:
    return list((case.folder / "search" / "runs").glob("*/*.npz"))


def _killed(case: Case) -> bool:
    """Kill a search once it has kept so many more runs; whether the best plan so far can be used."""
    enough, until = len(_runs(case)) + RUNS_EACH, time.monotonic() + LONGEST_S
    child = subprocess.Popen(_command(case), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while child.poll() is None and len(_runs(case)) < enough and time.monotonic() < until:
        time.sleep(0.02)
    child.kill()
    child.wait()
    try:
        plan = read_toml(case.folder / "search" / "best.toml", Plan)
    except IceballError:
        return False
    return bool(plan.probes) and not any(f.severity == "error" for f in check_shafts(plan, case.anatomy()))


def _ended(case: Case) -> dict[str, Any]:
    done = subprocess.run(_command(case), capture_output=True, text=True, check=True, timeout=LONGEST_S)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
