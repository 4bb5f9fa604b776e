"""The user's own tissues: read from files named by ICEBALL_TISSUES, refused with file, tissue and field."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tomli_w

import iceball as ib
from iceball.errors import IceballError, TissueError
from iceball.sources import data_file
from iceball.space import Grid, Volume
from iceball.tissue import build_anatomy, tissue, tissues

Write = Callable[..., Path]
SOURCE = {"lab": {"kind": "read", "citation": "Our own measurement of 2026", "date": "2026-11-22"}}
MADE_OF = {part: {"value": v, "unit": "kg/kg", "source": "lab"} for part, v in (("water", 0.8), ("protein", 0.2))}


def number(value: float, unit: str, **rest: object) -> dict[str, object]:
    return {"value": value, "unit": unit, "source": "lab", **rest}


REST = {"perfusion": number(0.001, "1/s"), "metabolism": number(0.0, "W/m3"), "stasis_c": number(-15.0, "°C")}


def by_numbers(**changes: object) -> dict[str, object]:
    """The shipped gel under another name, with changed fields (None drops one)."""
    table = data_file("tissue", "tissues.toml").table
    row = {**table["tissue"]["gel"], **changes}
    return {
        "sources": {**table["sources"], **SOURCE},
        "tissue": {"mine": {k: v for k, v in row.items() if v is not None}},
    }


def by_parts(**changes: object) -> dict[str, object]:
    row = {"made_of": MADE_OF, **REST, **changes}
    return {"sources": SOURCE, "tissue": {"mine": {k: v for k, v in row.items() if v is not None}}}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    def write(*tables: dict[str, object]) -> Path:
        paths = [tmp_path / f"tissues{i}.toml" for i in range(len(tables))]
        for path, content in zip(paths, tables, strict=True):
            path.write_text(tomli_w.dumps(content), encoding="utf-8")
        monkeypatch.setenv("ICEBALL_TISSUES", os.pathsep.join(map(str, paths)))
        return paths[0]

    return write


def test_an_own_tissue_is_one_like_any_other(own: Write) -> None:
    own(by_numbers(conductivity=number(0.5, "W/m/K")))
    assert tissue("mine").conductivity.value == 0.5
    assert ib.uniform_block("mine", 80).tissues == {1: "mine"}
    image = Volume(Grid.box((-30,) * 3, (30,) * 3, 3.0), np.full((20, 20, 20), 40, np.int16))
    assert "mine" in build_anatomy(image, tissue_name="mine").tissues.values()


def test_a_tissue_may_be_given_by_what_it_is_made_of(own: Write) -> None:
    own(by_parts(freezing="ideal", perfusion=number(0.001, "1/s", low=0.0005, high=0.01)))
    made = tissue("mine")
    assert made.curve == "ideal"
    assert made.density.assumed
    assert "Our own measurement" in made.density.source.citation
    assert (made.perfusion.low, made.perfusion.high) == (0.0005, 0.01)
    assert not made.perfusion.assumed


def test_a_changed_file_is_read_again_and_a_missing_one_refused(
    own: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = own(by_numbers(density=number(1000, "kg/m3")))
    assert tissue("mine").density.value == 1000
    path.write_text(tomli_w.dumps(by_numbers(density=number(1010, "kg/m3"))), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert tissue("mine").density.value == 1010
    monkeypatch.setenv("ICEBALL_TISSUES", str(tmp_path / "nowhere.toml"))
    with pytest.raises(TissueError, match="ICEBALL_TISSUES"):
        tissues()


BAD = [
    (by_numbers(density=number(-1000, "kg/m3")), "mine.density"),
    (by_numbers(latent_heat=number(-1, "J/kg")), "mine.latent_heat"),
    (by_numbers(conductivity=number(float("nan"), "W/m/K")), "mine.conductivity"),
    (by_numbers(solidus_c=number(-0.05, "°C")), "mine.solidus_c"),
    (by_numbers(solidus_c=number(-140, "K")), "mine.solidus_c"),
    (by_numbers(heat_capacity=number(4.1, "kJ/kg/K")), "mine.heat_capacity"),
    (by_numbers(perfusion=None), "mine.perfusion"),
    (by_numbers(perfusion=0.1), "mine.perfusion"),
    (by_numbers(colour="blue"), "mine.colour"),
    (by_numbers(curve="wavy"), "mine.curve"),
    (by_numbers(floods_to="sea"), "mine.floods_to"),
    (by_parts(freezing="sudden"), "mine.freezing"),
    (by_parts(made_of={**MADE_OF, "water": number(0.9, "kg/kg")}), "mine.made_of.water"),
    (by_parts(made_of={**MADE_OF, "sugar": number(0.0, "kg/kg")}), "mine.made_of"),
    (by_parts(stasis_c=None), "mine.stasis_c"),
    ({"sources": SOURCE, "tissue": {"kidney": by_parts()["tissue"]["mine"]}}, "tissue.kidney"),  # type: ignore[index]
    ({"sources": SOURCE, "tissue": {"mine": 5}}, "tissue.mine"),
    ({"sources": SOURCE}, "tissues0.toml"),
]


@pytest.mark.parametrize(("table", "field"), BAD, ids=[f"{i} {field}" for i, (_, field) in enumerate(BAD)])
def test_an_impossible_tissue_is_refused_by_the_field(own: Write, table: dict[str, object], field: str) -> None:
    own(table)
    with pytest.raises(IceballError) as refused:
        tissues()
    assert field in refused.value.where
