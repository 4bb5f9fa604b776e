"""Results as a person reads them."""

from __future__ import annotations

from typing import Any


def as_text(what: str, found: dict[str, Any]) -> str:
    """The table of one benchmark."""
    if what == "p1":
        return p1(found)
    parts = {"": found} if "cases" in found else {k: v for k, v in found.items() if isinstance(v, dict)}
    return "\n\n".join(_cases(title, part) for title, part in parts.items())


def p1(found: dict[str, Any]) -> str:
    """P1 and its peers."""
    off = ", ".join(f"{level} °C {error:+.2f} %" for level, error in found["volume_error_percent"].items())
    lines = [
        f"P1 at {found['spacing_mm']:g} mm, {found['threads'] or 'all'} thread(s): {found['seconds']:.2f} s "
        f"[{found['least']:.2f} to {found['most']:.2f}], normalised {found['normalised_seconds']:.2f} s",
        f"  {found['steps']} steps, {found['stages']} stages, {found['cell_stages']:.3g} cell-stages, "
        f"{found['peak_mb']:.0f} MB at most",
        f"  volumes against the reference: {off}",
        f"  naive Numba: {found['naive_ms_per_step']:.2f} ms a step at 1 mm",
    ]
    if found["peers"]:
        lines.append(f"  one thread: {found['one_thread_seconds']:.2f} s; against it, with one thread each:")
    for name, peer in found["peers"].items():
        if peer["seconds"] is None:
            lines.append(f"    {name:12s} {peer['status']}")
            continue
        lines.append(
            f"    {name:12s} {peer['seconds']:9.0f} s  {peer['ratio']:7.1f} x  ({peer['ms_per_step']:.3g} ms a step "
            f"at {peer['measured_at_mm']:g} mm, {peer['steps_measured']} of {peer['steps_needed']} steps; "
            f"{peer['status']})"
        )
    return "\n".join([*lines, _machine(found["machine"])])


def _cases(title: str, part: dict[str, Any]) -> str:
    lines = [title] if title else []
    for name, case in part["cases"].items():
        lines.append(
            f"{name:22s} {case['seconds']:8.3f} s [{case['least']:.3f} to {case['most']:.3f}]  normalised "
            f"{case['normalised_seconds']:8.3f} s  {case['stages']:6d} stages  {case['cell_stages']:.3g} cell-stages"
        )
    if "gain" in part:
        lines.append(f"two threads against one: {part['gain']:.2f} x")
    return "\n".join([*lines, _machine(part["machine"])])


def _machine(facts: dict[str, Any]) -> str:
    return (
        f"  {facts['date']}, commit {facts['commit'][:9]}, {facts['cores']} cores ({facts['processor']}), "
        f"load {facts['load']}, Python {facts['python']}, numba {facts['numba']}"
    )
