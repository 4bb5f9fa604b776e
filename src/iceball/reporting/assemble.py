"""A Report tells people: one call from the nouns of a case to a page on the disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import iceball
from iceball.assessment.assessment import Assessment
from iceball.errors import CaseError
from iceball.guide.seen import Seen
from iceball.plan.caveats import setting_warning
from iceball.plan.constants import constants_of
from iceball.plan.plan import Plan
from iceball.plan.treated import as_treated
from iceball.reporting import structure_tables
from iceball.reporting import tables as words
from iceball.reporting.cell_death import death_margins_table, deaths_table
from iceball.reporting.content import INTENDED_USE, Cell, Content
from iceball.reporting.display import plain
from iceball.reporting.drawing import Overlays
from iceball.reporting.figures_curves import clock_picture, curves_picture, histogram_picture
from iceball.reporting.figures_margin import margin_picture
from iceball.reporting.figures_planes import needle_pictures, view_size_mm, worst_planes_picture
from iceball.reporting.figures_spread import spread_picture
from iceball.reporting.figures_surface import spots_clock_picture, surface_picture
from iceball.reporting.flags import all_flags, stamp
from iceball.reporting.headline import doubt_words, headline, p10_words, worst_point
from iceball.reporting.html import html
from iceball.reporting.needles import needles_table
from iceball.reporting.observed import observed_table
from iceball.reporting.pdf import pdf as pdf_bytes
from iceball.reporting.placed import placed_table
from iceball.reporting.spots import spot_list, spots_table, surface_table
from iceball.reporting.stopping import stops_table
from iceball.reporting.tables_spread import matters_table, spread_table, spread_words
from iceball.reporting.warm import vessels_table, warmers_table
from iceball.solve.history import History, Result
from iceball.sources import Constant
from iceball.tissue import TARGET, Anatomy, Structure


def report(
    verdict: Assessment,
    history: History,
    plan: Plan,
    anatomy: Anatomy,
    *,
    to: str | Path,
    title: str = "",
    flags: Sequence[str] = (),
    constants: Sequence[Constant] | None = None,
    versions: Mapping[str, str] | None = None,
    pdf: bool = True,
    planned: Plan | None = None,
    observed: Sequence[tuple[Seen, dict[str, Any] | None]] = (),
) -> Path:
    """Write the report as self-contained HTML, and beside it the same content as PDF.

    Args:
        verdict: the assessment to show, with its variants.
        history: the run that was assessed.
        plan: needles, clock and goals.
        anatomy: image, target and structures.
        to: a file ending in .html (PDF beside it) or in .pdf (PDF alone).
        title: the case's title.
        flags: what a reader must know first; see `iceball.reporting.flags`.
        constants: every constant of the run, with its source; found by `constants_of` where they are left out.
        versions: further names and versions to list at the end.
        pdf: False writes the HTML alone.
        planned: of a plan as placed, the plan as planned: its needles are drawn dashed, and told how far off they lie.
        observed: ice that was seen, each with what it was held against for this plan.

    Returns:
        The path that was asked for.

    Raises:
        CaseError: if the path ends in neither .html nor .pdf, or its folder is missing.
    """
    path = Path(to)
    suffix = path.suffix.lower()
    if suffix not in (".html", ".pdf"):
        raise CaseError(
            f"a report ends in .html or .pdf, not '{path.suffix}'", where=str(path), remedy="Name it report.html."
        )
    if not path.parent.is_dir():
        raise CaseError("the folder does not exist", where=str(path.parent), remedy="Make it first.")
    anatomy = as_treated(plan, anatomy)
    content = compose_content(
        verdict,
        history,
        plan,
        anatomy,
        title=title,
        flags=flags,
        constants=constants_of(plan, anatomy) if constants is None else constants,
        versions=versions or {},
        planned=planned,
        observed=observed,
    )
    made: list[tuple[Path, bytes]] = []
    if suffix == ".html":
        made.append((path, html(content).encode()))
    if suffix == ".pdf" or pdf:
        made.append((path.with_suffix(".pdf"), pdf_bytes(content)))
    _write(made)
    return path


def compose_content(
    verdict: Assessment,
    history: History,
    plan: Plan,
    anatomy: Anatomy,
    *,
    title: str,
    flags: Sequence[str],
    constants: Sequence[Constant],
    versions: Mapping[str, str],
    planned: Plan | None = None,
    observed: Sequence[tuple[Seen, dict[str, Any] | None]] = (),
) -> Content:
    """All words, tables and pictures of the report."""
    ended = () if history.result is Result.finished else (history.result.value,)
    badges = all_flags((*flags, *ended), plan, anatomy)
    lines = tuple(Structure(v.label(i), v.shape, "drawn in the plan") for i, v in enumerate(plan.vessels) if v.line_mm)
    shown, meant = (*_shown_structures(verdict, anatomy), *lines), planned.probes if planned is not None else ()
    status = {s.name: verdict.status_of(s) for s in verdict.structures}
    overlays = Overlays(anatomy, history, plan, shown, stamp(badges), meant, status)
    at, what = worst_point(verdict, anatomy)
    line, p10 = headline(verdict, plan, anatomy), p10_words(verdict)
    version = iceball.__version__
    return Content(
        title=plain(title) or "Untitled case",
        badges=tuple(plain(b) for b in badges),
        facts=words.facts(plan, anatomy, verdict),
        setting_warning=setting_warning(plan, anatomy),
        status=Cell(verdict.status, words.STATUS_TONES[verdict.status]),
        line=line,
        goals=words.goals_table(verdict),
        structures=structure_tables.structures_table(verdict),
        further_structures=structure_tables.further_structures_table(verdict),
        stops=stops_table(verdict),
        vessels=vessels_table(plan, anatomy, history),
        warmers=warmers_table(plan, history),
        not_assessed=tuple(plain(n.replace("_", " ")) for n in verdict.not_assessed),
        needles=needles_table(plan, anatomy) if plan.probes or not plan.spots else None,
        placed=placed_table(planned, plan),
        observed=observed_table(observed),
        spots=spots_table(plan),
        clock=clock_picture(plan) if plan.probes or not plan.spots else None,
        spots_clock=spots_clock_picture(plan),
        surface_picture=surface_picture(verdict, plan, overlays.stamp),
        surface=surface_table(verdict),
        planes=worst_planes_picture(overlays, at, view_size_mm(overlays, at), what),
        needle_planes=needle_pictures(overlays),
        margin=margin_picture(verdict, plan, overlays.stamp),
        volumes=words.volumes_table(verdict),
        deaths=deaths_table(verdict),
        death_margins=death_margins_table(verdict),
        histogram=histogram_picture(verdict, overlays.stamp),
        curves=curves_picture(history, plan, overlays.stamp),
        variants=words.variants_table(verdict),
        doubts=words.doubts_table(verdict),
        spread_words=spread_words(verdict),
        spread=spread_table(
            verdict, {s.name for s in structure_tables.nearest_first(verdict)[: structure_tables.NEAREST]}
        ),
        spread_picture=spread_picture(verdict.spread, overlays, at, view_size_mm(overlays, at), what),
        matters=matters_table(verdict),
        notes=words.notes(verdict, history, plan, anatomy),
        constants=words.constants_table(constants),
        sources=words.sources_table(constants),
        spot_list=spot_list(plan),
        versions=words.versions_table(verdict, history, plan, anatomy, versions, version),
        intended_use=INTENDED_USE,
        version=version,
        footer=f"RESEARCH USE ONLY · iceball {version} · smallest ice margin: {doubt_words(verdict)}{p10}",
    )


def _shown_structures(verdict: Assessment, anatomy: Anatomy) -> tuple[Structure, ...]:
    names = [s.name for s in verdict.structures if s.name != TARGET]
    return tuple(found for name in names if (found := anatomy.find(name)) is not None)


def _write(made: Sequence[tuple[Path, bytes]]) -> None:
    """All files or none of them changes: each is written whole beside its place, then moved there."""
    waiting: list[tuple[str, Path]] = []
    try:
        for path, data in made:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            waiting.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
        for name, path in waiting:
            os.replace(name, path)
    finally:
        for name, _ in waiting:
            Path(name).unlink(missing_ok=True)
