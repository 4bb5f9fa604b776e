"""Every constant that a run rests on, with value, range, unit and source."""

from __future__ import annotations

import numpy as np

from iceball.applicator import probe, surface_applicator
from iceball.applicator.warmer import warmer
from iceball.assessment.goals import Limit
from iceball.assessment.hypotheses import death_constants
from iceball.plan.defaults import default_constants, surface_constants
from iceball.plan.placed.numbers import number
from iceball.plan.plan import Plan
from iceball.plan.pocket import pocket_constants
from iceball.plan.rules import rule
from iceball.plan.search.intent import intent_constants, intent_said
from iceball.plan.spray.spot import spot_number
from iceball.plan.stopping.limits import limit_constants
from iceball.plan.treated import as_treated
from iceball.plan.varied import spread_constants
from iceball.plan.warm.lumen import vessel_names
from iceball.plan.warm.vessel_speed import vessel_constants
from iceball.plan.ways.template import template_constants
from iceball.sources import Constant
from iceball.tissue import Anatomy, tissue
from iceball.tissue.bench import bench_constants
from iceball.tissue.ct import threshold_constants
from iceball.tissue.intercostal import DERIVED, groove_constants
from iceball.tissue.interface import BONE_INTERFACE, interface_constants
from iceball.tissue.model import model
from iceball.tissue.tissue import GASES


def constants_of(plan: Plan, anatomy: Anatomy) -> tuple[Constant, ...]:
    """Those of tissues, needles, the model, the image's thresholds, the organ's defaults, cell death and spread."""
    anatomy = as_treated(plan, anatomy)
    present = sorted({anatomy.tissues[int(v)] for v in np.unique(anatomy.labels.data)} - set(GASES))
    present += sorted({tissue(name).floods_to for name in present} - {"", *present})
    found: list[Constant] = []
    for name in present:
        found += tissue(name).constants()
    for name in sorted({p.probe for p in plan.probes}):
        kind = probe(name)
        found += kind.constants()
        if plan.supply_bar is not None:
            found += [c for c in kind.cryogen.pressure_constants() if c not in found]
    for spray in sorted({s.applicator for s in plan.spots}):
        found += surface_applicator(spray).constants()
    if plan.spots:
        found += (*spot_number.constants(), *surface_constants(anatomy.organ))
    for name in sorted({w.warmer for w in plan.warmers}):
        found += warmer(name).constants()
    if plan.vessels or (plan.vessel_walls and vessel_names(anatomy)):
        found += vessel_constants()
    found += model().constants()
    if anatomy.bench is None:
        found += [] if anatomy.phantom else threshold_constants()
        found += default_constants(anatomy.organ)
    else:
        found += bench_constants()
    if any(s.origin == DERIVED for s in anatomy.structures.values()):
        found += groove_constants()
    found += death_constants(anatomy, plan.kill)
    found += [c for c in limit_constants(anatomy, plan.limits) if c not in found]
    found += spread_constants()
    if plan.template is not None:
        found += template_constants()
    if plan.pockets:
        found += pocket_constants()
    if any(not isinstance(g, Limit) and g.structure == BONE_INTERFACE for g in plan.goals):
        found += interface_constants()
    if intent_said(plan.reason):
        found += intent_constants()
    if plan.stage == "as placed":
        found += number.constants()
    if plan.review == "starter":
        found += rule.constants()
    return tuple(found)
