"""With what we treat: probes, sprays and discs, read from card files; one class a kind, never a class a product."""

from iceball.applicator.library import probe, probes
from iceball.applicator.probe import Probe
from iceball.applicator.spray import SurfaceApplicator, surface_applicator, surface_applicators

__all__ = ["Probe", "SurfaceApplicator", "probe", "probes", "surface_applicator", "surface_applicators"]
