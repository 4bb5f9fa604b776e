"""Ways to the target, and needles proposed along them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from iceball.cli.cases import AsPlaced, CaseFolder
from iceball.cli.desk import open_desk
from iceball.cli.shell import Json, app, say, stderr, stoppable


@app.command()
def trajectories(
    case: CaseFolder,
    probe: Annotated[str, typer.Option("--probe", help="The needle's card.")] = "generic-17g-long",
    count: Annotated[int, typer.Option("--count", help="How many of the best ways.", min=1, max=50)] = 5,
    through_bone: Annotated[
        bool, typer.Option("--through-bone", help="A coaxial or drill access is there, so bone may be crossed.")
    ] = False,
    bore_mm: Annotated[
        float | None, typer.Option("--bore-mm", help="Diameter of the scanner's opening (default 700).")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="The map (default: trajectories.png in the case).")
    ] = None,
    template: Annotated[
        bool,
        typer.Option("--template", help="Only through the plan's template; without one, the middle hole on target."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Map the skin: where a needle's way to the target is open, what it costs, and what closes the rest."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.desk.ways import trajectories as look

    desk = open_desk(case)
    if template:
        _through_template(desk, case, probe, figure, as_json)
        return
    ways = look(
        desk, figure=figure or case / "trajectories.png", probe=probe, count=count, through_bone=through_bone,
        bore_mm=bore_mm,
    )  # fmt: skip
    said = [str(ways.found), *([ways.shut] if ways.shut else []), f"Map: {ways.figure}"]
    say(as_json, ways.as_json(count), "\n".join(said))


def _through_template(desk: Any, case: Path, probe: str, figure: Path | None, as_json: bool) -> None:
    """Holes of a template that reach the target, with the depth of each."""
    from iceball.plan.ways.terrain import Terrain
    from iceball.plan.ways.through import centred_template, through
    from iceball.reporting.template_map import draw_template

    terrain = Terrain.of(desk.anatomy)
    template = desk.plan.template or centred_template(terrain)
    found = through(desk.anatomy, template, kind=probe, setting=desk.plan.setting, terrain=terrain)
    drawn = draw_template(found, terrain.ground.target_mm, figure or case / "template.png", plan=desk.plan)
    x, y, z = template.hole_a1_mm
    whose = "the plan's" if desk.plan.template else f"placed here: [template] hole_a1_mm = [{x:g}, {y:g}, {z:g}]"
    told = {**found.as_json(), "of_plan": desk.plan.template is not None, "figure": str(drawn)}
    say(as_json, told, f"Template ({whose})\n{found}\nPicture: {drawn}")


@app.command()
def search(
    case: CaseFolder,
    intent: Annotated[
        str | None,
        typer.Option("--intent", help="curative, palliative or partial: its goals replace the plan's covers."),
    ] = None,
    relieve: Annotated[
        str, typer.Option("--relieve", help="Of a palliative one: the interface with bone, or the mass.")
    ] = "interface",
    fraction: Annotated[
        float | None, typer.Option("--fraction", help="So much of the target (partial), interface or mass, 0 to 1.")
    ] = None,
    part: Annotated[str, typer.Option("--part", help="Of a partial one: a drawn structure to cover.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="Of the search.", min=0)] = 0,
    objective: Annotated[
        str,
        typer.Option("--objective", help="Make large what nine of ten draws keep (p10), the worst (worst), or margin."),
    ] = "p10",
    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            help="Seconds, the run that confirms the plan included. Default: 55 for a target of up to 34 mL (4 cm), "
            "beyond that in proportion to it, at most 180.",
            min=1,
            max=86_400,
        ),
    ] = None,
    most_needles: Annotated[int, typer.Option("--most-needles", help="At most so many.", min=1, max=12)] = 12,
    probe: Annotated[
        list[str] | None, typer.Option("--probe", help="Cards to choose from (default: both 17G needles).")
    ] = None,
    spacing_mm: Annotated[
        float, typer.Option("--spacing-mm", help="Cells of the run that confirms the plan.", min=0.25, max=4.0)
    ] = 1.0,
    bore_mm: Annotated[
        float | None, typer.Option("--bore-mm", help="Diameter of the scanner's opening (default 700).")
    ] = None,
    free: Annotated[
        str, typer.Option("--free", help="What else may change, after the needles' places: times,duty,pullback.")
    ] = "",
    times: Annotated[
        str, typer.Option("--minutes", help="How long a freeze may last, 8,15 (default: the pack's range).")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write the plan found into plan.toml.")] = False,
    as_json: Json = False,
) -> None:
    """Propose needles: how many, which, where and how deep, for the plan's protocol and goals."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.desk.searching import SearchAsked, told_json
    from iceball.desk.searching import search as look
    from iceball.plan.search.work import objective_of

    desk = open_desk(case)
    asked = SearchAsked(
        intent=intent, relieve=relieve, fraction=fraction, part=part, objective=objective_of(objective), seed=seed,
        budget_s=budget, most_needles=most_needles, kinds=tuple(probe or ()), spacing_mm=spacing_mm,
        bore_mm=bore_mm, free=free, times=times,
    )  # fmt: skip
    with stoppable() as stopped:
        searched = look(desk, asked, cancelled=stopped)
    proposal = searched.proposal
    if proposal is None:
        if searched.best.is_file():
            stderr.print(f"Best plan so far: {escape(str(searched.best))}. The same command goes on from here.")
        raise KeyboardInterrupt
    if apply:
        desk.case.save_plan(proposal.plan)
    done = "plan.toml holds it now" if apply else "plan.toml is as it was; --apply puts the plan there"
    lines = f"{proposal}\nPlans: {searched.folder} ({done}).\nNext: iceball run {shlex.quote(str(case))}"
    say(as_json, told_json(searched, applied=apply), lines)


@app.command("what-if")
def what_if(
    case: CaseFolder,
    spacing_mm: Annotated[float, typer.Option("--spacing-mm", help="Cells of all runs.", min=0.25, max=4.0)] = 2.0,
    protect: Annotated[
        bool, typer.Option("--protect", help="Only what protects structures whose limit is not met, best first.")
    ] = False,
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Change one thing of the plan at a time and say what it does to the margin and to every structure."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.desk.ways import what_if as changes
    from iceball.desk.ways import what_if_json

    rows = changes(open_desk(case, as_placed=as_placed), spacing_mm=spacing_mm, protect=protect)
    lines = "\n".join(map(str, rows)) or "Every goal that spares a structure is met, or not assessed."
    say(as_json, what_if_json(rows, spacing_mm), lines)


@app.command()
def compare(
    case: CaseFolder,
    plans: Annotated[list[Path] | None, typer.Argument(help="Plan files to hold beside the case's own.")] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="And the plans of the 1-2 rule and of a union of ellipsoids.")
    ] = False,
    spacing_mm: Annotated[float, typer.Option("--spacing-mm", help="Cells of all runs.", min=0.25, max=4.0)] = 2.0,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="The picture (default: compare.png in the case).")
    ] = None,
    as_placed: Annotated[
        bool, typer.Option("--as-placed", help="And the needles as they lie on a control image.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hold plans side by side: numbers, pictures and curves on equal cells and by the same goals."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.desk.ways import compare as look
    from iceball.io.placed import placed_plan
    from iceball.io.text import read_toml
    from iceball.plan.plan import Plan

    desk = open_desk(case)
    chosen = {"plan.toml": desk.plan, **{p.stem: read_toml(p, Plan) for p in plans or ()}}
    if as_placed:
        chosen["as placed"] = placed_plan(desk.case)
    found = look(desk, chosen, figure=figure or case / "compare.png", baseline=baseline, spacing_mm=spacing_mm)
    say(as_json, found.as_json(), f"{found}\nPicture: {found.figure}")
