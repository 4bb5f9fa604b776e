"""Needles as they lie on a control image."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iceball.cli.cases import CaseFolder
from iceball.cli.desk import open_desk
from iceball.cli.shell import Json, app, say, stderr
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
    from iceball.desk.placing import set_needles
    from iceball.io.placed import read_motion, read_streaks, streak_of
    from iceball.io.read import read_image

    if transform is not None and no_register:
        raise CaseError("does not go with --no-register.", where="--transform", remedy="Leave one of them out.")
    given = (*(streak_of(text) for text in streak or ()), *(s for p in streaks or () for s in read_streaks(p)))
    stderr.print(f"Reading {escape(str(case))} and {escape(str(control))} …", highlight=False)
    desk = open_desk(case)
    image = read_image(control, series=series, modality="CT")
    done = set_needles(
        desk, image, given, control=control.name, motion=read_motion(transform) if transform is not None else None,
        register=not no_register, at_min=at_min, advice=advice, figure=figure,
    )  # fmt: skip
    placed, found, more, folder, drawn = done.placed, done.found, done.more, done.folder, done.figure
    late = ["Freezing has begun: no further needle is advised."] if advice and at_min > 0 else []
    lines = [str(placed), *late, *([str(found)] if found is not None else [])]
    lines += [f"Plan AS PLACED: {folder / 'plan.toml'} (plan.toml stays as planned). Picture: {drawn}"]
    lines += [f"With the needle advised: {folder / 'next.toml'}"] if more is not None else []
    lines += [f"Next: iceball run {shlex.quote(str(case))} --as-placed"]
    say(as_json, done.as_json(), "\n".join(lines))
