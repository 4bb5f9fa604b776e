"""Needles of more than one kind in a plan: the one whose change the sketch likes best."""

from __future__ import annotations

from collections.abc import Sequence

from iceball.applicator import Probe
from iceball.plan.search.layout import Floats, Layout
from iceball.plan.search.work import Work


def mixed(work: Work, kinds: Sequence[Probe], layout: Layout, numbers: Floats) -> Layout | None:
    """The layout with another kind of one needle, the middle of its active zone kept; None where there is no other.

    Args:
        work: the search.
        kinds: cards to choose from.
        layout, numbers: where the needles lie now.
    """
    others = [(i, kind) for i, has in enumerate(layout.kinds) for kind in kinds if kind.name != has.name]
    changed = [layout.with_kind(i, kind) for i, kind in others]
    return min(changed, key=lambda one: work.sketched_price(one, numbers), default=None)
