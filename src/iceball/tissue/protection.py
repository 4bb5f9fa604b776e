"""Limits that a structure keeps, whatever the goals say: a stop, where freezing ends, and an alarm before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iceball.errors import PackError
from iceball.sources import Constant, DataFile, Sourced

NUMBERS = {"stop_c": "°C", "stop_mm": "mm", "alarm_c": "°C", "alarm_mm": "mm"}


@dataclass(frozen=True)
class Protection:
    """What one kind of structure keeps; None where no such limit is known.

    Args:
        name: of the kind.
        anywhere: structures and groups that it holds for in every organ.
        stop_c: freezing stops before the structure comes down to this.
        stop_mm: freezing stops before the ice (0 °C) comes nearer than this.
        alarm_c: people are told when the structure comes down to this.
        alarm_mm: people are told when the ice comes nearer than this.

    Raises:
        PackError: where it says nothing, gives one limit twice, or its stop would come before its alarm.
    """

    name: str
    anywhere: tuple[str, ...] = ()
    stop_c: Sourced | None = None
    stop_mm: Sourced | None = None
    alarm_c: Sourced | None = None
    alarm_mm: Sourced | None = None

    def __post_init__(self) -> None:
        where = f"limit.{self.name}"
        if not self.constants():
            raise PackError("says nothing.", where=where, remedy="Give stop_c, stop_mm, alarm_c or alarm_mm.")
        for kind, celsius, distance in (("stop", self.stop_c, self.stop_mm), ("alarm", self.alarm_c, self.alarm_mm)):
            if celsius is not None and distance is not None:
                raise PackError(
                    "gives a temperature and a distance.", where=f"{where}.{kind}_mm", remedy="Give one of them."
                )
            if distance is not None and distance.low < 0:
                raise PackError(f"{distance.low:g} mm is no distance.", where=f"{where}.{kind}_mm")
        for stop, alarm, unit in ((self.stop_c, self.alarm_c, "c"), (self.stop_mm, self.alarm_mm, "mm")):
            if stop is not None and alarm is not None and alarm.value < stop.value:
                raise PackError(
                    f"{alarm.value:g} {alarm.unit} comes after the stop at {stop.value:g} {stop.unit}.",
                    where=f"{where}.alarm_{unit}",
                    remedy="An alarm leaves time before the stop.",
                )

    def constants(self) -> tuple[Constant, ...]:
        """Its numbers under their full names."""
        given = {field: getattr(self, field) for field in NUMBERS}
        return tuple(Constant(f"limit.{self.name}.{field}", n) for field, n in given.items() if n is not None)

    @property
    def stops(self) -> bool:
        """Whether freezing has to stop for it."""
        return self.stop_c is not None or self.stop_mm is not None

    def asked(self, which: str) -> tuple[float, float]:
        """The temperature to be kept and how far around the structure, for its "stop" or "alarm".

        Raises:
            PackError: where it has no such limit.
        """
        celsius, distance = getattr(self, f"{which}_c"), getattr(self, f"{which}_mm")
        if celsius is None and distance is None:
            raise PackError(f"has no {which}.", where=f"limit.{self.name}")
        return (0.0, distance.value) if distance is not None else (celsius.value, 0.0)

    def reached(self, lowest_c: float, ice_mm: float | None) -> str:
        """Which limit a structure has passed: "stop", "alarm" or "".

        Args:
            lowest_c: its lowest temperature.
            ice_mm: distance of the ice; None without ice.
        """
        for which in ("stop", "alarm"):
            celsius, distance = getattr(self, f"{which}_c"), getattr(self, f"{which}_mm")
            if celsius is not None and lowest_c < celsius.value:
                return which
            if distance is not None and ice_mm is not None and ice_mm < distance.value:
                return which
        return ""

    def __str__(self) -> str:
        said = []
        for which in ("stop", "alarm"):
            celsius, distance = getattr(self, f"{which}_c"), getattr(self, f"{which}_mm")
            if celsius is not None:
                said.append(f"{which} {celsius.value:g} °C")
            if distance is not None:
                said.append(f"{which} ice at {distance.value:g} mm")
        return ", ".join(said)


def read_protection(data: DataFile, name: str, record: Mapping[str, Any]) -> Protection:
    """One limit of a data file.

    Raises:
        PackError, SourceError: naming file and field of what is missing, unknown or without unit or source.
    """
    where = f"{data.where}: limit.{name}"
    if not isinstance(record, Mapping):
        raise PackError("is not a table.", where=where)
    unknown = sorted(set(record) - {*NUMBERS, "anywhere"})
    if unknown:
        raise PackError("is not a field of a limit.", where=f"{where}.{unknown[0]}")
    numbers = {f: data.number(record, f, name=f"limit.{name}", unit=u) for f, u in NUMBERS.items() if f in record}
    try:
        return Protection(name, tuple(record.get("anywhere", ())), **numbers)
    except PackError as refusal:
        raise PackError(refusal.what, where=f"{data.where}: {refusal.where}", remedy=refusal.remedy) from None
