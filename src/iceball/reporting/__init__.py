"""What people read: one report as a self-contained HTML page and as a PDF."""

from iceball.reporting.assemble import report
from iceball.reporting.flags import AUTOMATIC, STALE, STARTER, SYNTHETIC

__all__ = ["AUTOMATIC", "STALE", "STARTER", "SYNTHETIC", "report"]
