"""Tissues, organs and run constants as the data files give them."""

import math

import pytest

from iceball.errors import TissueError
from iceball.tissue import Tissue, tissue, tissues
from iceball.tissue.model import model
from iceball.tissue.organs import groups, label_tissues, organ_of, organs, structures_in_group, tissue_of_label
from iceball.tissue.tissue import GASES

NEEDED = [
    "kidney", "liver", "lung_aerated", "lung_deflated", "spleen", "pancreas", "prostate", "breast_gland",
    "breast_fat", "fat", "muscle", "skin", "bone_cortical", "bone_cancellous", "yellow_marrow", "blood",
    "vessel_wall", "nerve", "connective_tissue", "lymph_node", "bowel_wall", "bladder_wall", "fluid",
    "soft_tissue", "tumour", "gel",
]  # fmt: skip


def test_every_needed_tissue_loads() -> None:
    assert set(NEEDED) <= set(tissues())


@pytest.mark.parametrize("t", tissues().values(), ids=lambda t: t.name)
def test_each_tissue_is_physically_possible_over_its_whole_range(t: Tissue) -> None:
    for field in ("density", "heat_capacity", "conductivity", "dry_heat_capacity", "frozen_conductivity_share"):
        assert getattr(t, field).low > 0, field
    assert t.latent_heat.low >= 0
    assert t.perfusion.low >= 0
    assert t.metabolism.low >= 0
    assert t.solidus_c.high < t.liquidus_c.low <= t.liquidus_c.high < 0
    assert 0 < t.water_fraction.low <= t.water_fraction.high <= 1
    assert t.latent_heat.high <= 333_500
    assert t.frozen_conductivity_share.high <= 1
    assert t.stasis_c.value < t.solidus_c.value or t.solidus_c.value < -20
    assert len({c.name for c in t.constants()}) == 12


@pytest.mark.parametrize("t", tissues().values(), ids=lambda t: t.name)
def test_ice_of_a_tissue_conducts_no_worse_than_the_thawed_tissue_in_the_cold(t: Tissue) -> None:
    k0, k1, k2 = (float(k) for k in model().ice_conductivity)
    frozen = t.frozen_conductivity_share.value * (k0 + k1 * -40 + k2 / (273.15 - 40))
    assert frozen >= t.conductivity.value


def test_kidney_and_liver_do_not_take_the_database_flow() -> None:
    for name in ("kidney", "liver"):
        flow = tissue(name).perfusion
        assert (flow.low, flow.value, flow.high) == (0.0005, 0.0036, 0.0155)
        assert flow.assumed
        assert "IT'IS" in flow.source.citation
    for name in ("tumour", "lung_aerated"):
        flow = tissue(name).perfusion
        assert (flow.low, flow.value, flow.high) == (0.0005, 0.002, 0.01)
        assert flow.assumed


@pytest.mark.parametrize("t", tissues().values(), ids=lambda t: t.name)
def test_metabolic_heat_never_warms_a_perfused_tissue_by_a_degree(t: Tissue) -> None:
    if t.perfusion.value > 0:
        assert t.metabolism.value / (t.perfusion.value * 1050 * 3617) < 1.0


def test_an_unknown_tissue_is_refused_with_the_known_names() -> None:
    with pytest.raises(TissueError, match=r"no tissue called 'cheese'.*Known tissues: kidney"):
        tissue("cheese")


def test_ice_properties_in_celsius_equal_the_published_form_in_kelvin() -> None:
    k0, k1, k2 = (float(k) for k in model().ice_conductivity)
    c0, c1 = (float(c) for c in model().ice_heat_capacity)
    for celsius in (0.0, -40.0, -140.0):
        kelvin = celsius + 273.15
        assert math.isclose(k0 + k1 * celsius + k2 / kelvin, 632 / kelvin + 0.38 - 0.00197 * kelvin, rel_tol=1e-12)
        assert math.isclose(c0 + c1 * celsius, 185 + 6.89 * kelvin, rel_tol=1e-12)
    assert math.isclose(k0 + k2 / 273.15, 2.16, abs_tol=0.01)
    assert math.isclose(c0, 2067, abs_tol=1)


def test_air_and_gas_have_walls_of_their_own() -> None:
    air, gas = model().gas_wall("air"), model().gas_wall("gas")
    assert float(air[0]) > float(gas[0])
    assert float(air[1]) < float(gas[1]) == 37.0
    with pytest.raises(TissueError, match="not a gas"):
        model().gas_wall("muscle")


@pytest.mark.parametrize("organ", organs().values(), ids=lambda o: o.name)
def test_each_organ_names_tissues_that_exist(organ) -> None:  # type: ignore[no-untyped-def]
    assert organ.tissue in tissues()
    assert organ.target_tissue in tissues()
    assert organ.expected


def test_organs_list_the_structures_that_the_clinic_expects() -> None:
    assert set(organs()) == {
        "kidney", "liver", "lung", "pleura", "bone", "prostate", "breast", "soft_tissue", "lymph_node", "cervix", "eye",
    }  # fmt: skip
    assert organ_of("kidney").expected == (
        "colon", "duodenum", "ureter", "renal_pelvis", "adrenal", "psoas_nerve", "skin",
    )  # fmt: skip
    assert organ_of("prostate").expected == ("urethra", "rectum", "sphincter")
    with pytest.raises(TissueError, match="no organ called 'spleeen'"):
        organ_of("spleeen")


def test_every_label_leads_to_a_tissue_or_to_the_ct_number() -> None:
    assert set(label_tissues().values()) <= set(tissues()) | {"", "bone", "lung"}
    assert not GASES & set(tissues())


def test_the_longest_pattern_decides_a_label() -> None:
    assert tissue_of_label("kidney_left") == "kidney"
    assert tissue_of_label("kidney_cyst_left") == "fluid"
    assert tissue_of_label("vertebrae_L3") == "bone"
    assert tissue_of_label("breast") is None
    assert tissue_of_label("something else") is None


def test_groups_hold_their_members_and_the_psoas_muscle_is_no_nerve() -> None:
    drawn = ("colon", "rib_left_7", "iliopsoas_left", "adrenal_gland_left", "iliac_vena_left", "spinal_cord", "stomach")
    assert structures_in_group("bowel", drawn) == ("colon", "stomach")
    assert structures_in_group("bone", drawn) == ("rib_left_7",)
    assert structures_in_group("adrenal", drawn) == ("adrenal_gland_left",)
    assert structures_in_group("great_vessel", drawn) == ("iliac_vena_left",)
    assert structures_in_group("nerve", drawn) == ("spinal_cord",)
    assert structures_in_group("psoas_nerve", drawn) == ()
    assert {"bowel", "bone", "adrenal", "great_vessel", "lung"} <= set(groups())


def frozen_k(name: str, celsius: float = -40.0) -> float:
    """Frozen conductivity of a shipped row, W/m/K."""
    k0, k1, k2 = (float(k) for k in model().ice_conductivity)
    return tissue(name).frozen_conductivity_share.value * (k0 + k1 * celsius + k2 / (273.15 + celsius))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("lung_aerated", 0.35, 0.6), ("bone_cortical", 0.3, 0.6), ("bone_cancellous", 0.3, 0.6), ("fat", 0.2, 0.35),
        ("kidney", 1.2, 2.2), ("lung_deflated", 1.2, 2.2),
    ],
)  # fmt: skip
def test_frozen_lung_bone_and_fat_conduct_as_the_evidence_remembers(name: str, low: float, high: float) -> None:
    assert low <= frozen_k(name) <= high


def test_fat_freezes_over_a_wide_range_with_little_heat_and_bone_with_less_than_its_water_would_give() -> None:
    for name in ("fat", "breast_fat", "yellow_marrow"):
        fat = tissue(name)
        assert (fat.liquidus_c.value, fat.solidus_c.value) == (-5.0, -40.0)
        assert (fat.latent_heat.low, fat.latent_heat.high) == (20_000, 60_000)
    assert tissue("bone_cortical").latent_heat.high <= 25_000
    assert (tissue("bone_cancellous").latent_heat.low, tissue("bone_cancellous").latent_heat.high) == (50_000, 70_000)
    for name in ("bone_cortical", "bone_cancellous"):
        assert tissue(name).latent_heat.value < tissue(name).water_fraction.value * 333_500


def test_flow_stops_for_good_somewhere_between_minus_20_and_minus_10() -> None:
    for t in tissues().values():
        if t.perfusion.value > 0 and t.name != "blood":
            assert (t.stasis_c.low, t.stasis_c.value, t.stasis_c.high) == (-20, -15, -10), t.name
            assert t.perfusion.low < t.perfusion.value < t.perfusion.high, t.name
