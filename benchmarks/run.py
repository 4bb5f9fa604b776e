"""Benchmarks: `iceball bench` in a checkout, or this file. Figures are medians of runs that alternate."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import others
import tables
from processes import PEERS
from whole_p1 import p1


def main() -> None:
    """Run one benchmark and print it as a table, or as one JSON object."""
    words = argparse.ArgumentParser(prog="iceball bench", description=__doc__)
    words.add_argument("what", choices=("p1", "preview", "scaling", "kidney", "threads"))
    words.add_argument("--spacing-mm", type=float, default=1.0, help="cell size (p1, kidney, threads)")
    words.add_argument("--threads", type=int, default=0, help="threads of ours (p1, preview, kidney); 0: all")
    words.add_argument("--peers", default="naive-numba", help=f"all, none, or some of: {', '.join(PEERS)}")
    words.add_argument("--busy", action="store_true", help="threads: also beside two busy loops")
    words.add_argument("--rounds", type=int, default=5, help="runs of each; they alternate")
    words.add_argument("--json", action="store_true", dest="as_json", help="print exactly one JSON object")
    words.add_argument("--to", type=Path, default=None, help="also write the JSON object to this file")
    chosen = words.parse_args()
    named = {"all": list(PEERS), "none": []}.get(chosen.peers, chosen.peers.split(","))
    unknown = [name for name in named if name not in PEERS]
    if unknown or chosen.rounds < 1 or not 0.25 <= chosen.spacing_mm <= 8 or chosen.threads < 0:
        words.error(f"no peer called {unknown[0]}" if unknown else "rounds from 1, spacing from 0.25 to 8 mm")
    chosen.threads = chosen.threads or None
    found = measured(chosen, named)
    if chosen.to is not None:
        chosen.to.parent.mkdir(parents=True, exist_ok=True)
        chosen.to.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found) if chosen.as_json else tables.as_text(chosen.what, found))


def measured(chosen: argparse.Namespace, peers: list[str]) -> dict[str, Any]:
    """The benchmark that was asked for."""
    match chosen.what:
        case "p1":
            return p1(chosen.spacing_mm, chosen.threads, peers, chosen.rounds)
        case "preview":
            return others.preview(chosen.threads, chosen.rounds)
        case "kidney":
            return others.kidney(chosen.spacing_mm, chosen.threads, chosen.rounds)
        case "threads":
            return others.threads(chosen.spacing_mm, 2 if chosen.busy else 0, chosen.rounds)
        case _:
            return others.scaling(chosen.rounds)


if __name__ == "__main__":
    main()
