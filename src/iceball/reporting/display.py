"""Numbers to words. Every number is rounded in the direction that promises less and warns more."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from iceball.rounding import NO_VALUE as NO_VALUE
from iceball.rounding import NOISE
from iceball.rounding import down as down
from iceball.rounding import nearest as nearest
from iceball.rounding import up as up

LONGEST_NAME = 80

POSITION_WORDS = {
    "HFS": "head first, supine",
    "HFP": "head first, prone",
    "HFDL": "head first, left side down",
    "HFDR": "head first, right side down",
    "FFS": "feet first, supine",
    "FFP": "feet first, prone",
    "FFDL": "feet first, left side down",
    "FFDR": "feet first, right side down",
}
SIDE_WORDS = {"L": "left", "R": "right"}
# Beyond this share of the unit vector a second direction is named: about 25 degrees off the first axis.
SECOND_DIRECTION = 0.42


def percent_down(fraction: float | None) -> str:
    """Coverage as whole percent, never rounded up: 0.9999 is "99 %"; only all of it is "100 %"."""
    return NO_VALUE if fraction is None else f"{down(fraction * 100, 0)} %"


def clock(seconds: float | None) -> str:
    """Minutes and seconds of the protocol, rounded to the earlier second: "7:05"."""
    if seconds is None:
        return "never"
    if not math.isfinite(seconds):
        return "unknown"
    whole = math.floor(seconds + NOISE)
    return f"{whole // 60}:{whole % 60:02d}"


def significant(value: float, digits: int = 4) -> str:
    """A constant as it stands in its table: "0.0036", "1050", "−140"."""
    return f"{value:.{digits}g}".replace("-", "−") if math.isfinite(value) else str(value)


def plain(text: str) -> str:
    """A user's name as one printable line of bounded length. Escaping is the templates' business."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= LONGEST_NAME else kept[: LONGEST_NAME - 1] + "…"


def date(acquired: str) -> str:
    """A DICOM date "20240131" as 2024-01-31; anything else as it is; "" is unknown."""
    digits = acquired.strip()
    if len(digits) >= 8 and digits[:8].isdigit():
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    return plain(digits) or "unknown"


def position(code: str) -> str:
    """A patient position code in words."""
    return f"{code} ({POSITION_WORDS[code]})" if code in POSITION_WORDS else plain(code) or "unknown"


def face(offset_lps: Sequence[float], *, side: str = "unknown") -> str:
    """Which face of the target a point lies on, by its offset from the centre: "posteromedial", "superior-left".

    Medial and lateral need the side of the body; where it is unknown it is patient left and right.
    """
    length = math.sqrt(sum(v * v for v in offset_lps))
    if length < 0.5:
        return "central"
    x, y, z = (v / length for v in offset_lps)
    across = ("left", "right") if x > 0 else ("right", "left")
    sideways = across[0]
    if side in SIDE_WORDS:
        sideways = "lateral" if SIDE_WORDS[side] == across[0] else "medial"
    parts = [
        (abs(z), "superior" if z > 0 else "inferior"),
        (abs(y), "posterior" if y > 0 else "anterior"),
        (abs(x), sideways),
    ]
    strongest = sorted(parts, reverse=True, key=lambda p: p[0])[:2]
    named = [word for share, word in parts if (share, word) in strongest and share >= SECOND_DIRECTION]
    if len(named) == 1:
        return named[0]
    first, second = named
    if second in ("left", "right"):
        return f"{first}-{second}"
    return {"superior": "supero", "inferior": "infero", "posterior": "postero", "anterior": "antero"}[first] + second


def minus(text: str) -> str:
    """A typeset minus before a number ("-20" is "−20"), hyphens in words left alone."""
    out = []
    for i, c in enumerate(text):
        before = text[i - 1] if i else " "
        after = text[i + 1] if i + 1 < len(text) else " "
        out.append("−" if c == "-" and after.isdigit() and not before.isalnum() else c)
    return "".join(out)
