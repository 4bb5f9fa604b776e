"""The command line as a person uses it, in this process or, where signals matter, in another one."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from iceball.cli import main
from iceball.io.case import Case


@dataclass(frozen=True)
class Answer:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output; anything else there fails."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def shell(*words: object) -> Answer:
    """Type `iceball WORDS…`."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", ["iceball", *map(str, words)]):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Answer(code, out.getvalue(), err.getvalue())


def done(*words: object) -> Answer:
    """Type `iceball WORDS…`, which must end well."""
    answer = shell(*words)
    assert answer.code == 0, answer.err
    return answer


def edit(case: Path, old: str, new: str) -> None:
    """Change plan.toml as a person would; the old text must be there."""
    file = case / "plan.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {text}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def shorten(case: Path, minutes: float = 2) -> None:
    """One short freeze instead of the case's protocol: enough to make ice, cheap to run."""
    from iceball.plan import freeze

    opened = Case.open(case)
    opened.save_plan(opened.plan().edited(protocol=freeze(60 * minutes)))


def run_folder(case: Path) -> Path:
    """The case's only run."""
    (folder,) = (case / "runs").iterdir()
    return folder
