"""Ways to the target: where the skin is open to a needle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from iceball.cli.cases import CaseFolder
from iceball.cli.desk import Desk
from iceball.cli.shell import Json, app, say, stderr


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
    as_json: Json = False,
) -> None:
    """Map the skin: where a needle's way to the target is open, what it costs, and what closes the rest."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.plan.trajectory import trajectories as look
    from iceball.reporting.skin_map import draw_skin_map

    desk = Desk.open(case)
    found = look(desk.anatomy, kind=probe, setting=desk.plan.setting, through_bone=through_bone, bore_mm=bore_mm)
    drawn = draw_skin_map(found, figure or case / "trajectories.png", count=count)
    say(as_json, {**found.as_json(count), "figure": str(drawn)}, f"{found}\nMap: {drawn}")
