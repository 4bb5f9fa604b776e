"""What the page makes a plan from is what the engine itself would take."""

import re
from pathlib import Path

import pytest

from iceball.applicator import probes, surface_applicator
from iceball.applicator.warmer import warmer
from iceball.assessment.hypotheses import hypotheses_for
from iceball.errors import IceballError
from iceball.io.schema import schema_of
from iceball.plan import Plan
from iceball.plan.defaults import default_goals
from iceball.plan.pocket import Pocket
from iceball.plan.protocol import Protocol
from iceball.tissue.packs import packs
from iceball.web.choices import choices
from iceball.web.reference import cards, pack_shown, presets


def test_every_card_of_the_library_can_be_chosen_and_only_an_adjustable_one_has_a_range() -> None:
    shown = {card.name: card for card in cards()}
    assert list(shown) == list(probes())
    for name, card in shown.items():
        adjustable = probes()[name].length == "adjustable"
        assert (card.active_least_mm is not None, card.active_most_mm is not None) == (adjustable, adjustable)
        if card.active_least_mm is not None and card.active_most_mm is not None:
            assert card.active_least_mm <= card.active_mm <= card.active_most_mm


def test_no_card_shows_the_name_printed_on_a_box() -> None:
    names = {p.printed for p in probes().values()} - {"unknown"}
    assert not any(name in str(card) for card in cards() for name in names)


def test_a_card_says_which_of_its_numbers_were_not_read() -> None:
    for card in cards():
        kind = probes()[card.name]
        assert all(getattr(kind, field.split(".")[0]) for field in card.assumed if "." not in field)
        assert ("h" in card.assumed) == kind.h.assumed


def test_every_preset_is_a_protocol_and_no_two_are_equal() -> None:
    found = presets()
    assert all(str(Protocol(preset.steps)) == preset.words for preset in found)
    assert len({preset.steps for preset in found}) == len(found)
    assert sum(len(preset.reasons) for preset in found) == sum(bool(pack_shown(n).protocol) for n in packs())


@pytest.mark.parametrize("organ", list(packs()))
def test_what_a_pack_proposes_makes_the_goals_that_the_engine_proposes(organ: str) -> None:
    from pydantic import TypeAdapter

    shown = pack_shown(organ)
    assert TypeAdapter(Plan).validate_python({"goals": shown.goals}).goals == default_goals(organ)
    assert all(limit.numbers and all(n.source for n in limit.numbers) for limit in shown.limits)


def test_an_organ_without_a_pack_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(IceballError, match="kidney"):
        pack_shown("elbow")


def test_whatever_a_field_may_name_is_taken_by_the_engine() -> None:
    found = choices()
    assert all(Pocket("bowel", fluid.name, 10.0).fluid == fluid.name for fluid in found.fluids)
    assert all(w.least_c <= w.temperature_c <= w.most_c and warmer(w.name).place == w.place for w in found.warmers)
    assert all(surface_applicator(s.name).vents == s.vents for s in found.sprays)
    assert all(hypotheses_for("", death.name) for death in found.deaths)
    names = [death.name for death in found.deaths]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("part", ["Pocket", "Warming", "Vessel", "Spot", "OwnLimit", "Setting", "Template"])
def test_every_field_of_a_part_of_the_plan_has_words_in_the_page(part: str) -> None:
    words = (Path(__file__).parents[2] / "frontend/src/plan/field_words.ts").read_text()
    told = re.search(rf"\n  {part}: {{\n(.*?)\n  }},", words, re.DOTALL)
    assert told is not None
    assert set(re.findall(r"^    (\w+):", told[1], re.MULTILINE)) == set(schema_of("plan")["$defs"][part]["properties"])


def test_every_field_of_the_plan_has_its_editor_or_stands_with_the_fields_of_the_plan_itself() -> None:
    words = (Path(__file__).parents[2] / "frontend/src/plan/field_words.ts").read_text()
    told = re.search(r'\n  "": {\n(.*?)\n  },', words, re.DOTALL)
    assert told is not None
    own = {"probes", "protocol", "goals", "review", "setting", "template", "stage"}
    lists = {"spots", "pockets", "vessels", "warmers", "limits"}
    fields = set(re.findall(r"^    (\w+):", told[1], re.MULTILINE))
    assert fields | own | lists == set(schema_of("plan")["properties"])


def test_what_the_page_is_told_of_a_plan_s_fields_is_what_their_classes_say() -> None:
    thickness = schema_of("plan")["$defs"]["Pocket"]["properties"]["thickness_mm"]
    assert thickness["description"] == "at its thickest."
    assert Pocket("bowel", "saline", thickness["maximum"]).thickness_mm == thickness["maximum"]
    with pytest.raises(IceballError, match="outside"):
        Pocket("bowel", "saline", thickness["maximum"] + 0.1)
