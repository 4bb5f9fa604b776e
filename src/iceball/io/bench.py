"""A case of a uniform block: a folder without images that runs through every door like a patient's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iceball.io.case import Case
from iceball.io.intake import numbers
from iceball.io.text import new_folder
from iceball.plan import Protocol
from iceball.plan.fit.bench import NEEDLE, bench_plan
from iceball.space.shapes import Sphere
from iceball.tissue.bench import NO_PATIENT, Bench
from iceball.tissue.block import block_of


def new_bench_case(
    folder: str | Path,
    bench: Bench,
    *,
    probe: str = NEEDLE,
    protocol: Protocol | None = None,
    target_sphere: Sequence[float] | None = None,
    title: str = "",
) -> Case:
    """Write the case of a block: its record and a plan of one needle in the middle.

    Args:
        folder: a new or empty folder.
        bench: medium, size and temperatures.
        probe: a needle of the data file.
        protocol: instead of one freeze of 10 min.
        target_sphere: x, y, z, diameter in LPS mm, instead of 20 mm in the middle.
        title: on the report; the block in words where it is left out.

    Raises:
        CaseError, TissueError, PlanError, ProbeError: what is wrong; the folder is not left half-made.
    """
    sphere = None
    if target_sphere is not None:
        x, y, z, d = numbers(target_sphere, 4, "--target-sphere X,Y,Z,D")
        sphere = Sphere((x, y, z), d)
    anatomy = block_of(bench, target=sphere)
    plan = bench_plan(anatomy, probe_name=probe, protocol=protocol)
    with new_folder(Path(folder)) as making:
        case = Case.create_bench(
            making,
            title=title or str(bench),
            bench=bench,
            target=anatomy.target if sphere else None,
            flags=(NO_PATIENT,),
        )
        case.save_plan(plan)
    return Case.open(folder)
