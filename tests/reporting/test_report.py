"""The report: everything a doctor must see, in one file, and nothing that a name can do to it."""

import base64
import re
import shutil
import subprocess
import time
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

import iceball
from iceball.assessment.assessment import Doubt, Margin, Verdict
from iceball.errors import CaseError
from iceball.plan import Plan, Setting
from iceball.plan.caveats import setting_warning
from iceball.reporting import AUTOMATIC, STARTER, SYNTHETIC, report
from iceball.reporting.drawing import Overlays
from iceball.reporting.figures_margin import margin_picture
from iceball.reporting.figures_planes import needle_pictures
from iceball.reporting.flags import SYNTHETIC_PARTS, all_flags, stamp
from iceball.reporting.headline import headline
from iceball.reporting.structure_tables import further_structures_table, structures_table
from iceball.reporting.tables import (
    goals_table,
    variants_table,
)
from iceball.tissue import Structure
from tests.reporting import fixture_case as case

NASTY = (
    "<script>alert(1)</script>",
    '#read("/etc/passwd")',
    "$\\frac{",
    "_hidden",
    "{{ 7*7 }}",
    '"><img src=x onerror=alert(1)>',
)


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    start = time.perf_counter()
    flags = (f"{SYNTHETIC}, automatic labels",)
    made = report(
        case.verdict(), case.history(), case.plan(), case.anatomy(), to=path, title="Case one", flags=flags,
        constants=case.constants(), versions={"numba": "0.99"},
    )  # fmt: skip
    assert made == path
    assert time.perf_counter() - start < 60
    return path


@pytest.fixture(scope="module")
def page(written: Path) -> Reader:
    return Reader(written.read_text(encoding="utf-8"))


def test_the_page_needs_no_network_no_script_and_no_other_file(page: Reader) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed"}
    for _, attributes in page.tags:
        for name, value in attributes.items():
            if name in ("src", "href"):
                assert value is not None
                assert value.startswith("data:image/")
            assert not name.startswith("on")


def test_every_picture_has_words_for_who_cannot_see_it(page: Reader) -> None:
    pictures = [a for tag, a in page.tags if tag == "img"]
    assert len(pictures) == 1 + 1 + 3 + 1 + 2
    assert all(a["alt"] for a in pictures)


SAID = (
    "RESEARCH USE ONLY",
    "Case one",
    "2024-01-31",
    "HFS (head first, supine)",
    "HFP (head first, prone)",
    "SYNTHETIC LESION ON A REAL CT",
    "Machine-made starter, not reviewed",
    "trajectories and bowel distances are illustrative",
    "−20 °C covers 97 %",
    "NOT ASSESSED",
    "NOT MET",
    "goals not met",
    "duodenum, adrenal gland",
    "patient right on screen left",
    "Generic 17G argon needle",
    "modelled lethal zone",
    "low blood flow",
    "high blood flow",
    "chart-like",
    "IT'IS tissue database",
    "assumed",
    "One slice was sorted by position.",
    "12 % of the simulated box",
    "± 0.21",
    "numba",
    "1–2 rule: a 28 mm tumour takes 3 needles.",
    iceball.__version__,
    case.plan().key(),
)


@pytest.mark.parametrize("words", SAID)
def test_the_page_says(words: str, page: Reader) -> None:
    assert words in page.words


def test_nothing_is_said_to_be_killed(page: Reader) -> None:
    assert not re.search(r"\bkill", page.words, re.IGNORECASE)


def test_what_is_read_first_comes_first(page: Reader) -> None:
    order = (
        *("RESEARCH USE ONLY", "Ice margin min", "Status", "Nearest structures", "duodenum", "Needles"),
        *("Protocol clock", "Planes through", "Each needle", "Margin map", "histogram", "How sure"),
        *("Assumptions", "Constants", "Sources", "hashes"),
    )
    body = page.words[page.words.index("RESEARCH USE ONLY") :]
    places = [body.index(words) for words in order]
    assert places == sorted(places)


def test_a_pdf_of_the_same_content_lies_beside_it(written: Path) -> None:
    data = written.with_suffix(".pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(data) > 50_000
    assert sorted(p.name for p in written.parent.iterdir()) == ["report.html", "report.pdf"]


def test_the_same_case_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    flags = (f"{SYNTHETIC}, automatic labels",)
    again = report(
        case.verdict(), case.history(), case.plan(), case.anatomy(), to=tmp_path / "again.html", title="Case one",
        flags=flags, constants=case.constants(), versions={"numba": "0.99"},
    )  # fmt: skip
    assert again.read_bytes() == written.read_bytes()
    assert again.with_suffix(".pdf").read_bytes() == written.with_suffix(".pdf").read_bytes()


def test_only_what_was_asked_for_is_written(tmp_path: Path) -> None:
    plan = case.plan(probes=case.plan().probes[:1])
    report(case.verdict(), case.history(), plan, case.anatomy(), to=tmp_path / "a.html", pdf=False)
    report(case.verdict(), case.history(), plan, case.anatomy(), to=tmp_path / "b.pdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.pdf"]


def test_a_name_can_neither_run_a_script_nor_read_a_file_nor_break_the_page(tmp_path: Path) -> None:
    anatomy, plan, verdict = case.anatomy(), case.plan(), case.verdict()
    shape = anatomy.structures["colon"].shape
    for name in NASTY:
        anatomy = anatomy.with_structure(Structure(name, shape, name))
    needles = tuple(replace(p, name=n) for p, n in zip(plan.probes, NASTY, strict=False))
    plan = replace(plan, probes=needles, reason=NASTY[0] + NASTY[1], setting=Setting(image_breathing=NASTY[0]))
    at_risk = tuple(replace(verdict.structures[1], name=n, origin=n) for n in NASTY)
    curve = verdict.histogram["tumour"]
    verdict = replace(
        verdict, structures=at_risk, not_assessed=NASTY, notes=NASTY,
        histogram=dict.fromkeys(("tumour", *NASTY), curve),
        goals=tuple(Verdict(n, None, None, "mm", reason=n) for n in NASTY), doubt={n: Doubt(0, 1, n) for n in NASTY},
    )  # fmt: skip
    path = report(
        verdict, case.history(), plan, replace(anatomy, notes=NASTY), to=tmp_path / "x.html",
        title=NASTY[0] + NASTY[1], flags=NASTY, versions=dict.fromkeys(NASTY, NASTY[0]),
    )  # fmt: skip
    page = Reader(path.read_text(encoding="utf-8"))
    assert not {tag for tag, _ in page.tags} & {"script", "iframe"}
    assert {a["src"][:10] for tag, a in page.tags if tag == "img" and a["src"]} == {"data:image"}
    for name in NASTY:
        assert name in page.words
    assert "root:" not in page.words
    reader = shutil.which("pdftotext")
    if reader:
        words = subprocess.run(
            [reader, "-raw", path.with_suffix(".pdf"), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert "root:" not in words
        for name in NASTY:
            assert name in words


def test_the_typesetter_is_given_data_and_never_evaluates_it() -> None:
    template = files("iceball.reporting").joinpath("templates", "report.typ").read_text(encoding="utf-8")
    assert not re.search(r"\b(eval|read|import|include|plugin)\b", template)
    assert template.count("json(") == 1


def test_a_report_that_fails_leaves_the_old_one_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def fails(*_: object) -> bytes:
        raise RuntimeError("no typesetter")

    monkeypatch.setattr("iceball.reporting.assemble.pdf_bytes", fails)
    with pytest.raises(RuntimeError):
        report(case.verdict(), case.history(), case.plan(), case.anatomy(), to=path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["report.docx", "nowhere/report.html"])
def test_a_place_it_cannot_write_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError) as refused:
        report(case.verdict(), case.history(), case.plan(), case.anatomy(), to=tmp_path / name)
    assert refused.value.remedy


def test_a_plan_without_needles_and_a_run_without_ice_still_make_a_report(tmp_path: Path) -> None:
    none = Margin(None, None, None, reason="no ice")
    verdict = case.verdict(
        margins_mm={"0": none, "-20": none, "-40": none},
        margin_map=None,
        histogram={},
        structures=(),
        goals=(),
        doubt={},
        variants={},
    )
    plan = Plan(reason="No path to the target.")
    history = replace(case.history(), sensors_c={}, needle_watts={}, minimum_c=case.history().minimum_c * 0 + 37)
    page = Reader(report(verdict, history, plan, case.anatomy(), to=tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "No ice margin: no ice" in page.words
    assert "No path to the target." in page.words
    assert "doubt not assessed" in page.words


def test_the_line_names_number_face_coverage_and_doubt() -> None:
    verdict = case.verdict(
        margins_mm={"0": Margin(3.19, 4.0, (52.0, 42.0, 10.0))},
        coverage={"-20": 0.979},
        doubt={"margins_mm.0.min": Doubt(1.29, 4.08, "flow")},
    )
    expected = "Ice margin min 3.1 mm at the posteromedial face; −20 °C covers 97 %; doubt 1.2 to 4.0 mm (flow)"
    assert headline(verdict, case.plan(), case.anatomy()) == expected


def test_without_a_stated_doubt_the_flow_variants_give_it() -> None:
    low = case.verdict(margins_mm={"0": Margin(5.0, 5.0, None)})
    high = case.verdict(margins_mm={"0": Margin(1.0, 1.0, None)})
    verdict = case.verdict(
        margins_mm={"0": Margin(3.0, 3.0, None)}, doubt={}, variants={"low_flow": low, "high_flow": high}
    )
    assert headline(verdict, case.plan(), case.anatomy()).endswith("doubt 1.0 to 5.0 mm (flow)")


def test_position_and_breathing_must_be_known_and_equal_or_the_report_warns() -> None:
    same = Setting(procedure_position="HFS", image_breathing="expiration", procedure_breathing="expiration")
    assert setting_warning(case.plan(setting=same), case.anatomy()) == ""
    assert "differ" in setting_warning(case.plan(setting=replace(same, procedure_position="HFP")), case.anatomy())
    assert "unknown" in setting_warning(case.plan(setting=replace(same, image_breathing="")), case.anatomy())


def test_flags_come_from_the_plan_and_the_labels_too_and_are_stamped_on_pictures() -> None:
    flags = all_flags((SYNTHETIC,), case.plan(), case.anatomy())
    assert flags == (SYNTHETIC, STARTER, AUTOMATIC)
    mass = Structure("tumour", case.anatomy().target.shape, "SYNTHETIC crescent plaque, drawn by rule")
    drawn = all_flags((), case.plan(), case.anatomy().with_structure(mass))
    assert drawn == (STARTER, AUTOMATIC, SYNTHETIC_PARTS)
    assert "SYNTHETIC" in stamp(drawn)
    assert all_flags((), case.plan(review="accepted"), replace(case.anatomy(), structures={})) == ()
    assert stamp(flags) == "RESEARCH USE ONLY · SYNTHETIC LESION ON A REAL CT · AUTOMATIC LABELS, UNREVIEWED"


def test_the_stamp_and_the_needles_change_the_picture() -> None:
    plan, anatomy, history = case.plan(), case.anatomy(), case.history()
    plain = needle_pictures(Overlays(anatomy, history, plan, (), "RESEARCH USE ONLY"))
    stamped = needle_pictures(Overlays(anatomy, history, plan, (), f"RESEARCH USE ONLY · {SYNTHETIC}"))
    assert len(plain) == len(plan.probes)
    assert all(a.data != b.data for a, b in zip(plain, stamped, strict=True))
    assert base64.b64decode(plain[0].uri.split(",")[1]) == plain[0].data


def test_nearest_structures_come_first_and_the_rest_follow_on_page_two() -> None:
    one = case.verdict().structures[1]
    many = tuple(replace(one, name=f"s{i}", distance_to_0c_mm=float(20 - i)) for i in range(12))
    verdict = case.verdict(structures=(*many, replace(one, name="no ice near", distance_to_0c_mm=None)))
    first, rest = structures_table(verdict), further_structures_table(verdict)
    assert rest is not None
    names = [row[0].text for row in (*first.rows, *rest.rows)]
    assert names[:2] == ["s11", "s10"]
    assert names[-1] == "no ice near"
    assert len(names) == 13
    assert "page 2" in first.note


def test_a_structures_status_is_words_and_its_tone_only_repeats_them() -> None:
    one = replace(case.verdict().structures[1], stop_mm=3.0, limits="stop ice at 3 mm")
    kept, broken = replace(one, name="kept"), replace(one, name="broken", stop_mm=9.0)
    free = replace(case.verdict().structures[1], name="free")
    rows = {row[0].text: row[1] for row in structures_table(case.verdict(structures=(kept, broken, free))).rows}
    said = {name: (cell.text, cell.tone) for name, cell in rows.items()}
    assert said == {
        "kept": ("met nominally, no spread made", "amber"),
        "broken": ("NOT MET", "unmet"),
        "free": ("no limit known", "unknown"),
    }


def test_structures_far_from_the_ice_are_named_and_none_is_lost() -> None:
    one = case.verdict().structures[1]
    many = tuple(replace(one, name=f"s_{i}", distance_to_0c_mm=10.0 * i) for i in range(12))
    rest = further_structures_table(case.verdict(structures=many))
    assert rest is not None
    assert not rest.rows
    assert rest.note == "More than 40 mm from the ice: s 7, s 8, s 9, s 10, s 11."


def test_goals_are_words_and_their_numbers_are_rounded_against_the_goal() -> None:
    goals = (
        Verdict("0 °C covers tumour + 5 mm", False, 4.96, "mm", 0.51),
        Verdict("volume_ml.0 at most 60", False, 60.01, "mL", 0.1),
        Verdict("-20 °C covers 95% of tumour", True, 0.959, "fraction", 0.011),
        Verdict("needles at most 3", True, 3.0, "needles", 0.0),
        Verdict("x", None, None, "°C", reason="not drawn"),
    )
    rows = [[cell.text for cell in row] for row in goals_table(case.verdict(goals=goals)).rows]
    assert rows[0][1:4] == ["NOT MET", "4.9 mm", "± 0.6 mm"]
    assert rows[1][2] == "60.1 mL"
    assert rows[2][:4] == ["−20 °C covers 95% of tumour", "met", "95 %", "± 1.1 %"]
    assert rows[3][2:4] == ["3 needles", ""]
    assert rows[4][1:] == ["NOT ASSESSED", "–", "", "not drawn"]


def test_no_goal_at_all_is_not_success() -> None:
    assert goals_table(case.verdict(goals=())).rows[0][1].text == "NOT ASSESSED"


def test_each_variant_has_its_row() -> None:
    assert [row[0].text for row in variants_table(case.verdict()).rows] == [
        "nominal flow, power-limited (judged)", "chart-like cooling", "low blood flow", "high blood flow",
    ]  # fmt: skip


def test_a_margin_that_could_not_be_assessed_anywhere_has_no_map() -> None:
    surface = case.margin_map()
    blind = replace(surface, margin_mm=surface.margin_mm * float("nan"))
    assert margin_picture(case.verdict(margin_map=blind), case.plan(), "") is None
