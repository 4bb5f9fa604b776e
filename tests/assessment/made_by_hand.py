"""Histories and patients made by hand, with isotherms that are known exactly."""

import numpy as np

from iceball.solve.history import HeatBalance, History, Result
from iceball.solve.scene import Material, Scene
from iceball.solve.wall import Wall
from iceball.space import Grid, Volume
from iceball.space.shapes import Mask
from iceball.tissue import Anatomy, Structure

# Conducts alike frozen and unfrozen, so that temperatures without a kink are what heat would do.
SOFT = Material("soft", 1050, 3600, 0.5, 250e3, -0.5, -8.0, (0.5, 0.0, 0.0), (2000.0, 7.0))
GAS = 1


def history(grid, celsius, *, gas=None, freezes=(), first_frozen_s=None, lines=(), made_by=None):
    """A History whose minimum is `celsius` on `grid`; `gas` cells are NaN."""
    minimum = np.asarray(celsius, np.float32).copy()
    labels = np.zeros(grid.shape, np.uint8)
    walls = ()
    if gas is not None:
        minimum[gas] = np.nan
        labels[gas] = GAS
        walls = (Wall("air", GAS, 10.0, 23.0),)
    scene = Scene(grid, labels, (SOFT, None), 600.0, lines=lines, walls=walls)
    frozen = np.where(minimum < 0, 60.0, np.nan) if first_frozen_s is None else first_frozen_s
    return History(
        scene=scene,
        minimum_c=minimum,
        end_of_freeze_c=tuple(freezes),
        final_c=minimum,
        time_below_s={},
        first_frozen_s=np.asarray(frozen, np.float32),
        cycles_frozen=np.zeros(grid.shape, np.uint8),
        cooling_rate=np.full(grid.shape, np.nan, np.float32),
        sensor_times_s=np.zeros(1),
        sensors_c={},
        needle_watts={},
        heat=HeatBalance(0, 0, 0, 0, 0, 0, 0, 0, 0),
        outer_drift_k=0.0,
        result=Result.finished,
        made_by={"run_key": "by-hand", "spacing_mm": max(grid.spacing_mm)} if made_by is None else made_by,
    )


def ball(grid, radius_mm, *, centre=(0.0, 0.0, 0.0), k_per_mm=4.0):
    """Temperature that is 0 °C on a sphere and falls linearly towards its centre, at most 37 °C."""
    distance = np.linalg.norm(grid.centres_mm() - np.array(centre), axis=-1)
    return np.minimum(k_per_mm * (distance - radius_mm), 37.0)


def box(half_mm=40.0, spacing=1.0):
    return Grid.box((-half_mm,) * 3, (half_mm,) * 3, spacing)


def tilted(shape, spacing, degrees):
    a = np.deg2rad(degrees)
    turn = np.eye(4)
    turn[:3, :3] = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    centred = np.eye(4)
    centred[:3, :3] = np.diag(spacing)
    centred[:3, 3] = -(np.array(shape) - 1) / 2 * np.array(spacing)
    return Grid.of(shape, turn @ centred)


def patient(shapes, *, image=None, organ="", notes=()):
    """An Anatomy on an image of soft tissue; `shapes` by name."""
    grid = image or Grid.box((-100,) * 3, (100,) * 3, 10.0)
    volume = Volume(grid, np.zeros(grid.shape, np.int16))
    labels = Volume(grid, np.zeros(grid.shape, np.uint8), "label")
    structures = {name: Structure(name, shape, "by hand") for name, shape in shapes.items()}
    return Anatomy(volume, labels, {0: "soft_tissue"}, structures, organ=organ, notes=notes)


def as_mask(shape, image):
    """The shape as a 0/1 mask on an image."""
    return Mask(Volume(image, (shape.occupancy(image) >= 0.5).astype(np.uint8), "mask"))
