"""What the runs beside the judged one are called."""

from __future__ import annotations

from iceball.reporting.display import plain

KNOWN = {
    "thin_pocket": "pockets as thin as they may become",
    "low_flow": "low blood flow",
    "high_flow": "high blood flow",
    "chart_like": "chart-like cooling",
    "low_h": "low h of the surface",
    "high_h": "high h of the surface",
}


def variant_words(name: str) -> str:
    """A variant's published name in words."""
    return KNOWN.get(name, plain(name.replace("_", " ")))
