"""A preview follows the newest place of the needles: carried along at once, run as soon as that is done."""

import json
import struct
import threading
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iceball.assessment import assess
from iceball.errors import IceballError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.carried import Carried
from iceball.space.shapes import Sphere
from iceball.tissue import Anatomy, Structure
from iceball.tissue.bench import Bench
from iceball.tissue.block import block_of
from iceball.web.gauge import Beside, Gauge
from iceball.web.preview import Asked, Previews, can_be_carried, coarse_run, farthest_mm, kind_of
from iceball.web.preview_off import off_when

NEEDLE = Placement("generic-17g-long", (0.0, -15.0, 0.0), (0.0, 40.0, 0.0))
PLAN = Plan(probes=(NEEDLE,), protocol=freeze(120.0).thaw(60.0))


@pytest.fixture(scope="module")
def patient() -> Anatomy:
    block = block_of(Bench("kidney", 80.0, 37.0, 37.0), target=Sphere((0.0, 2.0, 0.0), 12.0))
    return block.with_structure(Structure("colon", Sphere((18.0, 0.0, 0.0), 8.0), "drawn"))


@pytest.fixture(scope="module")
def history(patient: Anatomy):
    return coarse_run(PLAN, patient)


@pytest.fixture(scope="module")
def carried(history) -> Carried:
    return Carried.of(history, PLAN.probes)


def moved(x_mm: float) -> Plan:
    tip, entry = NEEDLE.tip_mm, NEEDLE.entry_mm
    return replace(PLAN, probes=(replace(NEEDLE, tip_mm=(x_mm, *tip[1:]), entry_mm=(x_mm, *entry[1:])),))


def test_needles_that_have_not_moved_give_the_run_itself(history, carried: Carried) -> None:
    assert np.array_equal(carried.with_needles(PLAN.probes), history.minimum_c)


def test_ice_goes_where_the_needle_goes(history, carried: Carried) -> None:
    """In one tissue, far from every border, a needle moved by two cells moves its ice by two cells."""
    there = carried.with_needles(moved(2 * history.scene.grid.spacing_mm[0]).probes)
    ice = history.minimum_c <= 0
    shifted = np.roll(ice, 2, axis=0)
    assert ice.sum() > 30
    assert np.count_nonzero((there <= 0) != shifted) <= 0.2 * ice.sum()
    assert np.count_nonzero(ice != shifted) > ice.sum()
    assert there[0, 0, 0] == pytest.approx(history.minimum_c[0, 0, 0], abs=1.0)


def test_a_needle_that_comes_among_what_conducts_less_makes_less_ice(history, carried: Carried) -> None:
    step = history.scene.grid.spacing_mm[0]
    there = moved(4 * step).probes
    fat = carried.log_k.copy()
    fat[fat.shape[0] // 2 + 3 :] -= np.log(6.0)
    beside = replace(carried, log_k=fat)
    ice = lambda field: np.count_nonzero(field <= 0)  # noqa: E731
    assert 0.5 * ice(carried.with_needles(there)) < ice(beside.with_needles(there)) < ice(carried.with_needles(there))
    assert np.array_equal(beside.with_needles(PLAN.probes), history.minimum_c)


def test_what_the_page_says_of_a_preview_is_what_its_proof_allows() -> None:
    folder = Path(__file__).parents[2] / "validation" / "preview_error"
    bars = {
        name: bar["tolerance"] for name, bar in tomllib.loads((folder / "expected.toml").read_text())["value"].items()
    }
    for kind, carried_mm in (("physics", 0.0), ("carried", 8.0), ("far", 20.0)):
        off = off_when(carried_mm)
        assert off is not None
        assert (off.margin_mm, off.volume_percent) == (bars[f"{kind}_margin_mm"], bars[f"{kind}_volume_percent"])
    assert off_when(8.1) == off_when(20.0)
    assert off_when(20.1) is None


def test_the_strip_says_what_an_assessment_of_that_run_says(patient: Anatomy, history) -> None:
    strip = Gauge(history, patient, Beside.of_patient(patient)).strip(history.minimum_c)
    verdict = assess(history, (), patient, kill=None)
    assert strip.margin_min_mm == pytest.approx(verdict.margins_mm["0"].min_mm)
    assert strip.coverage_20 == pytest.approx(verdict.coverage["-20"], abs=0.05)
    assert strip.ice_ml == pytest.approx(verdict.volumes_ml["0"], rel=0.1)
    (colon,) = verdict.structures
    assert strip.nearest is not None
    assert strip.nearest.name == "colon"
    assert strip.nearest.distance_mm == pytest.approx(colon.distance_to_0c_mm, abs=0.7)
    assert strip.nearest.coldest_c == pytest.approx(colon.min_temperature_c, abs=0.7)


def test_nothing_gets_colder_after_a_preview_has_ended(patient: Anatomy) -> None:
    longer = replace(PLAN, protocol=freeze(120.0).thaw(600.0))
    ended, whole = coarse_run(PLAN, patient), coarse_run(longer, patient)
    assert whole.scene.duration_s == 180.0
    assert np.array_equal(ended.minimum_c, whole.minimum_c)


class Page:
    """Collects answers."""

    def __init__(self) -> None:
        self.told: list[dict] = []
        self.refused: list[IceballError] = []
        self.came = threading.Condition()

    def answer(self, asked: Asked, content: bytes) -> None:
        (length,) = struct.unpack_from("<I", content)
        with self.came:
            self.told.append(json.loads(content[4 : 4 + length]))
            self.came.notify()

    def refuse(self, asked: Asked, refusal: IceballError) -> None:
        with self.came:
            self.refused.append(refusal)
            self.came.notify()

    def until(self, true) -> None:
        with self.came:
            assert self.came.wait_for(true, 20)


def test_a_dragged_needle_is_followed_at_once_and_run_where_it_rests(patient: Anatomy) -> None:
    page = Page()
    previews = Previews(page.answer, page.refuse)
    ask = lambda seq, plan: previews.ask(Asked(seq, plan, patient, time.perf_counter()))  # noqa: E731
    ask(0, PLAN)
    page.until(lambda: page.told)
    assert (page.told[0]["by"], page.told[0]["preview"]) == ("physics", True)
    for seq in range(1, 4):
        ask(seq, moved(float(seq)))
    assert next(t["by"] for t in page.told if t["seq"] == 3) == "carried"
    page.until(lambda: page.told[-1]["by"] == "physics")
    assert page.told[-1]["seq"] == 3
    assert [t["off"] for t in page.told if t["by"] == "carried"][-1] == {"margin_mm": 2.25, "volume_percent": 10.0}
    ask(3, PLAN)
    assert page.told[-1]["carried_mm"] == 0.0, "of the runs that are kept the nearest is taken"
    ask(3, moved(26.0))
    assert page.told[-1]["carried_mm"] <= 20.0, "what is carried too far is not told"
    page.until(lambda: page.told[-1]["by"] == "physics" and page.told[-1] != page.told[0])
    assert [t["seq"] for t in page.told] == sorted(t["seq"] for t in page.told)
    ask(4, replace(PLAN, protocol=freeze(90.0)))
    page.until(lambda: page.told[-1]["seq"] == 4)
    assert page.told[-1]["by"] == "physics"
    ask(5, Plan(protocol=freeze(60.0)))
    page.until(lambda: page.refused)
    assert "no needle" in str(page.refused[0])
    previews.close()


def test_only_needles_that_stay_where_they_lie_can_be_carried(patient: Anatomy) -> None:
    assert can_be_carried(PLAN)
    assert not can_be_carried(Plan(protocol=freeze(60.0)))
    assert kind_of(moved(3.0), patient) == kind_of(PLAN, patient)
    assert kind_of(replace(PLAN, protocol=freeze(60.0)), patient) != kind_of(PLAN, patient)
    assert farthest_mm(moved(3.0), PLAN) == pytest.approx(3.0)
