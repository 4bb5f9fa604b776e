"""Where the real data of the founders lies, if it is at hand. What reads it is skipped where it is absent."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(*parts: str) -> Path:
    """The path of a shared data file or folder; skips the test where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the shared data set {'/'.join(parts)}, which is not beside this checkout")
    return path
