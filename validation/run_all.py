"""Run the proofs and print a table; exits with 1 when a value is off."""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def check(name: str, expected: dict[str, dict[str, float]]) -> bool:
    """Run one proof; print its table; whether all values are within tolerance."""
    spec = importlib.util.spec_from_file_location(f"validation_{name}", HERE / name / "run.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(HERE / name / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    began = time.perf_counter()
    values = module.run()
    print(f"\n{name} ({time.perf_counter() - began:.1f} s)")
    good = True
    for key, row in expected.items():
        value = values.get(key, math.nan)
        fits = abs(value - row["expected"]) <= row["tolerance"]
        good = good and fits
        print(
            f"  {'ok ' if fits else 'OFF'} {key:28s} {value:12.5g}"
            f"  expected {row['expected']:.5g} +- {row['tolerance']:.3g}"
        )
    return good


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="leave out the long proofs")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE))
    good = True
    for folder in sorted(p.parent for p in HERE.glob("*/expected.toml")):
        expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
        if (arguments.names and folder.name not in arguments.names) or (arguments.fast and not expected["fast"]):
            continue
        good = check(folder.name, expected["value"]) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
