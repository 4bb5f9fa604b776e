"""How far off a preview may be, as the page says beside its numbers: what `validation/preview_error` allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from iceball.sources import Sourced, data_file

FIELDS = ("margin_mm", "volume_percent", "farthest_mm")


@dataclass(frozen=True)
class Off:
    """What the full run may say instead: the least margin by so many mm, volumes by so many per cent."""

    margin_mm: float
    volume_percent: float

    def as_json(self) -> dict[str, float]:
        """For the page."""
        return asdict(self)


def off_when(carried_mm: float) -> Off | None:
    """How far off a run is that was carried so far (0: not at all); None where none may be carried."""
    kind = "physics"
    if carried_mm > 0:
        kind = next((k for k in ("carried", "far") if carried_mm <= _numbers(k)["farthest_mm"].value), "")
    return Off(*(_numbers(kind)[field].value for field in FIELDS[:2])) if kind else None


@cache
def _numbers(kind: str) -> dict[str, Sourced]:
    data = data_file("web", "preview.toml")
    record = data.records("preview")[kind]
    return {field: data.number(record, field, name=kind) for field in FIELDS if field in record}
