"""What the page shows of a run, made once and kept beside it: boxes of temperatures, surfaces, and the strip.

`shown/` in a run's folder holds `shown.json`, `coldest.box.gz`, `end_of_freeze_<n>.box.gz`, `at/<seconds>.box.gz` and
`<surface>.mesh.gz`. All of it can be made again from the run, but for the moments. While the bounds of a run are still
being made its nominal part lies in `.nominal/<run key>/shown` of the case.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iceball.assessment import Assessment
from iceball.assessment.assessment import ISOTHERMS_C
from iceball.assessment.cold import ColdMap
from iceball.io.case import Case
from iceball.io.text import read_json, whole_folder, write_json, write_whole
from iceball.solve.history import Field, History
from iceball.space import Grid
from iceball.web.boxes import GasFill, celsius_box
from iceball.web.meshes import cropped, margin_mesh, surface_mesh

EVERY_S, MOST_MOMENTS = 60.0, 40
"""A field every minute; of long protocols fewer, evenly."""
TOUCHED_C = 36.0
"""A moment is kept around all that is colder at its end: beyond it nothing can be seen."""
LEVEL = 1
"""How hard gzip tries: more saves a tenth and takes three times as long."""


@dataclass(frozen=True)
class Shown:
    """What is kept of one run for the page."""

    folder: Path

    @property
    def is_there(self) -> bool:
        """Whether it was made."""
        return (self.folder / "shown.json").is_file()

    @property
    def told(self) -> dict[str, Any]:
        """Seconds that the run took, its spacing, the times of its moments, and the strip of a nominal run."""
        return dict(read_json(self.folder / "shown.json"))

    def file(self, name: str) -> Path | None:
        """The file of a box or a surface; None where there is none of that name."""
        found = self.folder / f"{name}.gz"
        return found if found.is_file() else None

    def with_verdict(self, history: History, verdict: Assessment, *, strip: dict[str, object]) -> None:
        """Add the surfaces of a run and the strip of its assessment."""
        _surfaces(self.folder, history, verdict)
        write_json(self.folder / "shown.json", {**self.told, "strip": strip})

    def move_to(self, run: Path) -> Shown:
        """Lay it into the folder of the finished run; what was made from that run meanwhile gives way."""
        there = run / "shown"
        shutil.rmtree(there, ignore_errors=True)
        self.folder.rename(there)
        return Shown(there)


def shown_of(case: Case, key: str) -> Shown:
    """What is shown of a run: of the whole one where it is finished, else of its nominal part."""
    whole = Shown(case.runs / key / "shown")
    nominal = Shown(nominal_folder(case, key) / "shown")
    return nominal if not whole.is_there and nominal.is_there else whole


def nominal_folder(case: Case, key: str) -> Path:
    """Where the nominal part of a run lies while its bounds are made."""
    return case.folder / ".nominal" / key


def forget_nominal(case: Case, key: str = "*") -> None:
    """Remove the nominal part of a run, or of all."""
    for folder in (case.folder / ".nominal").glob(key):
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        (case.folder / ".nominal").rmdir()


def moments_s(duration_s: float) -> tuple[float, ...]:
    """When fields are kept for the clock."""
    step = EVERY_S
    while duration_s / step > MOST_MOMENTS:
        step *= 2
    return tuple(step * n for n in range(1, int(duration_s / step + 1e-9) + 1))


@dataclass(eq=False)
class Film:
    """Takes the moments of a run and keeps them small."""

    boxes: dict[float, bytes] = field(default_factory=dict)
    grid: Grid | None = None

    def take(self, time_s: float, celsius: Field, grid: Grid) -> None:
        """Keep one moment; those of a smaller box are forgotten."""
        if self.grid != grid:
            self.grid, self.boxes = grid, {}
        part, cells = cropped(celsius, grid, TOUCHED_C)
        self.boxes[time_s] = gzip.compress(celsius_box(part, cells, time_s=time_s), LEVEL, mtime=0)


def save_shown(
    folder: Path, history: History, moments: Mapping[float, bytes], verdict: Assessment | None = None, **told: object
) -> Shown:
    """Write what is shown of a run; the folder appears whole or not at all.

    Args:
        folder: the run's own, or that of its nominal part.
        history: the nominal one.
        moments: boxes by time, as `Film` makes them.
        verdict: its assessment, for the margin on the target; without one there are no surfaces
            until `Shown.with_verdict`.
        told: rides in `shown.json`.
    """
    grid = history.scene.grid
    with whole_folder(folder / "shown") as place:
        fill = GasFill.of(history.minimum_c)
        fields = {"coldest": history.minimum_c}
        fields |= {f"end_of_freeze_{n}": f for n, f in enumerate(history.end_of_freeze_c, start=1)}
        for name, one in fields.items():
            _write(place / f"{name}.box", celsius_box(one, grid, fill=fill))
        (place / "at").mkdir()
        for time_s, content in moments.items():
            write_whole(place / "at" / f"{time_s:g}.box.gz", content)
        if verdict is not None:
            _surfaces(place, history, verdict)
        write_json(
            place / "shown.json",
            {
                "seconds": history.made_by.get("seconds"),
                "spacing_mm": history.made_by.get("spacing_mm"),
                "frames_s": sorted(moments),
                **told,
            },
        )
    return Shown(folder / "shown")


def _surfaces(place: Path, history: History, verdict: Assessment) -> None:
    cold = ColdMap.of(history.minimum_c, history)
    for celsius in ISOTHERMS_C:
        _write(place / f"iso{celsius}.mesh", surface_mesh(cold.isotherm(celsius).surface))
    _write(place / "margin.mesh", margin_mesh(verdict.margin_map))


def _write(file: Path, content: bytes) -> None:
    write_whole(file.with_name(f"{file.name}.gz"), gzip.compress(content, LEVEL, mtime=0))
