"""Published parameter sets: what was read, and nothing else."""

import json
from contextlib import suppress

import pytest

from iceball.cli import main
from iceball.errors import TissueError
from iceball.plan.compose import Conditions, compose, material_of
from iceball.plan.constants import constants_of
from iceball.tissue import tissue
from iceball.tissue.library import published_tissues
from iceball.tissue.presets import presets, with_preset
from tests.plan.test_compose import block, one_needle


def test_go_smart_is_as_read() -> None:
    kidney = material_of(tissue("go-smart-kidney"))
    assert (kidney.density, kidney.heat_capacity, kidney.conductivity) == (1066, 3763, 0.302)
    assert (kidney.latent_heat, kidney.liquidus_c, kidney.solidus_c) == (250e3, -1, -8)
    assert kidney.frozen_conductivity == (2.0, 0.0, 0.0)
    assert kidney.frozen_heat_capacity == (1860.0, 0.0)
    assert kidney.perfusion == 0.0035
    read = {n: (t.density.value, t.heat_capacity.value, t.conductivity.value, t.perfusion.value)
            for n, t in published_tissues().items()}  # fmt: skip
    assert read["go-smart-liver"] == (1079, 3540, 0.302, 0.0036)
    assert read["go-smart-lung"] == (1050, 3886, 0.39, 0.004)
    assert read["go-smart-fat"] == (911, 2348, 0.21, 0)
    assert read["go-smart-tumour"][1:3] == (3750, 0.5)
    assert read["micromachines-2025-liver"] == (1000, 3600, 0.5, 0.0005)


@pytest.mark.parametrize("row", published_tissues().values(), ids=lambda t: t.name)
def test_a_published_number_is_read_or_says_that_it_was_not(row) -> None:  # type: ignore[no-untyped-def]
    names = {c.name.rpartition(".")[2] for c in row.constants()}
    assert names == {
        "density", "heat_capacity", "conductivity", "latent_heat", "liquidus_c", "solidus_c", "perfusion",
        "metabolism", "stasis_c", "frozen_conductivity", "frozen_heat_capacity",
    }  # fmt: skip
    assumed = {c.name.rpartition(".")[2] for c in row.constants() if c.number.assumed}
    assert assumed <= {"stasis_c", "density", "perfusion"}
    if row.name != "go-smart-tumour":
        assert assumed == {"stasis_c"}


def test_a_patient_may_run_by_a_published_set_and_every_output_says_so() -> None:
    anatomy = block("kidney")
    chosen = with_preset(anatomy, "go-smart")
    scene = compose(one_needle(), chosen, conditions=Conditions(spacing_mm=3.0))
    assert scene.materials[1].conductivity == 0.302  # type: ignore[union-attr]
    assert scene.key() != compose(one_needle(), anatomy, conditions=Conditions(spacing_mm=3.0)).key()
    said = " ".join(chosen.notes)
    assert "Go-SMART" in said
    assert "What differs" in said
    names = {c.name for c in constants_of(one_needle(), chosen)}
    assert "tissue.go-smart-kidney.frozen_conductivity" in names
    assert not any(n.startswith("tissue.kidney.") for n in names)


def test_an_unknown_set_or_one_without_these_tissues_is_refused() -> None:
    with pytest.raises(TissueError, match=r"no preset called 'comsol'.*go-smart"):
        with_preset(block("kidney"), "comsol")
    with pytest.raises(TissueError, match="none of the tissues present"):
        with_preset(block("kidney"), "micromachines-2025")
    assert set(presets()) == {"go-smart", "micromachines-2025"}


def test_the_shell_lists_tissues_and_sets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def shell(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["iceball", "tissues", *words])
        with suppress(SystemExit):
            main()
        return capsys.readouterr().out

    listed = json.loads(shell("--json"))
    assert {"kidney", "gel", "agar", "go-smart-kidney"} <= set(listed["tissues"])
    flow = listed["tissues"]["kidney"]["numbers"]["perfusion"]
    assert (flow["low"], flow["value"], flow["high"], flow["kind"]) == (0.0005, 0.0036, 0.0155, "assumed")
    assert "go-smart" in listed["presets"]
    assert "lung_aerated" in shell()
    assert "IT'IS" in shell("liver")
