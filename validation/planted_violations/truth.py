"""What is true of needles in a body made of shapes, from the shapes alone: nothing here comes from `iceball.plan.ways`.

Every answer is a slack in mm: how far a plan is from breaking a rule, negative where it breaks it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLEAR_MM, RIB_MM, ICE_MM, SKIN_MM = 3.0, 5.0, 10.0, 5.0
HANDLE_MM, HANDLE_ROOM_MM, BORE_MM, UNDER_TABLE_MM = 100.0, 150.0, 700.0, 150.0
"""The limits, as the issue and the data file have them."""
ALONG_MM = 0.1
TABLES = {"HFS": 1.0, "HFP": -1.0}
"""Sign of y towards the table."""


@dataclass(frozen=True)
class Tube:
    """A tube with round ends along points; one point is a ball."""

    points: Floats
    radius: float

    def distance(self, at: Floats) -> Floats:
        """Signed distance of points (n, 3) to its surface."""
        return np.asarray(np.linalg.norm(self.offset(at), axis=1) - self.radius)

    def offset(self, at: Floats) -> Floats:
        """From the nearest point of the middle line to each point, (n, 3)."""
        best = at - self.points[0]
        for a, b in zip(self.points, self.points[1:], strict=False):
            share = np.clip((at - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
            way = at - a - share[:, None] * (b - a)
            best = np.where((np.linalg.norm(way, axis=1) < np.linalg.norm(best, axis=1))[:, None], way, best)
        return np.asarray(best)

    def moved(self, by: Floats) -> Tube:
        """The same tube elsewhere."""
        return Tube(self.points + by, self.radius)


@dataclass(frozen=True)
class Needle:
    """A straight needle; `cut_mm` of its way in the body are left out of the entry that is written down."""

    tip: Floats
    out: Floats
    radius: float = 0.75
    usable: float = 175.0
    cold: float = 22.0
    handle: float = 15.0
    cut_mm: float = 0.0

    def at(self, from_tip: Floats) -> Floats:
        """Points so far back from the tip, (n, 3)."""
        return np.asarray(self.tip + np.asarray(from_tip)[:, None] * self.out)


@dataclass(frozen=True)
class Trunk:
    """An elliptical cylinder along z, its parts, and its needles."""

    a: float
    b: float
    needles: tuple[Needle, ...]
    parts: dict[str, Tube] = field(default_factory=dict)
    arm: Tube | None = None
    position: str = ""
    half_z: float = 75.0
    handles_known: bool = False
    access: str = ""

    def depth(self, needle: Needle) -> float:
        """From the tip to the skin along the needle; the farther one where the tip lies outside."""
        scale = np.array([1 / self.a, 1 / self.b])
        p, d = needle.tip[:2] * scale, needle.out[:2] * scale
        under = (p @ d) ** 2 - (d @ d) * (p @ p - 1)
        return float("nan") if under < 0 else float((-(p @ d) + np.sqrt(under)) / (d @ d))

    def to_skin(self, at: Floats) -> Floats:
        """Signed distance to the skin to first order, negative in the body: right beside the skin, where it is used."""
        square = (at[:, 0] / self.a) ** 2 + (at[:, 1] / self.b) ** 2
        steep = 2 * np.hypot(at[:, 0] / self.a**2, at[:, 1] / self.b**2)
        return np.asarray((square - 1) / np.maximum(steep, 1e-9))

    def slacks(self) -> dict[str, float]:
        """The least slack of every rule over all needles; "near <name>" for each structure."""
        found: dict[str, float] = {}

        def least(rule: str, slack: float) -> None:
            found[rule] = min(found.get(rule, np.inf), float(slack))

        for needle in self.needles:
            depth = self.depth(needle)
            shaft = needle.at(np.arange(0.0, depth + ALONG_MM, ALONG_MM).clip(max=depth))
            for name, part in self.parts.items():
                gaps = part.distance(shaft) - needle.radius
                if name.startswith(("rib_", "vertebrae_")):
                    least("bone", np.inf if self.access else gaps.min())
                    if name.startswith("rib_"):
                        least("rib", self._under(part, shaft, gaps))
                else:
                    least(f"near {name}", gaps.min() - CLEAR_MM)
            least("deep", needle.usable - depth)
            least("ice", depth - needle.cold - ICE_MM - SKIN_MM)
            least("outside", min(-self.to_skin(needle.tip[None])[0], self.half_z - abs(needle.tip[2])))
            self._room(needle, depth, least)
        for i, one in enumerate(self.needles):
            for two in self.needles[:i]:
                pair = one, two
                least("cross", _apart(pair, [(0.0, self.depth(n)) for n in pair]) - one.radius - two.radius)
                least("cross outside", _apart(pair, [(0.0, n.usable) for n in pair]) - one.radius - two.radius)
                if self.handles_known:
                    ends = [(n.usable, n.usable + HANDLE_MM) for n in pair]
                    least("handles", _apart(pair, ends) - one.handle - two.handle)
        return found

    def _under(self, rib: Tube, shaft: Floats, gaps: Floats) -> float:
        """Slack of the rib's lower edge: none is owed where the rib lies beside or below the shaft, or is drilled."""
        closest = int(gaps.argmin())
        way = rib.offset(shaft[closest : closest + 1])[0]
        rise = way[2] / np.linalg.norm(way)
        if rise > -0.35 or gaps.min() < -0.5:
            return np.inf
        return float(gaps.min() - RIB_MM) if rise < -0.65 else 0.0  # 0: in doubt, and such a body is not used

    def _room(self, needle: Needle, depth: float, least) -> None:  # type: ignore[no-untyped-def]
        handle = np.arange(needle.usable, needle.usable + HANDLE_MM, 0.5)
        one = np.cross(needle.out, np.eye(3)[int(np.abs(needle.out).argmin())])
        one /= np.linalg.norm(one)
        two = np.cross(needle.out, one)
        turns = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        ring = needle.handle * (np.cos(turns)[:, None] * one + np.sin(turns)[:, None] * two)
        side = (needle.at(handle)[:, None] + ring).reshape(-1, 3)
        side = side[np.abs(side[:, 2]) <= self.half_z]  # nothing of a body is seen beyond the image
        least("hilt", self.to_skin(side).min(initial=np.inf))
        if self.arm is not None:
            beyond = needle.at(np.arange(depth + 5, depth + HANDLE_ROOM_MM - 1, 0.5))
            beyond = beyond[np.abs(beyond[:, 2]) <= self.half_z]
            least("arm", min(self.arm.distance(p).min(initial=np.inf) for p in (side, beyond)))
        if self.position:
            sign, end = TABLES[self.position], needle.at(np.array([needle.usable + HANDLE_MM]))[0]
            least("table", self.b - needle.handle - sign * end[1])
            away = np.hypot(end[0], sign * end[1] - (self.b - UNDER_TABLE_MM))
            least("bore", BORE_MM / 2 - needle.handle - away)


def _apart(pair: tuple[Needle, Needle], ends: list[tuple[float, float]]) -> float:
    """Distance of two pieces of two needles, to a hundredth of a mm: a grid of places, made finer twice."""
    (a, b), (c, d) = ends
    for _ in range(4):
        s, t = np.linspace(a, b, 81), np.linspace(c, d, 81)
        gaps = np.linalg.norm(pair[0].at(s)[:, None] - pair[1].at(t)[None], axis=2)
        i, j = np.unravel_index(int(gaps.argmin()), gaps.shape)
        a, b, c, d = s[max(i - 2, 0)], s[min(i + 2, 80)], t[max(j - 2, 0)], t[min(j + 2, 80)]
    return float(gaps.min())
