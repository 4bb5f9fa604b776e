"""Needles of more than one kind in a plan: the one whose change the sketch likes best."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from iceball.applicator import Probe
from iceball.plan.search.layout import Floats, Layout
from iceball.plan.search.work import Work

Swap = tuple[int, str]
"""Which needle of a layout gets which card."""


def mixed(
    work: Work, kinds: Sequence[Probe], layout: Layout, numbers: Floats, *, tried: Collection[Swap] = ()
) -> tuple[Layout, Swap] | None:
    """The layout with another kind of one needle, the middle of its active zone kept; None where all were tried.

    Args:
        work: the search.
        kinds: cards to choose from.
        layout, numbers: where the needles lie now.
        tried: what is passed over.
    """
    swaps = [
        (i, kind)
        for i, has in enumerate(layout.kinds)
        for kind in kinds
        if kind.name != has.name and (i, kind.name) not in tried
    ]
    if not swaps:
        return None
    changed = [(layout.with_kind(i, kind), (i, kind.name)) for i, kind in swaps]
    return min(changed, key=lambda one: work.sketched_price(one[0], numbers))
