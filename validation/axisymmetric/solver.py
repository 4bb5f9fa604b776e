"""A second solver, for checking the first: one needle in one tissue, axisymmetric (r, z), explicit enthalpy.

It shares nothing with Iceball but the statement of the problem. What differs on purpose: the needle is a real hole in
the mesh with its wall on cell faces, not a sub-grid sink; conduction is radial (a face between two rings conducts
2 pi / ln); heat capacity and conductivity are integrated numerically into tables, not in closed form; time steps are
explicit and small; the unfrozen share of a cell is that of the broken line through its neighbours; blood stands still
in the share of a cell that has once been cold, not in whole cells.

Cells are uniform around the needle and grow outwards. SI and °C; z = 0 is the middle of the active zone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

Array = NDArray[np.float64]
COLDEST_C, WARMEST_C, TABLE_K = -265.0, 90.0, 0.01
SAFETY = 0.9
"""Of the largest step at which every coefficient of the explicit update stays positive."""
TISSUE, NEEDLE, SHAFT = range(3)


@dataclass(frozen=True)
class Tissue:
    """Frozen: k0 + k1 T + k2 / T_kelvin and c0 + c1 T; between solidus and liquidus latent heat and k go linearly."""

    density: float
    warm_c: float
    warm_k: float
    latent: float
    solidus: float
    liquidus: float
    ice_k: tuple[float, float, float]
    ice_c: tuple[float, float]
    blood: float = 0.0
    """W/m3/K."""
    metabolism: float = 0.0
    stasis: float = -1e9


@dataclass(frozen=True)
class Phase:
    """The needle from `start` to `end` (s): a coolant behind a film `h`, or a given heat in W per metre of needle."""

    start: float
    end: float
    coolant: float = math.nan
    begin: float = 37.0
    ramp: float = 0.0
    tau: float = 0.0
    h: float = math.inf
    watts_per_m: float = math.nan


@dataclass(frozen=True)
class Case:
    """A needle of a radius and half an active length (m), and what lies around it.

    `low_end` and `high_end`: what the needle ends in, "tip" (flat, cooled like the side), "shaft" (an insulated needle
    that goes on) or "mirror" (a closed plane: below z = 0, above the end of the active zone, where it is endless).
    """

    tissue: Tissue
    radius: float
    half_length: float
    phases: tuple[Phase, ...]
    low_end: str = "mirror"
    high_end: str = "tip"
    near: float = 20e-3
    """How far uniform cells reach from the needle's side; half as far from its ends."""
    far: float = 60e-3
    """Radius of the outer face, where the starting temperature is held; closed where the needle fills it all."""
    beyond: float = 50e-3
    """From the needle's ends to the outer faces there."""
    start_c: float = 37.0


@dataclass(frozen=True)
class State:
    """What is known at one time: temperatures (NaN in the needle), needle power in W, and the heat balance in J."""

    r: Array
    z: Array
    celsius: Array
    watts: float
    """Taken by the whole needle, both halves."""
    joules: float
    unbalanced: float
    """|change - what was exchanged| / heat taken by the needle."""


class Table:
    """H(T) and theta(T) of a tissue by numerical integration, zero at the starting temperature."""

    def __init__(self, m: Tissue, zero_c: float) -> None:
        self.t = np.arange(COLDEST_C, WARMEST_C + TABLE_K / 2, TABLE_K)
        middle = 0.5 * (self.t[:-1] + self.t[1:])
        ice = np.clip((m.liquidus - middle) / (m.liquidus - m.solidus), 0.0, 1.0)

        def frozen(t: Array) -> tuple[Array, Array]:
            return m.ice_k[0] + m.ice_k[1] * t + m.ice_k[2] / (t + 273.15), m.ice_c[0] + m.ice_c[1] * t

        k_ice, c_ice = frozen(np.minimum(middle, m.solidus))
        k = ice * k_ice + (1.0 - ice) * m.warm_k
        within = (middle > m.solidus) & (middle < m.liquidus)
        spread = 0.5 * (c_ice + m.warm_c) + m.latent / (m.liquidus - m.solidus)
        c = m.density * np.where(within, spread, np.where(middle >= m.liquidus, m.warm_c, c_ice))
        self.h = np.concatenate([[0.0], np.cumsum(c)]) * TABLE_K
        self.theta = np.concatenate([[0.0], np.cumsum(k)]) * TABLE_K
        self.h -= np.interp(zero_c, self.t, self.h)
        self.theta -= np.interp(zero_c, self.t, self.theta)
        # the loop asks for theta at H: a table with even steps of H
        even = np.linspace(self.h[0], self.h[-1], 2 * self.t.size)
        self.low, self.per_h = even[0], 1.0 / (even[1] - even[0])
        self.theta_of_h = np.interp(even, self.h, self.theta)
        # the steepest d theta / d H of everything at least as warm as T
        self.steepest = np.maximum.accumulate((k / c)[::-1])[::-1]


def _edges(low: float, high: float, fine: tuple[float, float], d: float) -> Array:
    """Cell edges: steps of `d` within `fine`, growing by a tenth beyond it on either side."""
    if fine[1] <= fine[0]:
        return np.array([low])
    edges = list(np.linspace(*fine, max(1, round((fine[1] - fine[0]) / d)) + 1))
    for sign, end in ((1.0, high), (-1.0, low)):
        step = d
        while sign * (end - edges[-1 if sign > 0 else 0]) > 1e-9:
            step *= 1.1
            last = edges[-1 if sign > 0 else 0]
            to = last + sign * step
            to = end if sign * (end - to) < 0.6 * step else to
            edges.insert(len(edges) if sign > 0 else 0, to)
    return np.array(edges)


class Axisymmetric:
    """One case on a mesh with cells of `d` metres around the needle."""

    def __init__(self, case: Case, d: float) -> None:
        self.case, self.table, self.time = case, Table(case.tissue, case.start_c), 0.0
        half, mirror = case.half_length, case.low_end == "mirror"
        within = np.linspace(0.0, case.radius, max(2, round(case.radius / d)) + 1)
        near = min(case.radius + case.near, case.far)
        self.rf = np.concatenate([within[:-1], _edges(case.radius, case.far, (case.radius, near), d)])
        far = half + case.beyond
        ends = min(half + 0.5 * case.near, far)
        if case.high_end == "mirror":
            self.zf = np.array([0.0, half])
        else:
            self.zf = _edges(0.0, far, (0.0, ends), d) if mirror else _edges(-far, far, (-ends, ends), d)
        if not np.isclose(self.zf, half, rtol=0.0, atol=1e-9).any():
            raise ValueError(f"cells of {d} m do not end where the active zone does")
        self.r, self.z = 0.5 * (self.rf[:-1] + self.rf[1:]), 0.5 * (self.zf[:-1] + self.zf[1:])
        kind = np.full((self.r.size, self.z.size), TISSUE)
        hole = self.r < case.radius
        kind[np.ix_(hole, np.abs(self.z) < half)] = NEEDLE
        for end, there in ((case.low_end, self.z < -half), (case.high_end, self.z > half)):
            if end == "shaft":
                kind[np.ix_(hole, there)] = SHAFT
        self._conduct(kind)
        shape = (self.r.size + 2, self.z.size + 2)
        self.h, self.theta, self.live = np.zeros(shape), np.zeros(shape), np.ones(shape)
        self.kind = kind
        self.sums = np.zeros(4)
        self.watts = 0.0

    def _conduct(self, kind: NDArray[np.int_]) -> None:
        """Conductance of every face (m), and the list of faces between tissue and needle."""
        rf, zf, r, z = self.rf, self.zf, self.r, self.z
        dz, area = np.diff(zf), math.pi * np.diff(rf**2)
        solid = kind == TISSUE
        self.volume = np.where(solid, area[:, None] * dz, 0.0)
        self.cr = np.zeros((r.size + 1, z.size))
        self.cz = np.zeros((r.size, z.size + 1))
        self.cr[1:-1] = 2 * math.pi * dz / np.log(r[1:] / r[:-1])[:, None] * (solid[1:] & solid[:-1])
        if self.case.far > self.case.radius:
            self.cr[-1] = 2 * math.pi * dz / math.log(rf[-1] / r[-1]) * solid[-1]
        self.cz[:, 1:-1] = area[:, None] / np.diff(z) * (solid[:, 1:] & solid[:, :-1])
        if self.case.high_end != "mirror":
            self.cz[:, -1] = area / (zf[-1] - z[-1]) * solid[:, -1]
        if self.case.low_end != "mirror":
            self.cz[:, 0] = area / (z[0] - zf[0]) * solid[:, 0]
        walls = []
        for i, j in np.argwhere(kind == NEEDLE):
            if i + 1 < r.size and solid[i + 1, j]:
                walls.append((i + 1, j, 2 * math.pi * rf[i + 1] * dz[j], rf[i + 1] * math.log(r[i + 1] / rf[i + 1])))
            for n in (j - 1, j + 1):
                if 0 <= n < z.size and solid[i, n]:
                    walls.append((i, n, area[i], abs(z[n] - zf[max(j, n)])))
        self.walls = np.array(walls).reshape(-1, 4)
        total = self.cr[1:] + self.cr[:-1] + self.cz[:, 1:] + self.cz[:, :-1]
        for i, j, face, gap in walls:
            total[i, j] += face / gap
        self.stiffest = float((total[solid] / self.volume[solid]).max())

    def run(self, until: float) -> State:
        """March to a time."""
        case, m, t = self.case, self.case.tissue, self.table
        edges = sorted({e for p in case.phases for e in (p.start, p.start + p.ramp, p.end)} | {until})
        for edge in (e for e in edges if self.time < e <= until):
            now = next((p for p in case.phases if p.start <= self.time < p.end), None)
            drive = np.full(7, np.nan)
            if now is not None:
                drive[:] = now.start, now.coolant, now.begin, now.ramp, now.tau, now.h, now.watts_per_m
            limits = np.interp([m.liquidus, max(m.stasis, COLDEST_C), m.solidus], t.t, t.theta)
            numbers = np.array([*limits, m.liquidus, m.warm_k, m.blood, m.metabolism, case.start_c])
            self.watts = _march(
                self.h, self.theta, self.live, self.cr, self.cz, self.volume, self.walls, drive, numbers, self.rf,
                self.zf, t.theta_of_h, t.low, t.per_h, t.t[0], t.theta, t.steepest, self.stiffest, self.time, edge,
                self.sums, 2.0 * case.half_length if case.low_end != "mirror" else case.half_length
            )  # fmt: skip
            if math.isnan(self.watts):
                raise ValueError(f"between {self.time} and {edge} s a temperature left {COLDEST_C} to {WARMEST_C} °C")
            self.time = edge
        celsius = np.interp(self.h[1:-1, 1:-1], t.h, t.t)
        change = float((self.h[1:-1, 1:-1] * self.volume).sum())
        off = abs(change - float(self.sums[:3].sum())) / max(self.sums[3], 1e-30)
        celsius[self.kind != TISSUE] = np.nan
        both = 2.0 if case.low_end == "mirror" else 1.0
        return State(self.r, self.z, celsius, both * self.watts, both * float(-self.sums[0]), off)


@njit(cache=True, error_model="numpy")
def _share(back, here, ahead, gap_back, gap_ahead, half, level):  # type: ignore[no-untyped-def]
    """Share of a cell (half-width `half`) in which the broken line through three potentials lies above `level`."""
    share = 0.0
    for there, gap in ((back, gap_back), (ahead, gap_ahead)):
        edge = here + (there - here) * half / gap
        if here > level and edge > level:
            share += 0.5
        elif here > level or edge > level:
            share += 0.5 * (max(here, edge) - level) / abs(here - edge)
    return share


@njit(cache=True, error_model="numpy")
def _march(h, theta, live, cr, cz, volume, walls, drive, numbers, rf, zf, theta_of_h, low, per_h, t0, theta_of_t,
           steepest, stiffest, time, until, sums, length):  # type: ignore[no-untyped-def]  # fmt: skip
    """Explicit steps to `until`; `sums` gathers J from needle, blood (with metabolism), outer faces, and |needle|.

    Returns the needle's power at the end, W out of the tissue; NaN where a temperature left the tables. Fields have one
    ghost cell all around: theta is 0 there, the starting temperature, and a closed face has no conductance.
    """
    nr, nz = volume.shape
    r, z = 0.5 * (rf[:-1] + rf[1:]), 0.5 * (zf[:-1] + zf[1:])
    theta_l, theta_s, theta_ice, liquidus, warm_k, blood, metabolism, arterial = numbers
    start, coolant, begin, ramp, tau, film, given = drive
    watts, count, dt = 0.0, 0, 0.0
    perfused = blood > 0.0 or metabolism > 0.0
    while time < until - 1e-9:
        now = coolant
        if time - start < ramp:
            now = begin + (coolant - begin) * (time - start) / ramp
        elif tau > 0.0:
            now = coolant + (begin - coolant) * math.exp(-(time - start) / tau)
        if count % 8 == 0:
            # ice conducts best where it is coldest; some degrees ahead, since the step is kept for a while
            coldest = t0 + TABLE_K * np.searchsorted(theta_of_t, min(theta.min(), theta_ice)) - 10.0
            if coolant < coldest:
                coldest = coolant
            step = SAFETY / (stiffest * steepest[int((coldest - t0) / TABLE_K)] + blood / 1e6)
        dt = min(step, until - time)
        count += 1
        # needle: theta at the wall such that film and half a cell pass the same flux
        taken = 0.0
        for n in range(walls.shape[0]):
            i, j, face, gap = int(walls[n, 0]), int(walls[n, 1]), walls[n, 2], walls[n, 3]
            if given == given:
                flux = given * length / walls[:, 2].sum()
            elif coolant != coolant:
                flux = 0.0
            elif math.isinf(film):
                at = (now - t0) / TABLE_K
                k = int(at)
                flux = (theta[i + 1, j + 1] - (theta_of_t[k] + (at - k) * (theta_of_t[k + 1] - theta_of_t[k]))) / gap
            else:
                wanted = film * now + theta[i + 1, j + 1] / gap
                a, b = 0, theta_of_t.size - 1
                while b - a > 1:
                    c = (a + b) // 2
                    if film * (t0 + c * TABLE_K) + theta_of_t[c] / gap > wanted:
                        b = c
                    else:
                        a = c
                fa = film * (t0 + a * TABLE_K) + theta_of_t[a] / gap
                fb = film * (t0 + b * TABLE_K) + theta_of_t[b] / gap
                flux = film * (t0 + (a + (wanted - fa) / (fb - fa)) * TABLE_K - now)
            h[i + 1, j + 1] -= dt * flux * face / volume[i, j]
            taken += flux * face
        carried = outer = 0.0
        for i in range(nr):
            for j in range(nz):
                v = volume[i, j]
                if v == 0.0:
                    continue
                here = theta[i + 1, j + 1]
                inwards, outwards = theta[i, j + 1], theta[i + 2, j + 1]
                down, up = theta[i + 1, j], theta[i + 1, j + 2]
                gain = cr[i, j] * (inwards - here) + cr[i + 1, j] * (outwards - here)
                gain += cz[i, j] * (down - here) + cz[i, j + 1] * (up - here)
                if i == nr - 1:
                    outer += cr[nr, j] * (outwards - here)
                if j == 0:
                    outer += cz[i, 0] * (down - here)
                if j == nz - 1:
                    outer += cz[i, nz] * (up - here)
                if perfused and live[i + 1, j + 1] > 0.0:
                    share, above = 1.0, 1.0
                    if min(here, inwards, outwards, down, up) < max(theta_l, theta_s):
                        # neighbours that are no tissue or lie beyond a closed face mirror the cell
                        a = inwards if cr[i, j] > 0.0 else here
                        b = outwards if cr[i + 1, j] > 0.0 else here
                        c = down if cz[i, j] > 0.0 else here
                        d = up if cz[i, j + 1] > 0.0 else here
                        half_r, half_z = 0.5 * (rf[i + 1] - rf[i]), 0.5 * (zf[j + 1] - zf[j])
                        gap_a = r[i] - r[i - 1] if i > 0 else 2 * half_r
                        gap_b = r[i + 1] - r[i] if i < nr - 1 else 2 * half_r
                        gap_c = z[j] - z[j - 1] if j > 0 else 2 * half_z
                        gap_d = z[j + 1] - z[j] if j < nz - 1 else 2 * half_z
                        steep_r, steep_z = ((b - a) / half_r) ** 2 + 1e-9, ((d - c) / half_z) ** 2 + 1e-9
                        part = steep_r / (steep_r + steep_z)
                        share = part * _share(a, here, b, gap_a, gap_b, half_r, theta_l)
                        share += (1.0 - part) * _share(c, here, d, gap_c, gap_d, half_z, theta_l)
                        above = part * _share(a, here, b, gap_a, gap_b, half_r, theta_s)
                        above += (1.0 - part) * _share(c, here, d, gap_c, gap_d, half_z, theta_s)
                    if above < live[i + 1, j + 1]:
                        live[i + 1, j + 1] = above
                    share = min(share, live[i + 1, j + 1])
                    warm = max(0.0, here - theta_l) / warm_k
                    made = share * (blood * (arterial - liquidus - warm) + metabolism) * v
                    carried += made
                    gain += made
                h[i + 1, j + 1] += dt * gain / v
        for i in range(1, nr + 1):
            for j in range(1, nz + 1):
                at = (h[i, j] - low) * per_h
                k = int(at)
                if not 0 <= k < theta_of_h.size - 1:
                    return math.nan
                theta[i, j] = theta_of_h[k] + (at - k) * (theta_of_h[k + 1] - theta_of_h[k])
        sums[0] -= dt * taken
        sums[1] += dt * carried
        sums[2] += dt * outer
        sums[3] += dt * abs(taken)
        watts = taken
        time += dt
    return watts


def crossing(x: Array, celsius: Array, level: float) -> float:
    """Where the temperature along a line first rises above a level; `x` in m. 0 where it starts above."""
    warm = np.flatnonzero(celsius > level)
    if not warm.size or warm[0] == 0:
        return 0.0
    b = int(warm[0])
    return float(np.interp(level, celsius[b - 1 : b + 1], x[b - 1 : b + 1]))


def ice(state: State, case: Case, level: float) -> tuple[float, float, float]:
    """Diameter at z = 0 (mm), length beside the axis (mm) and volume with the needle in it (mL) of what is colder."""
    cold = np.where(np.isnan(state.celsius), -300.0, state.celsius)
    mirror = case.low_end == "mirror"
    middle = np.array([np.interp(0.0, state.z, row) if not mirror else row[0] for row in cold])
    outside = state.r > case.radius
    diameter = 2e3 * crossing(state.r[outside], middle[outside], level)
    beside = int(np.argmax(outside)) if "shaft" in (case.low_end, case.high_end) else 0
    ups = state.z > 0
    top = crossing(state.z[ups], cold[beside, ups], level)
    bottom = top if mirror else crossing(-state.z[~ups][::-1], cold[beside, ~ups][::-1], level)
    # the needle and its shaft count as cold as what is beside them
    filled = np.where(np.isnan(state.celsius), state.celsius[int(np.argmax(outside))], state.celsius)
    fine = 0.05e-3
    r = np.arange(0.5 * fine, 1e-3 * diameter + 4e-3, fine)
    z = np.arange((0.0 if mirror else -bottom - 4e-3) + 0.5 * fine, top + 4e-3, fine)
    look = RegularGridInterpolator((state.r, state.z), filled, bounds_error=False, fill_value=None)
    below = look(np.stack(np.meshgrid(r, z, indexing="ij"), axis=-1)) <= level
    volume = float((below * (2 * math.pi * r * fine * fine)[:, None]).sum()) * 1e6
    return diameter, 1e3 * (top + bottom), volume * (2.0 if mirror else 1.0)
