"""Charts: the protocol clock, the temperature-volume histogram, and what sensors and needles did over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from iceball.assessment.assessment import ISOTHERMS_C, Assessment
from iceball.plan.plan import Plan
from iceball.reporting import figures as fig
from iceball.reporting.display import plain
from iceball.reporting.figures import Picture
from iceball.reporting.structure_tables import nearest_first
from iceball.solve.history import History
from iceball.units import minutes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEP_WORDS = {"freeze": "freeze", "hold": "hold", "thaw": "passive thaw", "active_thaw": "active thaw"}
STEP_LOOKS = {"freeze": "blue", "hold": "pale blue, hatched", "thaw": "grey", "active_thaw": "orange, hatched"}
MOST_CURVES = 8


def clock_picture(plan: Plan) -> Picture | None:
    """One bar per needle (one for all, where all run the same clock); None without a protocol."""
    clocks = [plan.clock(i) for i in range(len(plan.probes))] or ([plan.protocol] if plan.protocol.steps else [])
    if not clocks:
        return None
    same = all(c == clocks[0] for c in clocks)
    names = ["all needles"] if same else [plain(n) for n in plan.name_of]
    shown = clocks[:1] if same else clocks
    figure = fig.new_figure(10.4, 0.5 + 0.3 * len(shown))
    tall = 0.5 + 0.3 * len(shown)
    axes = figure.add_axes((0.115, 0.42 / tall, 0.87, 0.3 * len(shown) / tall))
    end = max(c.duration_s for c in shown) / minutes
    for row, clock in enumerate(shown):
        for start, step in zip(clock.starts_s, clock.steps, strict=True):
            left, width = start / minutes, step.duration_s / minutes
            axes.barh(
                row,
                width,
                left=left,
                height=0.8,
                color=fig.STEP_COLOURS[step.kind],
                hatch=fig.STEP_HATCHES[step.kind],
                edgecolor=fig.INK,
                linewidth=0.7,
            )
            words = f"{STEP_WORDS[step.kind]} {width:g} min" + (f", {step.duty:.0%} power" if step.duty < 1 else "")
            if width / end > 0.012 * len(words):
                axes.text(left + width / 2, row, words, ha="center", va="center", fontsize=8, color=fig.INK)
    axes.set_yticks(range(len(shown)), ["" for _ in shown])
    for row, name in enumerate(names):
        fig.write(axes, -end * 0.008, row, name[:18], ha="right", va="center", fontsize=8, color=fig.INK)
    axes.set_xlim(0, end)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlabel("minutes from the first freeze", fontsize=8, color=fig.INK)
    fig.tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False)
    used = [k for k in STEP_WORDS if any(step.kind == k for c in shown for step in c.steps)]
    caption = "Protocol clock: " + ", ".join(f"{STEP_LOOKS[k]} = {STEP_WORDS[k]}" for k in used) + "."
    return fig.picture(figure, "clock", kind="svg", alt=f"Protocol clock: {clocks[0]}", caption=caption)


def histogram_picture(verdict: Assessment, stamp: str) -> Picture | None:
    """Which share of each structure reached which temperature; None where nothing was kept."""
    names = [n for n in ("tumour", *[s.name for s in nearest_first(verdict)]) if verdict.histogram.get(n)]
    names += [n for n in verdict.histogram if n not in names and verdict.histogram[n]]
    names = list(dict.fromkeys(names))[:MOST_CURVES]
    if not names:
        return None
    figure = fig.new_figure(5.3, 3.5)
    axes = figure.add_axes((0.115, 0.135, 0.86, 0.80))
    handles, labels = [], []
    for index, name in enumerate(names):
        celsius, share = np.array(verdict.histogram[name], float).T
        order = np.argsort(celsius)
        colour = fig.TARGET_COLOUR if name == "tumour" else fig.NEEDLE_COLOURS[(index - 1) % len(fig.NEEDLE_COLOURS)]
        style = "-" if name == "tumour" else ("--", "-.", ":")[index % 3]
        (line,) = axes.plot(
            celsius[order],
            100 * share[order],
            color=colour,
            linewidth=2.2 if name == "tumour" else 1.4,
            linestyle=style,
        )
        handles.append(line)
        labels.append(plain(name.replace("_", " "))[:26])
    _isotherm_lines(axes, vertical=True)
    low = min(min(t for t, share in verdict.histogram[n] if share > 0 or t > 0) for n in names)
    axes.set_xlim(max(min(low, -45.0), -190.0), 40)
    axes.set_ylim(0, 101)
    axes.set_xlabel("coldest temperature of the protocol, °C", fontsize=8, color=fig.INK)
    axes.set_ylabel("share of its volume at or below, %", fontsize=8, color=fig.INK)
    axes.grid(color="#DDDDDD", linewidth=0.5)
    fig.tidy(axes)
    fig.legend(axes, handles, labels, fontsize=7, loc="upper left", framealpha=0.9)
    fig.stamp(figure, stamp)
    return fig.picture(
        figure,
        "histogram",
        kind="svg",
        alt="Temperature-volume histogram",
        caption="Temperature-volume histogram: share of each structure that reached a temperature or colder.",
    )


def curves_picture(history: History, plan: Plan, stamp: str) -> Picture | None:
    """Sensor temperatures and needle heat over the protocol; None where neither was recorded."""
    times = np.asarray(history.sensor_times_s) / minutes
    if times.size < 2 or not (history.sensors_c or history.needle_watts):
        return None
    figure = fig.new_figure(5.3, 3.5)
    upper = figure.add_axes((0.115, 0.5, 0.61, 0.435))
    lower = figure.add_axes((0.115, 0.135, 0.61, 0.3), sharex=upper)
    _curves(upper, times, history.sensors_c)
    upper.set_ylabel("sensor, °C", fontsize=8, color=fig.INK)
    upper.tick_params(labelbottom=False)
    _isotherm_lines(upper, vertical=False)
    _curves(lower, times, history.needle_watts)
    lower.set_ylabel("needle heat, W", fontsize=8, color=fig.INK)
    lower.set_xlabel("minutes from the first freeze", fontsize=8, color=fig.INK)
    lower.set_xlim(times[0], times[-1])
    clock = plan.clock(0) if plan.probes else plan.protocol
    for axes in (upper, lower):
        for start, step in zip(clock.starts_s, clock.steps, strict=True):
            if step.is_cold:
                axes.axvspan(start / minutes, (start + step.duration_s) / minutes, color="#E6F2FA", zorder=0)
        fig.tidy(axes)
    fig.stamp(figure, stamp)
    return fig.picture(
        figure,
        "curves",
        kind="svg",
        alt="Sensor temperatures and heat taken by each needle over the protocol",
        caption="Sensor temperatures, and heat taken by each needle (positive out of the tissue). Blue: freezing.",
    )


def _curves(
    axes: Axes,
    times: np.ndarray[tuple[int], np.dtype[np.float64]],
    series: Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]],
) -> None:
    handles, labels = [], []
    for index, (name, values) in enumerate(list(series.items())[:MOST_CURVES]):
        (line,) = axes.plot(
            times,
            values,
            color=fig.NEEDLE_COLOURS[index % len(fig.NEEDLE_COLOURS)],
            linewidth=1.3,
            linestyle=("-", "--", "-.", ":")[index % 4],
        )
        handles.append(line)
        labels.append(plain(name)[:22])
    axes.grid(color="#E3E3E3", linewidth=0.5)
    if not handles:
        axes.text(
            0.5, 0.5, "none recorded", transform=axes.transAxes, ha="center", va="center", fontsize=8, color=fig.INK
        )
        return
    fig.legend(axes, handles, labels, fontsize=6.5, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)


def _isotherm_lines(axes: Axes, *, vertical: bool) -> None:
    for celsius in ISOTHERMS_C:
        line = axes.axvline if vertical else axes.axhline
        line(
            celsius,
            color=fig.ISOTHERM_COLOURS[celsius],
            linewidth=1.6,
            linestyle=fig.ISOTHERM_DASHES[celsius],
            zorder=2,
        )
