"""A needle that does not cool alike along its length: an active zone with weak ends, a shaft that leaks."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.errors import SceneError
from iceball.physics.heat import potential
from iceball.solve import Bioheat, Line, LineStep, Scene, Simulation
from iceball.solve.laying import lay_out
from iceball.solve.needle import sinks
from iceball.solve.rows import property_rows
from iceball.solve.run import needle_walls_c
from iceball.solve.schedule import Schedule
from tests.solve.scenes import block, needle

START, END = (0.0, 0.0, -10.0), (0.0, 0.0, 10.0)


def profiled(*profile: tuple[float, float], h: float = 2000.0, seconds: float = 8.0) -> Scene:
    line = replace(needle(START, END, seconds, h=h), profile=profile)
    return replace(block(seconds, half_mm=18.0, spacing_mm=3.0), lines=(line,))


def same(one: Scene, two: Scene) -> bool:
    a, b = Simulation(one).run(), Simulation(two).run()
    return np.array_equal(a.final_c, b.final_c) and a.heat == b.heat


def test_shares_of_one_change_no_bit() -> None:
    assert same(profiled(), profiled((3.3, 1.0), (16.7, 1.0)))


def test_half_of_h_everywhere_is_half_the_h() -> None:
    assert same(profiled((4.0, 0.5), (16.0, 0.5), h=2000.0), profiled(h=1000.0))


@given(
    st.lists(st.tuples(st.floats(0.5, 20.0), st.floats(0.01, 3.0)), min_size=1, max_size=6), st.integers(1, 40)
)  # fmt: skip
def test_however_a_line_is_cut_the_shares_of_its_pieces_add_up_to_its_profile(
    profile: list[tuple[float, float]], pieces: int
) -> None:
    length = math.fsum(mm for mm, _ in profile)
    line = Line("any", (0, 0, 0), (length, 0, 0), 0.75, (), tuple(profile))
    cuts = np.linspace(0.0, length, pieces + 1)
    shares = line.shares(cuts)
    assert shares @ np.diff(cuts) == pytest.approx(sum(mm * share for mm, share in profile), rel=1e-9)
    assert min(share for _, share in profile) * (1 - 1e-9) <= shares.min()
    assert shares.max() <= max(share for _, share in profile) * (1 + 1e-9)


def test_a_film_too_thin_for_the_tissue_to_matter_takes_heat_by_its_share() -> None:
    """With h = 4 W/m2/K the tissue stays at 37 °C, so power is film times 177 K."""
    watts = {}
    profiles = {"all": (), "halves": ((10.0, 0.25), (10.0, 1.0)), "deep": ((10.0, 1.0), (10.0, 1e-9))}
    for name, profile in profiles.items():
        scene = profiled(*profile, seconds=2.0)
        line = replace(scene.lines[0], steps=(LineStep(0.0, 2.0, -140.0, h=4.0),))
        history = Simulation(replace(scene, lines=(line,), initial_c=37.0), bioheat=Bioheat(blood=False)).run()
        watts[name] = history.needle_watts["needle"][-1]
    # start_mm is the deep end, at z = -10 mm
    cold = (37.0 - history.final_c.astype(float)).sum(axis=(0, 1))
    assert cold[:6].sum() > 10 * cold[-6:].sum() >= 0
    assert watts["all"] == pytest.approx(2 * math.pi * 0.75e-3 * 4.0 * 0.02 * 177.0, rel=0.02)
    assert watts["halves"] / watts["all"] == pytest.approx(0.625, rel=0.01)
    assert watts["deep"] / watts["all"] == pytest.approx(0.5, rel=0.01)


def test_a_leaky_shaft_takes_more_and_lengthens_the_ice_towards_the_skin() -> None:
    tight = profiled(seconds=60.0)
    long = replace(tight.lines[0], end_mm=(0.0, 0.0, 16.0), profile=((20.0, 1.0), (6.0, 0.05)))
    one, two = Simulation(tight).run(), Simulation(replace(tight, lines=(long,))).run()
    assert two.heat.residual < 1e-4
    assert 1.0 < two.heat.needles_j / one.heat.needles_j < 1.2
    middle = one.final_c.shape[0] // 2
    up = two.final_c[middle, middle, -3:] - one.final_c[middle, middle, -3:]
    down = two.final_c[middle, middle, :3] - one.final_c[middle, middle, :3]
    assert up.min() < -1.0
    assert np.abs(down).max() < 0.1


def test_a_coolant_starts_where_the_wall_is_that_feels_it() -> None:
    """After a pause: a shaft that hardly exchanges heat has no say in it."""
    scene = profiled((12.0, 1.0), (8.0, 1e-6))
    rows = property_rows(scene, Bioheat())
    needles = sinks(scene, lay_out(scene, rows), rows)
    deep = needles.tables.share > 0.5
    assert 0 < deep.sum() < deep.size
    walls = np.where(deep, potential(-80.0, rows[0]), potential(30.0, rows[0]))
    machine = SimpleNamespace(needles=needles, rows=rows, schedule=Schedule(scene), wall_potentials=lambda: walls)
    partly = needles.tables.share[~deep].sum() / needles.tables.share.sum()
    assert needle_walls_c(machine) == pytest.approx([-80.0 + 110.0 * partly], abs=1e-6)  # type: ignore[arg-type]


def test_cold_cells_beside_a_warm_shaft_are_not_held_at_the_coolant() -> None:
    """They were colder than the coolant before it touched them; held at it, they were given 6 W that nothing gave."""
    steps = (LineStep(0.0, 40.0, -140.0, 2000.0, 1.0), LineStep(42.0, 18.0, 20.0, 2000.0, 30.0))
    line = replace(needle(START, END, 1.0), steps=steps, profile=((12.0, 1.0), (8.0, 1e-6)))
    history = Simulation(replace(profiled(seconds=60.0), lines=(line,))).run()
    thaws = history.sensor_times_s > 42.0
    assert thaws.sum() >= 2
    assert np.abs(history.needle_watts["needle"][thaws]).max() < 0.3


@pytest.mark.parametrize(
    ("profile", "step", "said"),
    [
        (((10.0, 1.0), (9.0, 0.5)), LineStep(0, 1, -140.0, 2000.0), "19 mm long together, the line 20 mm"),
        (((10.0, 1.0), (10.0, 0.0)), LineStep(0, 1, -140.0, 2000.0), "must be positive"),
        (((30.0, 1.0), (-10.0, 1.0)), LineStep(0, 1, -140.0, 2000.0), "must be positive"),
        (((10.0, 1.0), (10.0, math.nan)), LineStep(0, 1, -140.0, 2000.0), "must be positive"),
        (((10.0, 1.0), (10.0, 0.5)), LineStep(0, 1, -140.0), "need a finite h"),
        (((10.0, 1.0), (10.0, 0.5)), LineStep(0, 1, math.nan, 2000.0, watts_per_m=5.0), "no step with a given heat"),
    ],
)
def test_a_profile_that_means_nothing_is_refused(
    profile: tuple[tuple[float, float], ...], step: LineStep, said: str
) -> None:
    with pytest.raises(SceneError, match=said) as refused:
        Line("odd", START, END, 0.75, (step,), profile)
    assert refused.value.where == "Line odd.profile"


def test_shares_of_one_go_with_a_wall_at_the_coolants_temperature() -> None:
    Line("even", START, END, 0.75, (LineStep(0, 1, -140.0), LineStep(1, 1, math.nan)), ((20.0, 1.0),))


def test_the_profile_is_part_of_a_scenes_key() -> None:
    assert len({profiled().key(), profiled((10.0, 1.0), (10.0, 0.5)).key(), profiled((20.0, 0.5)).key()}) == 3
