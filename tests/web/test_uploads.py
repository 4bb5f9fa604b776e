"""What is sent is judged before it is written and refused with a sentence and no trace, or becomes a case."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from iceball.errors import ImageError
from iceball.io.archive import Limits
from iceball.io.case import Case
from iceball.io.nifti import write_nifti
from iceball.space import Volume
from iceball.web.app import create_app
from iceball.web.new_case import free_name
from iceball.web.uploads import Uploads
from iceball.web.workspace import Workspace
from tests.tissue.phantom import grid, trunk

SMALL = grid((34, 26, 8), 8.0)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sent")
    write_nifti(trunk(SMALL, couch=False), home / "ct.nii.gz")
    mask = np.linalg.norm(SMALL.centres_mm() - (40, -10, 0), axis=-1) < 16
    write_nifti(Volume(SMALL, mask.astype(np.uint8), "mask"), home / "mass.nii.gz")
    return home


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def page(space: Workspace) -> TestClient:
    return TestClient(create_app(space), base_url="http://127.0.0.1")


def left(space: Workspace) -> list[Path]:
    return list((space.folder / ".iceball" / "uploads").rglob("*"))


def sent(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", file) for file in files]


def zipped(*files: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def test_images_in_a_zip_become_a_draft(page, space, image):
    content = zipped(*((f"study/{f.name}", f.read_bytes()) for f in sorted(image.iterdir())))
    told = page.post("/api/uploads", files=sent(("study.zip", content))).json()
    assert {s["key"] for s in told["series"]} == {"study/study/ct.nii.gz"}
    assert [(s["file"], s["kind"], s["names"]) for s in told["structures"]] == [
        ("study/study/mass.nii.gz", "labels", ["label_1"])
    ]
    asked = {"upload": told["upload"], "modality": "CT", "organ": "kidney", "title": "Déjà vu / 1", "side": "L"}
    for wrong in ({"series": "other"}, {"structures": ["../../../etc/passwd"]}, {"labels": "ct.nii"}):
        answer = page.post("/api/cases", json={**asked, **wrong})
        assert answer.status_code == 422, answer.text
    assert space.names() == ()
    made = page.post("/api/cases", json={**asked, "structures": ["study/study/mass.nii.gz"]})
    assert made.status_code == 201, made.text
    case = Case.open(space.folder / made.json()["id"])
    assert case.folder.name == "deja-vu-1"
    assert case.draft
    assert case.plan().setting.side == "L"
    assert [s.name for s in case.record.structures] == ["label_1"]
    assert page.get(f"/api/cases/{case.folder.name}").json()["has_target"] is False
    assert page.get(f"/api/cases/{case.folder.name}/plan").json()["plan"]["probes"] == []
    assert left(space) == []
    assert page.post("/api/cases", json=asked).status_code == 404


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        (sent(("../../evil.dcm", b"x")), 422, "climbs"),
        (sent(("nul", b"x")), 422, "device"),
        (sent(("a.dcm", b"x"), ("A.dcm", b"y")), 422, "twice"),
        (sent(("a.zip", zipped(("../evil", b"x")))), 422, "climbs"),
        (sent(("ct.nii.gz", b"\x1f\x8bbroken")), 422, "Left out"),
    ],
)
def test_what_is_dangerous_or_no_image_is_refused_with_a_sentence_and_nothing_is_left(page, space, files, status, said):
    answer = page.post("/api/uploads", files=files)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert said in f"{error['where']} {error['what']}"
    assert error["remedy"]
    assert left(space) == []
    assert not (space.folder.parent / "evil.dcm").exists()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"hello", "text/plain"),
        (b"hello", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\ncut',
            "multipart/form-data; boundary=x",
        ),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A" * 9_000, "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_is_no_upload_is_refused(page, space, body, kind):
    answer = page.post("/api/uploads", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422, answer.text
    assert left(space) == []


def test_a_body_that_grows_past_the_limit_is_stopped_on_its_way(tmp_path):
    read = []

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        for n in range(1000):
            read.append(n)
            yield bytes(1000)

    waiting = Uploads(tmp_path / "u", Limits(bytes=20_000))
    with pytest.raises(ImageError, match="larger than"):
        asyncio.run(waiting.take(endless(), "multipart/form-data; boundary=x", None))
    assert len(read) < 25
    assert list((tmp_path / "u").iterdir()) == []
    with pytest.raises(ImageError, match="larger than"):
        waiting.begin(30_000)


def test_only_the_last_uploads_wait_and_a_thrown_away_one_is_gone(page, space, tmp_path):
    waiting = Uploads(tmp_path / "u")
    folders = [waiting.begin(None) for _ in range(12)]
    assert sum(f.exists() for f in folders) == 8
    assert folders[-1].exists()
    assert page.delete("/api/uploads/../../x").status_code in (404, 405)
    assert page.delete(f"/api/uploads/{'0' * 16}").status_code == 404


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Kidney  left", "kidney-left"),
        ("../../x", "x"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("", "case"),
        ("CON", "case-con"),
        ("日本", "case"),
    ],
)
def test_a_case_gets_a_folder_of_plain_letters_whatever_its_title(tmp_path, title, name):
    assert free_name(tmp_path, title) == name
    (tmp_path / name).mkdir()
    assert free_name(tmp_path, title) == f"{name}-2"
