"""Iceball: plan and simulate cryoablation with physics. Research use only."""

__version__ = "0.1.0"
