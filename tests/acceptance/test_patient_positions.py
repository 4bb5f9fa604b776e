"""How the patient lay is a tag: it may change words and the side of the table, never where anything is."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iceball.io.case import Case
from iceball.plan.plan import POSITIONS
from iceball.reporting.display import position
from tests.acceptance.shell import done
from tests.io.make_dicom import write_series

TUMOUR = "18,-10,0,16"


def lopsided(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """CT numbers of a body that differs left from right, front from back and top from bottom."""
    x, y, z = at[..., 0], at[..., 1], at[..., 2]
    values = np.where((x / 70) ** 2 + (y / 50) ** 2 < 1, 40.0, -1000.0)
    values[(x + 25) ** 2 + (y - 20) ** 2 < 12**2] = 600
    values[(x - 25) ** 2 + (y - 25) ** 2 + (z - 10) ** 2 < 9**2] = -900
    return values


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder, found = tmp_path_factory.mktemp("positions"), {}
    for code in POSITIONS:
        write_series(
            folder / f"{code}-ct",
            shape=(40, 30, 15),
            spacing_mm=(4.0, 4.0, 5.0),
            origin_mm=(-78.0, -58.0, -35.0),
            values=lopsided,
            patient_position=code,
        )
        done(
            "new", folder / code, "--ct", folder / f"{code}-ct", f"--target-sphere={TUMOUR}",
            "--organ", "soft_tissue", "--side", "L", "--protocol", "freeze1",
        )  # fmt: skip
        found[code] = Case.open(folder / code)
    return found


def test_all_eight_positions_give_the_same_needles(cases: dict[str, Case]) -> None:
    assert len(cases) == 8
    first = cases["HFS"].plan()
    assert first.probes
    for code, case in cases.items():
        assert case.record.header.patient_position == code
        assert case.plan().probes == first.probes
        assert np.array_equal(case.image().data, cases["HFS"].image().data)
        assert case.image().grid.matches(cases["HFS"].image().grid)


def test_the_report_tells_the_position_and_shows_the_same_side(cases: dict[str, Case]) -> None:
    """Two of the eight, head and feet first: the pictures and the needle table must be the same to the last bit."""
    pages = {}
    for code in ("HFS", "FFP"):
        folder = cases[code].folder
        done("run", folder, "--spacing-mm", 4, "--members", 0)
        (report,) = folder.glob("runs/*/report.html")
        pages[code] = report.read_text(encoding="utf-8")
        assert position(code) in pages[code]
    assert _pictures(pages["HFS"]) == _pictures(pages["FFP"])
    assert len(_pictures(pages["HFS"])) >= 4
    assert _keys(cases["HFS"].folder) == _keys(cases["FFP"].folder)


def test_only_for_a_prone_patient_is_an_entry_from_in_front_on_the_table_side(cases: dict[str, Case]) -> None:
    (entry, tip) = (np.array(p) for p in (cases["HFS"].plan().probes[0].entry_mm, cases["HFS"].plan().probes[0].tip_mm))
    assert entry[1] < tip[1] - 10
    told = {code for code, case in cases.items() if "table side of this image" in case.plan().reason}
    assert told == {"HFP", "FFP"}


def _pictures(page: str) -> list[str]:
    return re.findall(r'src="data:image/png;base64,([^"]+)"', page)


def _keys(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "runs").iterdir())
