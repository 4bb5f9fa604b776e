"""A prediction against its plan: the nominal assessment with the doubt of its variants."""

from __future__ import annotations

from iceball.assessment import Assessment, assess
from iceball.plan.plan import Plan
from iceball.plan.predict import Prediction, variants
from iceball.tissue import Anatomy


def judge(prediction: Prediction, plan: Plan, anatomy: Anatomy) -> Assessment:
    """Assess the nominal run; the other runs become its variants and its doubt."""
    needles = len(plan.probes)
    others = {name: assess(h, plan.goals, anatomy, needles=needles) for name, h in variants(prediction)}
    return assess(prediction.history, plan.goals, anatomy, needles=needles, variants=others)
