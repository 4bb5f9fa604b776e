"""Limits of structures as a plan meets them: those that hold in every organ, and the numbers behind those that act."""

from __future__ import annotations

from collections.abc import Sequence

from iceball.assessment.own_limit import OwnLimit, limit_of
from iceball.sources import Constant
from iceball.tissue import Anatomy
from iceball.tissue.packs import protection_of, shared_limits
from iceball.tissue.protection import Protection

__all__ = ["Protection", "limit_constants", "protection_of", "protections"]


def protections() -> tuple[Protection, ...]:
    """The limits that hold in every organ, the stricter before the wider."""
    return tuple(p for p in shared_limits().values() if p.anywhere)


def limit_constants(anatomy: Anatomy, own: Sequence[OwnLimit] = ()) -> tuple[Constant, ...]:
    """The numbers of every limit that a drawn structure has, with what the plan changes."""
    found = [limit_of(name, anatomy.organ, own) for name in anatomy.structures]
    return tuple(dict.fromkeys(c for p in found if p is not None for c in p.constants()))
