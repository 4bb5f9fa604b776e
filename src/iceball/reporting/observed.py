"""The table of ice that was seen, beside what was predicted for that minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iceball.guide.seen import Seen
from iceball.reporting import display
from iceball.reporting.content import Cell, Table

TITLE = "Ice as observed, beside the prediction for that minute"
HEAD = ("Observed", "Volume", "Predicted", "Dice", "Apart, mean", "95 %", "Prediction beyond (+), inside (−)")
LEAD = "An observation is a person's word, not a measurement; it changes nothing of the prediction."
NOT_HELD = "not held against this plan: nobody knows how far off the prediction lies"


def observed_table(rows: Sequence[tuple[Seen, dict[str, Any] | None]]) -> Table | None:
    """How far the predicted ice lies from what somebody saw; None where nobody saw any.

    Args:
        rows: each observation, with what it was held against for this very plan; None where it was not.
    """
    if not rows:
        return None
    assumed = next((told["assumed"] for _, told in rows if told is not None), "")
    return Table(TITLE, HEAD, tuple(_row(seen, told) for seen, told in rows), assumed, lead=LEAD)


def _row(seen: Seen, told: dict[str, Any] | None) -> tuple[Cell, ...]:
    who = Cell(f"{seen.words} on {display.plain(seen.on)}, by {display.plain(seen.by)}")
    if told is None:
        return (who, Cell(NOT_HELD, "unknown"), *(Cell("–") for _ in HEAD[2:]))
    found = told["beside"]
    numbers = [_mm(found[name]) for name in ("mean_mm", "p95_mm")]
    farther = found["farther_mm"]
    beyond = "–" if farther is None else f"{farther:+.1f} mm".replace("-", "−")
    return (
        who, Cell(f"{found['observed_ml']:.1f} ml"), Cell(f"{found['predicted_ml']:.1f} ml"),
        Cell(f"{found['dice']:.2f}"), *(Cell(n) for n in numbers), Cell(beyond),
    )  # fmt: skip


def _mm(value: float | None) -> str:
    return "no predicted ice" if value is None else f"{value:.1f} mm"
