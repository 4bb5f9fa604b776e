"""Commands that people copy from the documentation exist, with those options."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.docs.pages import ROOT, Block, blocks

LINES = [(block, line) for block in blocks("sh") for line in block.text.splitlines() if line.strip()]
ICEBALL = [(block, line) for block, line in LINES if line.split()[0] == "iceball"]
KNOWN = {"make", "iceball", ".", ".venv/bin/python", ".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/lint-imports"}


def shell() -> Any:
    from iceball.cli import app

    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    return group


@pytest.mark.parametrize(("block", "line"), ICEBALL, ids=[line for _, line in ICEBALL])
def test_a_shown_iceball_command_is_understood(block: Block, line: str) -> None:
    """Parsed to the end by the command line itself, but not carried out."""
    verb, *words = shlex.split(line)[1:]
    command = shell().commands[verb]
    context = command.make_context(verb, words, resilient_parsing=False)
    assert context.params, f"{block}: {line}"


def test_every_command_of_the_shell_is_in_the_reference_and_no_other() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\| `iceball ([\w-]+)", text, re.MULTILINE))
    assert shown == set(shell().commands)


def test_shown_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = {shlex.split(line)[1] for _, line in LINES if line.startswith("make ")}
    assert {"demo", "test"} <= shown <= targets


def test_no_other_program_is_asked_for() -> None:
    assert {shlex.split(line)[0] for _, line in LINES} <= KNOWN


def test_the_first_two_commands_of_the_readme_are_the_main_job_and_the_tests() -> None:
    first = [b.text.strip() for b in blocks("sh", "bash", "console") if b.page.name == "README.md"][:2]
    assert first == ["make demo", "make test"]


def iceball(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "iceball.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_exit_codes_are_those_of_the_reference(tmp_path: Path) -> None:
    refused = iceball("check", "nowhere", "--json", cwd=tmp_path)
    assert refused.returncode == 1
    assert set(json.loads(refused.stdout)["error"]) == {"code", "what", "where", "remedy"}
    assert iceball("check", "--no-such-option", "--json", cwd=tmp_path).returncode == 2


def test_error_codes_of_the_reference_are_those_of_the_program() -> None:
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"`(\w+)`", text.split("Error codes", 1)[1].split("besides", 1)[0].split(":", 1)[1]))
    program = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))
    assert shown == set(re.findall(r'^    code = "(\w+)"', program, re.MULTILINE)) - {"error"}


def test_every_key_of_the_assessment_is_in_the_reference_and_no_other() -> None:
    from iceball.io.schema import schema_of

    text = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert shown == set(schema_of("assessment")["properties"])
