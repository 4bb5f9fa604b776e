"""Ice that was seen is kept beside a case, and no key of the case knows of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iceball.desk.desk import Desk
from iceball.desk.observing import hold_beside, seen_for
from iceball.errors import CaseError, PlanError
from iceball.guide.seen import Observation, Seen
from iceball.io.case import Case
from iceball.io.nifti import write_nifti
from iceball.io.observed import observed, observed_one, read_ice, remove_observed, save_observed
from iceball.plan import Placement, Plan, freeze
from iceball.reporting.observed import observed_table
from iceball.space.shapes import Mask, Points, Sphere
from iceball.space.volume import Volume
from iceball.tissue.phantom import phantom
from iceball.web.patient import patient_key

BODY = phantom((60, 60, 60), 4.0, target=Sphere((0.0, 30.0, 0.0), 12.0))
PLAN = Plan((Placement("generic-17g-short", (0.0, 36.0, 0.0), (0.0, 0.0, 0.0)),), freeze(90))
BALL = Sphere((0.0, 24.0, 0.0), 14.0)
SEEN = Seen(1.0, "A. B.", "control CT")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create_phantom(tmp_path / "case", title="t", anatomy=BODY).save_plan(PLAN)


def test_an_observation_comes_back_and_changes_no_key(case: Case) -> None:
    before = (patient_key(case), case.plan().key(), (case.folder / "case.toml").read_bytes())
    save_observed(case, Observation(SEEN, BALL))
    save_observed(case, Observation(Seen(0.5, "C. D.", "planning image"), BALL))
    assert (patient_key(case), case.plan().key(), (case.folder / "case.toml").read_bytes()) == before
    assert [(o.name, o.seen.by) for o in observed(case)] == [("ice-2", "C. D."), ("ice-1", "A. B.")]
    assert observed_one(case, "ice-1").observation().ice == BALL
    remove_observed(case, "ice-1")
    assert [o.name for o in observed(case)] == ["ice-2"]
    with pytest.raises(CaseError, match=r"no observation 'ice-1'.*ice-2"):
        remove_observed(case, "ice-1")


def test_points_ice_outside_the_image_and_a_file_that_is_none_are_refused(case: Case) -> None:
    with pytest.raises(CaseError, match="no body"):
        save_observed(case, Observation(SEEN, Points(np.zeros((1, 3)), 2.0)))
    with pytest.raises(CaseError, match="outside the planning image"):
        save_observed(case, Observation(SEEN, Sphere((0.0, 24.0, 300.0), 14.0)))
    kept = save_observed(case, Observation(SEEN, BALL))
    (kept.folder / "observed.toml").write_text("[seen]\nat_min = 1.0\n")
    with pytest.raises(CaseError):
        observed(case)


def test_it_is_held_against_the_plan_at_that_minute_and_told_in_the_report(case: Case) -> None:
    desk = Desk(case, PLAN, case.anatomy())
    kept = save_observed(case, Observation(SEEN, BALL))
    ((_, told),) = seen_for(case, PLAN, desk.anatomy)
    assert told is None
    told = hold_beside(desk, kept, spacing_mm=4.0)
    assert told["stage"] == "planned"
    assert told["beside"]["predicted_ml"] > told["if_colder"]["predicted_ml"]
    table = observed_table(seen_for(case, PLAN, desk.anatomy))
    assert table is not None
    assert "observed at 1 min on control CT, by A. B." in table.rows[0][0].text
    assert "−7 °C" in table.note
    with pytest.raises(PlanError, match="after the end of the protocol"):
        hold_beside(desk, save_observed(case, Observation(Seen(3.0, "A. B.", "CT"), BALL)))
    assert observed_table([]) is None


def test_ice_is_read_from_a_segmentation(case: Case, tmp_path: Path) -> None:
    grid = BODY.image.grid
    ball = BALL.occupancy(grid) >= 0.5
    file = write_nifti(Volume(grid, ball.astype(np.uint8), "mask"), tmp_path / "ice.nii.gz")
    ice = read_ice(case, file)
    assert isinstance(ice, Mask)
    assert ice.volume_ml == pytest.approx(BALL.volume_ml, rel=0.25)
    with pytest.raises(CaseError):
        read_ice(case, file, on_control=True)
