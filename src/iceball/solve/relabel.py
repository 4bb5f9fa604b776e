"""Rules at work: which cells become another material now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.freezing import enthalpy
from iceball.solve.rule import Rule
from iceball.solve.scene import Scene
from iceball.units import MM3_PER_ML

EVERY_S = 30.0
"""Rules act when a needle is switched, and at the first end of a step in each such interval. The longest step lasts as
long; the rim that thaws moves by less than half a millimetre meanwhile."""


def relabelled(
    rules: Sequence[Rule], rows: NDArray[Any], labels: NDArray[np.uint8], minimum: NDArray[Any], now: NDArray[Any]
) -> tuple[NDArray[np.uint8] | None, list[int]]:
    """Labels after all rules have looked at the same moment; of two that would change a cell the first does.

    Args:
        rules: in the scene's order.
        rows: property rows of all labels.
        labels: of the cells.
        minimum: their lowest enthalpy so far, J/m3, as they are labelled now.
        now: their enthalpy.

    Returns:
        New labels, None where nothing changes, and how many cells each rule has changed.
    """
    out, counts = labels.copy(), []
    records = rows.view(np.recarray)
    for rule in rules:
        m = records[rule.label]
        level = enthalpy(rule.celsius, m) if rule.when == "colder" else m.h_solidus
        cells = (labels == rule.label) & (out == rule.label) & (minimum <= level)
        if rule.when == "thawed":
            cells &= now >= m.h_liquidus
        out[cells] = rule.becomes
        counts.append(int(np.count_nonzero(cells)))
    return (out if any(counts) else None), counts


def told(scene: Scene, cells: list[int]) -> list[str]:
    """What the rules have changed, a sentence for each that has acted."""
    cell_ml, sentences = float(np.prod(scene.grid.spacing_mm)) / MM3_PER_ML, []
    for rule, count in zip(scene.rules, cells, strict=True):
        old, new = scene.materials[rule.label], scene.materials[rule.becomes]
        if count and old is not None and new is not None:
            once = {"frozen": "frozen through", "thawed": "thawed after it was frozen through",
                    "colder": f"at or below {rule.celsius:g} °C"}[rule.when]  # fmt: skip
            sentences.append(f"{count * cell_ml:.1f} mL of {old.name} became {new.name} once {once}.")
    return sentences
