"""How the documentation is built: Sphinx with MyST and furo, without the network."""

import iceball

project = "Iceball"
author = "The Iceball founders"
project_copyright = "The Iceball founders, Apache-2.0"
version = release = iceball.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"Iceball {version}"
html_static_path = ["_static"]
html_show_sourcelink = False

# In our docstrings a single backtick means code, and | and * are just characters.
default_role = "literal"


def plain_characters(app, what, name, obj, options, lines):  # type: ignore[no-untyped-def]
    """Escape what reStructuredText would read as mark-up."""
    lines[:] = [line.replace("|", r"\|").replace("*", r"\*") for line in lines]


def setup(app):  # type: ignore[no-untyped-def]
    """Sphinx calls this when it reads the configuration."""
    app.connect("autodoc-process-docstring", plain_characters, priority=100)
