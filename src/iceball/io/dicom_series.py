"""Which images a folder holds: series, localizers, and the parts of a series with several images at one place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from iceball.errors import ImageError
from iceball.io.dicom_attributes import ATTRIBUTES
from iceball.io.dicom_frames import Frame
from iceball.io.dicom_scan import Scan
from iceball.io.series import Series

# Two images are at one place when their first pixels round to the same hundredth of a millimetre.
PLACE_DECIMALS = 2


@dataclass(frozen=True, eq=False)
class Group:
    """The slices of one image, not yet checked."""

    key: str
    uid: str
    attribute: str
    frames: tuple[Frame, ...]

    @property
    def full_key(self) -> str:
        """Series UID and attribute: the name that stays true when the folder changes."""
        return f"{self.uid}:{self.attribute}" if self.attribute else self.uid

    def describe(self) -> Series:
        """What a person sees of it in a list."""
        first = self.frames[0]
        depths = sorted({round(float(f.position @ first.normal), PLACE_DECIMALS) for f in self.frames})
        step = float(np.median(np.diff(depths))) if len(depths) > 1 else 0.0
        return Series(
            self.key,
            self.uid,
            first.modality,
            first.description,
            len(self.frames),
            (first.shape[1], first.shape[0], len(depths)),
            (first.spacing[1], first.spacing[0], step),
            first.date,
            self.attribute,
        )


def group(scan: Scan) -> tuple[Group, ...]:
    """The images of a scan, each with a key of its own."""
    by_series: dict[str, list[Frame]] = defaultdict(list)
    for frame in scan.frames:
        by_series[frame.series].append(frame)
    short = _short_names(by_series)
    groups = []
    for uid, frames in by_series.items():
        for attribute, part in _parts(frames).items():
            key = f"{short[uid]}:{attribute}" if attribute else short[uid]
            groups.append(Group(key, uid, attribute, tuple(part)))
    return tuple(groups)


def choose(groups: Sequence[Group], *, series: str | None, modality: str | None, where: str) -> Group:
    """The one image meant; never a guess.

    Raises:
        ImageError: if none or several fit; it lists them with their keys.
    """
    fitting = [g for g in groups if modality is None or g.frames[0].modality == modality.upper()]
    if series is not None:
        named = [g for g in fitting if series in (g.key, g.full_key)]
        fitting = named or [g for g in fitting if series in (g.uid, g.key.split(":")[0])]
    if len(fitting) == 1:
        return fitting[0]
    listed = "; ".join(str(g.describe()) for g in (fitting or groups))
    if not fitting:
        asked = " ".join(filter(None, [modality or "", f"series '{series}'" if series else ""]))
        raise ImageError(f"no {asked} is here. Found: {listed}.", where=where, remedy="Name one of them: --series KEY.")
    raise ImageError(
        f"{len(fitting)} images are here: {listed}.",
        where=where,
        remedy=f"Name the one you mean, for instance: --series {fitting[0].key}",
    )


def _short_names(by_series: dict[str, list[Frame]]) -> dict[str, str]:
    """Series numbers where they tell the series apart, else UIDs."""
    numbers = {uid: frames[0].number for uid, frames in by_series.items()}
    distinct = len(set(numbers.values())) == len(numbers) and all(numbers.values())
    return {uid: numbers[uid] if distinct else uid for uid in by_series}


def _parts(frames: list[Frame]) -> dict[str, list[Frame]]:
    scouts = [f for f in frames if "LOCALIZER" in f.image_type.upper()]
    slices = [f for f in frames if "LOCALIZER" not in f.image_type.upper()]
    if scouts and slices:
        return {**_split(slices), **{_join("localizer", a): part for a, part in _split(scouts).items()}}
    return _split(frames)


def _join(first: str, second: str) -> str:
    return f"{first},{second}" if second else first


def _split(frames: list[Frame]) -> dict[str, list[Frame]]:
    """By the fewest attributes that leave one image at each place; unsplit where none do."""
    if _one_each(frames):
        return {"": frames}
    names = [name for name, _ in ATTRIBUTES if len({f.attributes.get(name, "") for f in frames}) > 1]
    for size in (1, 2, 3):
        for chosen in combinations(names, size):
            parts: dict[tuple[str, ...], list[Frame]] = defaultdict(list)
            for frame in frames:
                parts[tuple(frame.attributes.get(name, "") for name in chosen)].append(frame)
            if all(_one_each(part) and len(part) > 1 for part in parts.values()):
                labels = _labels(chosen, list(parts))
                return {label: parts[values] for label, values in sorted(zip(labels, parts, strict=True), key=_natural)}
    return _by_time(frames) or {"": frames}


def _one_each(frames: Sequence[Frame]) -> bool:
    return len({_place(f) for f in frames}) == len(frames)


def _place(frame: Frame) -> tuple[float, ...]:
    # Adding 0.0 turns -0.0 into 0.0, which is the same place.
    return tuple(np.round(frame.position, PLACE_DECIMALS) + 0.0) + tuple(np.round(frame.normal, 2) + 0.0)


def _labels(names: tuple[str, ...], values: list[tuple[str, ...]]) -> list[str]:
    words = []
    for column, name in enumerate(names):
        cells = [set(v[column].split("\\")) for v in values]
        common = set.intersection(*cells)
        words.append([_word(name, v[column], common) for v in values])
    return [",".join(parts) for parts in zip(*words, strict=True)]


def _word(name: str, value: str, common: set[str]) -> str:
    own = [part for part in value.split("\\") if part not in common]
    return f"{name}={'-'.join(own) or 'none'}".replace(" ", "_")


def _natural(labelled: tuple[str, tuple[str, ...]]) -> list[tuple[float, str]]:
    """Sort b=50 before b=400."""
    pieces = re.split(r"(\d+(?:\.\d+)?)", labelled[0])
    return [(float(p), "") if p[:1].isdigit() else (0.0, p) for p in pieces]


def _by_time(frames: list[Frame]) -> dict[str, list[Frame]] | None:
    """Passes over the same places, one wholly after the other: the first image of each place, the second, ..."""
    places: dict[tuple[float, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        places[_place(frame)].append(frame)
    depth = {len(there) for there in places.values()}
    times = [f.attributes.get("time", "") for f in frames]
    if len(depth) != 1 or len(places) < 2 or not all(times):
        return None
    passes = list(zip(*(sorted(there, key=lambda f: f.attributes["time"]) for there in places.values()), strict=True))
    spans = [([f.attributes["time"] for f in one]) for one in passes]
    if any(max(a) >= min(b) for a, b in pairwise(spans)):
        return None
    return {f"time={number}": list(one) for number, one in enumerate(passes, 1)}
