"""Needles are set on a control CT by the mouse: two points each, then the margin as they lie."""

import json
import math
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from playwright.sync_api import Page, Route, expect
from scipy.spatial.transform import Rotation

from iceball.io.case import Case
from iceball.io.nifti import write_nifti
from iceball.plan import Placement
from iceball.space.rigid import Rigid
from tests.browser.conftest import ROOT
from tests.browser.hands import FULL_RUN_MS, open_case, part, tab
from tests.browser.server import Server
from tests.browser.watch import shot

sys.path.insert(0, str(ROOT / "validation"))

from as_placed.control import beside, control_image

TIP_MM, ANGLE_DEG = 1.5, 2.0
"""What a needle as placed may be off; the proof `validation/as_placed` says the same."""
CELLS_MM = 3.0
SIGNS = {"L": 1, "R": -1, "P": 1, "A": -1, "H": 1, "F": -1}


@dataclass(frozen=True)
class Truth:
    """A case, its control CT, and where its needles truly lie in the planning image."""

    case: str
    control: Path
    motion: Rigid
    needles: tuple[Placement, ...]


@pytest.fixture
def truth(server: Server, tmp_path: Path) -> Truth:
    """The patient turned and shifted, two needles 3 mm and 4 degrees beside their plan, frozen for a minute."""
    name = server.demo()
    folder = server.workspace / name
    plan = tomllib.loads((folder / "plan.toml").read_text())
    plan["probes"], plan["protocol"]["steps"] = plan["probes"][:2], [{"kind": "freeze", "duration_s": 60.0}]
    plan["goals"] = [goal for goal in plan["goals"] if goal["kind"] == "cover"]  # no stops to be found
    (folder / "plan.toml").write_text(tomli_w.dumps(plan))
    case = Case.open(folder)
    anatomy, dice = case.anatomy(), np.random.default_rng(5)
    centre = np.mean(anatomy.target.shape.bounds_mm(), axis=0)
    turn = Rotation.from_rotvec(np.radians([2.0, -1.0, 3.3])).as_matrix()
    motion = Rigid(tuple(map(tuple, turn)), tuple(centre - turn @ centre + [5.0, -4.0, 3.0]))
    needles = tuple(beside(p, dice, tip_mm=3.0, tilt_deg=4.0) for p in case.plan().probes)
    image = control_image(anatomy.image, needles, motion, centre_mm=centre, size_mm=(150, 170, 90),
                          spacing_mm=(1.0, 1.0, 3.0), seed=5)  # fmt: skip
    return Truth(name, write_nifti(image, tmp_path / "control.nii.gz"), motion, needles)


def under(page: Page, x: float, y: float) -> list[float]:
    """The place under the pointer in the axial slice, LPS mm, as the page reads it out."""
    box = part(page, "view-axial").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + x, box["y"] + y)
    words = part(page, "readout-axial")
    expect(words).not_to_be_empty()
    page.wait_for_timeout(40)
    return [SIGNS[letter] * float(mm) for letter, mm in re.findall(r"([LRPAHF]) (\d+\.\d)", words.inner_text())]


def point(page: Page, at: np.ndarray) -> None:
    """Go through the axial slices to a place of the control CT, and click it."""
    for _ in range(60):
        off = at[2] - under(page, 120, 300)[2]
        if abs(off) <= 1.6:
            break
        page.mouse.wheel(0, -100 if off > 0 else 100)
        page.wait_for_timeout(30)
    a, b = np.array(under(page, 120, 300)), np.array(under(page, 320, 450))
    x, y = np.array((120, 300)) + (at[:2] - a[:2]) * (200, 150) / (b[:2] - a[:2])
    box = part(page, "view-axial").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + y)


def coarse(route: Route) -> None:
    """The runs of this test on coarse cells; a person's are finer."""
    asked = route.request.post_data_json if route.request.method == "POST" else None
    if asked:
        asked["options"]["spacing_mm"] = CELLS_MM
    route.continue_(**({"post_data": json.dumps(asked)} if asked else {}))


def test_needles_clicked_on_a_control_ct_lie_where_they_are_and_have_their_own_margin(
    page: Page, server: Server, truth: Truth
) -> None:
    page.route("**/jobs", coarse)
    open_case(page, server, truth.case)
    tab(page, "placed")
    with page.expect_file_chooser() as chooser:
        part(page, "control-choose").click()
    chooser.value.set_files(truth.control)
    expect(part(page, "control-word-axial")).to_contain_text("CONTROL CT")
    for needle in truth.needles:
        tip, out = truth.motion.apply(needle.tip_mm), -np.array(truth.motion.turn) @ np.array(needle.direction)
        point(page, tip + np.array((1.0, -1.0, 0.0)))
        point(page, tip + 45 * out)
    for n in range(len(truth.needles)):
        expect(part(page, f"streak-{n}-found")).to_contain_text("found")
    shot(page, "as-placed-points")
    part(page, "control-more").locator("summary").click()
    part(page, "control-advice").uncheck()
    part(page, "as-placed-start").click()
    expect(part(page, "control-word-axial")).to_contain_text("laid over the plan, ±", timeout=FULL_RUN_MS)
    expect(part(page, "placed-margin")).to_contain_text("mm", timeout=FULL_RUN_MS)
    part(page, "whose-placed").click()
    expect(part(page, "run-status").locator("b")).to_have_text("AS PLACED")
    expect(part(page, "margin-min")).to_have_text(part(page, "placed-margin").inner_text())
    expect(part(page, "ice-word-axial")).to_contain_text("AS PLACED")
    shot(page, "as-placed-margin")
    told = server.ask(f"/cases/{truth.case}/placed")["told"]["needles"]
    for found, lies in zip(told, truth.needles, strict=True):
        out = np.subtract(found["entry_lps_mm"], found["tip_lps_mm"])
        cosine = float(-np.array(lies.direction) @ out / np.linalg.norm(out))
        off = math.dist(found["tip_lps_mm"], lies.tip_mm), math.degrees(math.acos(min(1.0, cosine)))
        print(f"{found['needle']}: tip {off[0]:.2f} mm, {off[1]:.2f} degrees off the truth")
        assert off[0] <= TIP_MM, off
        assert off[1] <= ANGLE_DEG, off
