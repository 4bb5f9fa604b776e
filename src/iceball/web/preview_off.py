"""How far off a preview may be, as the page says beside its numbers: what `validation/preview_error` allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from iceball.sources import Numbers


@dataclass(frozen=True)
class Off:
    """What the full run may say instead: the least margin by so many mm, volumes by so many per cent."""

    margin_mm: float
    volume_percent: float

    def as_json(self) -> dict[str, float]:
        """For the page."""
        return asdict(self)


NUMBERS = Numbers("web", "preview.toml", "preview")


def off_when(carried_mm: float) -> Off | None:
    """How far off a run is that was carried so far (0: not at all); None where none may be carried."""
    kind = "physics"
    if carried_mm > 0:
        kind = next((k for k in ("carried", "far") if carried_mm <= NUMBERS(k, "farthest_mm").value), "")
    return Off(NUMBERS(kind, "margin_mm").value, NUMBERS(kind, "volume_percent").value) if kind else None
