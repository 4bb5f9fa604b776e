"""Edits of what surrounds the ice in a plan: pockets, vessels and warmers. Each has to make another scene."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from iceball.io.text import from_table
from iceball.plan import Plan
from iceball.plan.compose import Conditions, compose
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue import TARGET, Anatomy
from iceball.tissue.phantom import Part, phantom

Table = dict[str, Any]
VEIN, OTHER = "portal_vein_and_splenic_vein", "inferior_vena_cava"
NEEDLE: Table = {
    "probes": [{"probe": "generic-17g-short", "tip_mm": [0.0, 40.0, 0.0], "entry_mm": [0.0, 0.0, 0.0]}],
    "protocol": {"steps": [{"kind": "freeze", "duration_s": 60.0}]},
}
POCKET: Table = {
    "structure": "colon",
    "fluid": "saline",
    "thickness_mm": 8.0,
    "start_c": 20.0,
    "away_from": TARGET,
    "footprint_mm": 12.0,
    "thins_to_mm": 6.0,
}
PLANS: dict[str, Table] = {
    "pockets": {"pockets": [POCKET]},
    "vessels": {
        "vessels": [
            {"line_mm": [[24.0, 30.0, -24.0], [24.0, 30.0, 24.0]], "diameter_mm": 8.0, "speed_m_s": 0.2, "share": 0.9},
            {"structure": VEIN, "diameter_mm": 8.0, "speed_m_s": 0.3},
        ]
    },
    "warmers": {
        "warmers": [
            {"warmer": "warm-gel", "centre_mm": [0.0, 0.0, 0.0], "radius_mm": 12.0, "start_s": 5.0, "duration_s": 40.0},
            {"warmer": "urethral-warmer", "structure": "urethra", "temperature_c": 42.0},
        ]
    },
}


def change(part: str, index: int, **to: Any) -> Callable[[Table], None]:
    """An edit: fields of one pocket, vessel or warmer get other values."""

    def edit(plan: Table) -> None:
        assert all(plan[part][index].get(field) != value for field, value in to.items())
        plan[part][index].update(to)

    return edit


EDITS: dict[str, Callable[[Table], None]] = {
    "pockets": lambda plan: plan.pop("pockets"),
    "pockets.structure": change("pockets", 0, structure="small_bowel"),
    "pockets.fluid": change("pockets", 0, fluid="dextrose"),
    "pockets.thickness_mm": change("pockets", 0, thickness_mm=12.0),
    "pockets.start_c": change("pockets", 0, start_c=37.0),
    "pockets.away_from": change("pockets", 0, away_from="canal"),
    "pockets.direction": change("pockets", 0, direction=[0.5, -1.0, 0.0]),
    "pockets.footprint_mm": change("pockets", 0, footprint_mm=4.0),
    "pockets.thins_to_mm": change("pockets", 0, thins_to_mm=4.0),
    "vessels": lambda plan: plan["vessels"].pop(),
    "vessels.structure": change("vessels", 1, structure=OTHER),
    "vessels.line_mm": change("vessels", 0, line_mm=[[28.0, 30.0, -24.0], [28.0, 30.0, 24.0]]),
    "vessels.diameter_mm": change("vessels", 0, diameter_mm=12.0),
    "vessels.speed_m_s": change("vessels", 0, speed_m_s=0.4),
    "vessels.share": change("vessels", 0, share=0.5),
    "vessels.blood_c": change("vessels", 0, blood_c=36.0),
    "vessels.name": change("vessels", 0, name="vein"),
    "vessel_walls": lambda plan: plan.update(vessel_walls=False),
    "warmers": lambda plan: plan["warmers"].pop(),
    "warmers.warmer": change("warmers", 0, warmer="warm-saline-bag", radius_mm=20.0),
    "warmers.structure": change("warmers", 1, structure="canal"),
    "warmers.centre_mm": change("warmers", 0, centre_mm=[12.0, 0.0, 0.0]),
    "warmers.radius_mm": change("warmers", 0, radius_mm=20.0),
    "warmers.start_s": change("warmers", 0, start_s=6.0),
    "warmers.duration_s": change("warmers", 0, duration_s=41.0),
    "warmers.temperature_c": change("warmers", 1, temperature_c=40.0),
}


@cache
def body() -> Anatomy:
    """A phantom with bowel over and beside the target, two great veins and two lumens."""

    def tube(x: float, y: float, name: str, tissue: str) -> Part:
        return Part(tissue, Polyline(np.array([(x, y, -32.0), (x, y, 32.0)]), 5.0), name)

    return phantom(
        (64, 64, 64),
        4.0,
        [
            Part("bowel_wall", Sphere((0, 14, 0), 12), "colon"),
            Part("bowel_wall", Sphere((3, 10, 12), 10), "small_bowel"),
            tube(-24, 32, VEIN, "blood"),
            tube(-24, 48, OTHER, "blood"),
            tube(0, 52, "urethra", "vessel_wall"),
            tube(14, 52, "canal", "vessel_wall"),
        ],
        target=Sphere((0, 34, 0), 14),
        organ="kidney",
        air_above_mm=32,
    )


@cache
def unchanged(part: str) -> tuple[str, str]:
    """Those of the plan as it stands."""
    return scenes(part)


def scenes(part: str, edit: Callable[[Table], None] | None = None) -> tuple[str, str]:
    """The keys of an edited plan's scenes: as it is, and with its pockets as thin as they may become."""
    table = copy.deepcopy(NEEDLE | PLANS[part])
    if edit is not None:
        edit(table)
    plan = from_table(table, Plan, where=part)
    found = [compose(plan, body(), conditions=Conditions(spacing_mm=4.0)).key()]
    if part == "pockets":
        found.append(compose(plan, body(), conditions=Conditions(spacing_mm=4.0, thin=True)).key())
    return found[0], found[-1]
