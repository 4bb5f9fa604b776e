"""3D Slicer's .mrk.json: points that a person set."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from iceball.errors import ImageError, SegmentationError

Point = tuple[float, float, float]
# The sign of x and y that turns each coordinate system into LPS; old files number them.
SYSTEMS = {"LPS": 1.0, "RAS": -1.0, "1": 1.0, "0": -1.0}
MOST_BYTES = 50_000_000


def load_points(path: Path) -> dict[str, tuple[Point, ...]]:
    """Points by the name of their list (the file's name, numbered where it holds several lists), LPS mm.

    Raises:
        ImageError: if it is no such file, or a coordinate is not a finite number.
        SegmentationError: if no point is set in it.
    """
    where = path.name
    if path.stat().st_size > MOST_BYTES:
        raise ImageError("is too large to be a list of points.", where=where, remedy="Check the file.")
    try:
        lists = json.loads(path.read_bytes())["markups"]
        found = [_points(markup, where) for markup in lists]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ImageError(
            "is not a 3D Slicer markups file.", where=where, remedy="Save the points as .mrk.json."
        ) from None
    stem = where.removesuffix(".json").removesuffix(".mrk")
    named = {stem if len(found) == 1 else f"{stem}_{n}": points for n, points in enumerate(found, 1) if points}
    if not named:
        raise SegmentationError("is empty: no point is set in it.", where=where, remedy="Set the points first.")
    return named


def _points(markup: dict[str, Any], where: str) -> tuple[Point, ...]:
    system = str(markup.get("coordinateSystem", "")).upper()
    if system not in SYSTEMS:
        raise ImageError(f"its coordinate system '{system}' is not known.", where=where, remedy="Use LPS or RAS.")
    if str(markup.get("coordinateUnits", "mm")) not in ("mm", "['mm', 'mm', 'mm']"):
        raise ImageError(f"its unit is {markup['coordinateUnits']}.", where=where, remedy="Save the points in mm.")
    sign, points = SYSTEMS[system], []
    for control in markup["controlPoints"]:
        if control.get("positionStatus", "defined") != "defined":
            continue
        x, y, z = (float(v) for v in control["position"])
        if not all(math.isfinite(v) for v in (x, y, z)):
            raise ImageError(
                f"the point '{control.get('label', '')}' is not finite.", where=where, remedy="Set it again."
            )
        points.append((sign * x, sign * y, z))
    return tuple(points)
