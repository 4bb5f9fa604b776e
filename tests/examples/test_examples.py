"""Every pack runs one small case, and ends in the number that the gallery shows."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

import pytest

from iceball.tissue.packs import packs

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("[0-9]*.py"))
EXPECTED = tomllib.loads((ROOT / "examples" / "expected.toml").read_text(encoding="utf-8"))["value"]
GALLERY = (ROOT / "docs" / "learn" / "gallery.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_an_example_ends_in_its_number_on_a_phantom_of_its_pack(script, capsys):
    example, known = runpy.run_path(str(script)), EXPECTED[script.stem]
    patient, _ = example["case"]()
    assert patient.phantom
    assert patient.organ == script.stem.split("_", 1)[1]
    assert example["main"]() == pytest.approx(known["expected"], abs=known["tolerance"])
    assert "SYNTHETIC PHANTOM, NO PATIENT" in capsys.readouterr().out


def test_every_pack_has_its_example_and_every_example_its_number_in_the_gallery():
    assert {p.stem.split("_", 1)[1] for p in SCRIPTS} == set(packs())
    assert {p.stem for p in SCRIPTS} == set(EXPECTED)
    for name, known in EXPECTED.items():
        (shown,) = re.findall(rf"examples/{name}\.py.*?\*\*([\d.]+) {known['unit']}\*\*", GALLERY, re.DOTALL)[:1]
        assert float(shown) == known["expected"], name


def test_an_example_is_short():
    for script in SCRIPTS:
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 60, script.name
