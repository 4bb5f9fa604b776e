"""Four small cases whose plans together use every field of the plan's schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from iceball.io.case import Case
from iceball.sources import data_file
from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue import TARGET, Structure
from iceball.tissue.phantom import Part, phantom

Table = dict[str, Any]
VEIN, OTHER_VEIN = "portal_vein_and_splenic_vein", "inferior_vena_cava"
FREEZE = {"steps": [{"kind": "freeze", "duration_s": 60.0, "duty": 1.0}]}
NEEDLE = {"probe": "generic-17g-short", "tip_mm": [0.0, 40.0, 0.0], "entry_mm": [0.0, 0.0, 0.0]}
COVER = {"kind": "cover", "structure": TARGET, "below": -20.0, "margin_mm": 0.0, "fraction": 0.5}

NEEDLES: Table = {
    "review": "edited",
    "reason": "because",
    "template": {"hole_a1_mm": [-30.0, 30.0, -60.0], "into": [0.0, 0.0, 1.0], "up": [0.0, -1.0, 0.0]},
    "setting": {
        "side": "L", "procedure_position": "HFS", "image_breathing": "in", "procedure_breathing": "in",
        "bore_mm": 800.0,
    },
    "protocol": {
        "steps": [
            {"kind": "freeze", "duration_s": 60.0, "duty": 1.0},
            {"kind": "thaw", "duration_s": 30.0},
            {"kind": "freeze", "duration_s": 30.0, "duty": 0.8},
        ]
    },
    "probes": [
        {"probe": "adjustable", "tip_mm": [-8.0, 0.0, 0.0], "entry_mm": [-8.0, 46.0, 0.0], "name": "one"},
        {
            "probe": "generic-17g-long", "tip_mm": [8.0, 0.0, 0.0], "entry_mm": [8.0, 46.0, 0.0],
            "protocol": {
                "steps": [
                    {"kind": "freeze", "duration_s": 60.0, "duty": 1.0},
                    {"kind": "hold", "duration_s": 30.0, "duty": 0.5},
                ]
            },
        },
    ],
    "goals": [
        COVER,
        {"kind": "spare", "structure": "colon", "above": 0.0, "distance_mm": 2.0},
        {"kind": "limit", "quantity": "volume_ml.0", "at_most": 50.0},
        {"kind": "treat", "below": 0.0, "depth_mm": 0.0, "cycles": 1, "fraction": 0.9},
    ],
    "limits": [{"structure": "colon", "by": "A. Surgeon", "reason": "near by", "date": "2026-11-22", "alarm_mm": 9.0}],
    "vent": "passive",
    "spots": [
        {
            "applicator": "generic-ln2-spray", "centre_mm": [0.0, -46.0, 0.0], "dwell_s": 20.0, "start_s": 5.0,
            "thaw_s": 20.0, "cycles": 2,
        }
    ],
}  # fmt: skip
POCKET: Table = {
    "probes": [NEEDLE], "protocol": FREEZE, "goals": [COVER],
    "pockets": [
        {
            "structure": "colon", "fluid": "saline", "thickness_mm": 8.0, "start_c": 20.0, "away_from": TARGET,
            "footprint_mm": 12.0, "thins_to_mm": 6.0,
        }
    ],
}  # fmt: skip
VESSELS: Table = {
    "probes": [NEEDLE], "protocol": FREEZE, "goals": [COVER],
    "vessels": [
        {"line_mm": [[24.0, 30.0, -24.0], [24.0, 30.0, 24.0]], "diameter_mm": 8.0, "speed_m_s": 0.2, "share": 0.9},
        {"structure": VEIN, "diameter_mm": 8.0, "speed_m_s": 0.3},
    ],
}  # fmt: skip
WARMERS: Table = {
    "probes": [NEEDLE], "protocol": FREEZE, "goals": [COVER],
    "warmers": [
        {"warmer": "warm-gel", "centre_mm": [0.0, 0.0, 0.0], "radius_mm": 12.0, "start_s": 5.0, "duration_s": 40.0},
        {"warmer": "urethral-warmer", "structure": "urethra", "temperature_c": 42.0},
    ],
}  # fmt: skip
PLANS: dict[str, Table] = {"needles": NEEDLES, "pocket": POCKET, "vessels": VESSELS, "warmers": WARMERS}


def make(folder: Path) -> None:
    """All four in a folder; a needle of adjustable length is made known to this process."""
    cards = folder / ".cards.toml"
    shipped = data_file("applicator", "probes.toml").table
    card = {k: v for k, v in shipped["probe"]["generic-17g-short"].items() if k != "published"}
    told = {"sources": shipped["sources"], "probe": {"adjustable": {**card, "length": "adjustable"}}}
    cards.write_text(tomli_w.dumps(told), encoding="utf-8")
    os.environ["ICEBALL_PROBES"] = str(cards)
    _box(folder / "needles")
    for name in ("pocket", "vessels", "warmers"):
        _body(folder / name)
    for name, plan in PLANS.items():
        (folder / name / "plan.toml").write_text(tomli_w.dumps(plan), encoding="utf-8")


def _box(folder: Path) -> None:
    """A round body with bowel below the target."""
    grid = Grid.box((-60, -60, -40), (60, 60, 40), 4.0)
    at = grid.centres_mm()
    body = at[..., 0] ** 2 + at[..., 1] ** 2 < 46**2
    image = Volume(grid, np.where(body, 40, -1000).astype(np.int16), "HU", Header("CT", patient_position="HFS"))
    drawn = [Structure(TARGET, Sphere((0, 12, 0), 16), "drawn"), Structure("colon", Sphere((0, -14, 0), 14), "drawn")]
    Case.create(folder, title="Needles and a spray", image=image, structures=drawn, organ="kidney")


def _body(folder: Path) -> None:
    """A phantom with bowel over and beside the target, two great veins and two lumens."""

    def tube(x: float, y: float, name: str, tissue: str) -> Part:
        return Part(tissue, Polyline(np.array([(x, y, -32.0), (x, y, 32.0)]), 5.0), name)

    parts = [
        Part("bowel_wall", Sphere((0, 14, 0), 12), "colon"),
        Part("bowel_wall", Sphere((3, 10, 12), 10), "small_bowel"),
        tube(-24, 32, VEIN, "blood"),
        tube(-24, 48, OTHER_VEIN, "blood"),
        tube(0, 52, "urethra", "vessel_wall"),
        tube(14, 52, "canal", "vessel_wall"),
    ]
    anatomy = phantom((64, 64, 64), 4.0, parts, target=Sphere((0, 34, 0), 14), organ="kidney", air_above_mm=32)
    Case.create_phantom(folder, title=folder.name, anatomy=anatomy)
