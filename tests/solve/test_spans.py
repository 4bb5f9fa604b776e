"""Spans of rows and how they spread: the compiled ones against the same written with filters of images."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import minimum_filter1d

from iceball.solve import spans, window
from iceball.solve.bioheat import Bioheat
from iceball.solve.cpu import BUSY_HIGH, BUSY_LOW, COLD_HIGH, COLD_LOW, MARKS, Sink
from iceball.solve.laying import lay_out
from iceball.solve.layout import Layout
from iceball.solve.rows import property_rows
from tests.solve.scenes import block

Array = Any
SPANS = (
    "low",
    "high",
    "near_low",
    "near_high",
    "halo_low",
    "halo_high",
    "rim_low",
    "rim_high",
    "cold_low",
    "cold_high",
)


def least(values: Array, shape: tuple[int, ...], x: int, y: int) -> Array:
    """Of each row the least of those around it."""
    beside = minimum_filter1d(values.reshape(shape), 2 * x + 1, 0, mode="nearest")
    return minimum_filter1d(beside, 2 * y + 1, 1, mode="nearest").reshape(-1)


def most(values: Array, shape: tuple[int, ...], x: int, y: int) -> Array:
    """Of each row the most of those around it."""
    return -least(-values, shape, x, y)


class Plain:
    """A window without compiled parts."""

    def __init__(self, lay: Layout, sink: Sink, active: Array, marks: Array, wider: int) -> None:
        self.lay, self.sink, self.active, self.shape, self.length = lay, sink, active, lay.shape[:2], lay.shape[2]
        spacing = np.array(lay.spacing_m) * 1000.0
        spread = np.ceil(window.SPREAD_MM / spacing).astype(int) + wider
        warm = window.COLD_CELLS + wider + np.maximum(np.ceil(window.NEAR_MM / spacing).astype(int), window.NEAR_CELLS)
        busy, cold = (marks[:, BUSY_LOW], marks[:, BUSY_HIGH]), (marks[:, COLD_LOW], marks[:, COLD_HIGH])
        self.low, self.high = low, high = self.coarse(*self.around(*busy, spread))
        chilled = self.around(*cold, np.full(3, window.COLD_CELLS + wider))
        self.cold_low, self.cold_high = self.within(*chilled)
        near_low, near_high = self.within(*self.coarse(*self.around(*cold, warm)))
        self.halo_low = np.minimum(least(near_low, self.shape, 1, 1), near_low - 1)
        self.halo_high = np.maximum(most(near_high, self.shape, 1, 1), near_high + 1)
        none = near_low >= near_high
        near_low[none] = near_high[none] = np.clip(self.halo_low, low, np.maximum(low, high))[none]
        self.near_low, self.near_high = near_low, near_high
        first = most(np.where(near_low < near_high, near_low, self.length), self.shape, 1, 1)
        past = least(np.where(near_low < near_high, near_high, 0), self.shape, 1, 1)
        self.rim_low = np.clip(np.maximum(first, near_low + 1), near_low, near_high)
        self.rim_high = np.clip(np.minimum(past, near_high - 1), self.rim_low, near_high)
        beside = [(1, 0), (0, 1)]
        self.leaky = np.logical_or.reduce([(most(low, self.shape, *by) > low) | (least(high, self.shape, *by) < high)
                                           for by in beside])  # fmt: skip

    def around(self, low: Array, high: Array, margin: Array) -> tuple[Array, Array]:
        lows, highs = np.full(self.lay.rows, self.length), np.zeros(self.lay.rows, int)
        lows[self.active], highs[self.active] = low, high
        for r, (a, b) in enumerate(zip(self.sink.start[:-1], self.sink.start[1:], strict=True)):
            for column in self.sink.cell[a:b] % self.lay.padded[2]:
                lows[r], highs[r] = min(lows[r], column - 1), max(highs[r], column)
        lows, highs = least(lows, self.shape, *margin[:2]), most(highs, self.shape, *margin[:2])
        return self.empty(np.maximum(lows - margin[2], 0), np.minimum(highs + margin[2], self.length), lows >= highs)

    def coarse(self, low: Array, high: Array) -> tuple[Array, Array]:
        ends = window.ENDS
        return self.empty(low // ends * ends, np.minimum(-(-high // ends) * ends, self.length), low >= high)

    def within(self, low: Array, high: Array) -> tuple[Array, Array]:
        low, high = np.maximum(low, self.low), np.minimum(high, self.high)
        return self.empty(low, high, low >= high)

    def empty(self, low: Array, high: Array, none: Array) -> tuple[Array, Array]:
        return np.where(none, self.length, low), np.where(none, 0, high)


def laid(shape: tuple[int, int, int]) -> Layout:
    """A layout of so many cells of 2, 1 and 4 mm, of which windows ask for its measures only."""
    scene = block(1.0, spacing_mm=4.0)
    whole = vars(lay_out(scene, property_rows(scene, Bioheat())))
    padded = tuple(n + 2 for n in shape)
    return Layout(**{**whole, "shape": shape, "padded": padded, "spacing_m": (0.002, 0.001, 0.004)})


def drawn_window(seed: int, shape: tuple[int, int, int]) -> tuple[Layout, Sink, Array, Array]:
    """Random stretches in random rows, and some cells that feel a needle."""
    lay, rng, length = laid(shape), np.random.default_rng(seed), shape[2]
    active = np.flatnonzero(rng.random(lay.rows) < rng.random())
    marks = np.zeros((active.size, MARKS))
    for first, past in ((BUSY_LOW, BUSY_HIGH), (COLD_LOW, COLD_HIGH)):
        ends = np.sort(rng.integers(0, length + 1, (active.size, 2)), axis=1)
        still = (rng.random(active.size) < 0.6) | (ends[:, 0] == ends[:, 1])
        marks[:, first], marks[:, past] = np.where(still, length, ends[:, 0]), np.where(still, 0, ends[:, 1])
    felt = np.unique(rng.integers(0, lay.rows * length, rng.integers(0, 6)))
    row, at = np.divmod(felt, length)
    cell = lay.base[row] + at if row.size else np.zeros(0, np.int64)
    starts = np.searchsorted(row, np.arange(lay.rows + 1)).astype(np.int64)
    return lay, Sink(starts, cell, np.zeros(cell.size)), active, marks


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.tuples(st.integers(1, 14), st.integers(1, 14), st.integers(1, 40)), st.integers(0, 4))
def test_a_window_is_the_one_that_filters_find(seed: int, shape: tuple[int, int, int], wider: int) -> None:
    lay, sink, active, marks = drawn_window(seed, shape)
    old = window.whole(lay)
    found, plain = window.window(lay, sink, active, marks, wider, old), Plain(lay, sink, active, marks, wider)
    for name in SPANS:
        assert getattr(found, name).dtype == np.int32
        assert np.array_equal(getattr(found, name), getattr(plain, name)), name
    assert np.array_equal(found.leaky, plain.leaky)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 40)))
def test_rows_are_sorted_as_masks_sort_them(seed: int, shape: tuple[int, int, int]) -> None:
    lay, sink, active, marks = drawn_window(seed, shape)
    w = window.window(lay, sink, active, marks, 0, window.whole(lay))
    cut = window.Cut.of(w)
    near, every = w.near_high - w.near_low, w.high - w.low
    touch = (np.maximum(w.low, w.halo_low) < w.rim_low) | (w.rim_high < np.minimum(w.high, w.halo_high))
    assert np.array_equal(cut.near, np.flatnonzero(near > 0))
    assert np.array_equal(cut.far, np.flatnonzero((every > 0) & (every > near)))
    assert np.array_equal(cut.halo, np.flatnonzero((every > 0) & touch))
    assert (cut.near_cells, cut.far_cells) == (near[near > 0].sum(), every[every > 0].sum() - near[near > 0].sum())


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 40)))
def test_rows_beside_a_changed_span_are_altered(seed: int, shape: tuple[int, int, int]) -> None:
    lay, sink, active, marks = drawn_window(seed, shape)
    old = window.window(lay, sink, active, marks, 0, window.whole(lay))
    rng = np.random.default_rng(seed)
    new = old._replace(**{name: getattr(old, name).copy() for name in SPANS})
    for name in rng.choice(["high", "near_low", "near_high", "cold_low"], 2):
        getattr(new, name)[rng.random(lay.rows) < 0.1] -= 1
    other = np.logical_or.reduce([a != b for a, b in zip(old[:4], new[:4], strict=True)])
    found = window.altered(lay, old, new)
    assert np.array_equal(found, np.flatnonzero((most(other.astype(int), shape[:2], 1, 1) > 0) & (new.low < new.high)))


def test_a_span_spreads_over_the_rows_beside_it_and_no_further() -> None:
    low, high = np.full(5 * 7, 9, np.int32), np.zeros(5 * 7, np.int32)
    low[2 * 7 + 3], high[2 * 7 + 3] = 4, 6
    least_low, most_high = spans.spread(low, high, 7, 1, 2)
    reached = np.zeros((5, 7), bool)
    reached[1:4, 1:6] = True
    assert np.array_equal(least_low.reshape(5, 7) == 4, reached)
    assert np.array_equal(most_high.reshape(5, 7) == 6, reached)
