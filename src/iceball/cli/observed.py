"""Ice that somebody saw, held against the prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iceball.cli.cases import CaseFolder
from iceball.cli.desk import open_desk
from iceball.cli.shell import Json, app, say, stderr


@app.command("observed")
def observed(
    case: CaseFolder,
    mask: Annotated[Path, typer.Argument(metavar="MASK", help="Segmentation of the ice: RTSTRUCT, SEG, NIfTI, NRRD.")],
    at_min: Annotated[float, typer.Option("--at-min", help="Minutes since the first freeze began.")],
    by: Annotated[str, typer.Option("--by", help="Who saw it.")],
    structure: Annotated[
        str | None, typer.Option("--structure", help="Which one, where the file holds several.")
    ] = None,
    on_control: Annotated[
        bool, typer.Option("--on-control", help="Drawn on the control CT that the needles were set on, in its place.")
    ] = False,
    as_placed: Annotated[bool, typer.Option("--as-placed", help="Held against the needles AS PLACED.")] = False,
    as_json: Json = False,
) -> None:
    """Keep ice that somebody saw, and say how far the prediction for that minute lies from it."""
    from iceball.desk.observing import hold_beside, must_be_within
    from iceball.guide.beside import Beside
    from iceball.guide.seen import Observation, Seen
    from iceball.io.observed import read_ice, save_observed

    stderr.print(f"Reading {escape(str(case))} and {escape(str(mask))} …", highlight=False)
    desk = open_desk(case, as_placed=as_placed)
    must_be_within(desk.plan, at_min)  # before anything is kept
    ice = read_ice(desk.case, mask, structure=structure, on_control=on_control)
    on = "control CT" if on_control else "planning image"
    kept = save_observed(desk.case, Observation(Seen(at_min, by, on, f"read from {mask.name}"), ice))
    told = hold_beside(desk, kept)
    lines = [f"Kept: {kept.folder}. It is an observation: no plan, key or result changes."]
    stage = desk.plan.stage.upper()
    lines += [f"Held against the prediction {stage} at {at_min:g} min, cells of {told['spacing_mm']:g} mm:"]
    lines += [f"  edge taken as {Beside(**told[name])}" for name in ("beside", "if_colder")]
    say(as_json, {**told, "folder": str(kept.folder)}, "\n".join([*lines, told["assumed"]]))
