"""One design language: the page draws isotherms, target and needles in the colours of the figures."""

import re
from pathlib import Path

import pytest

from iceball.reporting import figures

LOOK = Path(__file__).parents[2] / "frontend" / "src" / "look"
REPORT = Path(figures.__file__).parent / "templates" / "style.css"


def _tokens(block: str = ":root {") -> dict[str, str]:
    text = (LOOK / "tokens.css").read_text()
    body = text[text.index(block) : text.index("}", text.index(block))]
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))


COLOURS = {
    **{f"isotherm-{abs(celsius)}": colour for celsius, colour in figures.ISOTHERM_COLOURS.items()},
    "target": figures.TARGET_COLOUR,
    "structure": figures.STRUCTURE_COLOUR,
    "needle": figures.NEEDLE_COLOUR,
    "planned": figures.PLANNED_COLOUR,
    "placed": figures.PLACED_COLOUR,
    **{f"status-{name}": colour for name, colour in figures.STATUS_COLOURS.items()},
    **{f"step-{kind.replace('_', '-')}": colour for kind, colour in figures.STEP_COLOURS.items()},
}


@pytest.mark.parametrize("name", COLOURS)
def test_a_colour_of_the_page_is_that_of_the_figures(name: str) -> None:
    assert _tokens()[name].lower() == COLOURS[name].lower()


def test_the_band_and_the_type_of_the_page_are_those_of_the_report() -> None:
    report = REPORT.read_text()
    tokens = _tokens()
    assert f"--band: {tokens['band']}" in report
    assert tokens["font"] in report


THEMES = (':root[data-theme="dark"] {', ':root[data-theme="light"] {')
ON = ("ground", "paper", "raised", "field")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "soft", "good", "bad", "warn", "accent"])
def test_words_stand_out_from_what_they_lie_on_as_wcag_aa_asks(theme: str, ink: str) -> None:
    tokens = _tokens(theme)
    for ground in ON:
        assert _contrast(tokens[ink], tokens[ground]) >= 4.5, ground


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_what_can_be_used_stand_out_as_wcag_asks_of_controls(theme: str) -> None:
    tokens = _tokens(theme)
    assert all(_contrast(tokens["edge"], tokens[ground]) >= 3 for ground in ON)
    assert _contrast(tokens["accent-ink"], tokens["accent"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
