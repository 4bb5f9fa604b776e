"""What we decide: placements, protocol and goals, and the one bridge from a Plan to a Scene."""

from iceball.plan.placement import Placement
from iceball.plan.plan import Plan, Setting
from iceball.plan.protocol import Protocol, Step, freeze
from iceball.plan.spray.spot import Spot
from iceball.plan.warm.vessel import Vessel
from iceball.plan.warm.warming import Warming

__all__ = ["Placement", "Plan", "Protocol", "Setting", "Spot", "Step", "Vessel", "Warming", "freeze"]
