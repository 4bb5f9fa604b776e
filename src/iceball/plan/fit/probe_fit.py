"""Calibrate a probe's card: from a table of isotherms, or from thermocouples around it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.applicator import Probe
from iceball.applicator.published import Published
from iceball.errors import PlanError
from iceball.plan.compose import material_of
from iceball.plan.fit.calibrate import BOUNDS, Fit, fit
from iceball.plan.fit.chart import chart_run
from iceball.plan.fit.dish import dish, readings
from iceball.plan.protocol import Protocol
from iceball.solve.scene import ADIABATIC, LineStep
from iceball.tissue import tissue

Floats = NDArray[np.float64]
PARAMETERS = ("h", "coolant_c", "time_constant_s")
TABLE_MM, TRACE_C = 1.0, 1.0
"""Standard deviation taken for a size and for a temperature of which none was given (assumed): 1 mm, 1 K."""


@dataclass(frozen=True, eq=False)
class Traces:
    """Thermocouples around a needle, halfway along its active zone.

    Args:
        times_s: shape (n,).
        from_surface_mm: distance of each from the needle's surface, shape (m,).
        celsius: shape (n, m).
        sigma_c: standard deviation, shape (n, m), or None where none was given.
    """

    times_s: Floats
    from_surface_mm: tuple[float, ...]
    celsius: Floats
    sigma_c: Floats | None = None


def fit_table(
    kind: Probe, table: Published, *, parameters: Sequence[str] = ("h", "coolant_c"), spacing_mm: float = 2.0,
    room_mm: float = 36.0,
) -> Fit:  # fmt: skip
    """Find the cooling of a probe that reproduces a table of isotherms best.

    Raises:
        PlanError: if the table has fewer sizes than parameters, or a parameter is unknown.
    """
    start = _start(kind, parameters)
    rows = sorted(table.isotherms, key=lambda row: -row.at_c.value)
    given = [n for row in rows for n in (row.width_mm, row.length_mm) if n is not None]
    sigma = [max((n.high - n.low) / 2, TABLE_MM) for n in given]

    def model(p: Mapping[str, float]) -> Floats:
        found = chart_run(kind, table, changed=p, spacing_mm=spacing_mm, room_mm=room_mm)
        sizes = []
        for row in found:
            sizes += [row.ours.width_mm] if row.width_mm is not None else []
            sizes += [row.ours.length_mm] if row.length_mm is not None else []
        return np.array(sizes)

    return fit(model, np.array([n.value for n in given]), start=start, sigma=np.array(sigma), bounds=_bounds(kind))


def fit_traces(
    kind: Probe,
    traces: Sequence[Traces],
    clock: Protocol,
    *,
    medium: str,
    start_c: float,
    edge_mm: float,
    parameters: Sequence[str] = PARAMETERS,
    spacing_mm: float = 0.25,
) -> Fit:
    """Find the cooling of a probe that reproduces thermocouples around it best, far from its ends.

    Args:
        kind: the probe.
        traces: one or several records of the same protocol.
        clock: what the probe did, from 0 s on.
        medium: name of a tissue of the data file.
        start_c: temperature at the start, and at the edge.
        edge_mm: distance from the axis at which the medium keeps it.
        parameters: which to find.
        spacing_mm: of the cells.
    """
    start = _start(kind, parameters)
    material, radius = material_of(tissue(medium)), kind.radius_mm.value
    measured = np.concatenate([t.celsius.ravel() for t in traces])
    sigma = np.concatenate(
        [np.full(t.celsius.size, TRACE_C) if t.sigma_c is None else t.sigma_c.ravel() for t in traces]
    )

    def model(p: Mapping[str, float]) -> Floats:
        found = []
        for t in traces:
            at = [radius + d for d in t.from_surface_mm]
            until = max(float(t.times_s.max()), 1.0)
            scene = dish(
                material,
                _steps(kind, clock, p, until),
                radius_mm=radius,
                at_mm=at,
                start_c=start_c,
                half_mm=edge_mm,
                spacing_mm=spacing_mm,
            )
            found.append(readings(scene, t.times_s).ravel())
        return np.concatenate(found)

    return fit(model, measured, start=start, sigma=sigma, bounds=_bounds(kind))


def _steps(kind: Probe, clock: Protocol, p: Mapping[str, float], until_s: float) -> list[LineStep]:
    """The clock as the solver sees it, cut at the last reading; adiabatic where it ends before."""
    steps: list[LineStep] = []
    tau = p.get("time_constant_s", kind.time_constant_s.value)
    for begin, step in zip(clock.starts_s, clock.steps, strict=True):
        seconds = min(step.duration_s, until_s - begin)
        if seconds <= 0:
            break
        if step.kind == "active_thaw":
            if kind.thaw_c is None:
                raise PlanError(f"{kind.name} is not known to thaw actively", where="protocol")
            steps.append(LineStep(begin, seconds, kind.thaw_c.value, time_constant_s=tau))
        elif step.kind == "thaw":
            steps.append(LineStep(begin, seconds, ADIABATIC))
        else:
            cold, h = p.get("coolant_c", kind.coolant_c.value), p.get("h", kind.h.value) * step.duty
            steps.append(LineStep(begin, seconds, cold, h, tau))
    if until_s > clock.duration_s:
        steps.append(LineStep(clock.duration_s, until_s - clock.duration_s, ADIABATIC))
    return steps


def _bounds(kind: Probe) -> dict[str, tuple[float, float]]:
    """No gas in the tip is colder than its cryogen boils."""
    return {"coolant_c": (kind.cryogen.boiling_c.value, BOUNDS["coolant_c"][1])}


def _start(kind: Probe, parameters: Sequence[str]) -> dict[str, float]:
    unknown = [p for p in parameters if p not in PARAMETERS]
    if unknown or not parameters or len(set(parameters)) != len(parameters):
        raise PlanError(
            f"cannot fit '{', '.join(parameters)}'.", where="parameters", remedy=f"Known: {', '.join(PARAMETERS)}."
        )
    start = {name: float(getattr(kind, name)) for name in parameters}
    if not all(math.isfinite(v) and v != 0 for v in start.values()):
        raise PlanError("a parameter of the card is 0: give it a first value.", where=f"probe.{kind.name}")
    return start
