"""Iceball itself, alone in a process: asked for runs through its standard input, one JSON object a line.

    {"case": "p1", "spacing_mm": 1.0, "freezes": 2, "needles": 6, "threads": 1, "volumes": false, "preview": false}
    {"case": "kidney", "spacing_mm": 1.0, "threads": 2}

Each is answered by one JSON line: seconds, counts, volumes of ice at the end of each freeze (where asked for), and the
process's greatest memory so far.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "validation"))

import numpy as np
from p1.scene import p1

from iceball.solve import Control, History, Line, Scene, Simulation

LEVELS_C = (0, -20, -40)


@cache
def scene_of(case: str, spacing_mm: float, freezes: int, needles: int) -> Scene:
    """The scene of a request."""
    if case == "kidney":
        return kidney(spacing_mm)
    scene = p1(spacing_mm, freezes=freezes)
    return replace(scene, lines=(scene.lines + between(scene.lines))[:needles])


def between(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Six more needles, midway between the rows: for the cost of needles, not for their sense."""
    x, y, _ = np.array([line.start_mm for line in lines]).T
    places = zip(x + 7.5, 0.5 * y, strict=True)
    return tuple(
        replace(line, name=f"{n}", start_mm=(a, b, line.start_mm[2]), end_mm=(a, b, line.end_mm[2]))
        for n, (line, (a, b)) in enumerate(zip(lines, places, strict=True), 7)
    )


def kidney(spacing_mm: float) -> Scene:
    """The bundled kidney with its own plan: real anatomy, three needles, 10-8-10 min."""
    from iceball.io.bundled import bundled_case
    from iceball.plan.compose import Conditions, compose

    with tempfile.TemporaryDirectory() as folder:
        case = bundled_case("kidney", Path(folder) / "kidney")
        return compose(case.plan(), case.anatomy(), conditions=Conditions(spacing_mm=spacing_mm))


def volumes_ml(history: History) -> list[dict[str, float]]:
    """Volumes of ice at the end of each freeze, mL."""
    from iceball.assessment.cold import ColdMap

    maps = [ColdMap.of(field, history) for field in history.end_of_freeze_c]
    return [{str(c): m.volume_ml(c) for c in LEVELS_C} for m in maps]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry one request out."""
    wanted = {"case": "p1", "spacing_mm": 1.0, "freezes": 2, "needles": 6, "threads": None, "volumes": False,
              "preview": False, **request}  # fmt: skip
    control = Control.preview() if wanted["preview"] else Control()
    scene = scene_of(wanted["case"], wanted["spacing_mm"], wanted["freezes"], wanted["needles"])
    began, cpu = time.perf_counter(), time.process_time()
    history = Simulation(scene, threads=wanted["threads"], control=control).run()
    told = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "steps": int(history.stats["steps"]),
        "stages": int(history.stats["stages"]),
        "cell_stages": int(history.stats["cell_updates"]),
        "cells": int(history.stats["cells"]),
        "peak_mb": peak_mb(),
    }
    if wanted["volumes"]:
        told["volumes_ml"] = volumes_ml(history)
    return told


def peak_mb() -> float:
    """The greatest memory this process ever had, MB (Linux counts in kB, macOS in bytes)."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


if __name__ == "__main__":
    Simulation(p1(6.0, freezes=1), threads=1).run()  # compiles, or loads what is compiled
    print(json.dumps({"ready_mb": peak_mb()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
