"""What the solver sees: cells, materials, needles and walls. No patient, no file, no plan."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SceneError
from iceball.solve.rule import Rule
from iceball.solve.wall import Wall
from iceball.space import Grid
from iceball.units import hours

ADIABATIC = math.nan
Curve = Literal["linear", "ideal"]

MOST_CELLS = 500_000_000
"""Some 60 GB while a run is on its way; a request for more is a slip in a spacing or a unit."""
SAME_MM = 1e-6
"""Lengths closer than this are one length."""
BLOCK_CELLS = 1_000_000
"""So many labels are looked at together."""
LONGEST_S = 24 * hours
COLDEST_C, HOTTEST_C = -273.15, 2000.0
PLAUSIBLE = {
    "density": (0.1, 30e3),
    "heat_capacity": (1.0, 1e5),
    "conductivity": (0.01, 500.0),
    "latent_heat": (0.0, 5e6),
    "perfusion": (0.0, 10.0),
    "metabolism": (0.0, 1e8),
}
"""What matter can have, from gas to metal, so that engineering cases pass: SI, perfusion in 1/s. Outside it a number is
a slip in a unit, and would cost hours or end in nonsense: the step of the solver shortens as conductivity grows."""


@dataclass(frozen=True)
class Material:
    """The property row of one tissue, in SI and °C.

    Frozen properties are k(T) = k0 + k1 T + k2 / T_kelvin and c(T) = c0 + c1 T; between solidus and liquidus the ice
    fraction falls from 1 to 0 along `curve`, conductivity is mixed by it, the heat capacity is the mean of both ends.
    """

    name: str
    density: float
    heat_capacity: float
    conductivity: float
    latent_heat: float
    liquidus_c: float
    solidus_c: float
    frozen_conductivity: tuple[float, float, float]
    frozen_heat_capacity: tuple[float, float]
    perfusion: float = 0.0
    """Blood flow, 1/s (volume of blood per volume of tissue)."""
    metabolism: float = 0.0
    """W/m3."""
    stasis_c: float = -math.inf
    """At and below this temperature the flow never comes back, even after thaw."""
    curve: Curve = "linear"
    """"linear", or "ideal": water with the liquidus as its freezing point, cut off at the solidus (the eutectic)."""

    def __post_init__(self) -> None:
        where = f"Material {self.name}"
        for name in (*PLAUSIBLE, "liquidus_c", "solidus_c", "frozen_conductivity", "frozen_heat_capacity"):
            if not np.isfinite(getattr(self, name)).all():
                raise SceneError(f"{getattr(self, name)} is not a finite number", where=f"{where}.{name}")
        for name, (low, high) in PLAUSIBLE.items():
            if not low <= getattr(self, name) <= high:
                raise SceneError(
                    f"{name} {getattr(self, name):g} is outside {low:g} to {high:g}",
                    where=f"{where}.{name}",
                    remedy="Give it in SI units.",
                )
        if self.solidus_c >= self.liquidus_c:
            raise SceneError(
                f"solidus {self.solidus_c} °C is not below liquidus {self.liquidus_c} °C", where=f"{where}.solidus_c"
            )
        if self.curve not in get_args(Curve):
            raise SceneError(
                f"no freezing curve called '{self.curve}'.",
                where=f"{where}.curve",
                remedy=f"Known: {', '.join(get_args(Curve))}.",
            )
        if self.curve == "ideal" and self.liquidus_c >= 0:
            raise SceneError(
                f"an ideal solution freezes below 0 °C, not at {self.liquidus_c:g} °C",
                where=f"{where}.liquidus_c",
                remedy="Give the freezing point of its salt water, or take the linear curve.",
            )
        for celsius in (-200.0, -100.0, self.solidus_c):
            k0, k1, k2 = self.frozen_conductivity
            c0, c1 = self.frozen_heat_capacity
            k, c = k0 + k1 * celsius + k2 / (celsius + 273.15), c0 + c1 * celsius
            if k <= 0 or c <= 0:
                raise SceneError(f"frozen conductivity or heat capacity is not positive at {celsius} °C", where=where)
            for name, value, (low, high) in (
                ("frozen_conductivity", k, PLAUSIBLE["conductivity"]),
                ("frozen_heat_capacity", c, PLAUSIBLE["heat_capacity"]),
            ):
                if not low <= value <= high:
                    raise SceneError(
                        f"is {value:g} at {celsius:g} °C, outside {low:g} to {high:g}",
                        where=f"{where}.{name}",
                        remedy="Give it in SI units.",
                    )


@dataclass(frozen=True)
class LineStep:
    """What a needle does for a while: heat passes between its wall and a coolant.

    `coolant_c` is NaN where the needle is off (adiabatic). `h` is the wall's heat transfer coefficient in W/m2/K;
    infinite means the wall is held at the coolant's temperature. The coolant goes from its last temperature (from the
    tissue's at first and after a pause, or from `from_c` where that is given) to `coolant_c`: in a straight line within
    `ramp_s`, or with `time_constant_s`, or at once. Where `watts_per_m` is given the needle takes just that heat per
    length (negative: gives it), whatever the coolant; it serves exact solutions.
    """

    start_s: float
    duration_s: float
    coolant_c: float
    h: float = math.inf
    time_constant_s: float = 0.0
    watts_per_m: float = math.nan
    ramp_s: float = 0.0
    from_c: float = math.nan

    def __post_init__(self) -> None:
        if not (self.start_s >= 0 and self.duration_s > 0 and math.isfinite(self.start_s + self.duration_s)):
            raise SceneError("needs a start of at least 0 s and a positive duration", where="LineStep")
        if not math.isnan(self.coolant_c) and not -210 <= self.coolant_c <= 100:
            raise SceneError(f"coolant temperature {self.coolant_c} °C is outside -210 to 100 °C", where="LineStep")
        if not self.h > 0 or self.time_constant_s < 0 or self.ramp_s < 0:
            raise SceneError("needs h > 0 and a time constant and a ramp of at least 0 s", where="LineStep")
        if self.time_constant_s > 0 and self.ramp_s > 0:
            raise SceneError("has a time constant and a ramp: give one of them", where="LineStep")

    @property
    def is_off(self) -> bool:
        """True where no heat passes."""
        return math.isnan(self.coolant_c) and math.isnan(self.watts_per_m)


@dataclass(frozen=True)
class Line:
    """What of a needle exchanges heat: a straight segment thinner than a cell, from its deep end back along the shaft.

    `profile` says how much of a step's `h` each part of it has: (length in mm, share of h), from `start_mm` on; the
    lengths add up to the line's. Empty means all of h everywhere. So an active zone may be weak at its ends, and the
    line may go on up a leaky shaft with a small share. A wall that is held at the coolant's temperature, or takes a
    given heat, has no h of which there could be a share: only shares of 1 go with such a step.
    """

    name: str
    start_mm: tuple[float, float, float]
    end_mm: tuple[float, float, float]
    radius_mm: float
    steps: tuple[LineStep, ...]
    profile: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        length = math.dist(self.start_mm, self.end_mm)
        if not (self.radius_mm > 0 and length > 0 and math.isfinite(length)):
            raise SceneError("needs a positive radius and length", where=f"Line {self.name}")
        self._check_profile(length)
        for a, b in zip(self.steps, self.steps[1:], strict=False):
            if b.start_s < a.start_s + a.duration_s - 1e-9:
                raise SceneError("steps overlap or are out of order", where=f"Line {self.name}")

    def _check_profile(self, length_mm: float) -> None:
        where = f"Line {self.name}.profile"
        for piece_mm, share in self.profile:
            if not (piece_mm > 0 and share > 0 and math.isfinite(share)):
                raise SceneError(
                    f"has a piece of {piece_mm:g} mm with the share {share:g}; both must be positive", where=where
                )
        if not self.profile:
            return
        total = math.fsum(piece_mm for piece_mm, _ in self.profile)
        if not abs(total - length_mm) <= SAME_MM:
            raise SceneError(
                f"its pieces are {total:g} mm long together, the line {length_mm:g} mm",
                where=where,
                remedy="Give lengths that add up to the line's.",
            )
        if any(share != 1.0 for _, share in self.profile):
            for step in self.steps:
                if not math.isnan(step.watts_per_m) or (not step.is_off and math.isinf(step.h)):
                    raise SceneError(
                        "shares of h other than 1 need a finite h in every step, and no step with a given heat",
                        where=where,
                        remedy="Give each step a finite h, or leave the profile out.",
                    )

    @property
    def length_mm(self) -> float:
        """Length of what exchanges heat."""
        return math.dist(self.start_mm, self.end_mm)

    def shares(self, cuts_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean share of h between each two neighbouring cuts, given in mm from `start_mm`."""
        if len({share for _, share in self.profile}) < 2:
            return np.full(len(cuts_mm) - 1, self.profile[0][1] if self.profile else 1.0)
        ends = np.cumsum([0.0, *(piece_mm for piece_mm, _ in self.profile)])
        before = np.cumsum([0.0, *(piece_mm * share for piece_mm, share in self.profile)])
        return np.asarray(np.diff(np.interp(cuts_mm, ends, before)) / np.diff(cuts_mm))


Outer = tuple[float | None, float | None, float | None, float | None, float | None, float | None]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that decides a run's physics. It holds no identity, so it can be published.

    Args:
        grid: axis-aligned cells, LPS mm.
        labels: uint8, the grid's shape; cell's index into `materials`, or the label of a wall (gas, not solved).
        materials: one row per label 0, 1, 2 …; None where the label is a wall's.
        lines: sub-grid needles, each with its own schedule.
        walls: what gas does to the tissue it touches.
        outer_c: the six outer faces x-, x+, y-, y+, z-, z+: a temperature held there, or None for an insulated face.
        initial_c: temperature at the start, or None for the steady state without needles.
        starts_c: labels of cells that begin at a temperature of their own instead, °C (fluid that was just given).
        body_c: arterial temperature.
        blood_heat: volumetric heat capacity of blood, J/m3/K.
        duration_s: length of the protocol.
        freeze_ends_s: times at which a freeze ends (kept by the History).
        sensors: named points, LPS mm, whose temperature is recorded.
        source: heat made in each cell all the time, W/m3 (another device, or a manufactured solution), or None.
        regions: named masks of the grid's shape that a run may watch (`iceball.solve.watch`). What nothing watches
            decides nothing, so they are no part of `key`.
        rules: what becomes another material, and when (`Rule`). A label that only a rule makes need not be in `labels`.
    """

    grid: Grid
    labels: NDArray[np.uint8]
    materials: tuple[Material | None, ...]
    duration_s: float
    lines: tuple[Line, ...] = ()
    walls: tuple[Wall, ...] = ()
    outer_c: Outer = (37.0, 37.0, 37.0, 37.0, 37.0, 37.0)
    initial_c: float | NDArray[np.float64] | None = None
    body_c: float = 37.0
    blood_heat: float = 1050.0 * 3617.0
    freeze_ends_s: tuple[float, ...] = ()
    sensors: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    source: NDArray[np.float64] | None = None
    regions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    starts_c: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.grid.is_axis_aligned:
            raise SceneError(
                "the solver's grid must run along L, P and S", where="Scene.grid", remedy="Resample onto Grid.box(...)."
            )
        cells = math.prod(self.grid.shape)
        if cells > MOST_CELLS:
            raise SceneError(
                f"{cells / 1e6:.0f} million cells; at most {MOST_CELLS / 1e6:.0f} million can be solved",
                where="Scene.grid",
                remedy="Take larger cells or a smaller box.",
            )
        if self.labels.shape != self.grid.shape or self.labels.dtype != np.uint8:
            raise SceneError("labels must be uint8 with the grid's shape", where="Scene.labels")
        gas = {wall.label for wall in self.walls}
        if len(gas) < len(self.walls):
            raise SceneError(
                "two walls have one label", where="Scene.walls", remedy="Give each wall a label of its own."
            )
        present = _present(self.labels)
        for label in present:
            known = label < len(self.materials) and self.materials[label] is not None
            if known == (label in gas):
                raise SceneError(f"label {label} must be either a material or a wall", where="Scene.labels")
        if gas.issuperset(present):
            raise SceneError("nothing to solve: every cell is gas", where="Scene.labels")
        if not 0 < self.duration_s <= LONGEST_S:
            raise SceneError(
                f"duration {self.duration_s:g} s is not above 0 and at most 24 hours", where="Scene.duration_s"
            )
        for n, rule in enumerate(self.rules):
            for name, label in (("label", rule.label), ("becomes", rule.becomes)):
                if label in gas or not 0 <= label < len(self.materials) or self.materials[label] is None:
                    raise SceneError(
                        f"{label} is not a material's label",
                        where=f"Scene.rules[{n}].{name}",
                        remedy="Give labels of materials; gas never changes.",
                    )
        self._check_temperatures()
        if self.source is not None:
            if self.source.shape != self.grid.shape or not np.isfinite(self.source).all():
                raise SceneError("needs a finite number for every cell of the grid", where="Scene.source")
            self.source.setflags(write=False)
        for name, mask in self.regions.items():
            if mask.shape != self.grid.shape or mask.dtype != np.bool_:
                raise SceneError("must be a bool array of the grid's shape", where=f"Scene.regions[{name}]")
        self.labels.setflags(write=False)

    def _check_temperatures(self) -> None:
        given = {"body_c": self.body_c, **{f"outer_c[{n}]": t for n, t in enumerate(self.outer_c) if t is not None}}
        if isinstance(self.initial_c, np.ndarray):
            if self.initial_c.shape != self.grid.shape:
                raise SceneError(f"has the shape {self.initial_c.shape}, not the grid's", where="Scene.initial_c")
            sound = (self.initial_c >= COLDEST_C) & (self.initial_c <= HOTTEST_C)  # False for NaN
            wrong = ~sound & self.solved
            if wrong.any():
                i, j, k = (int(n) for n in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
                x, y, z = self.grid.to_mm((i, j, k))
                raise SceneError(
                    f"is {self.initial_c[i, j, k]} °C at ({x:.1f}, {y:.1f}, {z:.1f}) mm",
                    where=f"Scene.initial_c[{i}, {j}, {k}]",
                    remedy="Give every solved cell a temperature.",
                )
        elif self.initial_c is not None:
            given["initial_c"] = self.initial_c
        given |= {f"starts_c[{n}]": celsius for n, (_, celsius) in enumerate(self.starts_c)}
        for name, celsius in given.items():
            if not COLDEST_C <= celsius <= HOTTEST_C:
                raise SceneError(f"{celsius} °C is no temperature of a body", where=f"Scene.{name}")
        if not 0 <= self.blood_heat <= 1e7:
            raise SceneError(f"{self.blood_heat:g} J/m3/K is outside 0 to 1e7", where="Scene.blood_heat")

    @property
    def solved(self) -> NDArray[np.bool_]:
        """True where a cell is tissue, not gas."""
        return np.asarray(~np.isin(self.labels, [wall.label for wall in self.walls]))

    def key(self, *, watched: Iterable[str] = ()) -> str:
        """A hash of everything that decides the physics, and of the regions `watched`; part of the run key.

        What people call the needles is left out, and so is every region that nothing watches.
        """
        digest = hashlib.sha256()
        digest.update(np.ascontiguousarray(self.labels).tobytes())
        initial = self.initial_c.tobytes() if isinstance(self.initial_c, np.ndarray) else repr(self.initial_c).encode()
        digest.update(initial)
        digest.update(b"" if self.source is None else np.ascontiguousarray(self.source).tobytes())
        rest = (
            self.grid,
            self.materials,
            self.duration_s,
            tuple(replace(line, name="") for line in self.lines),
            self.walls,
            self.outer_c,
            self.body_c,
            self.blood_heat,
            self.freeze_ends_s,
            self.rules,
            self.starts_c,
            sorted(self.sensors.items()),
        )
        digest.update(repr(rest).encode())
        for name in sorted(set(watched)):
            digest.update(name.encode() + np.packbits(self.regions[name]).tobytes())
        return digest.hexdigest()


def _present(labels: NDArray[np.uint8]) -> list[int]:
    """Labels that occur, in order; counted block by block, for sorting all of a large scene takes seconds."""
    counts, step = np.zeros(256, np.int64), max(1, BLOCK_CELLS // labels[0].size)
    for first in range(0, len(labels), step):
        counts += np.bincount(labels[first : first + step].reshape(-1), minlength=256)
    return [int(label) for label in np.flatnonzero(counts)]
