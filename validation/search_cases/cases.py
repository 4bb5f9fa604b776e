"""The four patients of the proof, each with the plan that the search has to beat."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "mesothelioma"))

from iceball.io.bundled import bundled_case  # noqa: E402
from iceball.io.intake import Request, new_case  # noqa: E402
from iceball.plan import Plan, Setting  # noqa: E402
from iceball.tissue import Anatomy  # noqa: E402

SHARED = HERE.parents[2] / "shared" / "data"
NAMES = ("kidney", "sarcoma", "liver", "plaque")
LIVER_SPHERE = (-125.0, -146.0, 406.0, 30.0)
"""Chosen by eye: in the right lobe, a few centimetres under the ribs."""
SUPINE = "HFS"


def case(name: str) -> tuple[Anatomy, Plan]:
    """A patient and the plan to beat: the starter's; of the plaque, where it finds none, the one made by hand."""
    if name == "plaque":
        return _plaque()
    with tempfile.TemporaryDirectory() as folder:
        made = new_case(Path(folder) / name, _liver()) if name == "liver" else bundled_case(name, Path(folder) / name)
        return made.anatomy(), made.plan()


def _liver() -> Request:
    home = SHARED / "totalseg_abdomen_ct"
    return Request(
        home / "example_ct.nii.gz",
        labels=home / "example_seg_fast_force_split.nii.gz",
        label_names=home / "LABELS.csv",
        target_sphere=LIVER_SPHERE,
        organ="liver",
        setting=Setting(side="R", procedure_position=SUPINE),
    )


def _plaque() -> tuple[Anatomy, Plan]:
    from chest import anatomy, plan

    given = plan()
    # the nerve runs 0.2 mm beside the plaque: to spare it and to cover with 5 mm is a contradiction, and refused
    kept = tuple(g for g in given.goals if "nerve" not in str(g))
    return anatomy(), replace(given, goals=kept)
