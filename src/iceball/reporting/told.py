"""The words and curves of a report as JSON, for a page that draws them itself: the same functions make both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.assessment import Assessment
from iceball.plan.caveats import setting_warning
from iceball.plan.plan import Plan
from iceball.reporting import structure_tables
from iceball.reporting import tables as words
from iceball.reporting.cell_death import death_margins_table, deaths_table
from iceball.reporting.content import Table
from iceball.reporting.display import plain
from iceball.reporting.headline import headline
from iceball.reporting.needles import needles_table
from iceball.reporting.spots import spots_table, surface_table
from iceball.reporting.stopping import stops_table
from iceball.reporting.structure_tables import nearest_first
from iceball.reporting.tables_spread import matters_table, spread_table, spread_words
from iceball.reporting.warm import vessels_table, warmers_table
from iceball.solve.history import History
from iceball.sources import Constant
from iceball.tissue import TARGET, Anatomy

MOST_POINTS = 400
"""Points of a curve that the page gets; more would not be seen."""


def told(
    verdict: Assessment, history: History, plan: Plan, anatomy: Anatomy, constants: Sequence[Constant]
) -> dict[str, Any]:
    """Headline, tables, notes and curves of a run as plain values.

    Args:
        verdict: the assessment.
        history: the run that was assessed.
        plan: what it was made for.
        anatomy: the patient as treated.
        constants: every constant of the run, with its source.
    """
    near = {s.name for s in nearest_first(verdict)[: structure_tables.NEAREST]}
    tables: dict[str, Table | None] = {
        "goals": words.goals_table(verdict),
        "structures": structure_tables.structures_table(verdict),
        "further_structures": structure_tables.further_structures_table(verdict),
        "stops": stops_table(verdict),
        "surface": surface_table(verdict),
        "volumes": words.volumes_table(verdict),
        "deaths": deaths_table(verdict),
        "death_margins": death_margins_table(verdict),
        "needles": needles_table(plan, anatomy) if plan.probes or not plan.spots else None,
        "spots": spots_table(plan),
        "vessels": vessels_table(plan, anatomy, history),
        "warmers": warmers_table(plan, history),
        "variants": words.variants_table(verdict),
        "doubts": words.doubts_table(verdict),
        "spread": spread_table(verdict, near),
        "matters": matters_table(verdict),
        "constants": words.constants_table(constants),
        "sources": words.sources_table(constants),
    }
    return {
        "research_use_only": True,
        "run_key": str(history.made_by.get("run_key", "")),
        "assessment_key": str(verdict.made_by.get("assessment_key", "")),
        "line": headline(verdict, plan, anatomy),
        "status": {"text": verdict.status, "tone": words.STATUS_TONES[verdict.status]},
        "setting_warning": setting_warning(plan, anatomy),
        "not_assessed": [plain(n.replace("_", " ")) for n in verdict.not_assessed],
        "tables": {name: _table(table) for name, table in tables.items() if table is not None},
        "spread_words": spread_words(verdict),
        "notes": [{"from": name, "said": list(said)} for name, said in words.notes(verdict, history, plan, anatomy)],
        "histogram": histogram_curves(verdict),
        "sensors": time_curves(history, plan),
    }


def histogram_curves(verdict: Assessment) -> list[dict[str, Any]]:
    """Per structure, the target first and then the nearest: temperatures (°C) and the share at or below each."""
    names = [TARGET, *(s.name for s in nearest_first(verdict)), *verdict.histogram]
    curves = []
    for name in dict.fromkeys(names):
        if not verdict.histogram.get(name):
            continue
        celsius, share = np.array(verdict.histogram[name], float).T
        order = np.argsort(celsius)
        kept = order[_thinned(len(order))]
        curves.append({"name": name, "celsius": _rounded(celsius[kept]), "share": _rounded(share[kept])})
    return curves


def time_curves(history: History, plan: Plan) -> dict[str, Any]:
    """Sensors (°C) and heat taken by each needle (W) over the protocol, with the steps of the first clock."""
    times = np.asarray(history.sensor_times_s, float)
    kept = _thinned(len(times))
    clock = plan.clock(0) if plan.probes else plan.protocol
    return {
        "times_s": _rounded(times[kept]),
        "sensors_c": _named(history.sensors_c, kept),
        "needle_watts": _named(history.needle_watts, kept),
        "steps": [
            {"kind": step.kind, "start_s": start, "duration_s": step.duration_s}
            for start, step in zip(clock.starts_s, clock.steps, strict=True)
        ],
    }


def _table(table: Table) -> dict[str, Any]:
    rows = [[{"text": cell.text, "tone": cell.tone} for cell in row] for row in table.rows]
    note = table.note.replace("see page 2", "see the further structures")
    return {"title": table.title, "head": list(table.head), "rows": rows, "note": note, "lead": table.lead}


def _named(series: Mapping[str, Any], kept: NDArray[np.intp]) -> dict[str, list[float | None]]:
    return {name: _rounded(np.asarray(values, float)[kept]) for name, values in series.items()}


def _thinned(count: int) -> NDArray[np.intp]:
    """Every index, or `MOST_POINTS` of them with the first and the last."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, MOST_POINTS).round().astype(np.intp))


def _rounded(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]
