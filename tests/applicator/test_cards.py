"""The user's own cards: read from files named by ICEBALL_PROBES, refused with file, card and field."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from iceball.applicator import probe, probes
from iceball.applicator.cryogen import cryogen, cryogens
from iceball.errors import IceballError, PlanError, ProbeError
from iceball.plan import Placement, Plan, freeze
from iceball.plan.lines import line_of, profile_of
from iceball.sources import data_file


def table(**changes: object) -> dict[str, object]:
    """A user's card file: the shipped short needle under another name, with changed fields (None drops one)."""
    shipped = data_file("applicator", "probes.toml").table
    card = {k: v for k, v in shipped["probe"]["generic-17g-short"].items() if k != "published"}
    card |= changes
    return {"sources": shipped["sources"], "probe": {"mine": {k: v for k, v in card.items() if v is not None}}}


def number(value: float, unit: str = "mm", **rest: object) -> dict[str, object]:
    return {"value": value, "unit": unit, "source": "duty", **rest}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def use(*tables: dict[str, object]) -> list[Path]:
        paths = []
        for i, content in enumerate(tables):
            path = tmp_path / f"cards{i}.toml"
            path.write_text(tomli_w.dumps(content), encoding="utf-8")
            paths.append(path)
        monkeypatch.setenv("ICEBALL_PROBES", os.pathsep.join(map(str, paths)))
        return paths

    return use


def test_an_own_card_is_a_probe_like_any_other(own) -> None:  # type: ignore[no-untyped-def]
    own(table(h=number(1234, "W/m2/K"), printed="Box name 1.5"))
    assert probe("mine").h.value == 1234
    assert probe("mine").printed == "Box name 1.5"
    assert Placement("mine", tip_mm=(0, 0, 0), entry_mm=(0, 80, 0)).kind.h.value == 1234
    assert "generic-17g-long" in probes()


def test_a_card_that_was_changed_is_read_again(own) -> None:  # type: ignore[no-untyped-def]
    (path,) = own(table(h=number(1000, "W/m2/K")))
    assert probe("mine").h.value == 1000
    path.write_text(tomli_w.dumps(table(h=number(1100, "W/m2/K"))))
    os.utime(path, ns=(1, 1))
    assert probe("mine").h.value == 1100


def test_several_files_are_read_and_may_not_share_a_name(own, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    other = table()
    other["probe"] = {"yours": other["probe"]["mine"]}  # type: ignore[index]
    own(table(), other)
    assert {"mine", "yours"} <= set(probes())
    own(table(), table())
    with pytest.raises(ProbeError, match=r"cards1\.toml: probe\.mine: is the name of a card of .*cards0\.toml"):
        probes()


def test_an_own_card_may_not_take_a_shipped_name(own) -> None:  # type: ignore[no-untyped-def]
    content = table()
    content["probe"] = {"generic-17g-long": content["probe"]["mine"]}  # type: ignore[index]
    own(content)
    with pytest.raises(ProbeError, match="is the name of a card of Iceball"):
        probes()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"active_mm": number(0.0)}, "active_mm", "0 mm is outside"),
        ({"radius_mm": number(-0.75)}, "radius_mm", "-0.75 mm is outside"),
        ({"coolant_c": number(-140, "K")}, "coolant_c", "'K', not in °C"),
        ({"coolant_c": number(-250, "°C")}, "coolant_c", "is outside"),
        ({"coolant_c": number(-190, "°C")}, "coolant_c", "colder than argon"),
        ({"h": number(float("nan"), "W/m2/K")}, "h", "not a finite number"),
        ({"h": number(2000, "W/m2/K", low=3000)}, "h", "outside its range"),
        ({"h": 2000.0}, "h", "bare number"),
        ({"h": None}, "h", "is missing"),
        ({"duty_least": number(1.5, "1")}, "duty_least", "outside"),
        ({"thaw_c": "unknown"}, "thaw_c", "must be known"),
        ({"usable_mm": number(15)}, "usable_mm", "shorter than"),
        ({"radius_mm": "unknown"}, "radius_mm", "bare number"),
        ({"handle": "bent"}, "handle", "is 'bent'"),
        ({"cryogen": "xenon"}, "cryogen", "no cryogen called 'xenon'"),
        ({"gauge": 17}, "gauge", "no text"),
        ({"colour": "red"}, "colour", "not a field"),
        ({"profile": [{"length_mm": number(5), "share": number(1, "1")}]}, "profile", "covers 5 mm"),
        ({"profile": [{"length_mm": number(20), "share": number(0, "1")}]}, "profile", "share 0"),
        ({"published": [{"medium": "gel"}]}, "published[0].steps", "is missing"),
    ],
)
def test_a_wrong_card_is_refused_with_file_card_and_field(own, changes, field, words) -> None:  # type: ignore[no-untyped-def]
    own(table(**changes))
    with pytest.raises(IceballError) as refusal:
        probes()
    assert "cards0.toml" in refusal.value.where
    assert "mine" in refusal.value.where or field == "cryogen"
    assert field in refusal.value.where
    assert words in str(refusal.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICEBALL_PROBES", str(tmp_path / "nowhere.toml"))
    with pytest.raises(ProbeError, match="cannot be read"):
        probes()
    for text, words in (("probe = 3", "is not a table"), ("[", "could not be read"), ("", "holds no card")):
        file = tmp_path / f"{len(text)}.toml"
        file.write_text(text)
        monkeypatch.setenv("ICEBALL_PROBES", str(file))
        with pytest.raises(IceballError, match=words):
            probes()


def test_an_adjustable_needle_takes_a_length_within_its_range(own) -> None:  # type: ignore[no-untyped-def]
    own(table(length="adjustable", active_mm=number(30, low=20, high=50)))
    short = Placement("mine", tip_mm=(0, 0, 0), entry_mm=(0, 80, 0), active_mm=22.0)
    deep, shallow = short.active_zone_mm
    assert shallow[1] - deep[1] == pytest.approx(22)
    for length in (0.0, 19.0, 51.0):
        with pytest.raises(PlanError, match="active_mm"):
            Placement("mine", tip_mm=(0, 0, 0), entry_mm=(0, 80, 0), active_mm=length)


def test_profile_and_leak_become_pieces_of_the_line(own) -> None:  # type: ignore[no-untyped-def]
    pieces = [{"length_mm": number(5), "share": number(0.5, "1")}, {"length_mm": number(15), "share": number(1, "1")}]
    own(table(profile=pieces, shaft_leak=number(0.1, "1"), shaft_leak_mm=number(10)))
    deep, at_skin = (Placement("mine", tip_mm=(0, 0, 0), entry_mm=(0, y, 0)) for y in (80, 26))
    assert profile_of(deep) == ((5, 0.5), (15, 1.0), (10, 0.1))
    assert profile_of(at_skin) == ((5, 0.5), (15, 1.0), (4, 0.1))
    made = line_of("n", deep, freeze(60).active_thaw(60), bound="power_limited", body_c=37.0)
    assert made.length_mm == pytest.approx(30)
    assert made.steps[1].h == probe("mine").h.value
    held = line_of("n", deep, freeze(60), bound="chart_like", body_c=37.0)
    assert (held.length_mm, held.profile) == (pytest.approx(20), ())


def test_handles_that_are_known_are_held_against_each_other(own) -> None:  # type: ignore[no-untyped-def]
    from iceball.plan.ways.outside import check_outside
    from tests.plan.test_compose import block

    own(table(handle="straight", handle_mm=number(12)))
    first = Placement("mine", tip_mm=(0, 0, 0), entry_mm=(0, 80, 0))
    anatomy = block()
    for apart, errors in ((11, 1), (13, 0)):
        second = Placement("mine", tip_mm=(apart, 0, 0), entry_mm=(apart, 80, 0))
        found = check_outside(Plan(probes=(first, second), protocol=freeze(60)), anatomy)
        assert [f.severity for f in found] == ["error"] * errors


@pytest.mark.parametrize("name", cryogens())
def test_each_cryogen_works_no_colder_than_it_boils(name: str) -> None:
    kind = cryogen(name)
    assert kind.boiling_c.value <= kind.working_c.low <= kind.working_c.high < 0
    assert kind.constants()


def test_what_was_remembered_is_not_read() -> None:
    assert [t.was_read for t in probe("generic-17g-short").published] == [True]
    assert [t.was_read for t in probe("generic-17g-long").published] == [False]
    with pytest.raises(ProbeError, match="no cryogen called"):
        cryogen("air")


def test_a_leaky_shaft_and_a_weak_tip_move_the_ice_up_the_needle(own) -> None:  # type: ignore[no-untyped-def]
    from iceball.plan.fit.chart import chart_run

    table_of = probe("generic-17g-short").published[0]
    brief = replace(table_of, steps=(("freeze", replace(table_of.steps[0][1], value=120.0, low=120.0, high=120.0)),))
    room = {"spacing_mm": 3.0, "room_mm": 24.0}
    weak = [{"length_mm": number(10), "share": number(0.2, "1")}, {"length_mm": number(10), "share": number(1, "1")}]
    lengths = {}
    for name, changes in {
        "even": {},
        "leaky": {"shaft_leak": number(0.3, "1"), "shaft_leak_mm": number(10)},
        "weak": {"profile": weak},
    }.items():
        own(table(**changes))
        lengths[name] = chart_run(probe("mine"), brief, **room)[0].ours.length_mm
    assert lengths["leaky"] > lengths["even"] + 2
    assert lengths["weak"] < lengths["even"]
