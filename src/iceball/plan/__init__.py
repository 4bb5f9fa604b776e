"""What we decide: placements, protocol and goals, and the one bridge from a Plan to a Scene."""

from iceball.plan.placement import Placement
from iceball.plan.plan import Plan, Setting
from iceball.plan.protocol import Protocol, Step, freeze

__all__ = ["Placement", "Plan", "Protocol", "Setting", "Step", "freeze"]
