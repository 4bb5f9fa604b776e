"""The verb that lists tissues: what Iceball takes the body and the bench to be made of."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from iceball.cli.shell import Json, app, json_text


@app.command()
def tissues(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Some of them, in full.")] = None,
    as_json: Json = False,
) -> None:
    """List tissues, gels and published sets; with names, every number with range, unit and source."""
    from rich.table import Table

    from iceball.tissue.library import published_tissues, tissue, tissues
    from iceball.tissue.presets import presets

    body, published = tissues(), published_tissues()
    chosen = [tissue(name) for name in names] if names else [*body.values(), *published.values()]
    if as_json:
        rows = {
            t.name: {
                "curve": t.curve,
                "floods_to": t.floods_to,
                "published_set": t.name in published,
                "numbers": {c.name.rpartition(".")[2]: c.number.as_json() for c in t.constants()},
            }
            for t in chosen
        }
        sets = {
            p.name: {"label": p.label, "replaces": dict(p.replaces), "differs": p.differs} for p in presets().values()
        }
        print(json_text({"tissues": rows, "presets": sets}))
        return
    console = Console(width=None if sys.stdout.isatty() else 200)
    if names:
        for t in chosen:
            table = Table("number", "value", "low", "high", "unit", "kind", "source", title=t.name)
            for c in t.constants():
                n = c.number
                short = c.name.rpartition(".")[2]
                table.add_row(
                    short, f"{n.value:g}", f"{n.low:g}", f"{n.high:g}", n.unit, n.source.kind, n.source.citation
                )
            console.print(table)
            console.print(f"Ice between liquidus and solidus: {t.curve}.")
            if t.floods_to:
                console.print(f"Becomes {t.floods_to} on thawing.")
        return
    table = Table("tissue", "kg/m3", "J/kg/K", "W/m/K", "kJ/kg", "freezes °C", "flow 1/s", "assumed numbers")
    for t in chosen:
        flow = t.perfusion
        found = t.constants()
        table.add_row(
            t.name,
            f"{t.density.value:g}",
            f"{t.heat_capacity.value:g}",
            f"{t.conductivity.value:g}",
            f"{t.latent_heat.value / 1000:g}",
            f"{t.liquidus_c.value:g} to {t.solidus_c.value:g}",
            f"{flow.value:g}" + (f" ({flow.low:g} to {flow.high:g})" if flow.low < flow.high else ""),
            f"{sum(c.number.assumed for c in found)} of {len(found)}",
        )
    console.print(table)
    for p in presets().values():
        console.print(f"Preset {p.name}: {p.label}. What differs: {p.differs}")
    console.print("`iceball tissues NAME` lists every number with its source.")
