"""With what we treat: cryoprobes, read from a data file. One class and one file per kind, never a class per product."""

from iceball.applicator.probe import Probe, probe, probes

__all__ = ["Probe", "probe", "probes"]
