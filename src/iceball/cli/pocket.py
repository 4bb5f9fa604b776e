"""The verb `pocket`: how thick a pocket of fluid must be to spare an organ."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from iceball.cli.cases import CaseFolder
from iceball.cli.desk import open_desk
from iceball.cli.shell import Json, app, say, stderr
from iceball.errors import PlanError


@app.command()
def pocket(
    case: CaseFolder,
    move: Annotated[str, typer.Option("--move", help="The structure to move, for instance colon.")],
    fluid: Annotated[str, typer.Option("--fluid", help="saline, dextrose or co2.")] = "dextrose",
    start_c: Annotated[float | None, typer.Option("--start-c", help="Of the fluid (default: the room's, 20).")] = None,
    away_from: Annotated[str, typer.Option("--from", help="What it is moved away from.")] = "tumour",
    above: Annotated[
        float | None, typer.Option("--above", help="Until it stays above this, °C (default: the plan's goals).")
    ] = None,
    distance_mm: Annotated[float, typer.Option("--distance-mm", help="And so far around it.", min=0)] = 0.0,
    direction: Annotated[str | None, typer.Option("--direction", help="L,P,S (default: the shortest way).")] = None,
    most_mm: Annotated[float | None, typer.Option("--most-mm", help="The thickest pocket to try.", min=1)] = None,
    spacing_mm: Annotated[
        float, typer.Option("--spacing-mm", help="Cell size of the run that confirms.", min=0.25, max=4.0)
    ] = 1.5,
    write: Annotated[bool, typer.Option("--write", help="Write the pocket into plan.toml.")] = False,
    as_json: Json = False,
) -> None:
    """Solve how thick a pocket of fluid must be to spare an organ; the model moves it, not an image."""
    from iceball.assessment.goals import Spare
    from iceball.cli.cases import _floats
    from iceball.plan.pocket import Pocket, pocket_number
    from iceball.plan.thickness import thickness_for

    if distance_mm and above is None:
        raise PlanError("goes with --above.", where="--distance-mm", remedy="Say --above 0.")
    way = _floats(direction, "--direction")
    if way is not None and len(way) != 3:
        raise PlanError(f"has {len(way)} numbers; it takes 3.", where="--direction", remedy="Give L,P,S.")
    wanted = Pocket(
        move,
        fluid,
        pocket_number("thickness_mm").value,
        start_c=pocket_number("start_c").value if start_c is None else start_c,
        away_from=away_from,
        direction=None if way is None else (way[0], way[1], way[2]),
    )
    until = () if above is None else (Spare(move, above, distance_mm),)
    desk = open_desk(case)
    solved = thickness_for(
        desk.plan,
        desk.anatomy,
        wanted,
        until=until,
        spacing_mm=spacing_mm,
        most_mm=most_mm,
        progress=lambda text: stderr.print(text, highlight=False),
    )
    if write:
        desk.case.save_plan(solved.plan)
    told = {**{n: v for n, v in asdict(solved).items() if n != "plan"}, "written": write}
    ends = "Written into plan.toml." if write else "Type it again with --write to keep it in plan.toml."
    say(as_json, told, f"{solved}\n{ends}")
