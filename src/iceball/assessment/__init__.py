"""What it means: goals, margins, coverage, structures at risk, doubts, and the verb `assess`."""

from iceball.assessment.assessment import ISOTHERMS_C, Assessment, AtRisk, Doubt, Margin, MarginMap, Verdict
from iceball.assessment.doubt import with_variants
from iceball.assessment.goals import Cover, Goal, Limit, Spare, Treat
from iceball.assessment.measure import assess, assessment_key
from iceball.assessment.numerical import numerical_doubt
from iceball.assessment.own_limit import OwnLimit
from iceball.assessment.radius import radius_mm

__all__ = [
    "ISOTHERMS_C",
    "Assessment",
    "AtRisk",
    "Cover",
    "Doubt",
    "Goal",
    "Limit",
    "Margin",
    "MarginMap",
    "OwnLimit",
    "Spare",
    "Treat",
    "Verdict",
    "assess",
    "assessment_key",
    "numerical_doubt",
    "radius_mm",
    "with_variants",
]
