"""`iceball observed` from the shell: one ball of ice in every format that is promised, held against the prediction."""

from pathlib import Path

import numpy as np
import pytest

from iceball.io import Case, read_image
from iceball.io.nifti import write_nifti
from iceball.io.observed import observed, read_ice
from iceball.space import Grid, Volume
from tests.acceptance.shell import done, shell, shorten
from tests.io.make_dicom import write_series, write_structures
from tests.io.test_seg import write_seg

TARGET, ICE, RADIUS_MM = (40.0, 0.0, 2.0), (43.0, 0.0, 2.0), 15.0
SHAPE, SPACING = (56, 44, 20), (4.0, 4.0, 4.0)
NRRD = """NRRD0004
type: uint8
dimension: 3
space: left-posterior-superior
sizes: 56 44 20
space directions: (4,0,0) (0,4,0) (0,0,4)
kinds: domain domain domain
encoding: raw
space origin: (-110,-86,-36)

"""
BY = ("--at-min", 1.5, "--by", "A. B.")


def body(points: np.ndarray) -> np.ndarray:
    return np.where(np.hypot(points[..., 0] / 95, points[..., 1] / 75) < 1, 40.0, -1000.0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case of a DICOM CT, and the ice as NIfTI, NRRD, SEG and RTSTRUCT."""
    home = tmp_path_factory.mktemp("observed")
    slices = write_series(home / "ct", shape=SHAPE, spacing_mm=SPACING, origin_mm=(-110.0, -86.0, -36.0), values=body)
    done("new", home / "case", "--ct", home / "ct", "--organ", "kidney", "--target-sphere", "40,0,2,16")
    shorten(home / "case")
    image = read_image(home / "ct")
    ball = np.linalg.norm(image.grid.centres_mm() - ICE, axis=-1) < RADIUS_MM
    write_nifti(Volume(image.grid, ball.astype(np.uint8), "mask"), home / "ice.nii.gz")
    (home / "ice.nrrd").write_bytes(NRRD.encode() + ball.astype(np.uint8).tobytes(order="F"))
    both = ball.astype(np.uint8)
    both[:2, :2, :2] = 2
    write_nifti(Volume(image.grid, both, "label"), home / "both.nii.gz")
    write_seg(home, np.ascontiguousarray(ball.transpose(2, 1, 0)).astype(np.uint8), labels=("ice",), sources=slices)
    write_structures(home / "rs.dcm", {"ice": list(rings(image.grid))})
    return home


def rings(grid: Grid):
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    for k in range(grid.shape[2]):
        z = float(grid.to_mm((0, 0, k))[2])
        if abs(z - ICE[2]) < RADIUS_MM:
            radius = np.sqrt(RADIUS_MM**2 - (z - ICE[2]) ** 2)
            yield np.column_stack([ICE[0] + radius * np.cos(turn), ICE[1] + radius * np.sin(turn), 0 * turn + z])


@pytest.mark.parametrize("name", ["ice.nii.gz", "ice.nrrd", "seg.dcm", "rs.dcm"])
def test_every_format_gives_the_same_ice(home: Path, name: str) -> None:
    case = Case.open(home / "case")
    grid = case.image().grid
    ice = read_ice(case, home / name).occupancy(grid) >= 0.5
    ball = np.linalg.norm(grid.centres_mm() - ICE, axis=-1) < RADIUS_MM
    assert np.count_nonzero(ice & ball) / np.count_nonzero(ice | ball) > 0.97


def test_the_shell_keeps_ice_and_says_how_far_the_prediction_lies_from_it(home: Path) -> None:
    before = (home / "case/plan.toml").read_bytes()
    told = done("observed", home / "case", home / "seg.dcm", *BY, "--json").json
    assert told["observation"] == "ice-1"
    assert told["seen"]["at_min"] == 1.5
    assert told["beside"]["observed_ml"] == pytest.approx(4 / 3 * np.pi * 1.5**3, rel=0.08)
    assert told["beside"]["predicted_ml"] > 0
    assert 0 < told["beside"]["mean_mm"] < told["beside"]["p95_mm"]
    assert Path(told["folder"]).is_dir()
    assert (home / "case/plan.toml").read_bytes() == before
    said = done("observed", home / "case", home / "ice.nii.gz", *BY).out
    assert "no plan, key or result changes" in said
    assert "PLANNED at 1.5 min" in said
    assert [one.name for one in observed(Case.open(home / "case"))] == ["ice-1", "ice-2"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ice.nii.gz", "--at-min", 99, "--by", "A. B."), "after the end of the protocol"),
        (("both.nii.gz", *BY), "Name one (--structure): label_1, label_2"),
        (("rs.dcm", *BY, "--structure", "snow"), "snow"),
        (("nothing.nii.gz", *BY), "no such file"),
        (("ice.nii.gz", *BY, "--on-control"), "as-placed"),
        (("ice.nii.gz", *BY, "--as-placed"), "as-placed"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(home: Path, words: tuple[object, ...], says: str) -> None:
    kept = len(observed(Case.open(home / "case")))
    refused = shell("observed", home / "case", home / str(words[0]), *words[1:])
    assert refused.code != 0
    assert says in refused.err
    assert len(observed(Case.open(home / "case"))) == kept
