"""Real images of other people's making, from the shell to a verdict: coarse and short, but the whole way."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from iceball.io.case import Case
from tests.acceptance.shell import done, edit, run_folder, shell
from tests.shared_data import shared

COARSE = ("--spacing-mm", 4, "--json")
SHORT = ("--protocol", "freeze2")
LEVELS = ("0", "-20", "-40")


def unpacked(archive: Path, to: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(to, filter="data")
    return to


def ran(case: Path) -> dict[str, Any]:
    """Run, and look whether the answer and its report are whole."""
    data = done("run", case, *COARSE, "--members", 0).json
    assert data["volumes_ml"]["0"] > 0.5
    assert data["status"] != "all goals met"
    assert run_folder(case).name == data["made_by"]["run_key"]
    page = Path(data["report"]).read_text(encoding="utf-8")
    assert "RESEARCH USE ONLY" in page
    assert Path(data["report"]).with_suffix(".pdf").read_bytes().startswith(b"%PDF-")
    return data


def test_a_sarcoma_from_dicom_and_from_nifti_has_the_same_volumes(tmp_path: Path) -> None:
    home = shared("sts_sarcoma")
    files = {
        "dicom": (home / "dicom/STS_002/CT/image", home / "dicom/STS_002/CT/mask/RS.dcm", "GTV_Mass_CT"),
        "nifti": (home / "nifti/STS_002/CT_image.nii.gz", home / "nifti/STS_002/CT_mask.nii.gz", 1),
    }
    found = {}
    for kind, (image, structures, target) in files.items():
        case = tmp_path / kind
        given = ("--ct", image, "--structures", structures, "--target", target, "--organ", "soft_tissue", *SHORT)
        done("new", case, *given)
        done("simulate", case, "--spacing-mm", 4)
        found[kind] = done("assess", case, "--json").json
    assert Case.open(tmp_path / "dicom").plan().probes == Case.open(tmp_path / "nifti").plan().probes
    for one, other in (
        (found["dicom"], found["nifti"]),
        *((found["dicom"]["variants"][v], found["nifti"]["variants"][v]) for v in found["dicom"]["variants"]),
    ):
        assert other["target_ml"] == pytest.approx(one["target_ml"], rel=0.01)
        for level in LEVELS:
            assert other["volumes_ml"][level] == pytest.approx(one["volumes_ml"][level], rel=0.01)
    assert {"nerve", "great_vessel"} <= set(found["dicom"]["not_assessed"])


def test_a_raw_kidney_ct_needs_no_segmentation_file(tmp_path: Path) -> None:
    ct = shared("totalseg_abdomen_ct", "example_ct.nii.gz")
    done(
        "new", tmp_path / "case", "--ct", ct, "--target-ellipsoid", "79,-122,322,28,28,30", "--organ", "kidney", *SHORT
    )
    data = ran(tmp_path / "case")
    assert {"colon", "duodenum", "ureter", "renal_pelvis", "adrenal", "psoas_nerve"} <= set(data["not_assessed"])


def test_a_liver_lesion_is_planned_among_its_labelled_organs(tmp_path: Path) -> None:
    home = shared("totalseg_abdomen_ct")
    labels = ("--labels", home / "example_seg_fast_force_split.nii.gz", "--label-names", home / "LABELS.csv")
    given = ("--ct", home / "example_ct.nii.gz", *labels, "--target-sphere=-125,-146,406,30", "--organ", "liver")
    done("new", tmp_path / "case", *given, *SHORT)
    assert "liver holds the target" in Case.open(tmp_path / "case").plan().reason
    data = ran(tmp_path / "case")
    assert any(s["name"] == "liver" and s["origin"] == "AUTOMATIC, UNREVIEWED" for s in data["structures"])
    assert set(data["not_assessed"]) == {"bile_duct", "diaphragm"}
    assert "AUTOMATIC" in Path(data["report"]).read_text(encoding="utf-8")


def test_a_liver_ct_with_a_synthetic_lesion_and_no_labels_runs(tmp_path: Path) -> None:
    ct = unpacked(shared("crlm1004_liver_ct", "crlm_ct_1004_dicom.tar.xz"), tmp_path / "ct")
    done("new", tmp_path / "case", "--ct", ct, "--target-sphere=-90,0,-270,30", "--organ", "liver", *SHORT)
    data = ran(tmp_path / "case")
    assert {"gallbladder", "bile_duct", "diaphragm", "bowel", "stomach"} <= set(data["not_assessed"])


def test_a_prostate_on_oblique_mr_gets_no_needle_but_takes_one_by_hand(tmp_path: Path) -> None:
    mr = unpacked(shared("prostatex0000_mri", "prostatex_0000_dicom.tar.xz"), tmp_path / "mr")
    case, target = tmp_path / "case", ("--target-sphere", "25.7457,31.8707,-38.511,15", "--organ", "prostate")
    several = shell("new", case, "--mr", mr, *target, "--tissue", "prostate", "--json")
    assert several.code == 1
    assert "t2_tse_tra" in several.json["error"]["what"]
    assert not case.exists()
    assert "no tissues" in shell("new", case, "--mr", mr, "--series", 4, *target, "--json").json["error"]["what"]
    done("new", case, "--mr", mr, "--series", 4, *target, "--tissue", "prostate", *SHORT)
    plan = Case.open(case).plan()
    assert not plan.probes
    assert plan.reason.startswith("No needle placed")
    refused = shell("run", case, *COARSE)
    assert refused.code == 1
    assert plan.reason.split(": ")[1] in refused.json["error"]["what"]
    # From the perineum, 40 mm and more below the lowest slice.
    needle = 'probe = "generic-17g-short", tip_mm = [25.7, 31.9, -27.0], entry_mm = [25.7, 25.0, -110.0]'
    edit(case, "[protocol]", f"probes = [ {{ {needle} }} ]\n\n[protocol]")
    told = done("check", case, "--json").json
    assert any("entry" in f["what"] for f in told["findings"])
    assert all(f["severity"] != "error" for f in told["findings"])
    assert any("may generic-17g-short go into MR" in f["what"] for f in told["findings"])
    data = ran(case)
    assert {"urethra", "rectum", "sphincter"} <= set(data["not_assessed"])
    assert any("assumed to be 'prostate'" in note for note in data["notes"])
