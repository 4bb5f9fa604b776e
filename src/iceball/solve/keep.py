"""What of a run is kept besides the extremes."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.errors import SceneError


@dataclass(frozen=True)
class Keep:
    """Which times are kept.

    Args:
        every_s: whole temperature fields at this interval; None keeps none.
        times_s: whole temperature fields at these times.
        sensors_every_s: interval of the sensor and needle curves.
    """

    every_s: float | None = None
    times_s: tuple[float, ...] = ()
    sensors_every_s: float = 10.0

    def __post_init__(self) -> None:
        if (self.every_s is not None and not self.every_s > 0) or not self.sensors_every_s > 0:
            raise SceneError("intervals must be positive", where="Keep")

    def fields_at(self, duration_s: float) -> tuple[float, ...]:
        """All times within the run at which a field is kept, in order."""
        times = {float(t) for t in self.times_s if 0 <= t <= duration_s}
        if self.every_s is not None:
            times |= {n * self.every_s for n in range(int(duration_s / self.every_s + 1e-9) + 1)}
        return tuple(sorted(times))
