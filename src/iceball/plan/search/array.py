"""How many needles side by side, and how far apart: the 1-2 rule on the target's outline as seen along the shafts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iceball.plan.rules import rule

Floats = NDArray[np.float64]

# Enough directions across the outline to find its width within half a percent.
WIDTHS = 36
# Lloyd's iteration has settled long before on outlines of a few hundred cells.
ROUNDS = 40
SETTLED_MM = 0.02


@dataclass(frozen=True, eq=False)
class Row:
    """Parallel needles across a target.

    Attributes:
        at_mm: where each needle passes the plane across the shafts, shape (n, 2).
        near_mm, far_mm: where the target begins and ends along each needle.
        width_mm: the target's largest diameter across the shafts.
        spacing_mm: from each needle to its nearest neighbour; empty for one needle.
        hole_mm: the largest distance from a point of the outline to a needle.
        capped: True where the rule asks for more needles than the starter may place.
    """

    at_mm: Floats
    near_mm: Floats
    far_mm: Floats
    width_mm: float
    spacing_mm: Floats
    hole_mm: float
    capped: bool


def needle_row(across_mm: Floats, along_mm: Floats, step_mm: float) -> Row:
    """Needles for a target given by points: (n, 2) across and (n,) along the shafts, `step_mm` apart.

    One needle per started centimetre of the width, then as many more as it takes until neighbours lie at most 20 mm
    apart and no point of the outline is farther from a needle than the middle of four such neighbours; fewer where they
    would lie closer than 10 mm; never more than the cap.
    """
    cells = _cells(across_mm, 1.5 * step_mm)
    angles = np.linspace(0, np.pi, WIDTHS, endpoint=False)
    # Sums written out: a matrix product this small would wake every core, and wait for it on a busy machine.
    views = np.cos(angles)[:, None] * across_mm[:, 0] + np.sin(angles)[:, None] * across_mm[:, 1]
    width = float((views.max(axis=1) - views.min(axis=1)).max())
    least, widest = float(rule("rule", "smallest_spacing_mm")), float(rule("rule", "largest_spacing_mm"))
    most = int(float(rule("rule", "most_needles")))
    wanted = max(1, int(np.ceil(width / float(rule("rule", "width_per_needle_mm")))))
    number = min(wanted, most)
    at = _spread(cells, number, least)
    while number > 1 and _nearest(at).min() < least - 1e-6:
        number -= 1
        at = _spread(cells, number, least)
        most = number
    while number < most and _holes(cells, at, widest):
        number += 1
        more = _spread(cells, number, least)
        if _nearest(more).min() < least - 1e-6:
            break
        at = more
    cap = int(float(rule("rule", "most_needles")))
    capped = wanted > cap or (len(at) == cap and _holes(cells, at, widest))
    return _row(across_mm, along_mm, step_mm, at, cells, width, capped)


def evenly(across_mm: Floats, step_mm: float, number: int) -> Floats:
    """`number` places spread evenly over a target's outline across the shafts, shape (number, 2)."""
    return _spread(_cells(across_mm, 1.5 * step_mm), number, float(rule("rule", "smallest_spacing_mm")))


def _cells(across_mm: Floats, size_mm: float) -> Floats:
    """The outline as square cells: each place across the shafts counts once, however deep the target is there."""
    index = np.rint(across_mm / size_mm).astype(np.int64)
    low = index.min(axis=0)
    width = int(index[:, 0].max() - low[0]) + 1
    keys = np.unique((index[:, 1] - low[1]) * width + index[:, 0] - low[0])
    return np.asarray(np.column_stack([keys % width + low[0], keys // width + low[1]]) * size_mm)


def _gaps(a: Floats, b: Floats) -> Floats:
    """Distances between two sets of places, shape (len(a), len(b))."""
    return np.asarray(np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1]))


def _holes(cells: Floats, at: Floats, widest: float) -> bool:
    """True where neighbours stand too far apart, or a point lies deeper between needles than amid four neighbours."""
    hole = _gaps(at, cells).min(axis=0).max()
    return bool(hole > widest / np.sqrt(2) or (len(at) > 1 and _nearest(at).max() > widest))


def _spread(cells: Floats, number: int, least: float) -> Floats:
    """`number` points evenly over the cells (Lloyd), pushed apart to `least` where the outline has room."""
    x, y = np.ascontiguousarray(cells[:, 0]), np.ascontiguousarray(cells[:, 1])
    gap = np.hypot(x - x.mean(), y - y.mean())
    first = int(np.argmax(gap))
    chosen, gap = [first], np.full(len(cells), np.inf)
    while len(chosen) < number:
        gap = np.minimum(gap, np.hypot(x - x[chosen[-1]], y - y[chosen[-1]]))
        chosen.append(int(np.argmax(gap)))
    at = cells[chosen]
    for _ in range(ROUNDS):
        owner = ((at[:, :1] - x) ** 2 + (at[:, 1:] - y) ** 2).argmin(axis=0)
        count = np.bincount(owner, minlength=number)
        sums = np.column_stack([np.bincount(owner, v, minlength=number) for v in (x, y)])
        moved = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], at)
        if np.abs(moved - at).max() < SETTLED_MM:
            break
        at = moved
    if number > 1 and 0 < _nearest(at).min() < least:
        centre = at.mean(axis=0)
        apart = centre + (at - centre) * least / _nearest(at).min()
        # Only where every needle stays within the outline.
        if _gaps(apart, cells).min(axis=1).max() < 1.0:
            at = apart
    return at


def _nearest(at: Floats) -> Floats:
    if len(at) < 2:
        return np.zeros(0)
    gaps = _gaps(at, at)
    np.fill_diagonal(gaps, np.inf)
    return np.asarray(gaps.min(axis=1))


def _row(
    across_mm: Floats, along_mm: Floats, step_mm: float, at: Floats, cells: Floats, width: float, capped: bool
) -> Row:
    near, far, placed = [], [], []
    for q in at:
        gap = np.hypot(across_mm[:, 0] - q[0], across_mm[:, 1] - q[1])
        if gap.min() > 2 * step_mm:
            # The mean of a bent outline's part may lie beside it: take the nearest place inside.
            q = across_mm[int(np.argmin(gap))]
            gap = np.hypot(across_mm[:, 0] - q[0], across_mm[:, 1] - q[1])
        chord = along_mm[gap <= 2 * step_mm]
        placed.append(q)
        near.append(chord.min())
        far.append(chord.max())
    where = np.array(placed)
    hole = float(_gaps(where, cells).min(axis=0).max())
    return Row(where, np.array(near), np.array(far), width, _nearest(where), hole, capped)
