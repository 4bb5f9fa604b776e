"""What every picture shares: colours that colour-blind readers can tell apart, and pictures as bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# Okabe-Ito hues; each isotherm has its own dash as well, so a grey print can still be read.
ISOTHERM_COLOURS = {0: "#56B4E9", -20: "#F0E442", -40: "#F08CC8"}
ISOTHERM_DASHES = {0: (0, (6, 2)), -20: (0, (3, 1.5)), -40: (0, (1.2, 1.2))}
TARGET_COLOUR = "#FF9F1C"
STRUCTURE_COLOUR = "#C8B6FF"
# The words of the status always stand beside it; no colour of an isotherm or of the target is among them.
STATUS_COLOURS = {"green": "#7FE0B0", "amber": "#D9B08C", "red": "#FF4D4D", "grey": "#C3C9CF"}
POCKET_COLOUR = "#4C9BFF"
NEEDLE_COLOUR = "#FFFFFF"
PLANNED_COLOUR = "#FFD166"
PLACED_COLOUR = "#E63946"
SPOT_COLOUR = "#D55E00"
NEEDLE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
STEP_COLOURS = {"freeze": "#56B4E9", "hold": "#BFE3F7", "thaw": "#EEEEEE", "active_thaw": "#E69F00"}
STEP_HATCHES = {"freeze": "", "hold": "//", "thaw": "", "active_thaw": "\\\\"}
INK = "#1B2733"
ENDS_OF_THE_BODY = (
    ("L", (1, 0, 0)),
    ("R", (-1, 0, 0)),
    ("P", (0, 1, 0)),
    ("A", (0, -1, 0)),
    ("H", (0, 0, 1)),
    ("F", (0, 0, -1)),
)
"""The letters at the ends of the body's axes, LPS."""

PNG_DPI = 150


@dataclass(frozen=True)
class Picture:
    """One picture as bytes, with what it shows in words."""

    name: str
    kind: str
    data: bytes
    alt: str
    caption: str

    @property
    def file_name(self) -> str:
        """Its name beside a document."""
        return f"{self.name}.{self.kind}"

    @property
    def uri(self) -> str:
        """The picture as a data URI, so that a page needs no other file."""
        mime = {"png": "image/png", "svg": "image/svg+xml"}[self.kind]
        return f"data:{mime};base64,{base64.b64encode(self.data).decode()}"


def new_figure(width_in: float, height_in: float) -> Figure:
    """A figure of its own, free of any global plotting state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def picture(figure: Figure, name: str, *, kind: str, alt: str, caption: str) -> Picture:
    """The figure as PNG or SVG bytes; the same figure gives the same bytes."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    stamps: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with mpl.rc_context({"svg.hashsalt": "iceball", "svg.fonttype": "path"}):
        figure.savefig(buffer, format=kind, dpi=PNG_DPI, metadata=stamps)
    return Picture(name, kind, buffer.getvalue(), alt, caption)


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def drawable(text: str) -> str:
    """A letter that the pictures' font lacks becomes "?"; the words beside the picture show it."""
    return "".join(c if ord(c) in _glyphs() else "?" for c in text)


def write(axes: Axes, x: float, y: float, text: str, **how: Any) -> Text:
    """Text in data coordinates, never read as a formula: names are a user's."""
    return axes.text(x, y, drawable(text), parse_math=False, **how)


def title(axes: Axes, text: str, **how: Any) -> None:
    """A title that is never read as a formula."""
    axes.set_title(drawable(text), parse_math=False, **how)


def legend(axes: Axes, handles: list[Any], labels: list[str], **how: Any) -> None:
    """A legend whose labels are never read as a formula, nor hidden for a leading underscore."""
    shown = [drawable(f" {label}" if label.startswith("_") else label) for label in labels]
    for text in axes.legend(handles, shown, **how).get_texts():
        text.set_parse_math(False)


def stamp(figure: Figure, text: str, *, colour: str = "#7A1F1F") -> None:
    """The words that go with every picture, in its upper corner."""
    how: dict[str, Any] = {"ha": "right", "va": "top", "fontsize": 5.5, "fontweight": "bold", "color": colour}
    figure.text(0.995, 0.995, drawable(text), parse_math=False, **how)


def halo(width: float = 2.5, colour: str = "black") -> list[Any]:
    """A dark edge that keeps a bright line or letter readable on any grey."""
    from matplotlib.patheffects import Normal, Stroke

    return [Stroke(linewidth=width, foreground=colour), Normal()]


def tidy(axes: Axes) -> None:
    """Quiet axes: two spines, small ticks."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)


def dark_legend(figure: Figure, handles: Sequence[Any]) -> None:
    """The legend below planes, on the dark ground that their lines are drawn for."""
    many = len(handles) > 7  # one line holds so many at full size
    box = figure.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        fontsize=7.5 if many else 8,
        frameon=True,
        facecolor="#3A4048",
        edgecolor="none",
        labelcolor="white",
        bbox_to_anchor=(0.5, 0.005),
        handlelength=2.2 if many else 2.6,
        columnspacing=1.0 if many else 1.6,
    )
    box.get_frame().set_alpha(1)
