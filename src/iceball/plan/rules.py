"""The numbers that the starter plan and the check of a plan go by: sections "rule", "path", "price" and "check"."""

from iceball.sources import Numbers

rule = Numbers("plan", "starter.toml", "starter")
