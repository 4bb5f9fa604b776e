"""The one bridge from what we decide to what the solver sees: Plan and Anatomy compose a Scene."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from iceball.errors import PlanError
from iceball.plan.becoming import with_rules
from iceball.plan.ground import Ground
from iceball.plan.lines import Bound, line_of
from iceball.plan.plan import Plan
from iceball.plan.pulled import Stay, stays
from iceball.plan.sensors import target_sensors
from iceball.plan.spray.spot import spot_number
from iceball.plan.spray.spots import Film, with_spots
from iceball.plan.treated import as_treated, thinned
from iceball.plan.warm.vessel_wall import with_vessels
from iceball.plan.warm.warming_wall import with_warmers
from iceball.solve.scene import Material, Scene
from iceball.solve.wall import Wall
from iceball.space import Grid
from iceball.space.resample import beyond, resample
from iceball.tissue import Anatomy, Tissue, tissue
from iceball.tissue.block import block_grid
from iceball.tissue.model import Model, model
from iceball.tissue.tissue import GASES

Flow = Literal["nominal", "low", "high"]

REACH_MM = 40.0
TARGET_REACH_MM = 12.0


@dataclass(frozen=True)
class Conditions:
    """Which end of the doubts a run takes, and how far and how fine its grid is.

    Args:
        flow: nominal, low or high perfusion of every tissue, speed in vessels, and heat transfer of warmers.
        bound: needles with finite cooling power, or chart-like (wall held at the gas temperature: always more ice).
        spacing_mm: of the solver's cells.
        reach_mm: how far the grid goes beyond every active zone.
        film: nominal, low or high heat transfer of sprays and discs.
        hyperaemia: more blood in the rim that thaws (assumed, `model.hyperaemia` times the flow before); off unless
            asked for.
        thin: whether pockets are as thin as they may become.
    """

    flow: Flow = "nominal"
    bound: Bound = "power_limited"
    spacing_mm: float = 1.0
    reach_mm: float = REACH_MM
    hyperaemia: bool = False
    film: Film = "nominal"
    thin: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.spacing_mm) and 0.25 <= self.spacing_mm <= 4):
            raise PlanError(f"spacing {self.spacing_mm} mm is outside 0.25 to 4 mm", where="spacing_mm")
        if not (math.isfinite(self.reach_mm) and REACH_MM <= self.reach_mm <= 150):
            raise PlanError(f"reach {self.reach_mm} mm is outside {REACH_MM:g} to 150 mm", where="reach_mm")


def compose(plan: Plan, anatomy: Anatomy, *, conditions: Conditions | None = None) -> Scene:
    """The scene of a plan in a patient.

    Args:
        plan: at least one needle or spot.
        anatomy: tissue labels on any grid; beyond the image its edge label continues.
        conditions: nominal flow, power-limited needles, 1 mm cells unless given.

    Raises:
        PlanError: if the plan has neither, or a spot lies on no surface.
    """
    if plan.is_empty:
        raise PlanError(
            f"has no needle and no spot. {plan.reason.removeprefix('No needle placed: ')}".strip(),
            where="Plan.probes",
            remedy="Place a needle in plan.toml (probe, tip_mm, entry_mm), or a spot (`iceball spray`).",
        )
    conditions = conditions or Conditions()
    anatomy = as_treated(thinned(plan) if conditions.thin else plan, anatomy)
    grid, bench = box_around(plan, anatomy, conditions), anatomy.bench
    constants = model()
    ground = with_vessels(ground_of(anatomy, grid, constants), plan, anatomy, flow=conditions.flow)
    ground = with_warmers(ground, plan, anatomy, flow=conditions.flow)
    ground = with_spots(ground, plan, anatomy, film=conditions.film)
    present = {int(v): ground.tissues[int(v)] for v in np.unique(ground.labels) if int(v) in ground.tissues}
    body_c = constants.body_c.value
    # Where no blood flows, the bath is all that is warm; the blood of a perfused block is as warm as in a body.
    rest_c = body_c if bench is None or bench.perfused else bench.bath_c
    outer_c = body_c if bench is None else bench.bath_c
    materials, rules = with_rules(
        _materials(present, conditions.flow, constants, blood=bench is None or bench.blood),
        present,
        lambda name: _material(name, conditions.flow, constants, blood=bench is None or bench.blood),
        hyperaemia=constants.hyperaemia.value if conditions.hyperaemia else 1.0,
    )
    return Scene(
        grid=grid,
        labels=ground.labels,
        materials=materials,
        rules=rules,
        walls=ground.walls,
        lines=tuple(
            line_of(
                _name(plan, s),
                s.placement,
                s.clock,
                bound=conditions.bound,
                body_c=constants.body_c.value,
                supply_bar=plan.supply_bar,
            )
            for s in stays(plan)
        ),
        duration_s=plan.duration_s,
        body_c=rest_c,
        outer_c=(outer_c,) * 6,
        initial_c=None if bench is None else bench.start_c,
        starts_c=tuple((done.label, done.move.start_c) for done in anatomy.moved if done.move.fluid not in GASES),
        blood_heat=constants.blood_density.value * constants.blood_heat_capacity.value,
        freeze_ends_s=plan.freeze_ends_s,
        sensors=target_sensors(anatomy, ground),
    )


def ground_of(anatomy: Anatomy, grid: Grid, constants: Model | None = None) -> Ground:
    """The patient on the scene's grid: tissues, and what air and gas do to them."""
    constants = constants or model()
    labels = resample(anatomy.labels, grid, method="nearest").volume.data.astype(np.uint8)
    present = {int(v): anatomy.tissues[int(v)] for v in np.unique(labels)}
    walls, pockets = [], {done.label: done for done in anatomy.moved}
    for label, name in present.items():
        if name in GASES:
            h, ambient = constants.gas_wall(name)
            done = pockets.get(label)  # gas that was let in is as warm as it was given
            walls.append(
                Wall(name, label, h.value, ambient.value)
                if done is None
                else Wall(done.name, label, h.value, done.move.start_c)
            )
    return Ground(grid, labels, {n: name for n, name in present.items() if name not in GASES}, tuple(walls))


def box_around(plan: Plan, anatomy: Anatomy, conditions: Conditions) -> Grid:
    """The solver's grid: `reach_mm` beyond every active zone, less beyond every spot, and the whole target with room
    for its margin.

    A uniform block is solved whole: its faces are where the bath is.
    """
    if anatomy.bench is not None:
        return block_grid(anatomy.bench, conditions.spacing_mm)
    reaches = [(end, conditions.reach_mm) for s in stays(plan) for end in s.placement.active_zone_mm]
    about_spots = spot_number("surface", "reach_mm").value + conditions.reach_mm - REACH_MM
    reaches += [(s.centre_mm, s.reach_mm + about_spots) for s in plan.spots]
    at, reach = np.array([point for point, _ in reaches]), np.array([[mm] for _, mm in reaches])
    low, high = (at - reach).min(axis=0), (at + reach).max(axis=0)
    if "tumour" in anatomy.structures:
        target_low, target_high = anatomy.target.shape.bounds_mm()
        low = np.minimum(low, target_low - TARGET_REACH_MM)
        high = np.maximum(high, target_high + TARGET_REACH_MM)
    return Grid.box(low, high, conditions.spacing_mm)


def beyond_image(scene: Scene, anatomy: Anatomy) -> float:
    """Fraction of the scene's cells that lie beyond the image, where its edge label continues."""
    return float(beyond(anatomy.labels.grid, scene.grid).mean())


def material_of(t: Tissue, *, flow: Flow = "nominal", constants: Model | None = None) -> Material:
    """A tissue as the solver's property row."""
    m = constants or model()
    share, water = t.frozen_conductivity_share.value, t.water_fraction.value
    k0, k1, k2 = (k.value for k in m.ice_conductivity)
    c0, c1 = (c.value for c in m.ice_heat_capacity)
    frozen_k = (share * k0, share * k1, share * k2)
    frozen_c = (water * c0 + (1 - water) * t.dry_heat_capacity.value, water * c1)
    if t.frozen_conductivity is not None:
        frozen_k = (t.frozen_conductivity.value, 0.0, 0.0)
    if t.frozen_heat_capacity is not None:
        frozen_c = (t.frozen_heat_capacity.value, 0.0)
    flows = {"nominal": t.perfusion.value, "low": t.perfusion.low, "high": t.perfusion.high}
    return Material(
        name=t.name,
        density=t.density.value,
        heat_capacity=t.heat_capacity.value,
        conductivity=t.conductivity.value,
        latent_heat=t.latent_heat.value,
        liquidus_c=t.liquidus_c.value,
        solidus_c=t.solidus_c.value,
        frozen_conductivity=frozen_k,
        frozen_heat_capacity=frozen_c,
        perfusion=flows[flow],
        metabolism=t.metabolism.value,
        stasis_c=t.stasis_c.value,
        curve=t.curve,
    )


def _name(plan: Plan, stay: Stay) -> str:
    name = plan.name_of[stay.needle]
    return f"{name}, drawn back {stay.pull * plan.probes[stay.needle].pull_back_mm:g} mm" if stay.pull else name


def _materials(present: dict[int, str], flow: Flow, constants: Model, *, blood: bool) -> tuple[Material | None, ...]:
    rows: list[Material | None] = [None] * (max(present) + 1)
    for label, name in present.items():
        if name not in GASES:
            rows[label] = _material(name, flow, constants, blood=blood)
    return tuple(rows)


def _material(name: str, flow: Flow, constants: Model, *, blood: bool) -> Material:
    row = material_of(tissue(name), flow=flow, constants=constants)
    return row if blood else replace(row, perfusion=0.0, metabolism=0.0)
