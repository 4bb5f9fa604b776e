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
def body(*, spacing_mm: float = 3.0, bone: bool = False, air_mm: float = 18.0, gas: bool = False) -> Anatomy:
    """The colon lies 8 mm in front of the target; a nerve runs in front of the colon, a vertebra behind the target."""
    parts = [
        Part("bone_cancellous", Box((-12, 54, -24), (12, 63, 24)), "vertebrae_L2"),
        Part("bowel_wall", Ellipsoid((0, 22, 0), (40, 12, 32)), "colon"),
    ]
    if gas:
        parts.append(Part("gas", Ellipsoid((0, 20, 0), (28, 6, 22))))
    if bone:
        parts.append(Part("bone_cancellous", Box((-6, 4, -30), (6, 10, 30)), "rib_left_11"))
    return phantom(
        (66, 66, 66),
        spacing_mm,
        parts,
        target=Sphere((0, 44, 0), 16),
        organ="kidney",
        base="fat",
        layers=(("skin", 3),),
        structures={"ureter": Polyline(np.array([[-30.0, 12, 0], [30.0, 12, 0]]), 0.0)},
        air_above_mm=air_mm,
    )
