"""Packs from a shell: listed, shown in full, side by side, and as JSON of the published schema."""

from __future__ import annotations

import json

import pytest

from iceball.io.schema import schema_of
from iceball.tissue.packs import packs
from tests.acceptance.json_schema import problems
from tests.cli.test_refusals import shell


def said(monkeypatch, capsys, *words: str) -> str:
    assert shell(monkeypatch, "packs", *words) == 0
    return capsys.readouterr().out


def test_every_pack_is_listed_and_none_is_called_reviewed(monkeypatch, capsys):
    text = said(monkeypatch, capsys)
    assert all(p.label.split()[0] in text for p in packs().values())
    assert "not clinically" in text


def test_one_pack_is_shown_with_limits_goals_protocol_and_sources(monkeypatch, capsys):
    text = " ".join(said(monkeypatch, capsys, "lung").split())
    for part in ("phrenic_nerve", "ice at 5 mm", "Goal: -20 °C covers tumour.", "Protocol: none proposed.", "assumed"):
        assert part in text


def test_two_packs_stand_side_by_side(monkeypatch, capsys):
    text = said(monkeypatch, capsys, "--compare", "kidney", "liver")
    assert "Kidney" in text
    assert "Liver" in text
    assert "psoas_nerve" in text
    assert "diaphragm" in text
    assert shell(monkeypatch, "packs", "--compare", "kidney") == 1


def test_the_json_is_one_object_of_the_published_schema(monkeypatch, capsys):
    table = json.loads(said(monkeypatch, capsys, "--json"))
    assert problems(table, schema_of("packs")) == []
    assert [row["name"] for row in table["packs"]] == list(packs())
    pleura = next(row for row in table["packs"] if row["name"] == "pleura")
    assert pleura["surface"] == {"dwell_s": 20.0, "thaw_s": 60.0, "cycles": 2}
    del table["packs"][0]["limits"]
    assert problems(table, schema_of("packs"))


@pytest.mark.parametrize("words", [("toe",), ("toe", "--json")])
def test_an_unknown_pack_is_refused_with_the_known_ones(monkeypatch, capsys, words):
    assert shell(monkeypatch, "packs", *words) == 1
    both = capsys.readouterr()
    assert "Known packs: bone" in " ".join((both.out + both.err).split())
