"""A small body with a bowel loop between its target and the skin."""

from __future__ import annotations

from functools import cache

import numpy as np

from iceball.space.box import Box
from iceball.space.shapes import Ellipsoid, Polyline, Sphere
from iceball.tissue import Anatomy
from iceball.tissue.phantom import Part, phantom

GAP_MM = 8.0


@cache
def body(*, spacing_mm: float = 2.0, bone: bool = False, air_mm: float = 20.0, gas: bool = False) -> Anatomy:
    """The colon lies 8 mm in front of the target; a nerve runs in front of the colon, a vertebra behind the target."""
    parts = [
        Part("bone_cancellous", Box((-12, 66, -30), (12, 78, 30)), "vertebrae_L2"),
        Part("bowel_wall", Ellipsoid((0, 28, 0), (60, 12, 40)), "colon"),
    ]
    if gas:
        parts.append(Part("gas", Ellipsoid((0, 26, 0), (40, 6, 26))))
    if bone:
        parts.append(Part("bone_cancellous", Box((-6, 8, -40), (6, 14, 40)), "rib_left_11"))
    return phantom(
        (96, 80, 96),
        spacing_mm,
        parts,
        target=Sphere((0, 52, 0), 20),
        organ="kidney",
        base="fat",
        layers=(("skin", 2),),
        structures={"ureter": Polyline(np.array([[-40.0, 16, 0], [40.0, 16, 0]]), 0.0)},
        air_above_mm=air_mm,
    )
