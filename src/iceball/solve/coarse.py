"""The same scene on coarser cells: what a run is compared with to see how far its grid may mislead it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from iceball.solve.scene import Scene
from iceball.space import Grid

FACTOR = 2.0
"""How much coarser. At twice the spacing a run costs a twelfth to a sixteenth."""
EVEN = 1e-6


def coarser(scene: Scene, *, factor: float = FACTOR) -> Scene:
    """The scene in the same box on cells about `factor` times as large; an axis of one cell stays as it is.

    Each cell becomes the tissue or gas with the largest share in it. Of equal shares the rarer one wins, so that a skin
    or wall one cell thick is kept. Heat sources and a given start are averaged; needles, walls, outer faces, schedule
    and sensors are the same.
    """
    fine = scene.grid
    shape = tuple(max(1, round(n / factor)) for n in fine.shape)
    matrix = fine.matrix
    size = np.array(fine.shape) / shape
    matrix[:3, 3] = fine.to_mm((size - 1) / 2)
    matrix[:3, :3] *= size
    shares = [_shares(n, m) for n, m in zip(fine.shape, shape, strict=True)]
    start = scene.initial_c
    return replace(
        scene,
        grid=Grid.of(shape, matrix),
        labels=_largest(scene.labels, shares),
        initial_c=_mean(start, shares).astype(float) if isinstance(start, np.ndarray) else start,
        source=None if scene.source is None else _mean(scene.source, shares).astype(float),
    )


def _shares(fine: int, coarse: int) -> Any:
    """Matrix (coarse, fine): which share of each coarse cell the fine ones fill."""
    edges = np.arange(fine + 1) * (coarse / fine)
    low, high = edges[:-1], edges[1:]
    row, column, share = [], [], []
    for c in range(coarse):
        filled = np.minimum(high, c + 1) - np.maximum(low, c)
        (within,) = np.nonzero(filled > EVEN)
        row += [c] * len(within)
        column += list(within)
        share += list(filled[within])
    return sparse.csr_array((np.array(share, np.float32), (row, column)), shape=(coarse, fine))


def _mean(values: NDArray[Any], shares: list[Any]) -> NDArray[Any]:
    """Mean over each coarse cell."""
    for matrix in shares:
        # the first axis is averaged and goes to the end: after three turns all are in order again
        rest = values.shape[1:]
        values = (matrix @ values.reshape(values.shape[0], -1)).T.reshape(*rest, matrix.shape[0])
    return values


def _largest(labels: NDArray[np.uint8], shares: list[Any]) -> NDArray[np.uint8]:
    present, count = np.unique(labels, return_counts=True)
    out: NDArray[np.uint8] | None = None
    for label in present[np.argsort(-count, kind="stable")]:
        share = _mean((labels == label).astype(np.float32), shares)
        if out is None:
            out, most = np.full(share.shape, label, np.uint8), share
            continue
        wins = share > np.maximum(most - EVEN, 0.0)
        out[wins], most[wins] = label, share[wins]
    assert out is not None
    return out
