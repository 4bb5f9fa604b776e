"""Property rows of the tissues as the laws read them, and the same as tables for the fast loops."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.errors import SolverError
from iceball.kernels import compiled
from iceball.physics.cooling import wall_flux
from iceball.physics.freezing import enthalpy, mushy_heat_capacity, temperature
from iceball.physics.heat import conductivity, ideal_rise, mushy_rise, potential
from iceball.solve.bioheat import Bioheat
from iceball.solve.scene import Material, Scene

kernel = compiled(nogil=True, error_model="numpy")

FIELDS = (
    "warm_c",
    "warm_k",
    "solidus",
    "liquidus",
    "k0",
    "k1",
    "k2",
    "c0",
    "c1",
    "latent",
    "ideal",
    "mushy_c",
    "h_solidus",
    "h_liquidus",
    "theta_solidus",
    "theta_liquidus",
    "stop",
    "psi_stop",
    "psi_stasis",
    "blood",
    "metabolism",
    "stasis",
)
ROW = np.dtype([(name, np.float64) for name in FIELDS])

NEVER_C = -1000.0  # freezing switched off: a freezing range below absolute zero is never reached
ABSOLUTE_ZERO_C = -273.15
COLDEST_FIT_C = -200.0
DEGREE = 8
LEAST_K = 0.2
"""A cell without any gradient opens to blood over this range."""
FIT_TOLERANCE_K = 0.02
DEEP_C, DEEP_TOLERANCE_K = -180.0, 0.1
"""A table that goes below the first (liquid nitrogen on a surface) may miss by the second."""


def property_rows(scene: Scene, bioheat: Bioheat) -> NDArray[Any]:
    """One record per label; labels of walls get a row of NaN."""
    rows = np.full(256, np.nan, ROW)
    for label, material in enumerate(scene.materials):
        if material is not None:
            rows[label] = _row(material, scene, bioheat)
            if material.stasis_c > ABSOLUTE_ZERO_C:
                row = rows.view(np.recarray)[label]
                rows["psi_stasis"][label] = potential(material.stasis_c, row) / row.warm_k
    return rows


def labels_of(rows: NDArray[Any]) -> list[int]:
    """The labels that a tissue has."""
    return [int(n) for n in np.flatnonzero(~np.isnan(rows["warm_c"]))]


def numbers(row: Any) -> SimpleNamespace:
    """The numbers of one row by name, as plain floats: a record's are slow to read."""
    return SimpleNamespace(**dict(zip(FIELDS, row.item(), strict=True)))


def _row(m: Material, scene: Scene, bioheat: Bioheat) -> tuple[float, ...]:
    warm = m.density * m.heat_capacity
    if bioheat.freezing:
        solidus, liquidus, latent = m.solidus_c, m.liquidus_c, m.density * m.latent_heat
        k0, k1, k2 = m.frozen_conductivity
        c0, c1 = (m.density * c for c in m.frozen_heat_capacity)
    else:
        solidus, liquidus, latent = NEVER_C - 1.0, NEVER_C, 0.0
        k0, k1, k2, c0, c1 = m.conductivity, 0.0, 0.0, warm, 0.0
    mushy = mushy_heat_capacity(c0 + c1 * solidus, warm, latent, solidus, liquidus)
    h_liquidus = warm * (liquidus - scene.body_c)
    theta_liquidus = m.conductivity * (liquidus - scene.body_c)
    ideal = bioheat.freezing and m.curve == "ideal"
    rise = ideal_rise if ideal else mushy_rise
    stop = max(liquidus, m.stasis_c)
    return (
        warm,
        m.conductivity,
        solidus,
        liquidus,
        k0,
        k1,
        k2,
        c0,
        c1,
        latent,
        1.0 if ideal else 0.0,
        mushy,
        h_liquidus - mushy * (liquidus - solidus),
        h_liquidus,
        theta_liquidus - rise(solidus, liquidus, m.conductivity, k0, k1, k2),
        theta_liquidus,
        stop,
        stop - scene.body_c,
        -np.inf,
        m.perfusion * scene.blood_heat if bioheat.blood else 0.0,
        m.metabolism if bioheat.blood else 0.0,
        m.stasis_c,
    )


# Columns of the table that the fast loops read (float32).
(H_S, MUSHY_RANGE, FROZEN_SCALE, MUSHY_1, MUSHY_2, WARM_1, PSI_S, PSI_STOP, PSI_STASIS, BLOOD, FUEL, WARM_K) = range(12)
POLY = 12
WIDTH = POLY + DEGREE


def table(rows: NDArray[Any], *, coldest_c: float) -> NDArray[np.float32]:
    """Potential over unfrozen conductivity, in K, as a function of enthalpy: three parts that add up, one row a tissue.

    psi(H) = psi_s + polynomial(frozen part) + quadratic(part in the freezing range) + linear(unfrozen part). The frozen
    polynomial is fitted to the laws down to `coldest_c` and its error is checked.

    Raises:
        SolverError: if the fit misses the laws by more than 0.02 K; 0.1 K where it goes below -180 °C.
    """
    out = np.zeros((len(rows), WIDTH), np.float32)
    for label in labels_of(rows):
        row, m = rows[label], numbers(rows[label])
        span = m.liquidus - m.solidus
        cold_k = m.k0 + m.k1 * m.solidus + m.k2 / (m.solidus + 273.15)
        # a conductivity with a term in 1/T has no good polynomial further down; only given heat goes there
        coldest = min(coldest_c if m.k2 == 0.0 else max(coldest_c, COLDEST_FIT_C), m.solidus - 1.0)
        bottom = enthalpy(coldest, row)
        scale = 1.0 / (m.h_solidus - bottom)
        poly = np.zeros(DEGREE)
        if m.solidus > -273.0:
            poly = _fit(m, row, coldest, scale)
        out[label, :POLY] = (
            m.h_solidus,
            m.h_liquidus - m.h_solidus,
            scale,
            cold_k / m.mushy_c / m.warm_k,
            0.5 * (m.warm_k - cold_k) / (span * m.mushy_c**2) / m.warm_k,
            1.0 / m.warm_c,
            m.theta_solidus / m.warm_k,
            m.psi_stop,
            m.psi_stasis,
            m.blood,
            m.metabolism,
            m.warm_k,
        )
        out[label, POLY:] = poly / m.warm_k
    return out


ENTRIES = 2048


def translation(rows: NDArray[Any], own: int, other: int, coldest_c: float) -> tuple[NDArray[np.float64], float, float]:
    """How one tissue's potential reads in another's: psi of the label `own` from psi of the label `other`.

    Returns:
        A table of ENTRIES, evenly spaced in the other's psi, the first entry's psi and entries per K. Above the last
        entry both tissues are unfrozen and psi is the same number.
    """
    a, b = numbers(rows[own]), numbers(rows[other])
    low = potential(min(coldest_c, a.solidus - 1.0, b.solidus - 1.0), rows[other]) / b.warm_k
    high = potential(max(a.liquidus, b.liquidus), rows[other]) / b.warm_k
    celsius = inverse_potential(np.linspace(low, high, ENTRIES) * b.warm_k, rows[other])
    return potentials(celsius, rows[own]) / a.warm_k, low, (ENTRIES - 1) / (high - low)


def bends(rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """The potential within the freezing range of the tissues that freeze as ideal solutions, as `table` has it.

    Returns:
        For each label its row in the tables, or -1; tables float32 (tissues, ENTRIES) of psi above that at the solidus,
        evenly spaced in enthalpy; and entries per J/m3, float32 (tissues,).

    Raises:
        SolverError: if a straight line between two entries misses the law by more than 0.02 K.
    """
    ideal = np.flatnonzero(rows["ideal"] > 0.0)
    which, out = np.full(len(rows), -1, np.int64), np.zeros((ideal.size, ENTRIES), np.float32)
    which[ideal] = np.arange(ideal.size)
    scale = (ENTRIES - 1) / (rows["h_liquidus"] - rows["h_solidus"])[ideal]
    for n, label in enumerate(ideal):
        row, m = rows[label], numbers(rows[label])
        # twice as fine: every second value lies midway between two entries
        h = np.linspace(m.h_solidus, m.h_liquidus, 2 * ENTRIES - 1)
        psi = (potentials(np.array([temperature(x, row) for x in h]), row) - m.theta_solidus) / m.warm_k
        out[n] = psi[::2]
        worst = float(np.max(np.abs(0.5 * (out[n, 1:] + out[n, :-1]) - psi[1::2])))
        if not worst <= FIT_TOLERANCE_K:
            raise SolverError(f"the table of its freezing range misses its law by {worst:.3g} K", where="solve.rows")
    return which, out, scale.astype(np.float32)


@kernel
def inverse_potential(theta: NDArray[np.float64], m: Any) -> NDArray[np.float64]:
    """Temperature in °C at potentials of one tissue, W/m; quick where they come in order."""
    out = np.empty(theta.size)
    celsius = 0.0
    for n in range(theta.size):
        # Newton from the last answer, inside a shrinking bracket: it cannot miss
        low, high = -272.0, 500.0
        for _ in range(60):
            excess = potential(celsius, m) - theta[n]
            if excess > 0.0:
                high = celsius
            else:
                low = celsius
            step = excess / conductivity(celsius, m)
            if abs(step) < 1e-10:
                break
            celsius = celsius - step if low < celsius - step < high else 0.5 * (low + high)
        out[n] = celsius
    return out


@kernel
def enthalpies(celsius: NDArray[np.float64], m: Any) -> NDArray[np.float64]:
    """Enthalpy of one tissue at temperatures in °C, J/m3."""
    out = np.empty(celsius.size)
    for n in range(celsius.size):
        out[n] = enthalpy(celsius[n], m)
    return out


@kernel
def potentials(celsius: NDArray[np.float64], m: Any) -> NDArray[np.float64]:
    """Potential of one tissue at temperatures in °C, W/m."""
    out = np.empty(celsius.size)
    for n in range(celsius.size):
        out[n] = potential(celsius[n], m)
    return out


@kernel
def film_fluxes(celsius: NDArray[np.float64], ambient_c: float, h: float, half_m: float, m: Any) -> NDArray[np.float64]:
    """W/m2 that a film brings into cells of one tissue at temperatures in °C."""
    out = np.empty(celsius.size)
    for n in range(celsius.size):
        out[n] = wall_flux(celsius[n], ambient_c, h, half_m, m)
    return out


def _fit(m: Any, row: Any, coldest_c: float, scale: float) -> NDArray[np.float64]:
    nodes = 0.5 - 0.5 * np.cos(np.pi * (np.arange(200) + 0.5) / 200)
    celsius = m.solidus + (coldest_c - m.solidus) * nodes
    x = (enthalpies(celsius, row) - m.h_solidus) * scale
    y = potentials(celsius, row) - m.theta_solidus
    powers = x[:, None] ** np.arange(1, DEGREE + 1)
    weight = 1.0 / np.sqrt(np.abs(x) + 1e-3)
    poly, *_ = np.linalg.lstsq(powers * weight[:, None], y * weight, rcond=None)
    k = m.k0 + m.k1 * celsius + m.k2 / (celsius + 273.15)
    worst = float(np.max(np.abs(powers.astype(np.float32) @ poly.astype(np.float32) - y) / k))
    if not worst <= (FIT_TOLERANCE_K if coldest_c >= DEEP_C else DEEP_TOLERANCE_K):
        raise SolverError(f"the table of frozen conduction misses its law by {worst:.3g} K", where="solve.rows")
    return np.asarray(poly)
