"""The gas that a plan's sprays make, as a noun: counted by `iceball.plan.spray.gas`, shown beside the result."""

from __future__ import annotations

from dataclasses import dataclass

from iceball.assessment.assessment import Range


@dataclass(frozen=True)
class Vented:
    """Liquid spent (mL) and gas at room conditions (L), each with the range of the cards; how it is let out."""

    liquid_ml: Range
    gas_l: Range
    vent: str

    @property
    def sentence(self) -> str:
        """The same in words."""
        liquid, gas = self.liquid_ml, self.gas_l
        return (
            f"The sprays spend about {liquid.value:.0f} mL of liquid ({liquid.low:.0f} to {liquid.high:.0f}), which "
            f"makes {gas.value:.1f} L of gas at room conditions ({gas.low:.1f} to {gas.high:.1f}). Vent declared: "
            f"{self.vent}. That is a volume, not a pressure: whether the vent carries it off is not modelled."
        )
