"""The plan of a uniform block: one needle along an axis, its cold zone in the middle."""

from __future__ import annotations

from iceball.applicator import probe
from iceball.assessment.goals import Cover
from iceball.errors import PlanError
from iceball.plan.placement import Placement
from iceball.plan.plan import Plan
from iceball.plan.protocol import Protocol
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.bench import bench_number

NEEDLE = "generic-17g-long"


def bench_plan(anatomy: Anatomy, *, probe_name: str = NEEDLE, protocol: Protocol | None = None) -> Plan:
    """One needle along +P through the middle of a block, entering at its front face; the goal is ice over the target.

    Args:
        anatomy: made by `uniform_block`.
        probe_name: a needle of the data file.
        protocol: instead of one freeze of 10 min.

    Raises:
        PlanError: if the anatomy is no block, or the needle does not fit into it.
        ProbeError: for an unknown needle.
    """
    bench = anatomy.bench
    if bench is None:
        raise PlanError("is a patient, not a uniform block.", where="Anatomy.bench", remedy="Use starter_plan.")
    kind = probe(probe_name)
    half = bench.size_mm / 2
    beyond = kind.active_mm.value / 2 + kind.standoff_mm.value
    room = bench_number("tip_to_face_mm")
    if beyond + room > half or beyond + half > kind.usable_mm.value:
        least, most = 2 * (beyond + room), 2 * (kind.usable_mm.value - beyond)
        raise PlanError(
            f"{kind.label} does not fit into a block of {bench.size_mm:g} mm with its cold zone in the middle",
            where="Bench.size_mm",
            remedy=f"Give a block of {least:.0f} to {most:.0f} mm, or another needle.",
        )
    needle = Placement(probe_name, tip_mm=(0.0, beyond, 0.0), entry_mm=(0.0, -half, 0.0))
    return Plan(
        probes=(needle,),
        protocol=protocol or Protocol().freeze(bench_number("freeze_s")),
        goals=(Cover(TARGET, below=0.0),),
        reason=f"Bench: {kind.label}, its cold zone in the middle of the block.",
    )
