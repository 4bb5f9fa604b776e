"""What every output says of a plan before anything else is believed."""

from __future__ import annotations

from iceball.plan.plan import STARTER_WARNING, Plan
from iceball.tissue import Anatomy

ILLUSTRATIVE = "trajectories and bowel distances are illustrative"


def caveats(plan: Plan, anatomy: Anatomy) -> tuple[str, ...]:
    """That the plan is a machine's, and that image and procedure differ: sentences, none where neither holds."""
    starter = f"{STARTER_WARNING}." if plan.review == "starter" else ""
    return tuple(said for said in (starter, setting_warning(plan, anatomy)) if said)


def setting_warning(plan: Plan, anatomy: Anatomy) -> str:
    """Where image and procedure differ, or are unknown, in position or breathing; "" if both agree, or of a block."""
    if anatomy.bench is not None:
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
