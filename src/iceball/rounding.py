"""Numbers as people read them, rounded in the direction that promises less and warns more."""

from __future__ import annotations

import math

# Absorbs floating-point noise only (5 - 1e-12 is 5); far below any figure that is shown.
NOISE = 1e-9
NO_VALUE = "–"


def down(value: float | None, digits: int = 1) -> str:
    """Rounded towards minus infinity: margins, distances, coverage, lowest temperatures. 4.96 is "4.9"."""
    if value is None:
        return NO_VALUE
    if not math.isfinite(value):
        return "unknown"
    scale = 10**digits
    return _signed(math.floor(value * scale + NOISE * scale) / scale, digits)


def up(value: float | None, digits: int = 1) -> str:
    """Rounded towards plus infinity: volumes of frozen healthy tissue, what a limit allows. 4.91 is "5.0"."""
    if value is None:
        return NO_VALUE
    if not math.isfinite(value):
        return "unknown"
    scale = 10**digits
    return _signed(math.ceil(value * scale - NOISE * scale) / scale, digits)


def nearest(value: float | None, digits: int = 1) -> str:
    """Rounded to the nearest: for numbers that no goal and no risk hangs on (angles, positions)."""
    if value is None:
        return NO_VALUE
    return _signed(round(value, digits), digits) if math.isfinite(value) else "unknown"


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
