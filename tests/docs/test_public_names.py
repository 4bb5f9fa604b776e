"""What `import iceball` offers."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import iceball


@pytest.mark.parametrize("name", iceball.__all__)
def test_every_public_name_is_there_and_is_no_module(name: str) -> None:
    assert not isinstance(getattr(iceball, name), ModuleType)


def test_there_are_at_most_forty_and_an_unknown_one_is_refused_with_the_known() -> None:
    assert len(iceball.__all__) <= 41  # forty and the version
    with pytest.raises(AttributeError, match="simulate"):
        _ = iceball.no_such_name


def test_importing_iceball_loads_nothing_heavy() -> None:
    heavy = "{'numpy', 'numba', 'matplotlib', 'SimpleITK', 'pydicom'}"
    code = f"import sys, iceball; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
