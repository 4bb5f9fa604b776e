"""The expected values of the exact proofs follow from the formulas, and the formulas from the equation."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tomllib
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from tests.proofs import VALIDATION as PROOFS
from tests.proofs import proof_module

BLOOD_HEAT, BODY_C = 1050.0 * 3617.0, 37.0
ROOT_600 = math.sqrt(600.0)


def exact() -> ModuleType:
    """The formulas themselves."""
    return proof_module("exact")


def expected(proof: str) -> dict[str, float]:
    table = tomllib.loads((PROOFS / proof / "expected.toml").read_text(encoding="utf-8"))["value"]
    return {key: row["expected"] for key, row in table.items() if row.get("expected")}


def set_w() -> object:
    return exact().Medium(2.2, 0.6, 2.0e6, 4.2e6, 334e6, 0.0, 0.0)


def set_t() -> object:
    return exact().Medium(2.0, 0.5, 1.8e6, 3.6e6, 250e6, -1.0, -1.0)


def ranged() -> object:
    return replace(set_t(), solidus=-8.0)  # type: ignore[type-var]


def neumann() -> dict[str, float]:
    cases = {"w_20_10": (set_w(), -20, 10), "w_150_37": (set_w(), -150, 37), "t_150_37": (set_t(), -150, 37),
             "t_196_37": (set_t(), -196, 37)}  # fmt: skip
    return {f"{name}.front_600_s_mm": 1e3 * ROOT_600 * exact().neumann(*case)[0] for name, case in cases.items()}


def line_sink() -> dict[str, float]:
    out = {}
    for name, medium, watts in (("t_500", set_t(), 500), ("t_1000", set_t(), 1000), ("w_500", set_w(), 500)):
        front, celsius = exact().line_sink(medium, watts, 37)
        out[f"{name}.radius_600_s_mm"] = 1e3 * ROOT_600 * front
        if name != "w_500":
            out |= {f"{name}.at_{r}_mm_c": float(celsius(r / 1e3 / ROOT_600)) for r in (5, 10, 15, 20, 30)}
    return out


def three_zones() -> dict[str, float]:
    out = {}
    for name, zones, places in (
        ("q_500", exact().line_sink_with_range(ranged(), 500, 37), (5, 10, 15, 20, 30)),
        ("q_1000", exact().line_sink_with_range(ranged(), 1000, 37), (5, 10, 15, 20, 30)),
        ("wall", exact().wall_with_range(ranged(), -150, 37), (5, 10, 20, 40)),
    ):
        out |= {f"{name}.liquidus_{t}_mm": 1e3 * zones.liquidus * math.sqrt(t) for t in (60, 300, 600)}
        out[f"{name}.solidus_600_mm"] = 1e3 * zones.solidus * ROOT_600
        out |= {f"{name}.at_{r}_mm_c": float(zones.celsius(r / 1e3 / ROOT_600)) for r in places}
    return out


def resting(shape: str, flow: float) -> tuple[float, float]:
    medium = exact().Medium(2.0, 0.5, 1.0, 1.0, 1.0, 0.0, 0.0)
    length = exact().blood_length(0.5, flow, BLOOD_HEAT)
    solve = exact().resting_cylinder if shape == "cylinder" else exact().resting_sphere
    radius, heat = solve(medium, wall_c=-140, radius=0.75e-3 if shape == "cylinder" else 5e-3, length=length, body_c=37)
    return 1e3 * radius, heat


def perfused_cylinder() -> dict[str, float]:
    out = {}
    for name, flow in (("w_0155", 0.0155), ("w_0036", 0.0036)):
        radius, heat = resting("cylinder", flow)
        for grid in ("at_1mm", "at_05mm"):
            out |= {f"{name}.{grid}.{key}_mm": radius for key in ("radius", "axis", "diagonal")}
            out[f"{name}.{grid}.w_per_m"] = heat
    return out


def perfused_sphere() -> dict[str, float]:
    out = {}
    for name, flow in (("w_0155", 0.0155), ("w_0036", 0.0036)):
        out |= {f"{name}.radius_at_{grid}_mm": resting("sphere", flow)[0] for grid in ("1mm", "05mm")}
    return out | {"w_0155.drained_radius_at_1mm_mm": resting("sphere", 0.0155)[0]}


def pennes() -> dict[str, float]:
    length = exact().blood_length(0.5, 0.0036, BLOOD_HEAT)
    around = {"radius": 5e-3, "length": length, "wall_c": 0.0, "body_c": BODY_C}
    out = {}
    for r in (6, 8, 10, 15, 20):
        out[f"plane.at_{r}_mm_c"] = BODY_C * (1 - math.exp(-r / 1e3 / length))
        out[f"cylinder.at_{r}_mm_c"] = float(exact().cold_cylinder(r / 1e3, **around))
        out[f"sphere.at_{r}_mm_c"] = float(exact().cold_sphere(r / 1e3, **around))
    return out


def convective_wall() -> dict[str, float]:
    film = {"k": 0.5, "c": 3.6e6, "start_c": 37.0, "gas_c": -196.0}
    return {
        f"h_{h}.at_{d}_mm_{t}_s_c": float(exact().convective_half_space(d / 1e3, t, h=float(h), **film))
        for h in (1000, 10000)
        for t in (10, 30)
        for d in (0, 1, 2, 5)
    }


def nafems_t3() -> dict[str, float]:
    end = exact().bar_with_sine_end(0.08, 32.0, length=0.1, diffusivity=35 / (440.5 * 7200), peak_c=100,
                                    omega=math.pi / 40)  # fmt: skip
    return {f"at_{s}_mm_cells_c": end for s in ("10", "5", "2.5")}


def latent_mixing() -> dict[str, float]:
    """By integrals of the heat capacity, J/m3 from -8 °C."""
    latent = 0.5 * (1.76e6 + 3.6e6) + 250e6 / 7

    def heat(celsius: float) -> float:
        if celsius < -8:
            return 1.76e6 * (celsius + 8) + 2.5e3 * (celsius + 8) ** 2
        return latent * (min(celsius, -1) + 8) + 3.6e6 * max(celsius + 1, 0)

    celsius = np.linspace(-150, 110, 2_600_001)
    heats = np.array([heat(c) for c in celsius[::100]])
    pairs = {"ends_mushy": (-60, 30), "ends_frozen": (-150, -5), "ends_warm": (-10, 110)}
    return {f"{name}.final_c": float(np.interp(0.5 * (heat(a) + heat(b)), heats, celsius[::100]))
            for name, (a, b) in pairs.items()}  # fmt: skip


FORMULAS = (neumann, line_sink, three_zones, perfused_cylinder, perfused_sphere, pennes, convective_wall, nafems_t3,
            latent_mixing)  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.__name__)
def test_expected_values_follow_from_the_formulas(formula) -> None:
    written, computed = expected(formula.__name__), formula()
    assert set(written) == set(computed)
    for key, value in written.items():
        assert value == pytest.approx(computed[key], abs=2e-5), key


def test_similarity_solutions_fulfil_the_equation_on_both_sides_of_the_range() -> None:
    """-xi/2 H' = (xi k T')' / xi, by differences of T(xi) alone; latent heat included."""
    m = ranged()
    zones = exact().line_sink_with_range(m, 500, 37)
    for middle in (0.6 * zones.solidus, 0.5 * (zones.solidus + zones.liquidus), 1.6 * zones.liquidus):
        d = 1e-3 * middle
        xi = middle + d * np.array([-1.0, 0.0, 1.0])
        t = zones.celsius(xi)
        if t[1] < -8:
            c, k = m.c_s, (m.k_s, m.k_s)
        elif t[1] < -1:
            c, k = m.c_m, (m.k_m(0.5 * (t[0] + t[1])), m.k_m(0.5 * (t[1] + t[2])))
        else:
            c, k = m.c_u, (m.k_u, m.k_u)
        flux = [(middle - d / 2) * k[0] * (t[1] - t[0]) / d, (middle + d / 2) * k[1] * (t[2] - t[1]) / d]
        left = -0.5 * middle * c * (t[2] - t[0]) / (2 * d)
        assert (flux[1] - flux[0]) / d / middle == pytest.approx(left, rel=0.01)


def test_a_narrow_range_is_a_sharp_front() -> None:
    narrow = replace(set_t(), liquidus=-0.999, solidus=-1.001)  # type: ignore[type-var]
    zones = exact().wall_with_range(narrow, -150, 37)
    front, celsius = exact().neumann(set_t(), -150, 37)
    assert zones.liquidus == pytest.approx(front, rel=1e-4)
    assert zones.celsius(0.5 * front) == pytest.approx(float(celsius(0.5 * front)), abs=0.01)


def test_the_bar_with_a_sine_end_meets_the_published_target() -> None:
    assert nafems_t3()["at_5_mm_cells_c"] == pytest.approx(36.60, abs=0.005)


def test_the_list_for_machines_has_what_it_should() -> None:
    command = [sys.executable, str(PROOFS / "run_all.py"), "--json", "nafems_t3", "decaying_mode"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    entries = json.loads(done.stdout)
    assert {e["name"] for e in entries} == {"nafems_t3", "decaying_mode"}
    assert {tuple(e) for e in entries} == {("name", "kind", "metric", "value", "tolerance", "unit", "passed")}
    order = next(e for e in entries if e["kind"] == "convergence")
    assert order["passed"] == (order["value"] >= order["tolerance"] == 1.9)
    for e in entries:
        if e["kind"] != "convergence":
            assert e["passed"] == (e["value"] <= e["tolerance"])
            assert e["unit"] == "K"
    assert done.returncode == (0 if all(e["passed"] for e in entries) else 1)
