"""Cards of sprays and discs: what they hold, and what is refused by file, card and field."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from iceball.applicator import surface_applicator, surface_applicators
from iceball.errors import IceballError
from iceball.sources import data_file


def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """A user's file with the shipped spray under another name and changed fields; a field set to None is left out."""
    table = data_file("applicator", "sprays.toml").table
    row = copy.deepcopy(table["spray"]["generic-ln2-spray"]) | changes
    row = {k: v for k, v in row.items() if v is not None}
    file = tmp_path / "own.toml"
    file.write_text(tomli_w.dumps({"sources": table["sources"], "spray": {"mine": row}}), encoding="utf-8")
    monkeypatch.setenv("ICEBALL_SPRAYS", str(file))


def number(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "clinic"}


def test_sprays_vent_and_discs_do_not() -> None:
    for card in surface_applicators().values():
        assert card.vents == (card.kind == "spray") == (card.liquid_ml_per_s is not None)
        assert card.cryogen_c.value == pytest.approx(card.cryogen.boiling_c.value, abs=0.5)


def test_no_card_carries_a_product_or_a_number_without_a_source() -> None:
    for name, card in surface_applicators().items():
        assert name.startswith("generic-")
        assert all(c.number.source.citation for c in card.constants())


def test_a_users_own_card_stands_beside_the_shipped_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, monkeypatch, h=number(1234.0, "W/m2/K"))
    assert surface_applicator("mine").h.value == 1234.0
    assert "generic-ln2-spray" in surface_applicators()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "shower"}, "spray.mine.kind"),
        ({"h": number(0.85, "W/m2/K")}, "spray.mine.h"),
        ({"h": number(850.0, "W/cm2/K")}, "spray.mine.h"),
        ({"h": 850.0}, "spray.mine.h"),
        ({"cryogen_c": number(-260.0, "°C")}, "spray.mine.cryogen_c"),
        ({"cryogen_c": number(-198.0, "°C")}, "colder than liquid nitrogen boils"),
        ({"cryogen": "helium"}, "helium"),
        ({"liquid_ml_per_s": None}, "liquid_ml_per_s"),
        ({"expansion": None}, "expansion"),
        ({"kind": "contact"}, "of no use"),
        ({"colour": "blue"}, "spray.mine.colour"),
    ],
)
def test_a_wrong_card_is_refused_by_its_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str
) -> None:
    own(tmp_path, monkeypatch, **changes)
    with pytest.raises(IceballError) as refusal:
        surface_applicators()
    assert words in str(refusal.value)
    assert "own.toml" in str(refusal.value) or "helium" in words


def test_a_shipped_name_cannot_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own(tmp_path, monkeypatch)
    file = tmp_path / "own.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[spray.mine", "[spray.generic-ln2-jet"), encoding="utf-8")
    with pytest.raises(IceballError, match="is the name of a card of Iceball"):
        surface_applicators()
