"""What a probe did is turned into its card's numbers, and its chart is held against our run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from iceball.applicator import probe
from iceball.applicator.published import Published
from iceball.errors import PlanError
from iceball.plan import freeze
from iceball.plan.compose import material_of
from iceball.plan.fit.calibrate import fit
from iceball.plan.fit.chart import LEVELS_C, chart_run
from iceball.plan.fit.dish import dish, readings
from iceball.plan.fit.probe_fit import Traces, fit_table, fit_traces
from iceball.solve import LineStep
from iceball.sources import Sourced
from iceball.tissue import tissue

SHORT = probe("generic-17g-short")
ROOM = {"spacing_mm": 3.0, "room_mm": 24.0}


def brief(seconds: float = 120.0) -> Published:
    """The short needle's own table with another protocol."""
    table = SHORT.published[0]
    return replace(table, steps=(("freeze", replace(table.steps[0][1], value=seconds, low=seconds, high=seconds)),))


def exactly(number: Sourced, value: float) -> Sourced:
    return replace(number, value=value, low=value, high=value)


def line_model(p: Mapping[str, float]) -> Any:
    x = np.linspace(0.0, 1.0, 20)
    return p["coolant_c"] * x + np.log(p["h"])


def test_a_fit_recovers_what_made_the_numbers_within_its_uncertainty() -> None:
    truth = {"h": 1500.0, "coolant_c": -120.0}
    noise = np.random.default_rng(1).normal(0.0, 0.5, 20)
    found = fit(line_model, line_model(truth) + noise, start={"h": 2000.0, "coolant_c": -140.0}, sigma=0.5)
    for name, value in truth.items():
        wide = 2 * (found.high[name] - found.low[name])
        assert abs(found.values[name] - value) < wide
    assert found.misfit == pytest.approx(0.5, rel=0.5)
    assert not found.at_bound


def test_what_the_model_cannot_explain_widens_the_uncertainty() -> None:
    measured = line_model({"h": 1500.0, "coolant_c": -120.0}) + 20.0 * (-1.0) ** np.arange(20)
    start = {"h": 2000.0, "coolant_c": -140.0}
    sure = fit(line_model, line_model({"h": 1500.0, "coolant_c": -120.0}), start=start, sigma=0.5)
    doubtful = fit(line_model, measured, start=start, sigma=0.5)
    assert doubtful.misfit == pytest.approx(20, rel=0.2)
    assert doubtful.high["coolant_c"] - doubtful.low["coolant_c"] > 10 * (
        sure.high["coolant_c"] - sure.low["coolant_c"]
    )


def test_a_parameter_that_is_not_determined_is_named() -> None:
    found = fit(lambda p: np.array([p["h"], p["h"]]), np.array([1e6, 1e6]), start={"h": 2000.0}, sigma=1.0)
    assert found.at_bound == ("h",)
    assert "not determined" in str(found)


def test_a_parameter_that_nothing_feels_is_named_and_keeps_its_bounds() -> None:
    start = {"h": 2000.0, "time_constant_s": 10.0}
    found = fit(lambda p: np.full(4, np.log(p["h"])), np.full(4, 7.0), start=start, sigma=0.1)
    assert found.at_bound == ("time_constant_s",)
    assert np.isfinite(found.correlation).all()
    assert (found.low["time_constant_s"], found.high["time_constant_s"]) == pytest.approx((0.5, 120.0))
    with pytest.raises(PlanError, match=r"probe-fit\.h"):
        fit(lambda p: np.zeros(4), np.zeros(4), start={"h": 1e6}, sigma=1.0)


def test_fewer_measurements_than_parameters_are_refused() -> None:
    with pytest.raises(PlanError, match="cannot determine 2 parameters"):
        fit(lambda p: np.zeros(1), np.zeros(1), start={"h": 1.0, "coolant_c": -1.0}, sigma=1.0)
    with pytest.raises(PlanError, match="standard deviation"):
        fit(lambda p: np.zeros(1), np.zeros(1), start={"h": 1.0}, sigma=0.0)


def test_traces_made_with_known_numbers_give_them_back() -> None:
    truth = {"h": 1500.0, "time_constant_s": 6.0}
    times, at = np.arange(2.0, 11.0, 2.0), (1.0, 2.0)
    step = LineStep(0.0, 10.0, SHORT.coolant_c.value, truth["h"], truth["time_constant_s"])
    axis = [SHORT.radius_mm.value + d for d in at]
    made = dish(gel(), [step], radius_mm=0.75, at_mm=axis, start_c=30.0, half_mm=6.0, spacing_mm=0.5)
    traces = Traces(times, at, readings(made, times), np.full((times.size, 2), 0.5))
    found = fit_traces(
        SHORT,
        [traces],
        freeze(10),
        medium="gel",
        start_c=30.0,
        edge_mm=6.0,
        parameters=tuple(truth),
        spacing_mm=0.5,
    )
    for name, value in truth.items():
        # two standard deviations, which low and high are one of
        assert abs(found.values[name] - value) <= found.high[name] - found.low[name], str(found)
    assert found.misfit < 0.3


def cold_steps(p: Mapping[str, float], seconds: float) -> list[Any]:
    return [LineStep(0.0, seconds, p["coolant_c"], p["h"], SHORT.time_constant_s.value)]


def gel() -> Any:
    return material_of(tissue("gel"))


def test_a_table_made_with_known_numbers_gives_them_back() -> None:
    truth = {"h": 1600.0, "coolant_c": -130.0}
    table = brief()
    made = chart_run(SHORT, table, changed=truth, **ROOM)
    row = table.isotherms[0]
    rows = tuple(
        replace(
            row,
            at_c=exactly(row.at_c, c.ours.at_c),
            width_mm=exactly(row.width_mm, c.ours.width_mm),
            length_mm=None,
        )
        for c in made
    )
    found = fit_table(SHORT, replace(table, isotherms=rows), **ROOM)
    for name, value in truth.items():
        assert found.low[name] <= value <= found.high[name], str(found)
    assert found.misfit < 0.2


def test_more_power_never_makes_a_smaller_chart() -> None:
    weak, strong = (chart_run(SHORT, brief(), changed={"h": h}, **ROOM) for h in (800.0, 3000.0))
    held = chart_run(SHORT, brief(), bound="chart_like", **ROOM)
    for a, b, c in zip(weak, strong, held, strict=True):
        assert a.ours.width_mm <= b.ours.width_mm <= c.ours.width_mm
        assert a.ours.length_mm <= b.ours.length_mm <= c.ours.length_mm


def test_a_chart_shows_0_20_and_40_and_what_is_off() -> None:
    rows = chart_run(SHORT, brief(), **ROOM)
    assert tuple(r.ours.at_c for r in rows) == LEVELS_C
    assert rows[0].off_mm == (rows[0].ours.width_mm - 24.0, rows[0].ours.length_mm - 30.0)
    assert rows[1].off_mm == (None, None)


def test_ice_that_would_leave_the_bath_is_refused() -> None:
    with pytest.raises(PlanError, match="edge of the bath"):
        chart_run(SHORT, brief(600.0), bound="chart_like", spacing_mm=3.0, room_mm=12.0)


def test_unknown_parameters_and_hidden_thermocouples_are_refused() -> None:
    with pytest.raises(PlanError, match="cannot fit 'colour'"):
        fit_table(SHORT, brief(), parameters=("colour",))
    with pytest.raises(PlanError, match="must lie outside the needle"):
        dish(
            gel(),
            cold_steps({"h": 1.0, "coolant_c": -1.0}, 1.0),
            radius_mm=1.0,
            at_mm=[0.5],
            start_c=30.0,
            half_mm=9.0,
            spacing_mm=0.5,
        )
