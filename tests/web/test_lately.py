"""What the server keeps of a case that was looked at: small things, never the whole patient."""

import gc
import weakref

from fastapi.testclient import TestClient

from iceball.web.lately import Lately
from iceball.web.workspace import Workspace

AT = "/api/cases/block"


def test_pictures_and_boxes_of_a_patient_do_not_keep_him_in_memory(space: Workspace, client: TestClient) -> None:
    name = client.get(AT).json()["structures"][0]["name"]
    for what in ("image.box", f"structures/{name}.box", f"structures/{name}.mesh", "thumbnail.png"):
        assert client.get(f"{AT}/{what}").status_code == 200, what
    seen = weakref.ref(space.patient("block").anatomy)
    space._patients.clear()
    gc.collect()
    assert seen() is None


def test_a_thumbnail_is_a_file_until_the_case_is_another(space: Workspace, client: TestClient) -> None:
    first = client.get(f"{AT}/thumbnail.png").content
    (file,) = (space.folder / ".iceball" / "thumbnails" / "block").iterdir()
    assert first == file.read_bytes()
    file.write_bytes(b"kept")
    assert client.get(f"{AT}/thumbnail.png").content == b"kept"
    record = space.folder / "block" / "case.toml"
    record.write_text(record.read_text().replace("size_mm = 80.0", "size_mm = 90.0"))
    again = client.get(f"{AT}/thumbnail.png").content
    assert again[:4] == b"\x89PNG"
    assert [f.name for f in file.parent.iterdir()] != [file.name]


def test_the_last_few_answers_are_kept() -> None:
    kept, made = Lately(2), []
    for key in (1, 2, 1, 3, 1, 2):
        kept.of(key, lambda key=key: made.append(key) or b"")  # type: ignore[misc]
    assert made == [1, 2, 3, 2]
