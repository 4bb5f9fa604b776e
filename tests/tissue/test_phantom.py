"""Phantoms: shapes that stand for a patient, through every door."""

from __future__ import annotations

import numpy as np
import pytest

import iceball as ib
from iceball.errors import IceballError
from iceball.io import Case
from iceball.plan.judge import judge
from iceball.space.box import Box
from iceball.space.shapes import Polyline, Sphere
from iceball.tissue.phantom import SYNTHETIC_PHANTOM, Part, phantom
from iceball.units import minutes

NERVE = Polyline(np.array([(-40.0, 45.0, 0.0), (40.0, 45.0, 0.0)]), 4.0)


def body(**changes):
    given = {
        "parts": [Part("kidney", Sphere((0, 35, 0), 50), "kidney_left"), Part("blood", NERVE, "aorta")],
        "target": Sphere((0, 30, 0), 12),
        "organ": "kidney",
        "layers": [("skin", 3), ("fat", 6)],
        "structures": {"ureter": Polyline(np.array([(5.0, 42.0, -20.0), (5.0, 42.0, 20.0)]))},
        "air_above_mm": 9,
    }
    return phantom((90, 75, 75), 3.0, **(given | changes))


def test_layers_parts_and_target_are_painted_in_their_order_from_the_skin_down():
    made = body()
    grid, data = made.labels.grid, made.labels.data

    def at(*point):
        return made.tissues[int(data[tuple(np.rint(grid.to_index(point)).astype(int))])]

    found = [at(0, y, 0) for y in (-4.5, 1.5, 4.5, 13.5, 31.5, 45, 70.5)]
    assert found == ["air", "skin", "fat", "kidney", "tumour", "blood", "soft_tissue"]
    assert set(made.structures) == {"skin", "kidney_left", "aorta", "ureter", "tumour"}
    assert made.structures["skin"].shape.volume_ml == pytest.approx(90 * 75 * 3 / 1000)


def test_a_phantom_is_simulated_judged_and_reported_and_every_output_says_so(tmp_path):
    made = body()
    plan = ib.Plan(
        probes=(ib.Placement("generic-17g-short", tip_mm=(0, 38, 0), entry_mm=(0, 0, 0)),),
        protocol=ib.freeze(1 * minutes),
        goals=(ib.Cover("tumour", below=0),),
    )
    prediction = ib.predict(plan, made, spacing_mm=4.0)
    verdict = judge(prediction, plan, made)
    assert verdict.target_ml > 0
    assert any(SYNTHETIC_PHANTOM in note for note in verdict.notes)
    assert SYNTHETIC_PHANTOM in str(verdict)
    assert SYNTHETIC_PHANTOM in str(verdict.as_json())
    ib.report(verdict, prediction.history, plan, made, to=tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text().count(SYNTHETIC_PHANTOM) >= 2


def test_a_phantom_comes_back_from_its_case_as_it_was(tmp_path):
    made = body(structures={"ureter": NERVE, "colon": Box((30, 40, -10), (40, 60, 10))})
    case = Case.create_phantom(tmp_path / "case", title="a phantom", anatomy=made)
    again = Case.open(case.folder).anatomy()
    assert again.phantom
    assert (again.labels.data == made.labels.data).all()
    assert dict(again.tissues) == dict(made.tissues)
    assert set(again.structures) == set(made.structures)
    assert again.structures["colon"].shape == made.structures["colon"].shape
    assert SYNTHETIC_PHANTOM in str(case)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": Sphere((0, 0, 0), 12)}, "reaches out of the body"),
        ({"target": Sphere((0, 74, 0), 12)}, "reaches out of the body"),
        ({"parts": [Part("unobtainium", NERVE)]}, "no tissue called"),
        ({"parts": [Part("kidney", Sphere((0, 300, 0), 9), "far")]}, "no cell"),
        ({"structures": {"skin": NERVE}}, "used twice"),
        ({"structures": {"far": Sphere((0, 300, 0), 9)}}, "outside the phantom"),
        ({"layers": [("skin", 100)]}, "does not fit"),
        ({"organ": "tail"}, "no organ"),
        ({"air_above_mm": -1}, "thickness"),
    ],
)
def test_a_phantom_that_cannot_be_is_refused(changes, says):
    with pytest.raises(IceballError, match=says):
        body(**changes)
