"""One long 17G needle in kidney must make an ice ball of the size that was measured in swine and people."""

import numpy as np

from iceball.plan import Placement, Plan, freeze
from iceball.plan.compose import Conditions
from iceball.plan.predict import simulate
from iceball.units import minutes
from tests.plan.test_compose import block


def short_axis_mm(field: np.ndarray, spacing_mm: float, level_c: float) -> float:
    """Diameter of the isotherm in the plane across the needle at the middle of its active zone, from its area."""
    areas = (field <= level_c).sum(axis=(0, 2)) * spacing_mm**2
    return float(2 * np.sqrt(np.median(areas[areas > 0]) / np.pi)) if (areas > 0).any() else 0.0


def test_one_needle_in_kidney_freezes_as_wide_as_was_measured() -> None:
    needle = Placement("generic-17g-long", tip_mm=(0.3, -20, 0.2), entry_mm=(0.3, 44, 0.2))
    plan = Plan(probes=(needle,), protocol=freeze(10 * minutes))
    history = simulate(plan, block("kidney", half_mm=75), conditions=Conditions(spacing_mm=1.0))
    assert 18 <= short_axis_mm(history.minimum_c, 1.0, 0.0) <= 30
    assert short_axis_mm(history.minimum_c, 1.0, -20.0) / 2 < 10
    assert history.outer_drift_k < 0.5
