"""What is known of each organ: the packs, one of them in full, or several side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from iceball.cli.shell import Json, app, json_text
from iceball.errors import PackError

if TYPE_CHECKING:
    from iceball.plan.packs_told import PackTold

NOT_REVIEWED = "not clinically reviewed"
NO_CLOCK = "none proposed"


@app.command()
def packs(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Some of them, in full.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Show the named ones side by side.")] = False,
    as_json: Json = False,
) -> None:
    """List organ packs, show some in full, or compare them: limits, goals, protocol and sources."""
    from iceball.plan.packs_told import PacksTold, told
    from iceball.tissue.packs import pack
    from iceball.tissue.packs import packs as all_packs

    if compare and len(names or ()) < 2:
        raise PackError(
            "needs two packs or more.", where="--compare", remedy="Type `iceball packs --compare kidney liver`."
        )
    chosen = [told(p) for p in ([pack(name) for name in names] if names else all_packs().values())]
    if as_json:
        print(json_text(asdict(PacksTold(tuple(chosen)))))
        return
    console = Console(width=None if sys.stdout.isatty() else 160)
    if compare:
        console.print(_side_by_side(chosen))
    elif names:
        for p in chosen:
            _show(console, p)
    else:
        console.print(_list(chosen))
        console.print("`iceball packs NAME` shows one in full, `iceball packs --compare NAME NAME` two side by side.")


def _review(p: PackTold) -> str:
    return NOT_REVIEWED if p.reviewer == "none" else f"reviewed by {p.reviewer}"


def _surface(p: PackTold) -> str:
    s = p.surface
    return "" if s is None else f"{s.cycles} x {s.dwell_s:g} s, {s.thaw_s:g} s of thaw between"


def _clock(p: PackTold) -> str:
    return "; ".join(part for part in (p.protocol or "", _surface(p)) if part) or NO_CLOCK


def _ice(p: PackTold) -> list[str]:
    return [goal for goal in p.goals if "covers" in goal]


def _list(chosen: Sequence[PackTold]) -> Table:
    table = Table("pack", "organ", "for", "ice", "protocol", "limits", "sources read", "review")
    for p in chosen:
        read = sum(n.kind == "read" for n in p.numbers)
        table.add_row(
            p.name,
            p.label,
            ", ".join(p.applicators),
            "; ".join(_ice(p)),
            _clock(p),
            str(len(p.limits)),
            f"{read} of {len(p.numbers)} numbers, {p.read}",
            _review(p),
        )
    return table


def _show(console: Console, p: PackTold) -> None:
    meant = ", ".join(p.applicators)
    console.print(f"[bold]{escape(p.label)}[/] ({p.name}), for {meant}: {_review(p)}; read {p.read}.")
    if p.note:
        console.print(escape(p.note))
    console.print(f"Tissue {p.tissue}, target as {p.target_tissue}; also {', '.join(p.tissues[1:])}.")
    console.print(f"Expected near a target: {', '.join(p.expected)}.")
    without = [name for name in p.expected if name not in p.limits]
    limits = Table("structure", "stop", "alarm", "assumed")
    for name, limit in p.limits.items():
        kept = [_kept(limit.stop_c, limit.stop_mm), _kept(limit.alarm_c, limit.alarm_mm)]
        limits.add_row(name, *kept, "yes" if limit.assumed else "no")
    console.print(limits)
    if without:
        console.print(f"No limit was read for {', '.join(without)}.")
    for goal in p.goals:
        console.print(f"Goal: {escape(goal)}.")
    if p.preferred_margin_mm is not None:
        console.print(f"An ice margin of {p.preferred_margin_mm:g} mm is preferred.")
    console.print(f"Protocol: {p.protocol or NO_CLOCK}. {escape(p.reason)}")
    if p.surface is not None:
        console.print(f"On a surface: {_surface(p)}.")
    numbers = Table("number", "value", "low", "high", "unit", "kind", "source")
    for n in p.numbers:
        numbers.add_row(n.name, f"{n.value:g}", f"{n.low:g}", f"{n.high:g}", n.unit, n.kind, escape(n.source))
    console.print(numbers)


def _kept(celsius: float | None, distance: float | None) -> str:
    if distance is not None:
        return f"ice at {distance:g} mm"
    return "–" if celsius is None else f"{celsius:g} °C"


def _side_by_side(chosen: Sequence[PackTold]) -> Table:
    table = Table("", *(p.label for p in chosen), show_lines=True)
    rows: list[tuple[str, Callable[[PackTold], str]]] = [
        ("review", _review),
        ("for", lambda p: ", ".join(p.applicators)),
        ("tissue", lambda p: p.tissue),
        ("ice", lambda p: "; ".join(_ice(p))),
        ("protocol", _clock),
    ]
    for title, said in rows:
        table.add_row(title, *(escape(said(p)) for p in chosen))
    for structure in dict.fromkeys(name for p in chosen for name in (*p.limits, *p.expected)):
        table.add_row(structure, *(_of(p, structure) for p in chosen))
    return table


def _of(p: PackTold, structure: str) -> str:
    if structure in p.limits:
        return p.limits[structure].in_words
    return "expected, no limit read" if structure in p.expected else "–"
