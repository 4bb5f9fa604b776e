"""How a scene is laid out: every stretch and face that is listed, against the same asked cell by cell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iceball.solve import Bioheat, Rule, Scene, Wall
from iceball.solve.laying import LEAST_BETWEEN, LEAST_PLAIN, lay_out
from iceball.solve.layout import GAS, HELD, TISSUE, WALL, Layout
from iceball.solve.rows import property_rows
from iceball.space import Grid
from tests.solve.scenes import FAT, KIDNEY

SPACING_MM = (1.0, 2.0, 1.5)
BLOODLESS = replace(KIDNEY, perfusion=0.0)
MATERIALS = (KIDNEY, FAT, None, replace(FAT, conductivity=0.4), None, BLOODLESS)
WALLS = (Wall("air", 2, 0.0, 22.0), Wall("bath", 4, 200.0, 40.0))


def drawn(seed: int, shape: tuple[int, int, int]) -> Scene:
    """Tissues and gas at random, in stretches along z; outer faces held or closed."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(6, shape, p=rng.dirichlet(np.full(6, 0.3))).astype(np.uint8)
    labels = np.repeat(labels, rng.integers(1, 60), axis=2)[..., : shape[2]]
    labels[0, 0, 0] = 0
    outer = tuple(None if rng.random() < 0.3 else float(rng.choice([37.0, -30.0])) for _ in range(6))
    grid = Grid.box((0, 0, 0), tuple(n * d for n, d in zip(shape, SPACING_MM, strict=True)), SPACING_MM)  # type: ignore[arg-type]
    rules = (Rule(0, 5, "thawed"),) if rng.random() < 0.5 else ()
    return Scene(grid, labels, MATERIALS, 10.0, walls=WALLS, outer_c=outer, rules=rules)  # type: ignore[arg-type]


def laid(seed: int, shape: tuple[int, int, int]) -> tuple[Scene, Layout]:
    scene = drawn(seed, shape)
    return scene, lay_out(scene, property_rows(scene, Bioheat()))


def neighbours(scene: Scene, cell: tuple[int, ...]) -> list[tuple[int, int, tuple[int, ...], int | None]]:
    """Axis, side, index and label of the six cells beside one; None beyond the grid."""
    out = []
    for axis in range(3):
        for side in (0, 1):
            at = tuple(n + (2 * side - 1) * (axis == a) for a, n in enumerate(cell))
            inside = all(0 <= n < size for n, size in zip(at, scene.grid.shape, strict=True))
            out.append((axis, side, at, int(scene.labels[at]) if inside else None))
    return out


def through(scene: Scene, own: int, other: int, axis: int) -> float:
    """W/m3/K between two labels along an axis."""
    d, m, n = scene.grid.spacing_mm[axis] / 1000.0, scene.materials[own], scene.materials[other]
    assert m is not None
    if n is None:
        h = next(wall.h for wall in scene.walls if wall.label == other)
        return 1.0 / (0.5 * d / m.conductivity + 1.0 / h) / d if h else 0.0
    return 2.0 / (1.0 / m.conductivity + 1.0 / n.conductivity) / d**2


SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 90))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SHAPES)
def test_the_listed_faces_are_those_between_unlike_cells_and_at_conducting_walls(
    seed: int, shape: tuple[int, int, int]
) -> None:
    scene, lay = laid(seed, shape)
    kin = {n: 0 if n == 5 and scene.rules else n for n in range(6)}
    expected, gas = [], {wall.label: n for n, wall in enumerate(scene.walls)}
    for cell in np.ndindex(*shape):
        own = int(scene.labels[cell])
        if own in gas:
            continue
        for axis, side, at, other in neighbours(scene, cell):
            there = int(np.ravel_multi_index(tuple(n + 1 for n in at), lay.padded))
            place = (cell[0] * shape[1] + cell[1], cell[2], there)
            if other is None:
                m, d = MATERIALS[own], SPACING_MM[axis] / 1000.0
                if scene.outer_c[2 * axis + side] is not None and m is not None:
                    expected.append((*place, HELD, axis, 2 * axis + side, 2.0 * m.conductivity / d**2))
            elif other in gas:
                if scene.walls[gas[other]].h > 0.0:
                    expected.append((*place, WALL, axis, gas[other], through(scene, own, other, axis)))
            elif kin[own] != kin[other]:
                expected.append((*place, TISSUE, axis, 0, through(scene, own, other, axis)))
    row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
    found = np.column_stack([row, lay.face_cell, lay.face_there, lay.face_kind])
    assert found.tolist() == [list(face[:-1]) for face in expected]
    assert lay.face_k == pytest.approx([face[-1] for face in expected], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SHAPES)
def test_stretches_hold_every_cell_of_tissue_and_mixed_ones_whatever_touches_others(
    seed: int, shape: tuple[int, int, int]
) -> None:
    scene, lay = laid(seed, shape)
    for row, (i, j) in enumerate(np.ndindex(*shape[:2])):
        own, of_runs, of_pieces = lay.labels[i + 1, j + 1, 1:-1], np.full(shape[2], GAS), np.full(shape[2], -1)
        for first, past, label in lay.runs[lay.run_start[row] : lay.run_start[row + 1]]:
            assert (own[first:past] == label).all()
            of_runs[first:past] = label
        assert np.array_equal(of_runs, own)
        alone = np.unique(own[own != GAS]).size == 1
        last = None
        for first, past, label in lay.pieces[lay.piece_start[row] : lay.piece_start[row + 1]]:
            assert last is None or (first, label) != last, "two stretches of one kind side by side are one"
            assert label == GAS or past - first >= (LEAST_PLAIN if alone else LEAST_BETWEEN)
            of_pieces[first:past], last = label, (past, label)
        assert np.array_equal(of_pieces >= 0, own != GAS)
        for c in np.flatnonzero((of_pieces >= 0) & (of_pieces != GAS)):
            beside = {label for *_, label in neighbours(scene, (i, j, int(c)))}
            assert beside == {of_pieces[c]} == {own[c]}
        if (of_pieces == GAS).any():
            assert min(lay.slot[i + 1, j + 1], lay.slot[i, j + 1], lay.slot[i + 1, j]) >= 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), SHAPES)
def test_conductances_are_those_of_the_faces_above_each_cell(seed: int, shape: tuple[int, int, int]) -> None:
    scene, lay = laid(seed, shape)
    for i, j, c in np.ndindex(*shape):
        own, slot = int(scene.labels[i, j, c]), int(lay.slot[i + 1, j + 1])
        if slot < 0 or MATERIALS[own] is None:
            continue
        for axis, side, _, other in neighbours(scene, (i, j, c)):
            if side and other is not None:
                assert lay.conduct[slot, axis, c + 1] == pytest.approx(through(scene, own, other, axis), rel=1e-6)


def test_what_is_held_outside_is_felt_at_the_conductivity_of_the_cell_inside() -> None:
    labels = np.zeros((3, 3, 20), np.uint8)
    labels[..., 9:] = 1
    scene = replace(drawn(1, labels.shape), labels=labels, outer_c=(None, -30.0, 37.0, 37.0, 37.0, 12.0))
    lay = lay_out(scene, property_rows(scene, Bioheat()))
    last = int(lay.slot[-2, 1])
    assert lay.conduct[int(lay.slot[0, 1]), 0] == pytest.approx(0.0), "the face is closed"
    assert lay.conduct[last, 0, 1] == pytest.approx(2.0 * KIDNEY.conductivity / 1e-6)
    assert lay.conduct[last, 2, 20] == pytest.approx(2.0 * FAT.conductivity / 1.5e-3**2)
    assert lay.edge_psi[2, 2, -1] == pytest.approx(12.0 - 37.0), "unfrozen, it is the temperature above the body's"
    assert lay.edge_psi[-1, 2, 3] < -67.0, "frozen tissue conducts better"
    assert not lay.edge_psi[1:-1, 1:-1, 1:-1].any()
