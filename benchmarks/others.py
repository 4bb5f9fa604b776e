"""Benchmarks of ourselves: preview, scaling, the kidney, and threads beside busy neighbours."""

from __future__ import annotations

import json
from typing import Any

from measure import alternate, machine, naive_ms, naive_step, timing
from processes import busy, ours, peer

SPACINGS_MM = (4.0, 3.0, 2.0, 1.5, 1.0)
NEEDLES = (1, 2, 4, 6, 12)


def compared(requests: dict[str, dict[str, Any]], rounds: int) -> dict[str, Any]:
    """Requests to ourselves in turn, each with its time and counts, and one naive step beside them."""
    naive = peer("naive-numba", 1.0)
    try:
        with ours() as mine:
            runs = {name: lambda r=r: mine.ask(json.dumps(r)) for name, r in requests.items()}
            found = alternate({**runs, "naive": naive_step(naive)}, rounds)
    finally:
        naive.close()
    step_ms = naive_ms(found.pop("naive"))
    counts = ("steps", "stages", "cell_stages", "cells")
    return {
        "naive_ms_per_step": step_ms,
        "cases": {n: {**timing(r, step_ms), **{key: r[-1][key] for key in counts}} for n, r in found.items()},
        "machine": machine(),
    }


def preview(threads: int | None, rounds: int) -> dict[str, Any]:
    """One freeze of P1 at 3 mm: what follows a dragged needle."""
    wanted = {"case": "p1", "spacing_mm": 3.0, "freezes": 1, "threads": threads, "preview": True}
    return compared({"one freeze at 3 mm": wanted}, rounds)


def kidney(spacing_mm: float, threads: int | None, rounds: int) -> dict[str, Any]:
    """The bundled kidney with its own plan: one simulation."""
    return compared({"kidney": {"case": "kidney", "spacing_mm": spacing_mm, "threads": threads}}, rounds)


def scaling(rounds: int) -> dict[str, Any]:
    """With cells and needles on one thread, and with threads."""
    requests = {f"{mm:g} mm": {"spacing_mm": mm, "threads": 1} for mm in SPACINGS_MM}
    requests |= {f"{n} needles, 2 mm": {"spacing_mm": 2.0, "needles": n, "threads": 1} for n in NEEDLES}
    requests |= {f"{n} threads, 1.5 mm": {"spacing_mm": 1.5, "threads": n} for n in (1, 2, 4)}
    return compared(requests, rounds)


def threads(spacing_mm: float, neighbours: int, rounds: int) -> dict[str, Any]:
    """Two threads against one, quiet and beside neighbours that never rest."""
    wanted = {f"{n} thread{'s' * (n > 1)}": {"spacing_mm": spacing_mm, "threads": n} for n in (1, 2)}
    found = {"quiet": compared(wanted, rounds)}
    if neighbours:
        with busy(neighbours):
            found[f"beside {neighbours} busy loops"] = compared(wanted, rounds)
    for part in found.values():
        part["gain"] = part["cases"]["1 thread"]["seconds"] / part["cases"]["2 threads"]["seconds"]
    return {"spacing_mm": spacing_mm, **found}
