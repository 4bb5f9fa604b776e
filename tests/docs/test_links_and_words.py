"""Links lead somewhere, and nothing that is shipped names one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import iceball
from tests.docs.pages import ROOT, pages

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_lead_to_a_file_or_folder(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == iceball.__version__
    assert f"\nversion: {iceball.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {iceball.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_research_use_only_is_said_first() -> None:
    for page in ("README.md", "docs/index.md"):
        head = (ROOT / page).read_text(encoding="utf-8")[:900]
        assert "research use only" in head.lower()


def test_nothing_shipped_names_a_home_or_work_folder_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    path = re.compile(rb"(?<![\w./-])/(?:work|home|root|Users|opt)/\w")
    kinds = {".py", ".md", ".toml", ".yml", ".yaml", ".cff", ".html", ".typ", ".css", ""}
    named = [
        name
        for name in filter(None, listed.stdout.split("\0"))
        if (ROOT / name).suffix in kinds and (ROOT / name).is_file() and path.search((ROOT / name).read_bytes())
    ]
    assert named == []
