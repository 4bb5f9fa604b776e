"""The report as one HTML file that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from iceball.reporting.content import Content

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Names, titles and notes are a user's: every one is escaped, and a missing one is an error.
    environment = Environment(
        loader=PackageLoader("iceball.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


@cache
def style() -> str:
    """What stands between the page's <style> tags, to the letter."""
    css = files("iceball.reporting").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return f"\n{css}"


@cache
def policy() -> str:
    """The content security policy of a report: its own style by its hash, pictures that it carries, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def html(content: Content) -> str:
    """The whole page."""
    return _template().render(c=content, style=style(), policy=policy())
