"""The same verbs in a shell."""

# their commands put themselves into the program
from iceball.cli import cases, observed, packs, placed, pocket, probes, serve, setup, sprays, tissues, ways  # noqa: F401
from iceball.cli.shell import app, main

__all__ = ["app", "main"]
