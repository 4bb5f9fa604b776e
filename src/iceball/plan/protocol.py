"""The clock of a treatment: freezes, thaws and holds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from iceball.assessment.affects import RUN
from iceball.errors import PlanError
from iceball.units import hours, minutes

StepKind = Literal["freeze", "thaw", "active_thaw", "hold"]


@dataclass(frozen=True)
class Step:
    """One step of the clock.

    It is freeze (cryogen on), thaw (passive), active_thaw (probe heated) or hold (cryogen on at reduced duty).
    """

    kind: Annotated[StepKind, Field(json_schema_extra=RUN)]
    duration_s: Annotated[float, Field(json_schema_extra=RUN)]
    duty: Annotated[float, Field(json_schema_extra=RUN)] = 1.0

    def __post_init__(self) -> None:
        where = f"Protocol {self.kind}"
        if self.kind not in ("freeze", "thaw", "active_thaw", "hold"):
            raise PlanError(
                f"no step called '{self.kind}'.", where="Protocol", remedy="Known: freeze, thaw, active_thaw, hold."
            )
        if not (math.isfinite(self.duration_s) and 0 < self.duration_s <= 24 * hours):
            raise PlanError(f"duration {self.duration_s} s is not between 0 and 24 hours", where=where)
        if not (math.isfinite(self.duty) and 0 < self.duty <= 1):
            raise PlanError(f"duty {self.duty} is not above 0 and at most 1", where=where)
        # 600 and 600.0 are one step, so they must have one hash.
        object.__setattr__(self, "duration_s", float(self.duration_s))
        object.__setattr__(self, "duty", float(self.duty))

    @property
    def is_cold(self) -> bool:
        """True while cryogen flows."""
        return self.kind in ("freeze", "hold")


@dataclass(frozen=True)
class Protocol:
    """Steps one after another; time counts from the first freeze."""

    steps: Annotated[tuple[Step, ...], Field(json_schema_extra=RUN)] = ()

    def __post_init__(self) -> None:
        if self.steps and not any(s.kind == "freeze" for s in self.steps):
            raise PlanError("never freezes", where="Protocol", remedy="Add a freeze.")
        if self.duration_s > 24 * hours:
            raise PlanError("lasts longer than 24 hours", where="Protocol")

    def freeze(self, duration_s: float, *, duty: float = 1.0) -> Protocol:
        """This protocol, then a freeze."""
        return self._then(Step("freeze", duration_s, duty))

    def thaw(self, duration_s: float) -> Protocol:
        """This protocol, then a passive thaw."""
        return self._then(Step("thaw", duration_s))

    def active_thaw(self, duration_s: float) -> Protocol:
        """This protocol, then an active thaw."""
        return self._then(Step("active_thaw", duration_s))

    def hold(self, duration_s: float, *, duty: float) -> Protocol:
        """This protocol, then a hold (stick) at reduced duty."""
        return self._then(Step("hold", duration_s, duty))

    def _then(self, step: Step) -> Protocol:
        return replace(self, steps=(*self.steps, step))

    @property
    def duration_s(self) -> float:
        """Length of all steps."""
        return sum(s.duration_s for s in self.steps)

    @property
    def starts_s(self) -> tuple[float, ...]:
        """When each step begins."""
        times, now = [], 0.0
        for step in self.steps:
            times.append(now)
            now += step.duration_s
        return tuple(times)

    @property
    def freeze_ends_s(self) -> tuple[float, ...]:
        """When each stretch of cold ends (a hold right after a freeze belongs to it)."""
        warm_next = [not after.is_cold for after in self.steps[1:]] + [True]
        return tuple(
            start + step.duration_s
            for start, step, last in zip(self.starts_s, self.steps, warm_next, strict=False)
            if step.is_cold and last
        )

    def __str__(self) -> str:
        names = {"freeze": "freeze", "thaw": "thaw", "active_thaw": "active thaw", "hold": "hold"}
        return " – ".join(
            f"{names[s.kind]} {s.duration_s / minutes:g} min" + (f" at {s.duty:.0%}" if s.duty < 1 else "")
            for s in self.steps
        )


def freeze(duration_s: float, *, duty: float = 1.0) -> Protocol:
    """A protocol that begins with a freeze: `freeze(10 * minutes).thaw(8 * minutes).freeze(10 * minutes)`."""
    return Protocol().freeze(duration_s, duty=duty)


def read_protocol(text: str) -> Protocol:
    """A protocol from words such as "freeze10,thaw8,freeze10" (minutes; "hold5@40" is a hold at 40 % duty).

    Raises:
        PlanError: naming the step that cannot be read.
    """
    protocol = Protocol()
    steps = []
    for word in text.replace(" ", "").split(","):
        found = re.fullmatch(r"(freeze|thaw|active_thaw|hold)(\d+(?:\.\d+)?)(?:@(\d+(?:\.\d+)?))?", word)
        if not found:
            raise PlanError(
                f"cannot read '{word}'.", where="--protocol", remedy="Write for instance freeze10,thaw8,freeze10."
            )
        kind, length, duty = found.groups()
        steps.append(Step(kind, float(length) * minutes, float(duty) / 100 if duty else 1.0))  # type: ignore[arg-type]
    return replace(protocol, steps=tuple(steps))
