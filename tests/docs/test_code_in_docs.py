"""Code that people copy from the documentation works."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, pages

SARCOMA = ROOT / "src" / "iceball" / "cases" / "sarcoma"
WITH_PYTHON = [p for p in pages() if any(b.page == p for b in blocks("python"))]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_python_block_of_a_page_runs_in_order(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages speak of a study folder; here it is the bundled sarcoma."""
    shutil.copytree(SARCOMA / "ct", tmp_path / "study" / "ct")
    shutil.copy(SARCOMA / "RS.dcm", tmp_path / "study" / "RS.dcm")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "docs"}
    for block in (b for b in blocks("python") if b.page == page):
        exec(compile("\n" * block.line + block.text, str(page), "exec"), names)


def test_the_readme_shows_python_and_its_example_writes_a_report() -> None:
    shown = [b.text for b in blocks("python") if b.page.name == "README.md"]
    assert len(shown) == 1
    assert 'to="report.html"' in shown[0]


def test_every_toml_block_is_a_plan_that_is_read_and_does_not_change_when_written(tmp_path: Path) -> None:
    from iceball.io.text import read_toml, write_toml
    from iceball.plan import Plan

    cards = ("[probe.", "[tissue.", "[spray.", "[pack]", "[[streaks]]")
    shown = [block for block in blocks("toml") if not any(card in block.text for card in cards)]
    assert shown
    for block in shown:
        file = tmp_path / "plan.toml"
        file.write_text(block.text, encoding="utf-8")
        plan = read_toml(file, Plan)
        write_toml(file, plan, Plan)
        assert read_toml(file, Plan).key() == plan.key(), str(block)


def test_streaks_in_the_documentation_are_read(tmp_path: Path) -> None:
    from iceball.io.placed import read_streaks

    (shown,) = [block for block in blocks("toml") if "[[streaks]]" in block.text]
    file = tmp_path / "streaks.toml"
    file.write_text(shown.text, encoding="utf-8")
    assert [s.needle for s in read_streaks(file)] == ["needle 1"]


def test_every_card_in_the_documentation_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.applicator import probes

    shown = [block for block in blocks("toml") if "[probe." in block.text]
    assert shown
    for n, block in enumerate(shown):
        file = tmp_path / f"{n}.toml"
        file.write_text(block.text, encoding="utf-8")
        monkeypatch.setenv("ICEBALL_PROBES", str(file))
        assert len(probes()) > len(shown), str(block)


def test_every_spray_in_the_documentation_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.applicator import surface_applicators

    shown = [block for block in blocks("toml") if "[spray." in block.text]
    assert shown
    for n, block in enumerate(shown):
        file = tmp_path / f"{n}.toml"
        file.write_text(block.text, encoding="utf-8")
        monkeypatch.delenv("ICEBALL_SPRAYS", raising=False)
        before = len(surface_applicators())
        monkeypatch.setenv("ICEBALL_SPRAYS", str(file))
        assert len(surface_applicators()) > before, str(block)


def test_every_tissue_in_the_documentation_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.tissue import tissues

    shown = [block for block in blocks("toml") if "[tissue." in block.text]
    assert shown
    for n, block in enumerate(shown):
        file = tmp_path / f"{n}.toml"
        file.write_text(block.text, encoding="utf-8")
        monkeypatch.delenv("ICEBALL_TISSUES", raising=False)
        before = len(tissues())
        monkeypatch.setenv("ICEBALL_TISSUES", str(file))
        assert len(tissues()) > before, str(block)


def test_every_pack_in_the_documentation_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.plan.defaults import defaults_of
    from iceball.tissue.packs import packs

    shown = [block for block in blocks("toml") if "[pack]" in block.text]
    assert shown
    for n, block in enumerate(shown):
        file = tmp_path / f"shown_{n}.toml"
        file.write_text(block.text, encoding="utf-8")
        monkeypatch.setenv("ICEBALL_PACKS", str(file))
        assert defaults_of(file.stem).goals, str(block)
        assert file.stem in packs()
