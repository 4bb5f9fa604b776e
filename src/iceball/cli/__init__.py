"""The same verbs in a shell."""

from iceball.cli import cases, probes, setup, tissues, ways  # noqa: F401  (their commands put themselves into the program)
from iceball.cli.shell import app, main

__all__ = ["app", "main"]
