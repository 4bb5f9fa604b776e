"""Needles as they lie on a control image."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from iceball.cli.cases import CaseFolder
from iceball.cli.desk import open_desk
from iceball.cli.shell import Json, app, progress, say, stderr
from iceball.errors import CaseError


@app.command("as-placed")
def as_placed(
    case: CaseFolder,
    control: Annotated[Path, typer.Argument(metavar="CONTROL", help="Folder or file of the CT with the needles in.")],
    streak: Annotated[
        list[str] | None, typer.Option("--streak", help='"NAME=TIP/SHAFT", two points in LPS mm of the control image.')
    ] = None,
    streaks: Annotated[
        list[Path] | None, typer.Option("--streaks", help="Streaks in a TOML file, or a .mrk.json named as its needle.")
    ] = None,
    series: Annotated[str | None, typer.Option("--series", help="Which series, where there are several.")] = None,
    transform: Annotated[
        Path | None, typer.Option("--transform", help="4x4 matrix, control to planning image, instead of registering.")
    ] = None,
    no_register: Annotated[
        bool, typer.Option("--no-register", help="Both images lie in one frame of reference, and nobody moved.")
    ] = False,
    at_min: Annotated[
        float, typer.Option("--at-min", help="Minutes since the first freeze began; 0 is before.", min=0)
    ] = 0.0,
    advice: Annotated[
        bool, typer.Option("--advice/--no-advice", help="Judge the margin and look for one more.")
    ] = True,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="The picture (default: placed/as-placed.png in the case).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Set needles where a control CT shows them: how far off they lie, what margin is left, where one more helps."""
    from iceball.io.placed import placed_plan, read_motion, read_streaks, save_placed, streak_of
    from iceball.io.read import read_image
    from iceball.plan.placed.laid import laid_by_hand, lay, must_be_same_patient
    from iceball.plan.placed.next_needle import next_needle, with_next
    from iceball.plan.placed.placed import must_not_have_moved, place
    from iceball.reporting.placed_figure import draw_placed

    if transform is not None and no_register:
        raise CaseError("does not go with --no-register.", where="--transform", remedy="Leave one of them out.")
    given = (*(streak_of(text) for text in streak or ()), *(s for p in streaks or () for s in read_streaks(p)))
    stderr.print(f"Reading {escape(str(case))} and {escape(str(control))} …", highlight=False)
    desk = open_desk(case)
    image = read_image(control, series=series, modality="CT")
    must_be_same_patient(desk.anatomy, image)
    if transform is None and not no_register:
        stderr.print("Registering …")
        laid = lay(desk.anatomy, image)
    else:
        laid = laid_by_hand(desk.anatomy, image, read_motion(transform) if transform is not None else None)
    placed = place(desk.plan, desk.anatomy, image, given, laid)
    if at_min > 0:
        there = (desk.case.folder / "placed" / "plan.toml").is_file()
        before = placed_plan(desk.case) if there else desk.plan
        stderr.print("Asking whether ice held what moved …")
        must_not_have_moved(before, placed.plan, desk.anatomy, at_s=60.0 * at_min)
    told: dict[str, Any] = {"research_use_only": True, "control": control.name, "at_min": at_min, **placed.as_json()}
    found, more = None, None
    if advice and at_min == 0:
        with progress("Judging") as moved:
            found = next_needle(placed.plan, desk.anatomy, progress=moved)
        told, more = {**told, **found.as_json()}, with_next(placed.plan, found)
    folder = save_placed(desk.case, placed.plan, told, next_plan=more)
    drawn = draw_placed(placed, desk.anatomy, image, figure or folder / "as-placed.png", flags=desk.case.record.flags)
    late = ["Freezing has begun: no further needle is advised."] if advice and at_min > 0 else []
    lines = [str(placed), *late, *([str(found)] if found is not None else [])]
    lines += [f"Plan AS PLACED: {folder / 'plan.toml'} (plan.toml stays as planned). Picture: {drawn}"]
    lines += [f"With the needle advised: {folder / 'next.toml'}"] if more is not None else []
    lines += [f"Next: iceball run {shlex.quote(str(case))} --as-placed"]
    say(as_json, {**told, "folder": str(folder), "figure": str(drawn)}, "\n".join(lines))
