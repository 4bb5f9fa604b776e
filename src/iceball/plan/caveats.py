"""What every output says of a plan before anything else is believed."""

from __future__ import annotations

from iceball.plan.lines import power_share
from iceball.plan.plan import STARTER_WARNING, Plan
from iceball.plan.spray.gas import vented
from iceball.tissue import Anatomy
from iceball.tissue.packs import pack, protection_of

ILLUSTRATIVE = "trajectories and bowel distances are illustrative"


def caveats(plan: Plan, anatomy: Anatomy) -> tuple[str, ...]:
    """Where needles were set on a control image, that the plan is a machine's, that image and procedure differ, that
    no clinician reviewed the organ's pack, that limits or pressure were changed, how much gas sprays make, by which h
    surfaces freeze: sentences, if any.
    """
    starter = f"{STARTER_WARNING}." if plan.review == "starter" else ""
    of_spots = (gas_note(plan), film_note(plan))
    placed = plan.reason if plan.stage == "as placed" else ""
    of_pack = (pack_note(anatomy), *limit_notes(plan, anatomy))
    found = (placed, starter, setting_warning(plan, anatomy), *of_pack, pressure_note(plan), *of_spots)
    return tuple(said for said in found if said)


def pack_note(anatomy: Anatomy) -> str:
    """That limits, goals and clock of the target's organ were not reviewed clinically; "" where they were."""
    if not anatomy.organ or pack(anatomy.organ).reviewed:
        return ""
    found = pack(anatomy.organ)
    return (
        f"Limits, goals and clock of the pack '{found.name}' are not clinically reviewed (sources read {found.read})."
    )


def limit_notes(plan: Plan, anatomy: Anatomy) -> tuple[str, ...]:
    """Each limit that the plan changes, beside what the pack says."""
    return tuple(
        f"Limit of {own.structure.replace('_', ' ')}: {own.told(protection_of(own.structure, anatomy.organ))}."
        for own in plan.limits
    )


def gas_note(plan: Plan) -> str:
    """Liquid, gas and vent of a plan that sprays; "" without a spray."""
    gas = vented(plan)
    return "" if gas is None else gas.sentence


def film_note(plan: Plan) -> str:
    """By which heat transfer surfaces freeze, and where it comes from; "" without a spot."""
    cards = {s.applicator: s.card for s in plan.spots}
    told = [
        f"{card.label}: {card.h.value:g} ({card.h.low:g} to {card.h.high:g}) W/m2/K to {card.cryogen_c.value:g} °C, "
        f"{card.h.source.kind}"
        for card in cards.values()
    ]
    if not told:
        return ""
    return f"Surfaces freeze by {'; '.join(told)}. The same h is taken all over a spot and all through a freeze."


def pressure_note(plan: Plan) -> str:
    """How a supply pressure other than the cards' own was taken into account; "" without one."""
    if plan.supply_bar is None or not plan.probes:
        return ""
    shares = {p.probe: power_share(p.kind, plan.supply_bar) for p in plan.probes}
    told = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
    return (
        f"Supply pressure {plan.supply_bar:g} bar instead of the cards' own: cooling power times {told} (assumed: flow "
        "in proportion to pressure, real-gas capacity of argon)."
    )


def setting_warning(plan: Plan, anatomy: Anatomy) -> str:
    """Where image and procedure differ, or are unknown, in position or breathing; "" if both agree or in a phantom."""
    if anatomy.bench is not None or anatomy.phantom:
        return ""
    setting = plan.setting
    pairs = (
        ("patient position", anatomy.image.header.patient_position, setting.procedure_position),
        ("breathing", setting.image_breathing, setting.procedure_breathing),
    )
    differ = [what for what, image, procedure in pairs if image and procedure and image != procedure]
    unknown = [what for what, image, procedure in pairs if not (image and procedure)]
    said = []
    if differ:
        said.append(f"{' and '.join(differ)} of image and procedure differ")
    if unknown:
        said.append(f"{' and '.join(unknown)} unknown")
    return f"{'; '.join(said).capitalize()}: {ILLUSTRATIVE}." if said else ""
