"""Surfaces: what there is to freeze them with, and spots painted into a case's plan."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from iceball.cli.shell import Json, app, say
from iceball.errors import PlanError

if TYPE_CHECKING:
    from iceball.applicator import SurfaceApplicator

Point = tuple[float, float, float]


@app.command()
def applicators(
    names: Annotated[list[str] | None, typer.Argument(help="Which cards; all if none is named.")] = None,
    as_json: Json = False,
) -> None:
    """List sprays and contact discs, with every number and where it comes from."""
    from iceball.applicator import surface_applicator, surface_applicators

    kinds = [surface_applicator(name) for name in names] if names else list(surface_applicators().values())
    say(as_json, {"applicators": [_as_json(kind) for kind in kinds]}, "\n".join(_words(kind) for kind in kinds))


@app.command()
def spray(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")],
    centre: Annotated[str, typer.Option("--centre", help="X,Y,Z on the surface, LPS mm: the middle of the area.")],
    applicator: Annotated[str, typer.Option("--applicator", help="See `iceball applicators`.")] = "generic-ln2-spray",
    within_mm: Annotated[
        float | None, typer.Option("--within-mm", help="Paint within this distance; 0 is one spot (default: 6 x 6 cm).")
    ] = None,
    polygon: Annotated[
        str | None, typer.Option("--polygon", help="Or within this polygon: X,Y,Z;X,Y,Z;… in LPS mm.")
    ] = None,
    dwell_s: Annotated[float | None, typer.Option("--dwell-s", help="Each freeze (default: the pack's).")] = None,
    thaw_s: Annotated[
        float | None, typer.Option("--thaw-s", help="At least between freezes (default: the pack's).")
    ] = None,
    cycles: Annotated[int | None, typer.Option("--cycles", help="Freezes of each spot (default: the pack's).")] = None,
    move_s: Annotated[float, typer.Option("--move-s", help="From one spot to the next.")] = 0.0,
    radius_mm: Annotated[float | None, typer.Option("--radius-mm", help="Of a spot (default: the card's).")] = None,
    vent: Annotated[str, typer.Option("--vent", help="How gas leaves: active (suction) or passive (open way).")] = "",
    add: Annotated[bool, typer.Option("--add", help="Go on after the spots of the plan, instead of anew.")] = False,
    no_needles: Annotated[bool, typer.Option("--no-needles", help="Take the needles out of the plan.")] = False,
    as_json: Json = False,
) -> None:
    """Paint an area of a surface with spots, and write them into the plan of a case."""
    from iceball.assessment.published_surface import gas_json
    from iceball.io.case import Case
    from iceball.plan.plan import Plan
    from iceball.plan.spray.gas import vented
    from iceball.plan.spray.paint import paint
    from iceball.plan.treated import as_treated

    opened = Case.open(case)
    plan: Plan = opened.plan()
    begin = max((s.end_s for s in plan.spots), default=0.0) if add else 0.0
    middle = _point(centre, "--centre")
    made = paint(
        as_treated(plan, opened.anatomy()),
        applicator,
        middle,
        within_mm=within_mm,
        polygon_mm=None if polygon is None else [_point(part, "--polygon") for part in polygon.split(";")],
        dwell_s=dwell_s,
        thaw_s=thaw_s,
        cycles=cycles,
        move_s=move_s,
        radius_mm=radius_mm,
        start_s=begin,
    )
    changed = replace(
        plan,
        spots=(*(plan.spots if add else ()), *made),
        vent=cast(Any, vent or plan.vent),
        probes=() if no_needles else plan.probes,
        reason=f"Painted with {applicator} around {centre}." if no_needles or not plan.probes else plan.reason,
        review="edited",
    )
    opened.save_plan(changed)
    gas = vented(changed)
    said = "" if gas is None else f"\n  {gas.sentence}"
    text = (
        f"{len(made)} spots of {made[0].reach_mm:g} mm, {made[0].cycles} freezes of {made[0].dwell_s:g} s each, "
        f"done after {changed.duration_s / 60:.1f} min.{said}\nNext: iceball check {shlex.quote(str(case))}"
    )
    table = {
        "spots": [{"centre_mm": list(s.centre_mm), "start_s": s.start_s, "radius_mm": s.reach_mm} for s in made],
        "duration_s": changed.duration_s,
        "gas": None if gas is None else gas_json(gas),
    }
    say(as_json, table, text)


def _as_json(kind: SurfaceApplicator) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": kind.label,
        "kind": kind.kind,
        "cryogen": kind.cooled_by,
        "needs_vent": kind.vents,
        "numbers": {c.name.rpartition(".")[2]: c.number.as_json() for c in kind.constants()},
    }


def _words(kind: SurfaceApplicator) -> str:
    lines = [f"{kind.name}: {kind.label}", f"  {kind.kind}, {kind.cryogen.label}"]
    for constant in kind.constants():
        n = constant.number
        span = f" ({n.low:g} to {n.high:g})" if n.low < n.high else ""
        name = constant.name.rpartition(".")[2]
        lines.append(f"  {name}: {n.value:g}{span} {n.unit.removeprefix('1')}".rstrip() + f", {n.source.kind}")
    if kind.vents:
        lines.append("  its gas goes into the room or the body: a plan must declare a vent")
    return "\n".join(lines)


def _point(text: str, option: str) -> Point:
    parts = text.split(",")
    try:
        x, y, z = (float(part) for part in parts)
    except ValueError:
        raise PlanError(f"'{text}' is not a point.", where=option, remedy="Write X,Y,Z in LPS mm.") from None
    return x, y, z
