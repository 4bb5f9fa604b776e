"""The report as one HTML file that needs nothing else: no network, no script, no second file."""

from __future__ import annotations

from functools import cache
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


def html(content: Content) -> str:
    """The whole page."""
    return _template().render(c=content)
