"""What a cell becomes after it was frozen: lung that floods, tissue that loses or gains blood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from iceball.errors import SceneError

When = Literal["frozen", "thawed", "colder"]
COLDEST_C, HOTTEST_C = -273.15, 100.0


@dataclass(frozen=True)
class Rule:
    """A cell of material `label` becomes material `becomes`, and keeps its enthalpy per volume.

    "frozen": once it has been frozen through, at or below its solidus. "thawed": once it has been frozen through and is
    thawed again, at or above its liquidus. "colder": once it has been at or below `celsius`, which the other two do not
    take. What it was cooled to is remembered in °C across the change. Where cells of two densities are meant, what
    comes or goes is at body temperature, where enthalpy is zero: so no heat is made.

    Example:
        `Rule(aerated, flooded, "thawed")`: lung floods where it was frozen through, as soon as it thaws.
    """

    label: int
    becomes: int
    when: When
    celsius: float = math.nan

    def __post_init__(self) -> None:
        where = "Rule"
        if self.when not in get_args(When):
            raise SceneError(
                f"nothing is called '{self.when}'.",
                where=f"{where}.when",
                remedy=f"Known: {', '.join(get_args(When))}.",
            )
        if self.label == self.becomes:
            raise SceneError(f"label {self.label} would become itself", where=f"{where}.becomes")
        if self.when == "colder" and not COLDEST_C <= self.celsius <= HOTTEST_C:
            raise SceneError(
                f"'colder' needs a temperature, not {self.celsius} °C", where=f"{where}.celsius", remedy="Give celsius."
            )
        if self.when != "colder" and not math.isnan(self.celsius):
            raise SceneError(
                f"'{self.when}' goes by the material's own freezing range, not by {self.celsius:g} °C",
                where=f"{where}.celsius",
                remedy="Leave celsius out, or take 'colder'.",
            )
