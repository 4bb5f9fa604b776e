"""Closures from a tissue's make-up against the rows that ship, and against what was remembered of them."""

import itertools
import math
from dataclasses import replace

import pytest

from iceball.errors import TissueError
from iceball.plan.compose import material_of
from iceball.sources import SourceError
from iceball.tissue import tissue
from iceball.tissue.closure import (
    Composition,
    closure_constants,
    compositions,
    freezing_point_c,
    freezing_range,
    ice_conductivity,
    tissue_of,
)

# Soft organs whose shipped thermal values were read (IT'IS 5.0), so that nothing here was fitted to the closure.
# What it does not do: fat, skin and breast conduct 30 % less than it says, and cortical bone is another thing.
SOFT = ("kidney", "liver", "spleen", "prostate", "muscle", "nerve", "tumour")
WITHIN = {"density": 0.05, "heat_capacity": 0.05, "conductivity": 0.13, "latent_heat": 0.07}
WHY = "a test of what the closures give"


@pytest.mark.parametrize("name", SOFT)
@pytest.mark.parametrize(("field", "share"), WITHIN.items())
def test_the_closure_gives_the_shipped_row_of_a_soft_organ(name: str, field: str, share: float) -> None:
    made = tissue_of(name, compositions()[name], why=WHY)
    assert getattr(made, field).value == pytest.approx(getattr(tissue(name), field).value, rel=share)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("liver", 218, 228), ("prostate", 235, 250), ("fat", 20, 46), ("skin", 165, 185),
        ("bone_cortical", 0, 25), ("bone_cancellous", 50, 70),
    ],
)  # fmt: skip
def test_latent_heat_is_as_remembered_from_fat_to_bone(name: str, low: float, high: float) -> None:
    assert low <= compositions()[name].latent_heat / 1000 <= high


@pytest.mark.parametrize("name", SOFT)
def test_the_shipped_frozen_conductivity_lies_between_both_means(name: str) -> None:
    share = tissue_of(name, compositions()[name], why=WHY).frozen_conductivity_share
    assert share.low < tissue(name).frozen_conductivity_share.value < share.high


@pytest.mark.parametrize(("celsius", "low", "high"), [(-40, 1.25, 1.45), (-100, 1.7, 1.85), (-140, 2.05, 2.3)])
def test_the_geometric_mean_of_tissue_of_75_percent_water_is_as_remembered(
    celsius: float, low: float, high: float
) -> None:
    assert low <= compositions()["muscle"].frozen_conductivity(celsius, mean="geometric") <= high


def test_pure_water_freezes_to_ice() -> None:
    water = Composition(1.0, 0.0)
    assert water.latent_heat == 333_500
    assert water.bound_water == 0
    for mean in ("parallel", "geometric"):
        assert water.frozen_conductivity(-40, mean=mean) == pytest.approx(ice_conductivity(-40))  # type: ignore[arg-type]


def test_one_share_of_ice_stands_for_frozen_tissue_within_a_tenth_down_to_minus_100() -> None:
    muscle = compositions()["muscle"]
    for mean in ("parallel", "geometric"):
        share = tissue_of("x", muscle, mean=mean, why=WHY).frozen_conductivity_share.value  # type: ignore[arg-type]
        for celsius in (-10, -20, -60, -100):
            true = muscle.frozen_conductivity(celsius, mean=mean)  # type: ignore[arg-type]
            assert share * ice_conductivity(celsius) == pytest.approx(true, rel=0.1)


def test_air_takes_its_share_of_density_and_conductivity_and_leaves_the_kilogram() -> None:
    full = compositions()["lung_deflated"]
    airy = replace(full, air=0.6)
    assert airy.density == pytest.approx(0.4 * full.density)
    assert airy.conductivity == pytest.approx(0.4 * full.conductivity)
    assert airy.frozen_conductivity(-40) == pytest.approx(0.4 * full.frozen_conductivity(-40))
    assert airy.latent_heat == full.latent_heat
    assert airy.heat_capacity == full.heat_capacity


def test_more_water_means_more_heat_to_freeze() -> None:
    rows = [Composition(w, 1 - w) for w in (0.5, 0.6, 0.7, 0.8, 0.9)]
    for a, b in itertools.pairwise(rows):
        assert b.latent_heat > a.latent_heat
        assert b.heat_capacity > a.heat_capacity
        assert b.frozen_conductivity(-40) > a.frozen_conductivity(-40)


def test_the_freezing_range_follows_the_choice() -> None:
    assert freezing_range("soft") == (-0.5, -8.0, "linear")
    assert freezing_range("later") == (-1.0, -8.0, "linear")
    start, end, curve = freezing_range("ideal")
    assert start == pytest.approx(-0.53, abs=0.005)
    assert (end, curve) == (-22.0, "ideal")
    assert freezing_point_c(0.572) == pytest.approx(2 * start)
    with pytest.raises(TissueError, match="Known: soft, later, ideal"):
        freezing_range("sudden")  # type: ignore[arg-type]
    with pytest.raises(TissueError, match="mol/kg"):
        freezing_range("ideal", osmolality=20.0)


def test_a_tissue_made_by_closures_is_a_row_of_the_solver_and_says_that_it_is_assumed() -> None:
    made = tissue_of("my tumour", Composition(0.8, 0.17, 0.02, 0.01), perfusion=0.002, freezing="ideal", why=WHY)
    assert all(c.number.assumed for c in made.constants())
    row = material_of(made)
    assert row.perfusion == 0.002
    assert row.latent_heat == pytest.approx(made.latent_heat.value)
    assert row.curve == "ideal"
    assert material_of(tissue("kidney")).curve == "linear"
    with pytest.raises(SourceError):
        tissue_of("x", Composition(0.8, 0.2), why="")
    assert all(c.number.unit for c in closure_constants())


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"water": -0.1, "protein": 1.1}, "water"),
        ({"water": math.nan, "protein": 0.2}, "water"),
        ({"water": 0.8, "protein": 0.4}, "water"),
        ({"water": 0.8, "protein": 0.2, "air": 1.0}, "air"),
    ],
)
def test_an_impossible_composition_is_refused_by_the_part(parts: dict[str, float], field: str) -> None:
    with pytest.raises(TissueError) as refused:
        Composition(**parts)
    assert field in refused.value.where


def test_frozen_heat_capacity_is_that_of_the_row() -> None:
    muscle = compositions()["muscle"]
    c0, c1 = material_of(tissue_of("x", muscle, why=WHY)).frozen_heat_capacity
    assert c0 + c1 * -40 == pytest.approx(muscle.frozen_heat_capacity(-40))
