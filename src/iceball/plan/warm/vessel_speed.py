"""What vessels.toml knows: rules of vessels, and how fast blood flows in a vessel by its name or diameter."""

from __future__ import annotations

from functools import cache

from iceball.sources import Constant, Sourced, data_file


@cache
def rule(name: str) -> Sourced:
    """One number of the rules: "least_mm", "entry_mm", "blood_conductivity" …"""
    data = data_file("plan", "vessels.toml")
    return data.number(data.records("vessel")["rule"], name, name="rule")


def speed_of(name: str, diameter_mm: float) -> Sourced:
    """Mean speed in a vessel, m/s, with its range: by name where it is known, otherwise by diameter."""
    named, by_width = _speeds()
    if name in named:
        return named[name]
    widths = [width for width, _ in by_width]
    above = next((i for i, width in enumerate(widths) if width >= diameter_mm), len(widths) - 1)
    (w0, a), (w1, b) = by_width[max(above - 1, 0)], by_width[above]
    t = 0.0 if w1 == w0 else min(1.0, max(0.0, (diameter_mm - w0) / (w1 - w0)))
    value, low, high = (p + t * (q - p) for p, q in ((a.value, b.value), (a.low, b.low), (a.high, b.high)))
    return Sourced(value, low, high, a.unit, a.source)


def vessel_constants() -> tuple[Constant, ...]:
    """Every number of the data file under its full name."""
    named, by_width = _speeds()
    rules = data_file("plan", "vessels.toml").records("vessel")["rule"]
    return (
        *(Constant(f"vessel.{name}", rule(name)) for name in rules),
        *(Constant(f"vessel.{name}.speed_m_s", speed) for name, speed in named.items()),
        *(Constant(f"vessel.of_{width:g}mm.speed_m_s", speed) for width, speed in by_width),
    )


@cache
def _speeds() -> tuple[dict[str, Sourced], tuple[tuple[float, Sourced], ...]]:
    data = data_file("plan", "vessels.toml")
    named = {n: data.number(r, "speed_m_s", name=n, unit="m/s") for n, r in data.records("named").items()}
    by_width = [
        (data.number(r, "diameter_mm", name=n).value, data.number(r, "speed_m_s", name=n, unit="m/s"))
        for n, r in data.records("speed").items()
    ]
    return named, tuple(sorted(by_width, key=lambda pair: pair[0]))
