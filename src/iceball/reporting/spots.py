"""Spots, gas and the treated surface in the words of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from iceball.assessment.assessment import Assessment
from iceball.assessment.surface import TreatedSurface
from iceball.assessment.vented import Vented
from iceball.plan.plan import Plan
from iceball.plan.spray.spot import Spot
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.reporting.variant_words import variant_words

NOTE = (
    "Times on the plan's clock, which counts from the first freeze. Between its freezes a spot is left to the air or "
    "gas that lies there. h: from the surface to the cryogen, with the range that the low and high runs take."
)
TIMES = {"1": "once", "2": "twice", "3": "3 times"}
CYCLES = (
    "Sprayed or touched: by the plan. Frozen: tissue went from above 0 °C to below; what has not thawed is not frozen "
    "again. Depth below the surface, each place by its area. Right to about half a cell."
)


def gas_facts(gas: Vented | None) -> tuple[tuple[str, str], ...]:
    """Vent and gas among the facts of the case; none without a spray."""
    if gas is None:
        return ()
    litres = f"{display.up(gas.gas_l.value, 0)} L ({display.down(gas.gas_l.low, 0)} to {display.up(gas.gas_l.high, 0)})"
    return (("Vent declared", gas.vent), ("Gas, room conditions", f"{litres}, no pressure modelled"))


def spots_table(plan: Plan) -> Table | None:
    """One row for each kind of spot; None without spots."""
    if not plan.spots:
        return None
    rows = []
    for _, group in groupby(enumerate(plan.spots, 1), key=lambda pair: _alike(pair[1])):
        numbered = list(group)
        first, spots = numbered[0][1], [s for _, s in numbered]
        number, last = numbered[0][0], numbered[-1][0]
        card = first.card
        h = f"{card.h.value:g} ({card.h.low:g} to {card.h.high:g}) W/m2/K, {card.h.source.kind}"
        rows.append(
            (
                Cell(f"{number}" if number == last else f"{number} to {last}"),
                Cell(card.label),
                Cell(f"{first.reach_mm:g} mm"),
                Cell(f"{first.cycles} x {display.clock(first.dwell_s)}"),
                Cell(display.clock(first.thaw_s)),
                Cell(
                    f"{display.clock(min(s.start_s for s in spots))} to {display.clock(max(_last(s) for s in spots))}"
                ),
                Cell(f"{card.cryogen_c.value:g} °C".replace("-", "−")),
                Cell(h, "assumed" if card.h.assumed else ""),
            )
        )
    head = ("Spots", "Applicator", "Radius", "Freezes, min:s", "Thaw", "From first to last freeze", "At", "h")
    return Table("Spots on the surface", head, tuple(rows), NOTE, wide=(1, 7, 7))


def spot_list(plan: Plan) -> Table | None:
    """Every spot with its place and its freezes; None without spots."""
    if not plan.spots:
        return None
    rows = tuple(
        (
            Cell(str(n)),
            Cell("" if name == f"spot {n}" else display.plain(name)),
            Cell(", ".join(display.nearest(v) for v in s.centre_mm)),
            Cell("; ".join(f"{display.clock(a)} to {display.clock(b)}" for a, b in s.freezes_s)),
        )
        for n, (name, s) in enumerate(zip(plan.name_of_spot, plan.spots, strict=True), 1)
    )
    return Table("Spots one by one", ("#", "Name", "Place, LPS mm", "Freezes, min:s"), rows, wide=(3, 3, 2))


def surface_table(verdict: Assessment) -> Table | None:
    """How often and how deep the target's surface froze, in the judged run and the others; None without spots."""
    judged = verdict.surface
    if judged is None:
        return None
    if judged.reason:
        return Table("Treated surface", ("", ""), ((Cell("target"), Cell(judged.reason, "unknown")),))
    runs = [("judged", judged)] + [(variant_words(n), v.surface) for n, v in verdict.variants.items() if v.surface]
    made: list[tuple[str, Callable[[TreatedSurface], str]]] = [
        ("surface of the target, cm2", lambda s: display.nearest(s.target_cm2)),
        ("all surface ever below 0 °C, cm2", lambda s: display.up(s.frozen_cm2)),
    ]
    for n in judged.cycles:
        made.append((f"sprayed or touched at least {TIMES[n]}", lambda s, n=n: display.percent_down(s.applied[n])))  # type: ignore[misc]
    for n in judged.cycles:
        made.append((f"frozen at least {TIMES[n]}", lambda s, n=n: display.percent_down(s.cycles[n])))  # type: ignore[misc]
    for t in judged.depth_mm:
        made.append((f"depth of {t} °C, mm: least, median, 95 %", lambda s, t=t: _depths(s, t)))  # type: ignore[misc]
    rows = tuple((Cell(display.minus(words)), *(Cell(told(s)) for _, s in runs)) for words, told in made)
    return Table(
        "Treated surface in numbers",
        ("", *(name for name, _ in runs)),
        rows,
        CYCLES,
        wide=(0, 0, *range(1, len(runs) + 1)),
    )


def _depths(surface: TreatedSurface, t: str) -> str:
    d = surface.depth_mm[t]
    return ", ".join(display.down(v) for v in (d.min_mm, d.median_mm, d.p95_mm))


def _alike(spot: Spot) -> Sequence[object]:
    return (spot.applicator, spot.device, spot.reach_mm, spot.dwell_s, spot.thaw_s, spot.cycles)


def _last(spot: Spot) -> float:
    return spot.freezes_s[-1][1]
