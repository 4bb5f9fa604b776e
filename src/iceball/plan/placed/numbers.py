"""The numbers that setting needles goes by."""

from iceball.sources import Numbers

number = Numbers("plan", "placed/placed.toml", "placed")
