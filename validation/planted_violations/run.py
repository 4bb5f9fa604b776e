"""Planted violations of every hard rule and clean plans beside them, through the check of a plan."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from planted_violations.bodies import ORDER, Case, anatomy, case, placements  # noqa: E402

from iceball.errors import IceballError  # noqa: E402
from iceball.plan import Placement, Plan, Setting, freeze  # noqa: E402
from iceball.plan.ways.geometry import check_plan  # noqa: E402
from iceball.plan.ways.survey import Room, survey  # noqa: E402
from iceball.plan.ways.terrain import Terrain  # noqa: E402
from iceball.plan.words import table_side  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261123
SAID = {
    "bone": ("no coaxial or drill access",), "rib": ("under the lower edge of a rib",),
    "table": ("handle would be in the table",), "bore": ("handle would touch the bore",),
    "hilt": ("no room for the handle",), "arm": ("no room for the handle",), "ice": ("of the skin along the shaft",),
    "outside": ("the tip lies outside the image", "in the air outside the body"),
    "deep": ("exceeds the usable length",),
    "cross": ("of each other; side by side",), "cross outside": ("of each other outside the skin",),
    "handles": ("the handles come within",),
}  # fmt: skip
"""What names each rule, in an error or a refusal."""
ON_MAP = ("near", "bone", "rib", "table", "bore", "hilt", "arm", "ice", "deep")


def judge(found: Case) -> dict[str, Any]:
    """What the check and the map say of one plan."""
    body = anatomy(found)
    row: dict[str, Any] = {"number": found.number, "rule": found.rule, "broken": found.broken}
    row |= {"slack_mm": round(found.slack_mm, 2), "masks": found.masks}
    try:
        probes = tuple(Placement(**given) for given in placements(found))
        plan = Plan(probes, freeze(600), setting=Setting(procedure_position=found.trunk.position))
        terrain = Terrain.of(body)
        row["said"] = [str(f) for f in check_plan(plan, body, terrain=terrain) if f.severity == "error"]
        row["closed"] = not all(_open(p, found, terrain) for p in probes)
    except IceballError as refusal:
        row["said"], row["closed"] = [str(refusal)], True
    words = (f" {found.broken[5:]}; 3 mm",) if found.rule == "near" else SAID[found.rule]
    row["named"] = any(word in said for said in row["said"] for word in words)
    return row


def _open(needle: Placement, found: Case, terrain: Terrain) -> bool:
    room = Room(table_side(found.trunk.position))
    ways = survey(terrain, needle.kind, np.array([needle.tip_mm]), -np.array([needle.direction]), room=room)
    return bool(ways.open.all())


def summary(planted: list[dict[str, Any]], clean: list[dict[str, Any]]) -> dict[str, float]:
    """The figures of problem.md."""
    on_map = [r for r in planted if r["rule"] in ON_MAP]
    return {
        "planted": float(len(planted)),
        "clean": float(len(clean)),
        "found_share": sum(r["named"] for r in planted) / max(len(planted), 1),
        "false_alarm_share": sum(bool(r["said"]) for r in clean) / max(len(clean), 1),
        "map_found_share": sum(r["closed"] for r in on_map) / max(len(on_map), 1),
    }


@contextmanager
def own_cards() -> Iterator[None]:
    """The made-up needles among the known ones."""
    before = os.environ.get("ICEBALL_PROBES")
    os.environ["ICEBALL_PROBES"] = str(HERE / "cards.toml")
    try:
        yield
    finally:
        if before is None:
            del os.environ["ICEBALL_PROBES"]
        else:
            os.environ["ICEBALL_PROBES"] = before


def series(numbers: range | list[int], *, seed: int = SEED) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Planted and clean plans of these numbers, judged."""
    with own_cards():
        planted = [judge(case(n, planted=True, seed=seed)) for n in numbers]
        clean = [judge(case(n, planted=False, seed=seed)) for n in numbers]
    return planted, clean


def run() -> dict[str, float]:
    """All of them."""
    return summary(*series(range(len(ORDER))))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--every", type=int, default=1, help="only every so-manieth plan")
    asked.add_argument("--seed", type=int, default=SEED)
    options = asked.parse_args()
    bad, good = series(list(range(0, len(ORDER), options.every)), seed=options.seed)
    for row in bad:
        if not row["named"] or (row["rule"] in ON_MAP and not row["closed"]):
            print("NOT FOUND" if not row["named"] else "NOT ON THE MAP", json.dumps(row))
    for row in good:
        if row["said"]:
            print("FALSE ALARM", json.dumps(row))
    print(json.dumps(summary(bad, good), indent=1))
