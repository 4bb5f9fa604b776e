"""The built page is sent packed, and again only when it changed."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from iceball.web.app import create_app
from iceball.web.workspace import Workspace


@pytest.fixture
def built(space: Workspace, tmp_path: Path) -> TestClient:
    static = tmp_path / ".static"
    (static / "deep").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><p>Iceball" + " " * 900)
    (static / "main.js").write_text("1;" * 500)
    (static / "deep" / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "secret.txt").write_text("secret")
    return TestClient(create_app(space, static=static), base_url="http://127.0.0.1")


def test_files_are_packed_and_kept_by_the_browser(built: TestClient) -> None:
    answer = built.get("/")
    assert (answer.headers["content-type"], answer.headers["content-encoding"]) == ("text/html; charset=utf-8", "gzip")
    assert answer.text.startswith("<!doctype html><p>Iceball")
    assert built.get("/main.js").headers["content-type"].startswith("text/javascript")
    assert built.get("/deep/a.png").content == b"\x89PNG"
    again = built.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert built.get("/main.js", headers={"Accept-Encoding": "identity"}).text == "1;" * 500


@pytest.mark.parametrize("path", ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/deep/../../secret.txt"])
def test_nothing_beside_the_page_is_sent(built: TestClient, path: str) -> None:
    answer = built.get(path)
    assert answer.status_code == 404
    assert "secret\n" not in answer.text


def test_without_a_built_page_it_says_how_to_build_it(space: Workspace, tmp_path: Path) -> None:
    client = TestClient(create_app(space, static=tmp_path / "nowhere"), base_url="http://127.0.0.1")
    answer = client.get("/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text
