"""Names that carry scripts: whatever is served shows them as letters, or as data that no browser runs."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from iceball.assessment.goals import Cover
from iceball.desk import Desk
from iceball.io.bench import new_bench_case
from iceball.io.runs import save_prediction
from iceball.plan.protocol import freeze
from iceball.reporting.assemble import compose_content
from iceball.reporting.content import Cell, Content, Table
from iceball.reporting.html import html
from iceball.tissue.bench import Bench
from iceball.web.app import create_app
from iceball.web.workspace import Workspace
from tests.browser.payloads import SCRIPTS
from tests.reporting import fixture_case as case

MANY = [SCRIPTS[n % len(SCRIPTS)].format(n=n) for n in range(200)]


class Tags(HTMLParser):
    """Every element of a page with the names of its attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(sorted(name for name, _ in attrs))] += 1

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def content() -> Content:
    made = compose_content(
        case.verdict(), case.history(), case.plan(), case.anatomy(), title="A", flags=("b",), constants=(), versions={}
    )
    picture = replace(made.planes, alt="c", caption="d")
    table = Table("Goals", ("Goal",), ((Cell("e", "met"),),), "f", lead="g")
    return replace(made, goals=table, notes=(("h", ("i",)),), planes=picture, not_assessed=("j",), facts=(("k", "l"),))


def hostile(content: Content, text: str) -> Content:
    """The same words but one, everywhere where words of a user may stand."""
    return replace(
        content,
        title=text, badges=(text,), line=text, footer=text, setting_warning=text,
        goals=Table(text, (text,), ((Cell(text, "met"),),), text, lead=text),
        notes=((text, (text,)),), not_assessed=(text,), facts=((text, text),),
        planes=replace(content.planes, alt=text, caption=text),
    )  # fmt: skip


def test_two_hundred_scripts_add_no_element_and_no_attribute_to_a_report(content: Content) -> None:
    calm = Tags(html(hostile(content, "calm words"))).found
    for text in MANY:
        seen = Tags(html(hostile(content, text)))
        assert seen.found == calm, text
        assert any(text in words for words in seen.words), text


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("hostile")
    at = folder / "gel <img src=x onerror=alert(1)>"
    new_bench_case(at, Bench("gel", 60, 20, 20), title=MANY[0], protocol=freeze(30.0))
    desk = Desk.open(at)
    needle = replace(desk.plan.probes[0], name=MANY[8], channel=MANY[13])
    plan = replace(desk.plan, probes=(needle,), reason=" ".join(MANY[:50]), goals=(Cover("tumour", -20.0),))
    desk = replace(desk, case=desk.case.save_plan(plan), plan=plan)
    prediction = desk.predict(4.0, "auto")
    desk.judge(prediction, save_prediction(desk.case, prediction))
    space = Workspace(folder, workers=1)
    yield TestClient(create_app(space), base_url="http://127.0.0.1", raise_server_exceptions=False)
    space.close()


def test_what_is_served_of_a_hostile_case_is_no_markup(client: TestClient) -> None:
    [row] = client.get("/api/cases").json()
    at = f"/api/cases/{row['id'].replace('/', '%2F')}"
    for door in ("verdict", "assessment", "curves", "standing", "search", "told/what-if", "placed"):
        answer = client.get(f"{at}/{door}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = Tags(client.get(f"{at}/report.html").text)
    assert not {"script", "iframe", "object", "svg", "form", "base", "input"} & {tag for tag, _ in page.found}
    assert not [a for _, names in page.found for a in names if a.startswith("on") or a == "style"]
    assert MANY[0][:20] in " ".join(page.words)
    archive = client.get(f"{at}/export.zip")
    assert archive.headers["content-disposition"] == 'attachment; filename="gel-img-src-x-onerror-alert-1.zip"'
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        assert all(Path(name).name == name for name in files.namelist())
        assert json.loads(files.read("made_by.json"))["title"] == MANY[0]
