"""The Spread as the published JSON object, and back. Its probability map is a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from iceball.assessment.spread import Band, Share, Spread

PLAIN = ("members", "seed", "spacing_mm", "made_for")


def spread_json(s: Spread) -> dict[str, Any]:
    """Plain dicts, lists, strings, numbers and None."""
    return {
        **{name: getattr(s, name) for name in PLAIN},
        "bands": {name: asdict(b) for name, b in s.bands.items()},
        "goals": [
            {"met_share": share, "band": None if b is None else asdict(b)}
            for share, b in zip(s.goals, s.goal_bands, strict=True)
        ],
        "matters": {name: [asdict(one) for one in shares] for name, shares in s.matters.items()},
        "inputs": dict(s.inputs),
        "notes": list(s.notes),
    }


def spread_back(data: Mapping[str, Any]) -> Spread:
    """The Spread of a JSON object made by `spread_json`, without its map; KeyError or TypeError where it is not one."""
    return Spread(
        **{name: data[name] for name in PLAIN},
        bands={name: Band(**b) for name, b in data["bands"].items()},
        goals=tuple(g["met_share"] for g in data["goals"]),
        goal_bands=tuple(None if g["band"] is None else Band(**g["band"]) for g in data["goals"]),
        matters={name: tuple(Share(**one) for one in shares) for name, shares in data["matters"].items()},
        inputs=dict(data["inputs"]),
        notes=tuple(data["notes"]),
    )
