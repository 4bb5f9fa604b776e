"""Cells that become another material: lung floods after its first freeze, blood comes back or goes for good."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iceball.errors import SceneError
from iceball.physics.freezing import enthalpy, temperature
from iceball.solve import Control, Keep, Line, LineStep, Material, Rule, Scene, Simulation, Wall
from iceball.solve.bioheat import Bioheat
from iceball.solve.checkpoint import Checkpoint
from iceball.solve.relabel import relabelled
from iceball.solve.rows import property_rows
from iceball.solve.watch import StopWhen, reaches
from iceball.space import Grid

AERATED = Material(
    "aerated lung", 394.0, 3500.0, 0.25, 240e3, -0.5, -8.0, (0.55, 0.0, 0.0), (1900.0, 0.0), perfusion=0.002
)
FLOODED = Material("flooded lung", 1050.0, 3600.0, 0.52, 240e3, -0.5, -8.0, (1.9, 0.0, 0.0), (1900.0, 0.0))
FLOODS = Rule(0, 1, "thawed")
STEPS = (
    LineStep(0.0, 120.0, -140.0, 2000.0, 5.0),
    LineStep(120.0, 90.0, 40.0, 2000.0, 5.0),
    LineStep(210.0, 120.0, -140.0, 2000.0, 5.0),
)


def lung(*rules: Rule, materials: tuple[Material | None, ...] = (AERATED, FLOODED), half_mm: float = 18.0) -> Scene:
    grid = Grid.box((-half_mm,) * 3, (half_mm,) * 3, 3.0)
    line = Line("needle", (0.4, 0.1, -8.0), (0.4, 0.1, 8.0), 0.75, STEPS)
    return Scene(
        grid,
        np.zeros(grid.shape, np.uint8),
        materials,
        330.0,
        (line,),
        freeze_ends_s=(120.0, 330.0),
        sensors={"near": (6.0, 0.0, 0.0)},
        rules=rules,
    )


def same(one: Any, two: Any) -> None:
    for name in ("final_c", "minimum_c", "first_frozen_s", "cycles_frozen", "cooling_rate"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True), name
    for name in ("-20", "-40"):
        assert np.array_equal(one.time_below_s[name], two.time_below_s[name], equal_nan=True)
    assert one.heat == two.heat
    assert np.array_equal(one.sensors_c["near"], two.sensors_c["near"])
    assert np.array_equal(one.needle_watts["needle"], two.needle_watts["needle"])


def test_lung_that_floods_freezes_farther_the_second_time_and_no_heat_is_made() -> None:
    dry, wet = Simulation(lung()).run(), Simulation(lung(FLOODS)).run()
    assert np.array_equal(dry.end_of_freeze_c[0], wet.end_of_freeze_c[0])
    first, second, without = ((c < 0).sum() for c in (*wet.end_of_freeze_c, dry.end_of_freeze_c[1]))
    assert second > 1.15 * without
    assert second > first
    assert wet.heat.residual < 1e-5
    assert wet.heat.enthalpy_change_j == pytest.approx(
        sum((wet.heat.needles_j, wet.heat.outer_j, wet.heat.blood_j, wet.heat.window_j)), rel=1e-4
    )
    assert [note for note in wet.notes if "aerated lung became flooded lung once thawed" in note]
    assert not dry.notes


def test_what_a_cell_was_cooled_to_is_told_in_its_temperature_then() -> None:
    """Flooded cells have 2.7 times the heat capacity: an enthalpy taken for the new tissue's would be far too warm."""
    scene = replace(lung(FLOODS), duration_s=210.0, freeze_ends_s=(120.0,))
    wet, dry = Simulation(scene).run(), Simulation(replace(scene, rules=())).run()
    assert "became" in wet.notes[0]
    froze = dry.minimum_c < 0
    assert wet.minimum_c[froze] == pytest.approx(dry.minimum_c[froze], abs=1e-3)
    assert (wet.minimum_c < -40).sum() > 5
    gone = dry.minimum_c < -8.0
    assert wet.first_frozen_s[gone] == pytest.approx(dry.first_frozen_s[gone])
    assert (wet.cycles_frozen[gone] == 1).all()
    assert wet.time_below_s["-20"] == pytest.approx(dry.time_below_s["-20"], abs=1.0)


def test_rules_that_never_act_change_no_bit() -> None:
    never = (Rule(0, 1, "colder", -250.0), Rule(1, 0, "thawed"))
    scene = replace(lung(), duration_s=150.0, freeze_ends_s=(120.0,))
    same(Simulation(scene).run(), Simulation(replace(scene, rules=never)).run())


def test_becoming_the_same_material_changes_nothing_but_the_steps() -> None:
    twin = replace(AERATED, name="twin")
    scene = lung(materials=(AERATED, twin))
    control = Control(tolerance=0.0002)
    one = Simulation(scene, control=control).run()
    two = Simulation(replace(scene, rules=(Rule(0, 1, "colder", 0.0),)), control=control).run()
    assert "became twin once at or below 0 °C" in two.notes[0]
    assert np.abs(one.final_c - two.final_c).max() < 0.1
    assert np.abs(one.minimum_c - two.minimum_c).max() < 0.1
    assert (one.cycles_frozen != two.cycles_frozen).sum() <= 1


@pytest.mark.parametrize("at", [0, 1])
def test_a_run_goes_on_after_a_flood_to_the_same_bits(at: int) -> None:
    scene, taken = lung(FLOODS), list[Checkpoint]()
    keep = Keep(every_s=60.0)
    whole = Simulation(scene, keep=keep, checkpoint=taken.append, checkpoint_every_s=110.0).run()
    flooded = [n for n, c in enumerate(taken) if (np.asarray(c.parts["rules"]["labels"]) == 1).any()]
    later = Simulation(scene, keep=keep, resume=taken[flooded[at]]).run()
    same(whole, later)
    assert whole.notes == later.notes
    assert len(flooded) >= 2


def test_the_referee_obeys_too() -> None:
    scene = replace(lung(FLOODS, half_mm=12.0), duration_s=160.0, freeze_ends_s=(120.0,))
    short = replace(
        scene,
        lines=(replace(scene.lines[0], steps=(LineStep(0, 40.0, -140.0, 2000.0), LineStep(40.0, 60.0, 40.0, 2000.0))),),
        duration_s=100.0,
        freeze_ends_s=(),
    )
    fast, referee = Simulation(short, method="euler").run(), Simulation(short, backend="reference").run()
    assert fast.notes == referee.notes
    assert "became" in fast.notes[0]
    assert np.abs(fast.final_c - referee.final_c).max() < 0.1


def test_each_rule_asks_for_what_it_says() -> None:
    rows = property_rows(lung(), Bioheat())
    celsius_least = np.array([[-20.0, -20.0, -20.0, -6.0, 30.0, -9.0]])
    celsius_now = np.array([[-10.0, -4.0, 1.0, 5.0, 30.0, -0.4]])
    least, now = (
        np.array([[enthalpy(c, rows[0]) for c in row] for row in field]) for field in (celsius_least, celsius_now)
    )
    labels = np.zeros(least.shape, np.uint8)
    for rule, wanted in (
        (Rule(0, 1, "frozen"), [1, 1, 1, 0, 0, 1]),
        (Rule(0, 1, "thawed"), [0, 0, 1, 0, 0, 1]),
        (Rule(0, 1, "colder", -5.0), [1, 1, 1, 1, 0, 1]),
        (Rule(0, 1, "colder", -10.0), [1, 1, 1, 0, 0, 0]),
    ):
        out, counts = relabelled((rule,), rows, labels, least, now)
        assert out is not None
        assert out.tolist() == [wanted]
        assert counts == [sum(wanted)]
    assert relabelled((Rule(1, 0, "frozen"),), rows, labels, least, now) == (None, [0])
    # the first rule wins, and a cell is changed once at a time
    both, counts = relabelled(
        (Rule(0, 1, "thawed"), Rule(0, 1, "frozen"), Rule(1, 0, "frozen")), rows, labels, least, now
    )
    assert both is not None
    assert (both.tolist(), counts) == ([[1, 1, 1, 0, 0, 1]], [2, 2, 0])


def test_blood_that_comes_back_warms_only_what_was_never_at_stasis() -> None:
    calm = replace(AERATED, name="tissue", perfusion=0.002, stasis_c=-15.0)
    hyper = replace(calm, name="hyperaemic", perfusion=0.02)
    scene = replace(lung(Rule(0, 1, "thawed"), materials=(calm, hyper)), duration_s=210.0, freeze_ends_s=(120.0,))
    scene = replace(scene, lines=(replace(scene.lines[0], steps=STEPS[:1]),), duration_s=600.0)
    with_, without = Simulation(scene).run(), Simulation(replace(scene, rules=())).run()
    rim = (without.minimum_c < -8.2) & (without.minimum_c > -13.0)
    core = without.minimum_c < -40.0
    assert min(rim.sum(), core.sum()) >= 2
    warmer = with_.final_c - without.final_c
    assert warmer[rim].min() > 0.3
    # the core, colder than the rim, would gain more if blood reached it; it gains what its rim hands on
    assert warmer[rim].mean() > 1.3 * warmer[core].mean()
    assert with_.heat.residual < 1e-5


def test_a_watched_region_is_watched_in_its_new_tissue() -> None:
    scene = lung(FLOODS)
    centre = np.linalg.norm(scene.grid.centres_mm(), axis=-1)
    scene = replace(scene, regions={"outside": centre > 14.0, "middle": centre < 4.0})
    history = Simulation(scene, watch=[StopWhen(reaches("outside", -2.0))]).run()
    least = float(history.final_c[scene.regions["outside"]].min())
    assert history.result.name in ("finished", "stopped_to_spare")
    assert least >= -2.2


def test_a_border_that_is_held_feels_the_tissue_behind_it() -> None:
    """The outer layer of cells floods too: what stands beyond the face is read in the new tissue."""
    grid = Grid.box((0, 0, 0), (24, 3, 3), 3.0)
    outer = (-60.0, 37.0, None, None, None, None)
    scene = Scene(grid, np.zeros(grid.shape, np.uint8), (AERATED, FLOODED), 600.0, outer_c=outer, initial_c=37.0,
                  rules=(Rule(0, 1, "colder", -20.0),))  # fmt: skip
    line = Line("clock", (20, 1, 1), (20, 2, 1), 0.2, (LineStep(300.0, 10.0, math.nan, watts_per_m=1e-9),))
    history = Simulation(replace(scene, lines=(line,))).run()
    assert history.heat.residual < 1e-4 or history.heat.needles_j == pytest.approx(0.0, abs=1e-6)
    heat = history.heat
    assert heat.enthalpy_change_j == pytest.approx(heat.outer_j + heat.blood_j + heat.window_j, rel=1e-4)
    assert "became" in history.notes[0]


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Rule(0, 0, "frozen"), "Rule.becomes"),
        (lambda: Rule(0, 1, "melted"), "Rule.when"),
        (lambda: Rule(0, 1, "colder"), "Rule.celsius"),
        (lambda: Rule(0, 1, "colder", -500.0), "Rule.celsius"),
        (lambda: Rule(0, 1, "thawed", -10.0), "Rule.celsius"),
        (lambda: lung(Rule(0, 2, "frozen")), "Scene.rules[0].becomes"),
        (lambda: lung(FLOODS, Rule(-1, 1, "frozen")), "Scene.rules[1].label"),
        (
            lambda: replace(
                lung(materials=(AERATED, FLOODED, None)),
                walls=(Wall("air", 2, 10.0, 22.0),),
                rules=(Rule(0, 2, "frozen"),),
            ),
            "Scene.rules[0].becomes",
        ),
    ],
)
def test_a_rule_that_means_nothing_is_refused(make: Any, where: str) -> None:
    with pytest.raises(SceneError) as refused:
        make()
    assert refused.value.where == where


def test_the_gpu_refuses_rules_and_a_scenes_key_knows_them() -> None:
    with pytest.raises(SceneError, match="rules are not on the GPU"):
        Simulation(lung(FLOODS), backend="gpu")
    assert len({lung().key(), lung(FLOODS).key(), lung(Rule(0, 1, "frozen")).key()}) == 3


def test_flooding_blood_is_warm() -> None:
    """394 kg/m3 at 5 °C and 656 kg/m3 of blood at 37 °C make a cell between the two."""
    rows = property_rows(lung(), Bioheat())
    mixed_c = temperature(enthalpy(5.0, rows[0]), rows[1])
    assert mixed_c == pytest.approx((394 * 3500 * 5 + (1050 * 3600 - 394 * 3500) * 37) / (1050 * 3600), abs=1e-6)
