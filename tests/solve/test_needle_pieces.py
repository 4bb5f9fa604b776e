"""Needles between the cells: smooth in their position, in balance, and the same whatever was computed before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from iceball.physics.freezing import enthalpy
from iceball.physics.heat import potential
from iceball.solve import Bioheat, Line, LineStep, Scene
from iceball.solve.laying import lay_out
from iceball.solve.layout import Layout
from iceball.solve.needle import Sinks, sinks
from iceball.solve.needle_heat import COOLED, GIVEN, OFF, Work, _look, _smooth, draw, wall_potentials, work_for
from iceball.solve.rows import property_rows
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY

FILM = 2.0 * math.pi * 0.75e-3 * 2000.0
END = (1.0, -2.0, 9.0)


class Laid:
    """Needles of 0.75 mm on 2 mm cells, in a field of temperatures that is smooth in space."""

    def __init__(self, *ends: tuple[Any, Any], labels: Any = None, spacing_mm: float = 2.0) -> None:
        grid = Grid.box((-20, -20, -20), (20, 20, 20), spacing_mm)
        labels = np.zeros(grid.shape, np.uint8) if labels is None else labels
        lines = tuple(
            Line(f"{n}", tuple(a), tuple(b), 0.75, (LineStep(0, 1, -140.0),)) for n, (a, b) in enumerate(ends)
        )
        scene = Scene(grid, labels, (KIDNEY, FAT), 1.0, lines)
        self.rows = property_rows(scene, Bioheat())
        self.lay: Layout = lay_out(scene, self.rows)
        self.needles: Sinks = sinks(scene, self.lay, self.rows)
        x, y, z = np.moveaxis(grid.centres_mm(), -1, 0)
        self.centres = grid.centres_mm()
        celsius = -30.0 + 1.5 * x - 0.7 * y + 0.4 * z + 0.05 * x * y + 6.0 * np.sin(0.3 * x + 0.2 * z)
        self.psi, self.h = np.zeros(self.lay.padded), np.zeros(self.lay.padded)
        for label in np.unique(labels):
            here, m = labels == label, self.rows[label]
            self.lay.inner(self.psi)[here] = [potential(c, m) / m["warm_k"] for c in celsius[here]]
            self.lay.inner(self.h)[here] = [enthalpy(c, m) for c in celsius[here]]

    def work(self) -> Work:
        return work_for(self.needles.tables, self.needles.tables.sink_start.size - 1)

    def draw(self, drives: list[tuple[float, ...]], work: Work, scale: float = 1.0) -> tuple[Any, Any]:
        tables = self.needles.tables
        sink, watts = np.zeros(tables.cells.size), np.zeros(len(drives))
        draw(self.psi * scale, self.h, self.lay.labels, self.rows, np.array(drives), tables, work,
             np.zeros(tables.cells.size), sink, watts)  # fmt: skip
        return sink, watts


def held(h: float = math.inf) -> tuple[float, ...]:
    return (COOLED, -140.0, FILM * h / 2000.0, 0.0)


def moved(shift: float, turn: float) -> Laid:
    start = np.array([0.3 + shift, 0.2 + 0.6 * shift, -8.0])
    end = np.array([2.5 + shift + 9.0 * math.sin(turn), 1.5 + 0.6 * shift, -8.0 + 16.0 * math.cos(turn)])
    return Laid((start, end))


def measures(laid: Laid) -> list[float]:
    """Power, and two moments of where it is taken."""
    sink, watts = laid.draw([held()], laid.work())
    flat = laid.needles.tables.cells
    i, j, k = np.array(np.unravel_index(flat, laid.lay.padded)) - 1
    at = laid.centres[i, j, k]
    return [float(watts[0]), float(sink @ at[:, 0] ** 2), float(sink @ np.cos(at[:, 2] + 0.5 * at[:, 1]))]


@pytest.mark.parametrize(("shift", "turn"), [(1.0, 0.0), (0.0, 0.1)])
def test_heat_and_place_bend_but_never_break_when_the_needle_moves(shift: float, turn: float) -> None:
    """A jump would leave second differences as they are when steps are halved, a kink would halve them."""

    def bend(step_mm: float) -> np.ndarray:
        path = np.arange(0.0, 0.6, step_mm)
        values = np.array([measures(moved(0.3 + shift * x, turn * x)) for x in path])
        return np.asarray(np.abs(np.diff(values, n=2, axis=0)).max(axis=0))

    wide, narrow = bend(0.02), bend(0.01)
    assert (wide / narrow > 2.8).all()


def test_a_needle_has_as_many_pieces_however_it_lies() -> None:
    counts = set()
    for turn in np.linspace(0.0, math.pi, 37):
        u = 8.5 * np.array([math.sin(turn), 0.3, math.cos(turn)]) / math.hypot(1.0, 0.3)
        counts.add(Laid((-u, u)).needles.tables.line.size)
    assert len(counts) == 1


def test_what_the_cells_give_is_what_the_needles_take() -> None:
    laid = Laid(((0.3, 0.2, -8), END), ((3.0, 0.2, -8), (3.5, 0.9, 7)))
    sink, watts = laid.draw([held(), held(2000.0)], laid.work())
    assert watts.min() > 0
    assert -sink.sum() * laid.lay.cell_m3 == pytest.approx(watts.sum(), rel=1e-12)


def test_a_given_heat_is_taken_along_the_whole_length() -> None:
    laid = Laid(((0.3, 0.2, -8), END))
    _, watts = laid.draw([(GIVEN, 0.0, 0.0, 500.0)], laid.work())
    assert watts[0] == pytest.approx(0.5 * math.dist((0.3, 0.2, -8), END), rel=1e-12)


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.0, 2.0, 4.0, 30.0])
def test_every_wall_has_the_temperature_its_film_asks_for(apart: float) -> None:
    a, b = (-4.0, 0.2, -8.0), (-4.0, 1.0, 8.0)
    laid = Laid((a, b), ((a[0] + apart / 2, *a[1:]), (b[0] + apart / 2, *b[1:])))
    tables, work = laid.needles.tables, laid.work()
    laid.draw([held(2000.0), held(1000.0)], work)
    walls = np.zeros(tables.line.size)
    wall_potentials(tables, work, walls)
    assert work.strength.min() >= 0.0
    for s in np.flatnonzero(work.strength > 0.0):
        film = FILM * (1.0, 0.5)[tables.line[s]]
        coolant = potential(-140.0 + work.strength[s] / film, laid.rows[0])
        assert walls[s] == pytest.approx(coolant, abs=1e-3)


def test_the_answer_does_not_hang_on_what_was_computed_before() -> None:
    laid = Laid(((0.3, 0.2, -8), END), ((3.0, 0.2, -8), (3.5, 0.9, 7)))
    drives = [held(2000.0), held(2000.0)]
    used, fresh = laid.work(), laid.work()
    for scale in (0.2, 1.4, 0.9, 1.01):
        laid.draw(drives, used, scale)
    copied = Work(*(np.copy(a) for a in used))
    _, first = laid.draw(drives, used)
    _, again = laid.draw(drives, copied)
    _, anew = laid.draw(drives, fresh)
    assert (first == again).all()
    assert first == pytest.approx(anew, rel=1e-6)


def test_a_wall_held_at_its_temperature_gives_the_same_bits_after_any_history() -> None:
    laid = Laid(((0.3, 0.2, -8), END), ((3.0, 0.2, -8), (3.5, 0.9, 7)))
    used = laid.work()
    for drives in ([held(), held()], [(OFF, 0.0, 0.0, 0.0), held()], [held(300.0), (GIVEN, 0.0, 0.0, 100.0)]):
        laid.draw(drives, used, 0.7)
    sink, _ = laid.draw([held(), held()], used)
    anew, _ = laid.draw([held(), held()], laid.work())
    assert (sink == anew).all()


def test_an_idle_needle_takes_nothing_and_feels_its_neighbour() -> None:
    laid = Laid(((0.0, 0.2, -8), (0.0, 0.2, 8)), ((2.0, 0.2, -8), (2.0, 0.2, 8)))
    tables, work = laid.needles.tables, laid.work()
    _, watts = laid.draw([held(), (OFF, 0.0, 0.0, 0.0)], work)
    walls = np.zeros(tables.line.size)
    wall_potentials(tables, work, walls)
    idle = tables.line == 1
    assert watts[0] > 0
    assert watts[1] == 0
    assert (walls[idle] < work.ring[idle]).all()


def test_where_tissues_meet_no_cell_is_given_heat_by_a_cold_needle() -> None:
    grid = Grid.box((-20, -20, -20), (20, 20, 20), 2.0)
    labels = (np.random.default_rng(3).random(grid.shape) < 0.5).astype(np.uint8)
    laid = Laid(((0.3, 0.2, -8), END), labels=labels)
    sink, watts = laid.draw([held()], laid.work())
    assert watts[0] > 0
    assert sink.max() <= 0.0


@pytest.mark.parametrize("celsius", [20.0, -30.0])
def test_in_one_temperature_each_piece_sees_the_potential_of_its_own_tissue(celsius: float) -> None:
    grid = Grid.box((-20, -20, -20), (20, 20, 20), 2.0)
    labels = (np.random.default_rng(0).random(grid.shape) < 0.5).astype(np.uint8)
    laid = Laid(((0.3, 0.2, -8), END), labels=labels)
    for label in (0, 1):
        m = laid.rows[label]
        laid.lay.inner(laid.psi)[labels == label] = potential(celsius, m) / m["warm_k"]
        laid.lay.inner(laid.h)[labels == label] = enthalpy(celsius, m)
    tables = laid.needles.tables
    ring = np.zeros(tables.line.size)
    _look(laid.psi.reshape(-1), laid.h.reshape(-1), laid.lay.labels.reshape(-1), laid.rows, tables, ring)
    assert set(tables.label) == {0, 1}
    for seen, label in zip(ring, tables.label, strict=True):
        assert seen == pytest.approx(potential(celsius, laid.rows[label]), rel=1e-9)


def test_what_a_needle_sees_is_evened_out_within_one_needle_and_one_tissue_only() -> None:
    """Potentials of two tissues are no neighbours: mixed, they made a needle across fat and kidney unstable."""
    line = np.array([0] * 8 + [1] * 3, np.int32)
    label = np.array([0] * 4 + [1] * 4 + [1] * 3, np.int32)
    straight = np.array([-40.0, -42.0, -44.0, -46.0, -9.0, -8.0, -7.0, -6.0, -300.0, -310.0, -320.0])
    ring = straight.copy()
    _smooth(line, label, ring)
    assert ring == pytest.approx(straight, abs=1e-12)
    zigzag = straight + np.array([0, 1, -1, 0, 0, -1, 1, 0, 0, 0, 0.0])
    _smooth(line, label, zigzag)
    assert zigzag - straight == pytest.approx([0, 0.25, -0.25, 0, 0, -0.25, 0.25, 0, 0, 0, 0], abs=1e-12)
