"""What the numbers of an assessment are called."""

from __future__ import annotations

from iceball.reporting import display

MARGINS = {"p05": "5th percentile of the margin", "without_capsule": "smallest margin without the capsule's face"}


def number_words(name: str) -> str:
    """A number's published name in words: "margins_mm.0.min" is "smallest margin at 0 °C, mm"."""
    what, _, which = name.partition(".")
    celsius, _, part = which.partition(".")
    said = {
        "volumes_ml": f"volume at {celsius} °C or colder, mL",
        "coverage": f"share of the target at {celsius} °C or colder",
        "margins_mm": f"{MARGINS.get(part, 'smallest margin')} at {celsius} °C, mm",
        "min_temperature_c": f"lowest temperature of {display.plain(which.replace('_', ' '))}, °C",
        "distance_to_0c_mm": f"distance of {display.plain(which.replace('_', ' '))} to 0 °C, mm",
    }
    return display.minus(said.get(what, display.plain(name)))
