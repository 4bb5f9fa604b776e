"""The spread of a run on disk: it comes back as it was, and never beside an assessment that it was not made for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iceball.assessment import Assessment, Cover, assess
from iceball.assessment.spread import Band, Share, Spread
from iceball.errors import CaseError
from iceball.io.runs import Run
from iceball.io.spread import (
    STALE,
    keep_member,
    kept_members,
    members_folder,
    probability_file,
    save_spread,
    spread_file,
    with_spread,
)
from iceball.plan.ensemble import Member
from iceball.plan.varied import Varied
from iceball.space.shapes import Sphere
from tests.assessment.made_by_hand import ball, box, history, patient

GRID = box(20, 2.0)
BAND = Band(0.4, 2.0, None, -0.2, 0.9, 1)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "by-hand").mkdir()
    return Run(tmp_path / "by-hand")


def verdict(below: float = 0.0) -> Assessment:
    return assess(history(GRID, ball(GRID, 12)), (Cover("tumour", below),), patient({"tumour": Sphere((0, 0, 0), 12)}))


def key(a: Assessment) -> str:
    return str(a.made_by["assessment_key"])


def told(a: Assessment) -> Spread:
    return Spread(
        members=32,
        seed=1,
        spacing_mm=3.0,
        bands={"margins_mm.0.min": BAND},
        goals=(0.75,),
        goal_bands=(BAND,),
        matters={"margins_mm.0.min": (Share("perfusion", 0.5, True),)},
        inputs={"placement_mm": 3.0},
        made_for=str(a.made_by["assessment_key"]),
        notes=("one was left out",),
        grid=GRID,
        probability=np.linspace(0, 1, int(np.prod(GRID.shape)), dtype=np.float32).reshape(GRID.shape),
    )


def test_a_spread_comes_back_as_it_was_with_its_map(run: Run) -> None:
    a = verdict()
    save_spread(run, told(a))
    back = with_spread(run, a, key(a)).spread
    assert back is not None
    for name in ("members", "bands", "goals", "goal_bands", "matters", "inputs", "notes", "grid"):
        assert getattr(back, name) == getattr(told(a), name), name
    assert np.array_equal(back.probability, told(a).probability)
    assert Assessment.from_json(with_spread(run, a, key(a)).as_json()).spread is not None


def test_beside_other_goals_it_is_stale_and_not_shown(run: Run) -> None:
    save_spread(run, told(verdict()))
    other = with_spread(run, verdict(below=-20.0), key(verdict(below=-20.0)))
    assert other.spread is None
    assert STALE in other.notes


def test_a_run_without_a_spread_has_none_and_says_nothing(run: Run) -> None:
    assert with_spread(run, verdict(), key(verdict())).spread is None
    assert STALE not in with_spread(run, verdict(), key(verdict())).notes


@pytest.mark.parametrize("broken", [spread_file, probability_file])
def test_a_damaged_file_is_refused_with_its_name(run: Run, broken) -> None:  # type: ignore[no-untyped-def]
    a = verdict()
    save_spread(run, told(a))
    broken(run).write_text("{}")
    with pytest.raises(CaseError) as refused:
        with_spread(run, a, key(a))
    assert str(broken(run)) in refused.value.where


def test_members_come_back_and_a_damaged_one_is_left_out(run: Run) -> None:
    cold = np.arange(105).reshape(3, 5, 7) % 3 == 0
    member = Member(4, {"volumes_ml.0": 1.5}, (0.25, None), (True, None), cold)
    keep_member(run.folder, member)
    keep_member(run.folder, replace(member, index=5, failed="no room"))
    (run.folder / "0006.npz").write_bytes(b"half")
    back = kept_members(run.folder)
    assert sorted(back) == [4, 5]
    assert (back[4].numbers, back[4].values, back[4].met) == (member.numbers, member.values, member.met)
    assert np.array_equal(back[4].cold, cold)
    assert back[5].failed == "no room"


def test_members_of_another_seed_spacing_range_or_goal_lie_elsewhere(run: Run) -> None:
    a, how = key(verdict()), {"seed": 1, "spacing_mm": 3.0, "varied": Varied()}
    folders = {members_folder(run, a, **how)}  # type: ignore[arg-type]
    folders |= {members_folder(run, a, **{**how, k: v}) for k, v in other_ways()}  # type: ignore[arg-type]
    folders |= {members_folder(run, key(verdict(below=-20.0)), **how)}  # type: ignore[arg-type]
    assert len(folders) == 5


def other_ways() -> list[tuple[str, object]]:
    return [("seed", 2), ("spacing_mm", 2.0), ("varied", Varied(placement_mm=1.0))]
