"""The Assessment as a small tree that a person can read."""

from __future__ import annotations

from iceball.assessment.assessment import Assessment, AtRisk, Death, Margin, Verdict
from iceball.assessment.stopping import Stop, clock
from iceball.rounding import down, up
from iceball.units import minutes

MARKS = {True: "met", False: "NOT MET", None: "NOT ASSESSED"}
NEAREST_SHOWN = 6


def tree(a: Assessment) -> str:
    """Status, ice, margin, goals, nearest structures, what was not assessed."""
    groups: list[tuple[str, list[str]]] = [
        ("ice", [f"{t} °C: {down(v)} mL{_numerical(a, f'volumes_ml.{t}')}" for t, v in a.volumes_ml.items()]),
        (f"target, {a.target_ml:.1f} mL", [*(_target_line(a, t) for t in a.margins_mm), *_capsule_lines(a)]),
        ("surface", _surface_lines(a)),
        ("spread", _spread_lines(a)),
        ("goals", [_goal_line(v) for v in a.goals] or ["none"]),
        ("structures, nearest to the ice first", _structure_lines(a)),
        ("latest safe stop of everything that freezes", [_stop_line(s) for s in a.stops]),
        (
            "modelled cell death: competing hypotheses, none proven; margins to P ≥ 0.5 / 0.9",
            [_death_line(d) for d in a.kill],
        ),
        ("NOT ASSESSED", list(a.not_assessed)),
        ("variants", [f"{name}: {_target_line(v, next(iter(v.margins_mm)))}" for name, v in a.variants.items()]),
        ("notes", list(a.notes)),
    ]
    shown = [(title, lines) for title, lines in groups if lines]
    out = [f"Assessment (research use only): {a.status}"]
    for i, (title, lines) in enumerate(shown):
        last = i == len(shown) - 1
        out.append(f"{'└' if last else '├'}─ {title}")
        out.extend(
            f"{' ' if last else '│'}  {'└' if j == len(lines) - 1 else '├'}─ {line}" for j, line in enumerate(lines)
        )
    return "\n".join(out)


def _target_line(a: Assessment, t: str) -> str:
    m = a.margins_mm[t]
    text = f"{t} °C covers {down(100 * a.coverage[t])} %, "
    text += f"no margin: {m.reason}" if m.min_mm is None else f"margin min {down(m.min_mm)} mm, p05 {down(m.p05_mm)} mm"
    doubt = a.doubt.get(f"margins_mm.{t}.min")
    if doubt is not None:
        text += f" (min {down(doubt.low)} to {up(doubt.high)}, {doubt.kind}{_numerical(a, f'margins_mm.{t}.min')})"
    if m.not_assessable_fraction > 0:
        text += f"; {up(100 * m.not_assessable_fraction)} % of the surface not assessable"
    return text


def _capsule_lines(a: Assessment) -> list[str]:
    """The margins without the target's face at its organ's capsule, and how much of the surface that is."""
    share = max((m.capsule_fraction or 0.0 for m in a.margins_mm.values()), default=0.0)
    if not share:
        return []
    rest = {t: m.without_capsule for t, m in a.margins_mm.items() if m.without_capsule is not None}
    told = ", ".join(f"{_mm(m)} mm at {t} °C" for t, m in rest.items() if m.min_mm is not None)
    return [f"margin min without the {up(100 * share, 0)} % of the surface at the organ's capsule: {told or 'none'}"]


def _surface_lines(a: Assessment) -> list[str]:
    s = a.surface
    if s is None:
        return []
    lines = [f"{up(s.frozen_cm2)} cm2 of all surface ever below 0 °C"]
    if s.reason:
        lines.append(s.reason)
    else:
        lines.append(f"{s.target_cm2:.1f} cm2 of the target face air or gas")
        for what, shares in (("sprayed or touched", s.applied), ("frozen, thawed between", s.cycles)):
            told = ", ".join(f"{n}x {down(100 * share, 0)} %" for n, share in shares.items())
            lines.append(f"of them {what} at least {told}")
    for t, d in s.depth_mm.items():
        lines.append(f"{t} °C below it: median {down(d.median_mm)} mm deep, min {down(d.min_mm)}, p95 {up(d.p95_mm)}")
    return lines if a.vented is None else [*lines, a.vented.sentence]


def _spread_lines(a: Assessment) -> list[str]:
    if a.spread is None:
        return ["not made"]
    lines = [f"{a.spread.members} runs with all that is not known drawn at once, cells of {a.spread.spacing_mm:g} mm"]
    for t in a.margins_mm:
        band = a.spread.bands.get(f"margins_mm.{t}.min")
        if band is not None:
            low, middle, high = ("no ice" if v is None else down(v) for v in (band.p10, band.p50, band.p90))
            lines.append(f"{t} °C margin min, mm: P10 {low}, P50 {middle}, P90 {high}")
    pairs = zip(a.goals, a.spread.goals, strict=True)
    lines += [f"{v.goal}: met in {down(100 * share, 0)} % of the runs" for v, share in pairs if share is not None]
    most = a.spread.matters.get("margins_mm.0.min", ())
    certain = ", ".join(f"{s.input.replace('_', ' ')} {100 * s.share:.0f} %" for s in most if s.certain)
    return lines + ([f"what matters most for the ice margin: {certain}"] if certain else [])


def _numerical(a: Assessment, name: str) -> str:
    width = a.numerical.get(name)
    return "" if width is None else f", numerical ± {up(width, 1 if width >= 0.1 else 2)}"


def _stop_line(s: Stop) -> str:
    text = f"{s.goal}, then {s.thaw} thaw: {s.sentence}"
    if s.latest_s is not None:
        text += f" (lowest {down(s.lowest_c)} °C)"
    if s.coasts_k is not None and s.reached_s is not None:
        text += f"; limit reached at {clock(s.reached_s)}, {up(s.coasts_k)} K beyond it if stopped then"
    return text


def _death_line(d: Death) -> str:
    sure, graded = d.volumes_ml["0.9"], d.form == "logistic"
    ends = f" ({down(sure.low)} to {up(sure.high)})" if sure.low < sure.high else ""
    text = f"{d.label}: {'P ≥ 0.9 in ' if graded else ''}{down(sure.value)} mL{ends}, "
    text += f"{down(100 * d.coverage['0.9'].value)} % of the target"
    if graded and d.lowest_in_target is not None:
        text += f", least P {down(d.lowest_in_target.value, 2)}"
    half, most = (_mm(d.margins_mm[p]) for p in ("0.5", "0.9"))
    return f"{text}, margin {half} / {most} mm" if graded else f"{text}, margin {half} mm"


def _mm(m: Margin) -> str:
    return "none" if m.min_mm is None else down(m.min_mm)


def _goal_line(v: Verdict) -> str:
    value = "" if v.value is None else f": {_number(v.value, v.unit)}"
    tolerance = "" if not v.tolerance or v.value is None else f" ± {v.tolerance:.2g}"
    return f"[{MARKS[v.met]}] {v.goal}{value}{tolerance}" + (f" ({v.reason})" if v.reason else "")


def _number(value: float, unit: str) -> str:
    if unit == "fraction":
        return f"{down(100 * value)} %"
    # a limited quantity is at most so much, every other number at least
    return f"{up(value, 2) if unit in ('mL', '') else down(value, 2)} {unit}".strip()


def _structure_lines(a: Assessment) -> list[str]:
    def nearness(s: AtRisk) -> tuple[float, float]:
        return (s.distance_to_0c_mm if s.distance_to_0c_mm is not None else 1e9, s.min_temperature_c)

    lines = []
    for s in sorted(a.structures, key=nearness)[:NEAREST_SHOWN]:
        text = f"[{a.status_of(s).words}] {s.name}: lowest {down(s.min_temperature_c)} °C"
        if s.distance_to_0c_mm is not None:
            text += f", {down(s.distance_to_0c_mm)} mm to 0 °C"
        if s.first_reached_s is not None:
            text += f", reached after {down(s.first_reached_s / minutes)} min, {up(s.frozen_ml, 2)} mL frozen"
        if s.limits:
            text += f"; {s.reached.upper() + ' reached' if s.reached else 'keeps'}: {s.limits}"
        text += " (changed in the plan)" if s.changed else ""
        lines.append(text)
    if len(a.structures) > NEAREST_SHOWN:
        lines.append(f"and {len(a.structures) - NEAREST_SHOWN} more")
    return lines
