"""The report as PDF, set by typst from the same content. The same content gives the same bytes."""

from __future__ import annotations

import json
import tempfile
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from iceball.reporting.content import Content
from iceball.reporting.figures import Picture

# A fixed date inside the file, so that the same report has the same bytes: 2000-01-01T00:00:00Z.
FIXED_TIMESTAMP = 946684800


def pdf(content: Content) -> bytes:
    """The whole document. Words travel as JSON data, never as markup, so no name can command the typesetter."""
    import matplotlib
    import typst

    with tempfile.TemporaryDirectory(prefix="iceball-report-") as name:
        folder = Path(name)
        data = _data(content, folder)
        (folder / "content.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        template = files("iceball.reporting").joinpath("templates", "report.typ").read_text(encoding="utf-8")
        (folder / "report.typ").write_text(template, encoding="utf-8")
        made: bytes = typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
            ignore_system_fonts=True,
            format="pdf",
            timestamp=FIXED_TIMESTAMP,
        )
    return made


def _data(value: Any, folder: Path) -> Any:
    """Content as JSON values; a picture becomes a file in the folder and its name."""
    if isinstance(value, Picture):
        (folder / value.file_name).write_bytes(value.data)
        return {"file": value.file_name, "alt": value.alt, "caption": value.caption}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _data(getattr(value, f.name), folder) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [_data(v, folder) for v in value]
    return value
