"""Limits of structures as a plan meets them: those that hold in every organ, and the numbers behind those that act."""

from __future__ import annotations

from iceball.sources import Constant
from iceball.tissue import Anatomy
from iceball.tissue.packs import protection_of, shared_limits
from iceball.tissue.protection import Protection

__all__ = ["Protection", "limit_constants", "protection_of", "protections"]


def protections() -> tuple[Protection, ...]:
    """The limits that hold in every organ, the stricter before the wider."""
    return tuple(p for p in shared_limits().values() if p.anywhere)


def limit_constants(anatomy: Anatomy) -> tuple[Constant, ...]:
    """The numbers of every limit that a drawn structure has."""
    found = {p.name: p for name in anatomy.structures if (p := protection_of(name, anatomy.organ)) is not None}
    return tuple(c for p in found.values() for c in p.constants())
