"""With what we treat: cryoprobes, read from card files. One class and one file per kind, never a class per product."""

from iceball.applicator.library import probe, probes
from iceball.applicator.probe import Probe

__all__ = ["Probe", "probe", "probes"]
