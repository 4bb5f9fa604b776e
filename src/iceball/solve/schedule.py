"""The needles' clock: what drives each needle at a time, and at which times something changes at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iceball.physics.cooling import coolant
from iceball.solve.needle_heat import COOLED, GIVEN, OFF
from iceball.solve.scene import LineStep, Scene
from iceball.units import MM_PER_M

SAME_S = 1e-6
"""Times closer than this are one time."""


class Schedule:
    """Knows each needle's current step and the temperature from which its coolant started."""

    def __init__(self, scene: Scene) -> None:
        self.lines = scene.lines
        self.current: list[LineStep | None] = [None] * len(scene.lines)
        self.began_c = [scene.body_c] * len(scene.lines)
        edges = {0.0, scene.duration_s}
        for line in scene.lines:
            for step in line.steps:
                edges |= {step.start_s, step.start_s + step.duration_s}
                if 0.0 < step.ramp_s < step.duration_s:
                    edges.add(step.start_s + step.ramp_s)
        self.corners = sorted(t for t in edges if t <= scene.duration_s)

    def save(self) -> dict[str, Any]:
        """All that changes, for a checkpoint: each line's current step (-1: none) and where its coolant started."""
        now = [-1 if s is None else line.steps.index(s) for line, s in zip(self.lines, self.current, strict=True)]
        return {"current": np.array(now, np.int64), "began_c": np.array(self.began_c, float)}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take up what `save` gave."""
        chosen = zip(self.lines, saved["current"], strict=True)
        self.current = [line.steps[n] if n >= 0 else None for line, n in chosen]
        self.began_c = [float(c) for c in saved["began_c"]]

    def enter(self, time_s: float, wall_c: NDArray[np.float64]) -> bool:
        """Begin the steps that start at `time_s`.

        A coolant starts where the last one was. It starts at the wall's temperature where none flowed, and where it
        holds the wall as none did before: active thaw begins at the wall, not at the colder gas within.

        Returns:
            Whether any needle is driven otherwise from now on.
        """
        changed = False
        for n, line in enumerate(self.lines):
            step = next(
                (s for s in line.steps if s.start_s - SAME_S <= time_s < s.start_s + s.duration_s - SAME_S), None
            )
            if step is self.current[n]:
                continue
            changed = True
            before = self.current[n]
            flowed = before is not None and not math.isnan(before.coolant_c)
            held = before is not None and step is not None and math.isinf(step.h) and not math.isinf(before.h)
            began = self._coolant_c(n, time_s) if flowed and not held else float(wall_c[n])
            self.began_c[n] = began if step is None or math.isnan(step.from_c) else step.from_c
            self.current[n] = step
        return changed

    def _coolant_c(self, n: int, time_s: float) -> float:
        step = self.current[n]
        if step is None or math.isnan(step.coolant_c):
            return math.nan
        return coolant(time_s - step.start_s, self.began_c[n], step.coolant_c, step.time_constant_s, step.ramp_s)

    def settings(self, time_s: float) -> NDArray[np.float64]:
        """How each needle is driven: kind, coolant °C, 2 pi r h in W/m/K, heat in W/m; shape (needles, 4)."""
        out = np.zeros((len(self.lines), 4))
        for n, line in enumerate(self.lines):
            step = self.current[n]
            if step is None or step.is_off:
                out[n, 0] = OFF
            elif not math.isnan(step.watts_per_m):
                out[n] = GIVEN, 0.0, 0.0, step.watts_per_m
            else:
                film = 2.0 * math.pi * line.radius_mm / MM_PER_M * step.h
                out[n] = COOLED, self._coolant_c(n, time_s), film, 0.0
        return out

    def settings_at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """`settings` at several times, shape (times, needles, 4)."""
        if not len(times_s):
            return np.zeros((0, len(self.lines), 4))
        # within a step of the march nothing is switched: of how a needle is driven only its coolant changes
        out = np.repeat(self.settings(float(times_s[0]))[None], len(times_s), axis=0)
        for n, step in enumerate(self.current):
            if step is not None and out[0, n, 0] == COOLED:
                began = self.began_c[n], step.coolant_c, step.time_constant_s, step.ramp_s
                out[:, n, 1] = [coolant(time_s - step.start_s, *began) for time_s in times_s.tolist()]
        return out

    def coldest(self, time_s: float, dt: float) -> NDArray[np.float64]:
        """`settings` at the end of a step that ends now, each coolant as cold as it was at one of the step's ends.

        A coolant that is let go up passes tissue that it had cooled before: that is colder than it for good reason.
        """
        out = self.settings(time_s)
        out[:, 1] = np.minimum(out[:, 1], self.settings(time_s - dt)[:, 1])
        return out

    def extremes_c(self) -> list[float]:
        """Coolant temperatures between which the needles' walls can lie now."""
        return [c for n, s in enumerate(self.current) if s is not None and not math.isnan(s.coolant_c)
                for c in (s.coolant_c, self.began_c[n])]  # fmt: skip
