"""Packs: what each says, and how a wrong one is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import iceball
from iceball.errors import IceballError, PackError
from iceball.plan import Plan
from iceball.plan.caveats import caveats
from iceball.plan.defaults import defaults_of
from iceball.plan.protocol import Step
from iceball.sources import SourceError
from iceball.space.shapes import Sphere
from iceball.tissue.organs import organ_of, organs
from iceball.tissue.pack import STEPS, TABLES
from iceball.tissue.packs import OWN_PACKS, pack, packs, protection_of
from iceball.tissue.phantom import phantom
from iceball.tissue.protection import Protection

SHIPPED = Path(iceball.__file__).parent / "packs"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The liver's pack as one of the user's own, to be changed: (old, new) texts."""

    def made(*changes: tuple[str, str], name: str = "spleen") -> Path:
        text = (SHIPPED / "liver.toml").read_text(encoding="utf-8")
        text += '\n[limit.capsule]\nstop_c = { value = 2.0, unit = "°C", source = "mam_liver" }\n'
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv(OWN_PACKS.variable, str(tmp_path))
        return file

    return made


def test_there_is_a_pack_for_every_organ_of_the_mission_and_none_is_called_reviewed():
    assert set(packs()) == {
        "kidney", "liver", "lung", "pleura", "bone", "breast", "prostate", "lymph_node", "soft_tissue", "cervix", "eye",
    }  # fmt: skip
    assert not any(p.reviewed for p in packs().values())
    assert {n for n, p in packs().items() if p.applicators == ("contact",)} == {"cervix", "eye"}
    assert "spray" in pack("pleura").applicators
    with pytest.raises(PackError, match="no pack called 'toe'"):
        pack("toe")


@pytest.mark.parametrize("name", packs())
def test_every_pack_has_limits_goals_a_reason_sources_and_a_date(name):
    p = pack(name)
    assert p.limits
    assert p.spare
    assert len(p.proposal.reason) > 20
    assert len(p.sources) >= 2
    assert p.read.startswith("2026-")
    assert all(c.number.unit and c.number.source.citation for c in p.constants())


def test_whoever_reads_a_result_is_told_that_nobody_reviewed_the_pack():
    body = phantom((40, 40, 40), 4.0, target=Sphere((0, 20, 0), 10), organ="liver")
    assert any("'liver' are not clinically reviewed" in said for said in caveats(Plan(), body))
    assert not any("pack" in said for said in caveats(Plan(), replace(body, organ="")))


def test_an_alarm_comes_before_its_stop_in_every_limit():
    for p in packs().values():
        for limit in p.limits.values():
            if limit.stop_c and limit.alarm_c:
                assert limit.alarm_c.value > limit.stop_c.value
            if limit.stop_mm and limit.alarm_mm:
                assert limit.alarm_mm.value > limit.stop_mm.value


def test_a_pack_knows_the_steps_of_a_protocol():
    assert [Step(kind, 60.0).kind for kind in STEPS] == list(STEPS)


def test_the_organ_decides_the_limit_and_the_cord_is_never_taken_for_any_nerve():
    assert str(protection_of("colon", "kidney")) == "stop ice at 5 mm, alarm ice at 10 mm"
    assert protection_of("colon") is None
    assert protection_of("phrenic_nerve_left", "lung").stop_c.value == 10
    assert protection_of("phrenic_nerve_left", "kidney").stop_c.value == 0
    for organ in ("", *organs()):
        assert protection_of("spinal_cord", organ).stop_c.value == 5


def test_a_limit_is_reached_on_its_far_side_only():
    bowel, skin = protection_of("colon", "kidney"), protection_of("skin", "kidney")
    assert [bowel.reached(30.0, mm) for mm in (None, 12.0, 9.0, 4.0, -3.0)] == ["", "", "alarm", "stop", "stop"]
    assert [skin.reached(c, None) for c in (20.0, 10.0, 9.0, -0.1)] == ["", "", "alarm", "stop"]


def test_a_pack_of_ones_own_is_read_from_a_folder_and_gives_organ_goals_and_limits(own):
    own(('skin = "skin"\n', 'skin = "capsule"\n'))
    assert organ_of("spleen").tissue == "liver"
    assert protection_of("skin", "spleen").stop_c.value == 2
    assert [str(g) for g in defaults_of("spleen").goals][-1] == "nothing below 2 °C in skin"
    assert defaults_of("spleen").protocol == defaults_of("liver").protocol


def test_a_folder_of_packs_that_does_not_exist_or_is_empty_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(OWN_PACKS.variable, str(tmp_path / "nowhere"))
    with pytest.raises(PackError, match="cannot be read"):
        packs()
    monkeypatch.setenv(OWN_PACKS.variable, str(tmp_path))
    with pytest.raises(PackError, match="holds no pack"):
        packs()


STOP = 'stop_c = { value = 2.0, unit = "°C", source = "mam_liver" }'


@pytest.mark.parametrize(
    ("old", "new", "says", "where"),
    [
        (STOP, 'stop_c = { value = 2.0, unit = "°C" }', "lacks source", "limit.capsule.stop_c"),
        (STOP, 'stop_c = { value = 2.0, source = "mam_liver" }', "lacks unit", "limit.capsule.stop_c"),
        (STOP, 'stop_c = { value = 275.0, unit = "K", source = "mam_liver" }', "not in °C", "limit.capsule.stop_c"),
        (STOP, 'stop_c = { value = 2.0, unit = "°C", source = "hearsay" }', "unknown source", "limit.capsule.stop_c"),
        (STOP, "stop_c = 2.0", "bare number", "limit.capsule.stop_c"),
        (STOP, "", "says nothing", "limit.capsule"),
        (STOP, STOP.replace("stop_c", "halt_c"), "not a field", "limit.capsule.halt_c"),
        (STOP, f"{STOP}\n{STOP.replace('stop_c', 'alarm_c').replace('2.0', '1.0')}", "after the stop", "alarm_c"),
        ('unit = "mm", source = "mam_liver"', 'source = "mam_liver"', "lacks unit", "cover[0].margin_mm"),
        ('diaphragm = "phrenic_nerve"', 'tail = "phrenic_nerve"', "no structure called 'tail'", "limits"),
        ('diaphragm = "phrenic_nerve"', 'diaphragm = "hope"', "'hope' is unknown", "limits.diaphragm"),
        ('"gallbladder", "bile_duct"', '"gall", "bile_duct"', "no structure called 'gall'", "organ.expected"),
        ('tissues = ["liver"', 'tissues = ["cheese"', "'cheese' is unknown", "organ.tissues"),
        ('target_tissue = "tumour"', 'target_tissue = "lump"', "'lump' is unknown", "organ.tissues"),
        ('[spare]\n', '[spare]\nureter = "stop"\n', "not expected", "spare.ureter"),
        ('[spare]\n', '[spare]\ndiaphragm = "alarm"\n', "has no alarm", "spare.diaphragm"),
        ('[spare]\n', '[spare]\ndiaphragm = "perhaps"\n', "'perhaps' is unknown", "spare.diaphragm"),
        ('applicators = ["needle"]', 'applicators = ["laser"]', "'laser' is unknown", "pack.applicators"),
        ('reviewer = "none"\n', "", "is missing", "pack.reviewer"),
        ('read = "2026-11-22"', 'read = "lately"', "no date", "pack.read"),
        ("[protocol]\n", "[clock]\n", "no table of a pack", "clock"),
        ('kind = "thaw"', 'kind = "warm"', "'warm' is unknown", "protocol.steps[1].kind"),
        ('  { kind = "thaw"', '  "thaw", { kind = "thaw"', "not a table", "protocol.steps[1]"),
        ("parenchyma = true", 'parenchyma = "yes"', "neither true nor false", "organ.parenchyma"),
    ],
)  # fmt: skip
def test_a_wrong_pack_is_refused_by_file_and_field(own, old, new, says, where):
    file = own((old, new))
    with pytest.raises(IceballError) as refused:
        packs()
    assert isinstance(refused.value, PackError | SourceError)
    assert says in refused.value.what
    assert refused.value.where.startswith(str(file))
    assert where in refused.value.where


def test_every_table_of_a_pack_that_must_be_there_is_missed(own):
    for table in set(TABLES) - {"sources", "limit", "spare", "margin", "surface", "cover"}:
        own((f"[{table}]\n", f"[{table}_]\n"))
        with pytest.raises(PackError, match="no table of a pack"):
            packs()
    file = own()
    shutil.copy(SHIPPED / "liver.toml", file)
    text = file.read_text()
    file.write_text(text[: text.index("[[cover]]")] + text[text.index("[spare]") :])
    with pytest.raises(PackError, match="nothing of the ice"):
        packs()


def test_a_pack_cannot_take_the_name_of_a_shipped_one_or_no_name(own):
    own(name="kidney")
    with pytest.raises(PackError, match="already"):
        packs()


def test_a_limit_gives_a_temperature_or_a_distance_not_both():
    warm = protection_of("skin", "kidney").stop_c
    near = protection_of("colon", "kidney").stop_mm
    with pytest.raises(PackError, match="temperature and a distance"):
        Protection("both", stop_c=warm, stop_mm=near)
