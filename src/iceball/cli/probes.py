"""What there is to freeze with: the cards, their charts against our runs, and new cards from measurements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iceball.cli.shell import Json, app, progress, say
from iceball.errors import ProbeError

if TYPE_CHECKING:
    from iceball.applicator import Probe
    from iceball.plan.fit.calibrate import Fit
    from iceball.plan.fit.chart import Compared


@app.command()
def probes(
    names: Annotated[list[str] | None, typer.Argument(help="Which cards; all if none is named.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Run each published table and show what is off.")] = False,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the cards with their charts as a PNG.")] = None,
    spacing_mm: Annotated[float, typer.Option("--spacing-mm", help="Cell size of the runs.", min=0.5, max=3.0)] = 2.0,
    as_json: Json = False,
) -> None:
    """List probe cards, compare their charts with our runs, or draw them."""
    from iceball.applicator import probe
    from iceball.applicator import probes as all_probes

    kinds = [probe(name) for name in names] if names else list(all_probes().values())
    runs: dict[str, dict[str, tuple[Compared, ...]]] = {kind.name: {} for kind in kinds}
    if compare or figure:
        runs = _runs(kinds, spacing_mm)
    table: dict[str, Any] = {"probes": [_as_json(kind, runs[kind.name] if compare else None) for kind in kinds]}
    lines = [line for kind in kinds for line in _lines(kind, runs[kind.name])]
    if figure:
        from iceball.reporting.probe_figure import draw_cards

        draw_cards([(kind, runs[kind.name]) for kind in kinds], figure)
        table["figure"] = str(figure)
        lines.append(f"Figure: {figure}")
    say(as_json, table, "\n".join(lines))


@app.command("probe-fit")
def probe_fit(
    card: Annotated[str, typer.Argument(help="The card to start from.")],
    table: Annotated[
        Path | None, typer.Option("--table", help="TOML with [sources] and [published] (default: the card's own).")
    ] = None,
    traces: Annotated[
        list[Path] | None, typer.Option("--traces", help="CSV: time_s, then a column a distance, such as 1.1mm.")
    ] = None,
    protocol: Annotated[str, typer.Option("--protocol", help="Of the traces, minutes: freeze10,thaw5.")] = "",
    medium: Annotated[str, typer.Option("--medium", help="Of the traces: a tissue's name.")] = "gel",
    start_c: Annotated[float, typer.Option("--start-c", help="Of the traces: temperature at the start.")] = 37.0,
    edge_mm: Annotated[float, typer.Option("--edge-mm", help="Of the traces: where the medium keeps it.")] = 40.0,
    parameters: Annotated[str, typer.Option("--parameters", help="Which to find: h,coolant_c,time_constant_s.")] = "",
    spacing_mm: Annotated[float, typer.Option("--spacing-mm", help="Cell size.", max=3.0)] = 0.0,
    name: Annotated[str, typer.Option("--name", help="Of the new card (default: CARD-fitted).")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Write the new card to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Calibrate a card from an isotherm table or thermocouple traces, with the uncertainty of each number."""
    from iceball.applicator import probe
    from iceball.io.probe_files import read_table_file, read_traces, write_card
    from iceball.plan.fit.probe_fit import PARAMETERS, fit_table, fit_traces
    from iceball.plan.protocol import read_protocol

    kind = probe(card)
    if table and traces:
        raise ProbeError("needs either --table or --traces.", where="probe-fit")
    with progress(f"Fitting {card}"):
        if traces:
            if not protocol:
                raise ProbeError(
                    "traces need their protocol.", where="--protocol", remedy="Write for instance freeze10."
                )
            wanted = parameters.split(",") if parameters else list(PARAMETERS)
            found = fit_traces(
                kind,
                [read_traces(path) for path in traces],
                read_protocol(protocol),
                medium=medium,
                start_c=start_c,
                edge_mm=edge_mm,
                parameters=wanted,
                spacing_mm=spacing_mm or 0.25,
            )
            fitted_to, unit = ", ".join(path.name for path in traces), "K"
        else:
            published = read_table_file(table) if table else next((t for t in kind.published if t.was_read), None)
            if published is None:
                raise ProbeError(
                    "has no table that was read; a remembered one is no measurement.",
                    where=f"probe.{card}",
                    remedy="Give one with --table.",
                )
            wanted = parameters.split(",") if parameters else ["h", "coolant_c"]
            found = fit_table(kind, published, parameters=wanted, spacing_mm=spacing_mm or 2.0)
            fitted_to, unit = published.citation, "mm"
    result = _fit_as_json(card, found, fitted_to, unit)
    lines = [
        f"{card}, fitted to {fitted_to}:",
        *(f"  {line}" for line in str(found).splitlines()),
        f"  misfit in {unit}",
    ]
    if to:
        write_card(to, kind, found, name=name or f"{card}-fitted", citation=fitted_to)
        result["card"] = str(to)
        lines.append(f"Card: {to}. Use it: ICEBALL_PROBES={to}")
    say(as_json, result, "\n".join(lines))


def _runs(kinds: list[Probe], spacing_mm: float) -> dict[str, dict[str, tuple[Compared, ...]]]:
    from iceball.plan.fit.chart import chart_run

    runs: dict[str, dict[str, tuple[Compared, ...]]] = {}
    with progress("Charts") as advance:
        for n, kind in enumerate(kinds):
            advance(n / len(kinds), kind.name)
            runs[kind.name] = {}
            for i, table in enumerate(kind.published):
                word = "read chart" if table.was_read else "remembered chart"
                title = word if i == 0 else f"{word} {i + 1}"
                runs[kind.name][title] = chart_run(kind, table, spacing_mm=spacing_mm)
    return runs


def _lines(kind: Probe, runs: dict[str, tuple[Compared, ...]]) -> list[str]:
    thaw = f"{kind.thaw} thaw" if kind.thaw != "unknown" else "thaw unknown"
    lines = [
        f"{kind.name}: {kind.label}",
        f"  {kind.gauge}, {2 * kind.radius_mm.value:g} mm, active {kind.active_mm.value:g} mm ({kind.length}), "
        f"tip to active {kind.standoff_mm.value:g} mm, usable {kind.usable_mm.value:g} mm",
        f"  {kind.cryogen.label}: {kind.coolant_c.value:g} °C through {kind.h.value:g} W/m2/K, "
        f"duty from {kind.duty_least.value:.0%}, {thaw}; handle {kind.handle}, MR {kind.mr}",
    ]
    for table in kind.published:
        word = "read" if table.was_read else "remembered, never a bar"
        lines.append(f"  chart ({word}): {table.citation}")
    for title, rows in runs.items():
        lines.append(f"  {title} against our run at finite power (width x length, mm):")
        for row in rows:
            ours = f"{row.ours.width_mm:.1f} x {row.ours.length_mm:.1f}"
            lines.append(f"    {row.ours.at_c:4.0f} °C: ours {ours}{_charted(row)}")
    return lines


def _charted(row: Compared) -> str:
    width, length = row.off_mm
    if width is None:
        return ""
    given = f"; chart {row.width_mm:g}" + ("" if row.length_mm is None else f" x {row.length_mm:g}")
    return f"{given}; off by {width:+.1f}" + ("" if length is None else f" x {length:+.1f}")


def _as_json(kind: Probe, runs: dict[str, tuple[Compared, ...]] | None) -> dict[str, Any]:
    words = ("name", "label", "printed", "gauge", "cooled_by", "handle", "length", "mr", "thaw")
    table: dict[str, Any] = {word: getattr(kind, word) for word in words}
    table["numbers"] = {c.name.removeprefix(f"probe.{kind.name}."): c.number.value for c in kind.constants()}
    table["published"] = [{"medium": t.medium, "read": t.was_read, "citation": t.citation} for t in kind.published]
    if runs is not None:
        table["charts"] = {
            title: [
                {
                    "at_c": row.ours.at_c,
                    "ours_mm": [row.ours.width_mm, row.ours.length_mm],
                    "chart_mm": [row.width_mm, row.length_mm],
                    "off_mm": list(row.off_mm),
                }
                for row in rows
            ]
            for title, rows in runs.items()
        }
    return table


def _fit_as_json(card: str, found: Fit, fitted_to: str, unit: str) -> dict[str, Any]:
    return {
        "probe": card,
        "fitted_to": fitted_to,
        "values": found.values,
        "low": found.low,
        "high": found.high,
        "correlation": [[float(v) for v in row] for row in found.correlation],
        "misfit": found.misfit,
        "worst": found.worst,
        "unit": unit,
        "at_bound": list(found.at_bound),
    }
