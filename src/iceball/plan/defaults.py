"""Goals and protocol proposed for an organ, from its pack. A person decides."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.assessment.goals import Cover, Goal, Spare
from iceball.errors import PlanError
from iceball.plan.protocol import Protocol, Step
from iceball.sources import Constant, Sourced
from iceball.tissue import TARGET
from iceball.tissue.organs import organ_of
from iceball.tissue.pack import Surface
from iceball.tissue.packs import pack, unknown_organ

TRIAL = "pleura"
"""Its pack holds the one published protocol of a spray in the body."""


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


def defaults_of(organ: str) -> Defaults:
    """The proposals for an organ; "" gives the generic ones. Raises TissueError for a name that is no organ."""
    proposal = pack(organ_of(organ).name).proposal if organ else unknown_organ()
    constants = list(proposal.constants())
    goals: list[Goal] = [Cover(TARGET, ice.below.value, ice.margin_mm.value) for ice in proposal.ice]
    for structure, which in pack(organ).spare.items() if organ else ():
        limit = pack(organ).limits[structure]
        goals.append(Spare(structure, *limit.asked(which)))
        constants += [c for c in limit.constants() if c not in constants]
    steps = tuple(Step(kind, length.value) for kind, length in proposal.steps)  # type: ignore[arg-type]
    protocol = Protocol(steps) if steps else None
    return Defaults(organ, tuple(goals), protocol, proposal.reason, proposal.preferred_mm, tuple(constants))


def default_goals(organ: str) -> tuple[Goal, ...]:
    """The goals proposed for an organ."""
    return defaults_of(organ).goals


def default_protocol(organ: str) -> Protocol | None:
    """The protocol proposed for an organ; None where none was read (see `protocol_reason`)."""
    return defaults_of(organ).protocol


def protocol_reason(organ: str) -> str:
    """Why the proposed protocol is as it is, or why there is none."""
    return defaults_of(organ).reason


def surface_of(organ: str) -> Surface:
    """How a surface is sprayed or frozen by a disc in that organ: by its pack, or else as in the intrapleural trial.

    Raises:
        PlanError: where the pack is meant for sprays or discs and no times were read.
    """
    if organ and pack(organ).surface is None and set(pack(organ).applicators) & {"spray", "contact"}:
        raise PlanError(protocol_reason(organ), where="dwell_s, thaw_s, cycles", remedy="Give all three.")
    found = (pack(organ).surface if organ else None) or pack(TRIAL).surface
    assert found is not None
    return found


def surface_constants(organ: str) -> tuple[Constant, ...]:
    """Every number behind `surface_of`; none where it has none."""
    named = organ if organ and set(pack(organ).applicators) & {"spray", "contact"} else TRIAL
    return tuple(c for c in pack(named).constants() if ".surface." in c.name)


def without_needle(organ: str) -> str:
    """Why no needle and no trajectory is proposed in that organ; "" where its pack is meant for needles."""
    if not organ or "needle" in pack(organ).applicators:
        return ""
    meant = " or ".join(pack(organ).applicators)
    return f"the pack of {organ} is for {meant} applicators, without needles or trajectories"


def default_constants(organ: str) -> tuple[Constant, ...]:
    """Every number behind the proposals, with range and source."""
    return defaults_of(organ).constants
