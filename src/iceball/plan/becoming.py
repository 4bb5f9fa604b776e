"""What tissue becomes once it was frozen: lung that floods, a rim that more blood flows through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from iceball.solve.rule import Rule
from iceball.solve.scene import Material
from iceball.tissue import tissue
from iceball.tissue.tissue import GASES

Rows = tuple[Material | None, ...]
HYPERAEMIC = " with hyperaemia"
"""What the name of a tissue's row ends with where more blood flows after its first thaw."""


def with_rules(
    rows: Rows, present: Mapping[int, str], material: Callable[[str], Material], *, hyperaemia: float = 1.0
) -> tuple[Rows, tuple[Rule, ...]]:
    """The rows with those that cells may become, and the rules by which they become them.

    A tissue that floods does so where it thaws after it was frozen through. With `hyperaemia` above 1 every other
    tissue with blood gets that many times its flow where it was frozen through, from when it thaws; where it was cold
    enough to lose its flow for good the flow stays lost, so what is left is a rim.

    Args:
        rows: one for each label, None for gas.
        present: label to tissue.
        material: a tissue's row by its name.
        hyperaemia: flow after the first thaw, in times of that before.
    """
    made: list[Material | None] = list(rows)
    label_of = {name: label for label, name in present.items()}
    rules: list[Rule] = []
    for label, name in present.items():
        row = rows[label]
        if name in GASES or row is None:
            continue
        floods_to = tissue(name).floods_to
        if floods_to:
            if floods_to not in label_of:
                label_of[floods_to] = len(made)
                made.append(material(floods_to))
            rules.append(Rule(label, label_of[floods_to], "thawed"))
        elif hyperaemia > 1 and row.perfusion > 0:
            rules.append(Rule(label, len(made), "thawed"))
            made.append(replace(row, name=name + HYPERAEMIC, perfusion=row.perfusion * hyperaemia))
    return tuple(made), tuple(rules)
