"""Goals and protocol proposed for an organ, from defaults.toml. A person decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from iceball.assessment.goals import Cover, Goal, Spare
from iceball.plan.protocol import Protocol, Step
from iceball.sources import Constant, Sourced, data_file
from iceball.tissue.organs import organ_of

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Defaults:
    """What is proposed for a target in one organ ("" is an unknown organ).

    Args:
        organ: the organ's name.
        goals: what the result is judged by.
        protocol: the clock, or None where no source was read or sources disagree.
        reason: why the protocol is as it is, or why there is none.
        preferred_margin_mm: the ice margin to prefer where the goal asks for less; None where there is none.
        constants: every number behind them with range and source.
    """

    organ: str
    goals: tuple[Goal, ...]
    protocol: Protocol | None
    reason: str
    preferred_margin_mm: Sourced | None
    constants: tuple[Constant, ...]


@cache
def defaults_of(organ: str) -> Defaults:
    """The proposals for an organ; "" gives the generic ones. Raises TissueError for a name that is no organ."""
    data = data_file("plan", "defaults.toml")
    name = organ_of(organ).name if organ else UNKNOWN
    record = data.records("organ")[name]
    constants: list[Constant] = []
    goals: list[Goal] = []
    for key in record["goals"]:
        part = data.records("goal")[key]
        fields = ("below", "margin_mm") if part["kind"] == "cover" else ("above", "distance_mm")
        found = [Constant(f"default.goal.{key}.{f}", data.number(part, f, name=key)) for f in fields]
        constants += found
        celsius, distance = (float(c.number) for c in found)
        kind = Cover if part["kind"] == "cover" else Spare
        goals.append(kind(part["structure"], celsius, distance))
    steps: list[Step] = []
    for i, part in enumerate(data.records("protocol")[record["protocol"]]["steps"] if "protocol" in record else ()):
        field = f"default.protocol.{record['protocol']}.{i + 1}_{part['kind']}_s"
        constants.append(Constant(field, data.number(part, "duration_s", name=field)))
        steps.append(Step(part["kind"], float(constants[-1].number)))
    preferred = None
    if "preferred_margin_mm" in record:
        preferred = data.number(record, "preferred_margin_mm", name=name)
        constants.append(Constant(f"default.organ.{name}.preferred_margin_mm", preferred))
    protocol = Protocol(tuple(steps)) if steps else None
    return Defaults(organ, tuple(goals), protocol, record["reason"], preferred, tuple(constants))


def default_goals(organ: str) -> tuple[Goal, ...]:
    """The goals proposed for an organ."""
    return defaults_of(organ).goals


def default_protocol(organ: str) -> Protocol | None:
    """The protocol proposed for an organ; None where none was read (see `protocol_reason`)."""
    return defaults_of(organ).protocol


def protocol_reason(organ: str) -> str:
    """Why the proposed protocol is as it is, or why there is none."""
    return defaults_of(organ).reason


def default_constants(organ: str) -> tuple[Constant, ...]:
    """Every number behind the proposals, with range and source."""
    return defaults_of(organ).constants
