"""The report's words and tables, from the nouns of a case."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from iceball.assessment.assessment import Assessment, Margin, Verdict
from iceball.plan.plan import Plan
from iceball.reporting import display
from iceball.reporting.content import Cell, Table
from iceball.reporting.number_words import number_words
from iceball.reporting.pockets import pocket_facts
from iceball.reporting.spots import gas_facts
from iceball.reporting.structure_tables import NEAREST, nearest_first
from iceball.reporting.tables_spread import met_words
from iceball.reporting.variant_words import variant_words
from iceball.solve.history import History
from iceball.sources import Constant
from iceball.tissue import TARGET, Anatomy

ROUNDING = (
    "Numbers are rounded in the safe direction: margins, distances, coverage, lethal zones and lowest temperatures "
    "down, frozen volumes of structures and all ice up, times to the earlier second."
)
STATUS_TONES = {"all goals met": "met", "goals not met": "unmet", "not fully assessed": "unknown"}


def facts(plan: Plan, anatomy: Anatomy, verdict: Assessment) -> tuple[tuple[str, str], ...]:
    """The case in a few words: organ, target, date, side, positions and breathing; or the block."""
    header, setting = anatomy.image.header, plan.setting
    if anatomy.bench is not None:
        return (
            ("Setup", str(anatomy.bench)),
            ("Edges", f"{anatomy.bench.size_mm:g} mm"),
            ("Target", f"{verdict.target_ml:.1f} mL, {display.plain(anatomy.target.origin)}"),
        )
    side = display.SIDE_WORDS.get(setting.side, "unknown")
    return (
        ("Organ", anatomy.organ.replace("_", " ") or "unknown"),
        ("Target", f"{verdict.target_ml:.1f} mL, {display.plain(anatomy.target.origin)}"),
        ("Side", side),
        ("Series date", display.date(header.acquired)),
        ("Series", display.plain(header.description or header.series) or "unnamed"),
        ("Image taken", display.position(header.patient_position)),
        ("Procedure intended", display.position(setting.procedure_position)),
        ("Breathing, image", display.plain(setting.image_breathing) or "unknown"),
        ("Breathing, procedure", display.plain(setting.procedure_breathing) or "unknown"),
        *pocket_facts(plan, anatomy),
        *gas_facts(verdict.vented),
    )


def goals_table(verdict: Assessment) -> Table:
    """Each goal with its word beside the colour, its number and the tolerance of that number."""
    rows, spread = [], verdict.spread
    for index, goal in enumerate(verdict.goals):
        words, tone = {True: ("met", "met"), False: ("NOT MET", "unmet"), None: ("NOT ASSESSED", "unknown")}[goal.met]
        rows.append(
            (
                Cell(_goal_words(goal.goal)),
                Cell(words, tone),
                Cell(goal_value(goal)),
                Cell(_tolerance(goal)),
                *((Cell(met_words(spread, index)),) if spread else ()),
                Cell(goal.reason),
            )
        )
    head = ("Goal", "Result", "Value", "Tolerance", *(("Met in",) if spread else ()), "Why")
    none = (Cell("No goal was set."), Cell("NOT ASSESSED", "unknown"), *(Cell("") for _ in head[2:]))
    return _without_empty_last(Table("Goals", head, tuple(rows or [none]), wide=(0, len(head) - 1)))


def goal_value(goal: Verdict) -> str:
    """A goal's number: up for what must not be exceeded, down for everything else."""
    if goal.value is None:
        return display.NO_VALUE
    if goal.unit == "fraction":
        return display.percent_down(goal.value)
    if goal.unit == "needles":
        return f"{goal.value:.0f} needles"
    return (display.up if " at most " in goal.goal else display.down)(goal.value) + f" {goal.unit}".rstrip()


def _tolerance(goal: Verdict) -> str:
    if not goal.tolerance:
        return ""
    if goal.unit == "fraction":
        return f"± {display.up(goal.tolerance * 100)} %"
    return f"± {display.up(goal.tolerance)} {goal.unit}".rstrip()


def _goal_words(goal: str) -> str:
    for celsius in ("0", "-20", "-40"):
        goal = goal.replace(f"volume_ml.{celsius} at most", f"volume at {celsius} °C or colder, mL, at most")
    return display.minus(goal.replace("_", " "))


def volumes_table(verdict: Assessment) -> Table:
    """Ice and target in numbers, whole protocol and each freeze."""
    keys = ("0", "-20", "-40")
    rows = [_row("volume, coldest of protocol, mL", _volumes(verdict.volumes_ml))]
    rows += [
        _row(f"volume, end of freeze {n}, mL", _volumes(v)) for n, v in enumerate(verdict.volumes_end_of_freeze_ml, 1)
    ]
    freezes = verdict.volumes_end_of_freeze_ml
    rows += [
        _row(f"growth, freeze {n} over freeze {n - 1}", [_growth(a.get(k), b.get(k)) for k in keys])
        for n, (a, b) in enumerate(itertools.pairwise(freezes), 2)
    ]
    rows.append(_row("target covered", [display.percent_down(verdict.coverage.get(k)) for k in keys]))
    margins = [verdict.margins_mm.get(k) for k in keys]
    rows.append(
        _row("margin, smallest, mm", [_or_reason(m.min_mm, m.reason) if m else display.NO_VALUE for m in margins])
    )
    rows.append(
        _row("margin, 5th percentile, mm", [_or_reason(m.p05_mm, m.reason) if m else display.NO_VALUE for m in margins])
    )
    for mm in ("0", "3", "5", "10"):
        shares = ["" if m is None or mm not in m.area_below else m.area_below[mm] for m in margins]
        said = [part if isinstance(part, str) else f"{display.up(part * 100, 0)} %" for part in shares]
        rows.append(_row(f"surface with a margin below {mm} mm", said))
    rows += _capsule_rows(margins)
    rows.append(
        _row(
            "surface not assessable",
            ["" if m is None else f"{display.up(m.not_assessable_fraction * 100, 0)} %" for m in margins],
        )
    )
    note = "−20 and −40 °C bound the modelled lethal zone; they do not prove what died."
    return Table("Ice and target", ("", "0 °C", "−20 °C", "−40 °C"), tuple(rows), note, wide=(0, 1, 2, 3))


def _capsule_rows(margins: Sequence[Margin | None]) -> list[tuple[Cell, ...]]:
    """What the margin is without the target's face at its organ's capsule; nothing where nobody drew the organ."""
    shares = [None if m is None else m.capsule_fraction for m in margins]
    if all(share is None for share in shares):
        return []
    rows = [
        _row("surface at the organ's capsule", ["" if s is None else f"{display.up(100 * s, 0)} %" for s in shares])
    ]
    rest = [None if m is None else m.without_capsule for m in margins]
    if any(m is not None for m in rest):
        words = ["" if m is None else _or_reason(m.min_mm, m.reason) for m in rest]
        rows.append(_row("margin without it, smallest, mm", words))
        for mm in ("0", "5"):
            shares = [None if m is None else m.area_below.get(mm) for m in rest]
            words = ["" if s is None else f"{display.up(100 * s, 0)} %" for s in shares]
            rows.append(_row(f"of the other surface below {mm} mm", words))
    return rows


def _volumes(volumes: Mapping[str, float]) -> list[str]:
    """Ice up, for it harms; the modelled lethal zone down, for it treats."""
    return [display.up(volumes.get("0")), display.down(volumes.get("-20")), display.down(volumes.get("-40"))]


def _or_reason(value: float | None, reason: str | None) -> str:
    return display.down(value) if value is not None else (reason or display.NO_VALUE)


def variants_table(verdict: Assessment) -> Table:
    """How the result changes with blood flow and with the bound on cooling."""
    surface_only = bool({"low_h", "high_h"} & set(verdict.variants)) and "chart_like" not in verdict.variants
    columns = [("nominal flow and h (judged)" if surface_only else "nominal flow, power-limited (judged)", verdict)]
    columns += [(variant_words(k), v) for k, v in verdict.variants.items()]
    rows: list[tuple[Cell, ...]] = []
    for words, v in columns:
        zero, lethal = v.margins_mm.get("0"), v.margins_mm.get("-20")
        numbers = [
            *_volumes(v.volumes_ml),
            display.percent_down(v.coverage.get("0")),
            display.percent_down(v.coverage.get("-20")),
            _or_reason(zero.min_mm if zero else None, "no ice"),
            _or_reason(lethal.min_mm if lethal else None, "none"),
        ]
        rows.append((Cell(words), *(Cell(n) for n in numbers), Cell(v.status, STATUS_TONES[v.status])))
    head = (
        "Run",
        "0 °C mL",
        "−20 °C mL",
        "−40 °C mL",
        "Cover 0",
        "Cover −20",
        "Margin 0 mm",
        "Margin −20 mm",
        "Status",
    )
    note = (
        "Goals are judged on the smaller, power-limited bound. The chart-like bound holds the needle wall at its "
        "coldest and overstates the modelled lethal zone."
    )
    if surface_only:
        note = "Goals are judged at nominal h. Low and high h are the ends of the applicators' cards."
    return Table("How sure: blood flow and cooling", head, tuple(rows), note)


def doubts_table(verdict: Assessment) -> Table | None:
    """The range of the target's numbers and of the nearest structures' distances; None where no doubt was computed."""
    shown = {s.name for s in nearest_first(verdict)[:NEAREST]}
    distance = "distance_to_0c_mm."
    kept = {n: d for n, d in verdict.doubt.items() if not n.startswith(distance) or n.removeprefix(distance) in shown}
    rows = tuple(
        (
            Cell(number_words(name)),
            Cell(display.down(d.low, 2)),
            Cell(display.up(d.high, 2)),
            Cell(display.plain(d.kind)),
            Cell(f"± {display.up(verdict.numerical[name], 2)}" if name in verdict.numerical else "not assessed"),
        )
        for name, d in kept.items()
    )
    head = ("Number", "Low", "High", "Kind", "Of that numerical")
    note = "Numerical is what the solver's cells alone leave open, estimated from a run on cells twice as large."
    return Table("Doubt of each number", head, rows, note, wide=(0, 0, 3)) if rows else None


def constants_table(constants: Sequence[Constant]) -> Table | None:
    """Every constant of the run, read or assumed."""
    rows = tuple(
        (
            Cell(c.name),
            Cell(display.significant(c.number.value)),
            Cell(
                f"{display.significant(c.number.low)} to {display.significant(c.number.high)}"
                if c.number.low < c.number.high
                else ""
            ),
            Cell(c.number.unit),
            Cell(c.number.source.key),
            Cell(c.number.source.kind, "assumed" if c.number.assumed else ""),
        )
        for c in constants
    )
    assumed = sum(c.number.assumed for c in constants)
    note = f"{assumed} of {len(rows)} are assumed, not read at a source."
    return (
        Table("Constants", ("Constant", "Value", "Range", "Unit", "Source", "Kind"), rows, note, wide=(0, 2, 4))
        if rows
        else None
    )


def sources_table(constants: Sequence[Constant]) -> Table | None:
    """Each source once."""
    unique = {c.number.source.key: c.number.source for c in constants}
    rows = tuple(
        (Cell(s.key), Cell(s.kind, "assumed" if s.kind == "assumed" else ""), Cell(s.citation), Cell(s.date))
        for s in unique.values()
    )
    return Table("Sources", ("Key", "Kind", "Citation", "Date"), rows, wide=(2,)) if rows else None


def versions_table(
    verdict: Assessment, history: History, plan: Plan, anatomy: Anatomy, versions: Mapping[str, str], version: str
) -> Table:
    """What made this report, so that it can be made again."""
    named = {"iceball": version, **versions}
    made = {**{k: str(v) for k, v in history.made_by.items()}, **{k: str(v) for k, v in verdict.made_by.items()}}
    balance = history.heat
    rows = [(f"version: {k}", v) for k, v in named.items()]
    rows += [(f"made by: {k}", v) for k, v in made.items()]
    rows += [
        ("plan hash", plan.key()),
        ("scene hash", history.scene.key()),
        ("simulation grid", str(history.scene.grid)),
        ("run", history.result.value),
        ("energy residual", f"{balance.residual:.1e} of the heat exchanged"),
        ("largest drift at the outer faces", f"{history.outer_drift_k:.2f} K"),
        ("image", f"{anatomy.image.quantity}, {anatomy.image.grid}"),
        ("image series", anatomy.image.header.series or "unknown"),
    ]
    return Table(
        "Versions and hashes", ("What", "Value"), tuple((Cell(display.plain(k)), Cell(v)) for k, v in rows), wide=(1,)
    )


def notes(
    verdict: Assessment, history: History, plan: Plan, anatomy: Anatomy
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Assumptions and repairs by where they came from; each sentence once."""
    drawn = tuple(f"{name}: {display.plain(s.origin)}" for name, s in anatomy.structures.items() if name == TARGET)
    groups = (
        ("Reading the image", anatomy.image.header.notes),
        ("Patient model", (*anatomy.notes, *drawn)),
        ("Simulation", history.notes),
        ("Assessment", verdict.notes),
        ("Plan", (plan.reason,) if plan.reason else ()),
        ("Display", (ROUNDING,)),
    )
    seen: set[str] = set()
    kept = []
    for name, sentences in groups:
        fresh = tuple(dict.fromkeys(s for s in sentences if s and s not in seen))
        seen.update(fresh)
        if fresh:
            kept.append((name, fresh))
    return tuple(kept)


def _growth(before: float | None, after: float | None) -> str:
    """By how much a volume grew from one freeze's end to the next's, in whole percent."""
    if not before or after is None:
        return display.NO_VALUE
    percent = display.nearest(100 * (after / before - 1), 0)
    return f"{percent if percent.startswith('−') else '+' + percent} %"


def _row(name: str, values: Sequence[str]) -> tuple[Cell, ...]:
    return (Cell(name), *(Cell(v) for v in values))


def _without_empty_last(table: Table) -> Table:
    if any(row[-1].text for row in table.rows):
        return table
    return Table(table.title, table.head[:-1], tuple(r[:-1] for r in table.rows), table.note, table.wide)
