"""What a plan is made from: cards, protocols, packs and schemas. All of it is the same for every case."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from iceball.io.schema import schema_of
from iceball.web.choices import Choices, choices
from iceball.web.reference import Card, PackShown, Preset, cards, pack_shown, presets

router = APIRouter(tags=["reference"])


@router.get("/probes")
def probes() -> list[Card]:
    """All needle cards."""
    return cards()


@router.get("/protocols")
def protocols() -> list[Preset]:
    """Every protocol that a pack proposes."""
    return presets()


@router.get("/choices")
def every_choice() -> Choices:
    """What fields of a plan may name: fluids, warmers, sprays and discs, and laws of cell death."""
    return choices()


@router.get("/packs/{organ}")
def one_pack(organ: str) -> PackShown:
    """What the pack of an organ proposes and limits, with sources."""
    return pack_shown(organ)


@router.get("/schemas/{what}")
def one_schema(what: str) -> dict[str, Any]:
    """The JSON Schema of the plan, the case, or what a verb prints, as `iceball schema` prints it."""
    return schema_of(what)
