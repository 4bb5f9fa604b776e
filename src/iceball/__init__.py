"""Iceball: plan and simulate cryoablation with physics. Research use only.

ct      = ib.read_dicom("study/ct")
anatomy = ib.read_segmentation("study/rtstruct.dcm", on=ct, target="GTV_Mass_CT", organ="soft_tissue")
history = ib.simulate(plan, anatomy)
verdict = ib.assess(history, plan.goals, anatomy)
ib.report(verdict, history, plan, anatomy, to="report.html")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Anatomy": "tissue",
    "Assessment": "assessment",
    "Bioheat": "solve",
    "Case": "io",
    "Cover": "assessment",
    "Ellipsoid": "space.shapes",
    "Grid": "space",
    "History": "solve",
    "IceballError": "errors",
    "Keep": "solve",
    "Limit": "assessment",
    "Mask": "space.shapes",
    "Placement": "plan",
    "Plan": "plan",
    "Points": "space.shapes",
    "Polyline": "space.shapes",
    "Probe": "applicator",
    "Protocol": "plan",
    "Scene": "solve",
    "Setting": "plan",
    "Simulation": "solve",
    "Spare": "assessment",
    "Sphere": "space.shapes",
    "Spot": "plan",
    "Structure": "tissue",
    "Tissue": "tissue",
    "Treat": "assessment",
    "Volume": "space",
    "assess": "assessment",
    "freeze": "plan",
    "predict": "plan.predict",
    "probe": "applicator",
    "read_dicom": "io",
    "read_image": "io",
    "read_segmentation": "io",
    "report": "reporting",
    "simulate": "plan.predict",
    "starter_plan": "plan.search.starter",
    "uniform_block": "tissue.block",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"iceball has no '{name}'. Known: {', '.join(sorted(_HOME))}.")
    return getattr(import_module(f"iceball.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
