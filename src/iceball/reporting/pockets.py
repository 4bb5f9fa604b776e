"""Pockets of fluid in the words of the report."""

from __future__ import annotations

from iceball.plan.plan import Plan
from iceball.plan.pocket import MODEL_NOT_IMAGE
from iceball.reporting import display
from iceball.tissue import Anatomy


def pocket_facts(plan: Plan, anatomy: Anatomy) -> tuple[tuple[str, str], ...]:
    """Each pocket: what was moved by how much of which fluid, and that no image shows it."""
    return tuple(
        (
            "Moved aside",
            f"{display.plain(str(pocket)).replace('_', ' ')}: {display.nearest(done.opened_mm)} mm in whole "
            f"cells, {display.nearest(done.pocket_ml, 0)} mL, distance "
            f"{display.down(done.before_mm)} to {display.down(done.after_mm)} mm; {MODEL_NOT_IMAGE}",
        )
        for pocket, done in zip(plan.pockets, anatomy.moved, strict=True)
    )
