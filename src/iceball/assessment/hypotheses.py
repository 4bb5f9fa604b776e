"""Hypotheses of cell death: which stand side by side for a target, with the numbers and sources of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from iceball.errors import PlanError
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue import Anatomy

FIELDS = {"logistic": ("half_c", "slope", "shift_k"), "threshold": ("edge_c",), "rim": ("rim_mm",)}
HISTORY = ("most_freezes", "hold_rate", "fast_warmest_c", "fast_slow", "fast_fast", "fast_lethal")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Hypothesis:
    """One way in which cells may die of cold.

    Args:
        name: as a plan names it.
        label: in words.
        form: "logistic" (survivors in the lowest temperature), "threshold" (dead at or below it) or "rim" (all ice
            but a rim).
        numbers: its parameters by name; a logistic one also has those of the history (freezes, hold, fast cooling).
    """

    name: str
    label: str
    form: str
    numbers: Mapping[str, Sourced]

    @property
    def assumed(self) -> bool:
        """True where any of its numbers was not read."""
        return any(n.assumed for n in self.numbers.values())

    def constants(self) -> tuple[Constant, ...]:
        """Every number under its full name."""
        return tuple(Constant(f"death.{self.name}.{field}", number) for field, number in self.numbers.items())


@cache
def hypotheses() -> dict[str, Hypothesis]:
    """All hypotheses of the data file, by name."""
    data = data_file("assessment", "kill.toml")
    history = data.records("history")["cells"]
    found = {}
    for name, record in data.records("hypothesis").items():
        form = record["form"]
        numbers = {f: data.number(record, f, name=name) for f in FIELDS[form]}
        if form == "logistic":
            numbers |= {f: data.number(history, f, name="history.cells") for f in HISTORY}
        found[name] = Hypothesis(name, record["label"], form, numbers)
    return found


@cache
def targets() -> dict[str, tuple[str, ...]]:
    """Names of the hypotheses for a target, by organ or tissue; the first leads."""
    records = data_file("assessment", "kill.toml").records("target")
    return {name: tuple(record["hypotheses"]) for name, record in records.items()}


def hypotheses_for(organ: str, chosen: str = "") -> tuple[Hypothesis, ...]:
    """The hypotheses shown for a target, the leading one first.

    Args:
        organ: the target's organ, "" if unknown.
        chosen: a hypothesis that shall lead, or an organ or tissue whose list is taken instead; "" for the organ's own.

    Raises:
        PlanError: if `chosen` is neither.
    """
    known, lists = hypotheses(), targets()
    if chosen in lists:
        return tuple(known[name] for name in lists[chosen])
    # a pack of the user's own has no list: it is shown that of an unknown organ
    own = lists.get(organ, lists[UNKNOWN])
    if not chosen:
        return tuple(known[name] for name in own)
    if chosen not in known:
        raise PlanError(
            f"no hypothesis of cell death called '{chosen}'.",
            where="Plan.kill",
            remedy=f"Known: {', '.join(known)}; or all those of a target: {', '.join(lists)}.",
        )
    return tuple(known[name] for name in (chosen, *(n for n in own if n != chosen)))


def shown_for(anatomy: Anatomy, chosen: str = "") -> tuple[Hypothesis, ...]:
    """`hypotheses_for` the anatomy's organ; none in a block on a bench, where nothing lives, unless one is chosen."""
    return () if anatomy.bench is not None and not chosen else hypotheses_for(anatomy.organ, chosen)


def death_constants(anatomy: Anatomy, chosen: str = "") -> tuple[Constant, ...]:
    """Every number behind the hypotheses shown, those that several share once."""
    found: dict[str, Constant] = {}
    for hypothesis in shown_for(anatomy, chosen):
        for constant in hypothesis.constants():
            field = constant.name.rpartition(".")[2]
            name = f"death.history.{field}" if field in HISTORY else constant.name
            found[name] = Constant(name, constant.number)
    return tuple(found.values())
