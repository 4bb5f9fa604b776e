"""Mistakes a physicist or a programmer makes: each replaces one piece of source text that occurs exactly once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A mistake: what is wrong, in which file of the package, and the text before and after."""

    name: str
    file: str
    right: str
    wrong: str

    def put_into(self, source: str) -> str:
        """The source with the mistake in it.

        Raises:
            ValueError: if the text does not occur exactly once, so that the fault must be written anew.
        """
        if source.count(self.right) != 1:
            raise ValueError(f"{self.name}: {self.file} has this text {source.count(self.right)} times: {self.right}")
        return source.replace(self.right, self.wrong)


def _in(file: str, *faults: tuple[str, str, str]) -> tuple[Fault, ...]:
    return tuple(Fault(name, file, right, wrong) for name, right, wrong in faults)


HEAT = _in(
    "physics/heat.py",
    ("k_of_ice_rises_with_warmth", "k0 + k1 * celsius", "k0 - k1 * celsius"),
    ("kelvin_digits_swapped", "KELVIN = 273.15", "KELVIN = 237.15"),
    (
        "mushy_k_mixed_the_wrong_way",
        "ice * frozen_conductivity(m.solidus, m.k0, m.k1, m.k2) + (1.0 - ice) * m.warm_k",
        "(1.0 - ice) * frozen_conductivity(m.solidus, m.k0, m.k1, m.k2) + ice * m.warm_k",
    ),
    ("mushy_k_is_frozen_k", "if celsius <= m.solidus:", "if celsius <= m.liquidus:"),
    ("mushy_k_quadratic", "(1.0 - ice) * m.warm_k", "(1.0 - ice * ice) * m.warm_k"),
    ("mushy_rise_without_half", "0.5 * (warm_k + frozen", "1.0 * (warm_k + frozen"),
    ("mushy_rise_of_ice_alone", "0.5 * (warm_k + frozen_conductivity(solidus", "(frozen_conductivity(solidus"),
    ("warm_potential_from_solidus", "m.warm_k * (celsius - m.liquidus)", "m.warm_k * (celsius - m.solidus)"),
    ("mushy_potential_without_half", "0.5 * (m.warm_k - cold_k)", "(m.warm_k - cold_k)"),
    ("mushy_potential_with_warm_k", "above * (cold_k + 0.5", "above * (m.warm_k + 0.5"),
    ("frozen_potential_with_k_at_the_end", "m.k0 + m.k1 * mean", "m.k0 + m.k1 * celsius"),
    ("frozen_potential_log_sign", "+ m.k2 * math.log(", "- m.k2 * math.log("),
    ("frozen_potential_log_of_ten", "m.k2 * math.log(", "m.k2 * math.log10("),
    ("face_arithmetic_mean", "2.0 * a * b / (a + b)", "0.5 * (a + b)"),
    ("face_without_two", "2.0 * a * b / (a + b)", "a * b / (a + b)"),
    ("face_knows_one_tissue", "potential(there_c, there) - potential(here_c, there)", "a"),
    ("face_warm_side_backwards", "a = here.warm_k * (there_c - here_c)", "a = here.warm_k * (here_c - there_c)"),
    (
        "face_warm_though_other_side_is_frozen",
        "here_c >= here.liquidus and there_c >= here.liquidus",
        "here_c >= here.liquidus or there_c >= here.liquidus",
    ),
    ("face_wrong_warm_k", "b = there.warm_k * (there_c - here_c)", "b = here.warm_k * (there_c - here_c)"),
    ("face_lets_nothing_pass", "if a * b > 0.0 else 0.0", "if a * b < 0.0 else 0.0"),
)

FREEZING = _in(
    "physics/freezing.py",
    ("ice_fraction_upside_down", "(liquidus - celsius) / (", "(celsius - solidus) / ("),
    ("no_ice_above_solidus", "if celsius >= liquidus:", "if celsius > solidus:"),
    ("mushy_c_sum_not_mean", "0.5 * (frozen_c + warm_c)", "(frozen_c + warm_c)"),
    ("mushy_c_of_water_alone", "0.5 * (frozen_c + warm_c)", "warm_c"),
    ("latent_heat_halved", "+ latent / (liquidus", "+ 0.5 * latent / (liquidus"),
    ("latent_heat_missing", " + latent / (liquidus - solidus)", ""),
    ("latent_heat_sign", "+ latent / (liquidus", "- latent / (liquidus"),
    ("warm_enthalpy_from_solidus", "m.warm_c * (celsius - m.liquidus)", "m.warm_c * (celsius - m.solidus)"),
    ("mushy_enthalpy_with_warm_c", "m.mushy_c * (celsius - m.solidus)", "m.warm_c * (celsius - m.solidus)"),
    ("frozen_enthalpy_without_half", "0.5 * m.c1 * below", "m.c1 * below"),
    ("frozen_enthalpy_c_at_zero", "below * (m.c0 + m.c1 * m.solidus", "below * (m.c0"),
    ("frozen_temperature_root", "c * c + 2.0 * m.c1", "c * c + m.c1"),
    ("frozen_temperature_from_liquidus", "return m.solidus + 2.0", "return m.liquidus + 2.0"),
    ("frozen_temperature_without_two", "m.solidus + 2.0 * (h", "m.solidus + (h"),
    ("mushy_temperature_with_warm_c", "(h - m.h_solidus) / m.mushy_c", "(h - m.h_solidus) / m.warm_c"),
    ("temperature_forgets_the_range", "if h >= m.h_liquidus:", "if h >= m.h_solidus:"),
    ("capacity_without_latent_heat", "return m.mushy_c", "return m.warm_c"),
    ("frozen_capacity_from_solidus", "return m.c0 + m.c1 * celsius", "return m.c0 + m.c1 * (celsius - m.solidus)"),
)

BLOOD = _in(
    "physics/blood.py",
    ("blood_in_the_frozen_share", "0.5 + (psi", "0.5 - (psi"),
    (
        "blood_cut_for_whole_cells",
        "0.5 + (psi - psi_stop) / (spread + least)",
        "2.0 * (psi - psi_stop)",
    ),
    ("open_share_too_wide", "/ (spread + least)", "/ (2.0 * spread + least)"),
    ("open_share_from_the_face", "0.5 + (psi", "1.0 + (psi"),
    ("more_than_a_whole_cell", "(1.0 if share > 1.0 else share)", "share"),
    ("open_mean_without_half", "psi + 0.5 * (1.0 - share)", "psi + (1.0 - share)"),
    ("open_mean_of_the_cold_end", "psi + 0.5 * (1.0", "psi - 0.5 * (1.0"),
)

COOLING = _in(
    "physics/cooling.py",
    ("ramp_goes_up", "from_c + (to_c - from_c) * elapsed_s / ramp_s", "from_c - (to_c - from_c) * elapsed_s / ramp_s"),
    ("ramp_after_its_end", "if elapsed_s < ramp_s:", "if elapsed_s > ramp_s > 0.0:"),
    ("ramp_jumps", "(to_c - from_c) * elapsed_s / ramp_s", "(to_c - from_c)"),
    ("half_life_for_time_constant", "math.exp(-elapsed_s / time_constant_s)", "0.5 ** (elapsed_s / time_constant_s)"),
    ("coolant_runs_backwards", "to_c + (from_c - to_c) * math.exp", "from_c + (to_c - from_c) * math.exp"),
    (
        "line_two_pi",
        "math.asinh(-near / across)) / (4.0 * math.pi)",
        "math.asinh(-near / across)) / (2.0 * math.pi)",
    ),
    ("line_twice_as_long", "along - 0.5 * length, along + 0.5 * length", "along - length, along + length"),
    ("line_beyond_its_end", "near + math.hypot(near, across)", "near + math.hypot(far, across)"),
    ("line_mirrored_wrongly", "near, far = -far, -near", "near, far = -near, -far"),
    ("film_backwards", "- film * (celsius - coolant_c)", "- film * (coolant_c - celsius)"),
    ("film_drop_upside_down", "/ drop - film * (", "* drop - film * ("),
    ("wall_at_zero", "return coolant_c\n", "return 0.0\n"),
    ("gas_film_missing", "(half_m / m.warm_k + 1.0 / h)", "(half_m / m.warm_k)"),
    ("half_cell_missing", "(half_m / m.warm_k + 1.0 / h)", "(1.0 / h)"),
    ("gas_warms_what_it_cools", "flux = (ambient_c - celsius)", "flux = (celsius - ambient_c)"),
    ("gas_at_the_cells_centre", "h * (ambient_c - wall_temperature(potential(celsius, m), half_m, ambient_c, h, m))",
     "h * (ambient_c - celsius)"),
    ("gas_through_a_whole_cell", "potential(celsius, m), half_m,", "potential(celsius, m), 2.0 * half_m,"),
    ("gas_freezes_no_surface", " and celsius + flux * half_m / m.warm_k >= m.liquidus", ""),
)  # fmt: skip

ICE = _in(
    "physics/ice.py",
    ("ice_k_in_celsius", "share * (constant + linear * KELVIN)", "share * constant"),
    ("ice_k_share_forgotten", "share * per_kelvin", "per_kelvin"),
    ("ice_c_in_celsius", "water_fraction * (constant + linear * KELVIN)", "water_fraction * constant"),
    ("dry_matter_counted_whole", "(1.0 - water_fraction) * dry", "dry"),
    ("ice_c_slope_of_pure_ice", "dry, water_fraction * linear", "dry, linear"),
)

ROWS = _in(
    "solve/rows.py",
    ("enthalpy_not_zero_in_the_body", "h_liquidus = warm * (liquidus - scene.body_c)", "h_liquidus = warm * liquidus"),
    (
        "potential_not_zero_in_the_body",
        "m.conductivity * (liquidus - scene.body_c)",
        "m.conductivity * (scene.body_c - liquidus)",
    ),
    ("solidus_above_liquidus_in_enthalpy", "h_liquidus - mushy * (", "h_liquidus + mushy * ("),
    ("solidus_above_liquidus_in_potential", "theta_liquidus - rise(", "theta_liquidus + rise("),
    ("latent_heat_per_kilogram", "m.density * m.latent_heat", "m.latent_heat"),
    ("frozen_c_per_kilogram", "(m.density * c for c in", "(c for c in"),
    ("blood_as_heavy_as_tissue", "m.perfusion * scene.blood_heat", "m.perfusion * warm"),
    ("blood_though_switched_off", "scene.blood_heat if bioheat.blood else 0.0", "scene.blood_heat"),
    ("metabolism_cools", "m.metabolism if bioheat.blood", "-m.metabolism if bioheat.blood"),
    ("mushy_c_with_c_at_zero", "mushy_heat_capacity(c0 + c1 * solidus,", "mushy_heat_capacity(c0,"),
)  # fmt: skip

LOOP = _in(
    "solve/reference.py",
    ("one_spacing_for_all_axes", "d = spacing[axis]", "d = spacing[0]"),
    ("face_divided_once", "m, n) / d**2", "m, n) / d * 1e3"),
    ("wall_area_halved", "0.5 * d, m) / d", "0.5 * d, m) / (2.0 * d)"),
    ("held_face_a_whole_cell_away", "gained = 2.0 * (potential(held", "gained = 1.0 * (potential(held"),
    ("held_faces_swapped", "(potential(held[2 * axis + side], m)", "(potential(held[2 * axis + 1 - side], m)"),
    ("both_neighbours_ahead", "shift = 2 * side - 1", "shift = 1"),
    ("neighbour_along_wrong_axis", "b = j + (shift if axis == 1 else 0)", "b = j + (shift if axis == 2 else 0)"),
    ("neighbour_of_my_tissue", "temperature(h[a, b, c], n), m, n)", "temperature(h[a, b, c], n), m, m)"),
    ("neighbour_by_my_enthalpy", "temperature(h[a, b, c], n), m, n)", "temperature(h[a, b, c], m), m, n)"),
    ("spread_along_two_axes", " + abs(ahead[1] - behind[1])", ""),
    ("spread_of_two_cells", "spread = 0.5 * (", "spread = 1.0 * ("),
    ("blood_cools", "carried = -share", "carried = share"),
    ("blood_in_ice", "-share * m.blood * open_psi", "-left[i, j, k] * m.blood * open_psi"),
    ("metabolism_in_ice", "made = share * m.metabolism", "made = m.metabolism"),
    ("metabolism_forgotten", "total + carried + made", "total + carried"),
    ("last_cell_forgotten", "for k in range(1, nz + 1):", "for k in range(1, nz):"),
    ("source_takes_heat", "sink[i, j, k] + source[i, j, k]", "sink[i, j, k] - source[i, j, k]"),
    ("dead_blood_flows", "spread, LEAST_K), left[i, j, k])", "spread, LEAST_K), 1.0)"),
)

LATER = (
    *_in(
        "physics/heat.py",
        ("k_of_ice_by_kelvin", "k0 + k1 * celsius", "k0 + k1 * (celsius + KELVIN)"),
        ("mushy_k_of_colder_ice", "ice * frozen_conductivity(m.solidus,", "ice * frozen_conductivity(celsius,"),
        ("mushy_rise_of_one_kelvin", "k0, k1, k2)) * (liquidus - solidus)", "k0, k1, k2))"),
        (
            "frozen_potential_ratio_turned",
            "(celsius + KELVIN) / (m.solidus + KELVIN)",
            "(m.solidus + KELVIN) / (celsius + KELVIN)",
        ),
        ("frozen_potential_mean_is_a_difference", "0.5 * (celsius + m.solidus)", "0.5 * (celsius - m.solidus)"),
        ("face_mixes_tissues", "a = potential(there_c, here)", "a = potential(there_c, there)"),
        ("face_stops_small_differences", "if here_c == there_c:", "if abs(here_c - there_c) < 5.0:"),
        ("face_geometric_mean", "2.0 * a * b / (a + b)", "math.copysign(math.sqrt(a * b), a)"),
        ("face_of_the_poorer_side", "2.0 * a * b / (a + b)", "(a if abs(a) < abs(b) else b)"),
    ),
    *_in(
        "physics/freezing.py",
        ("mushy_enthalpy_from_liquidus", "m.h_solidus + m.mushy_c", "m.h_liquidus + m.mushy_c"),
        ("frozen_enthalpy_upside_down", "below = celsius - m.solidus", "below = m.solidus - celsius"),
        ("frozen_temperature_c_at_zero", "    c = m.c0 + m.c1 * m.solidus", "    c = m.c0"),
        ("warm_temperature_with_mushy_c", "(h - m.h_liquidus) / m.warm_c", "(h - m.h_liquidus) / m.mushy_c"),
        ("warm_temperature_from_solidus", "m.liquidus + (h - m.h_liquidus)", "m.solidus + (h - m.h_liquidus)"),
    ),
    *_in(
        "physics/blood.py",
        ("half_frozen_counts_as_frozen", "0.0 if share < 0.0", "0.0 if share < 0.5"),
        ("open_mean_of_the_frozen_share", "(1.0 - share) * (spread", "share * (spread"),
    ),
    *_in(
        "physics/cooling.py",
        ("coolant_ends_at_zero", "return to_c + (from_c - to_c)", "return (from_c - to_c)"),
        ("coolant_times_its_constant", "-elapsed_s / time_constant_s", "-elapsed_s * time_constant_s"),
        ("coolant_never_changes_at_once", "        return to_c\n", "        return from_c\n"),
        ("line_beyond_its_end_two_pi", "hypot(near, across))) / (4.0", "hypot(near, across))) / (2.0"),
        ("line_ends_swapped", "if near < 0.0:", "if near > 0.0:"),
        (
            "wall_by_plain_conductivity",
            "- potential(celsius, m)) / drop - film",
            "- conductivity(celsius, m) * celsius) / drop - film",
        ),
        ("thin_film_is_closed", "if h <= 0.0:", "if h <= 15.0:"),
        ("gas_takes_half", "return h * (ambient_c - wall", "return 0.5 * h * (ambient_c - wall"),
    ),
    *_in(
        "physics/ice.py",
        ("ice_c_by_the_dry_share", "return water_fraction * (", "return (1.0 - water_fraction) * ("),
    ),
    *_in(
        "solve/rows.py",
        ("freezing_switched_backwards", "if bioheat.freezing:", "if not bioheat.freezing:"),
        ("all_tissue_as_heavy_as_water", "warm = m.density * m.heat_capacity", "warm = 1000.0 * m.heat_capacity"),
        ("stasis_at_the_liquidus", "potential(material.stasis_c, row)", "potential(material.liquidus_c, row)"),
    ),
    *_in(
        "solve/reference.py",
        ("tissue_borders_closed", "if labels[a, b, c] != 255:", "if labels[a, b, c] == labels[i, j, k]:"),
        ("blood_counted_as_metabolism", "sums[row, BLOOD] += carried", "sums[row, BLOOD] += made"),
        ("share_of_the_next_cell", "open_share(psi[i, j, k],", "open_share(psi[i + 1, j, k],"),
        ("time_runs_half", "+ dt * rate", "+ 0.5 * dt * rate"),
        ("held_faces_mirrored", "c = k + (shift if axis == 2 else 0)", "c = k - (shift if axis == 2 else 0)"),
    ),
)  # fmt: skip
"""Written when the tests were finished, to see what share of faults that nobody had in mind they notice."""

CHANGES = (
    *_in(
        "physics/ideal.py",
        ("ideal_ice_upside_down", "(1.0 - liquidus / celsius)", "(1.0 - celsius / liquidus)"),
        ("ideal_curve_not_stretched", "return solidus / (solidus - liquidus)", "return 1.0"),
        ("ideal_integral_log_sign", "- liquidus * math.log(", "+ liquidus * math.log("),
        ("ideal_integral_of_the_liquid", "(high_c - low_c - liquidus * math", "(liquidus * math"),
        ("ideal_root_of_the_wrong_sign", "else 0.5 * (b - root)", "else 0.5 * (b + root)"),
        ("ideal_root_without_four", "b * b - 4.0 * sensible", "b * b - sensible"),
        ("ideal_cold_counted_twice", "+ released - cold", "+ released - 2.0 * cold"),
    ),
    *_in(
        "physics/freezing.py",
        ("ideal_enthalpy_gains_by_freezing", "- m.latent * ice", "+ m.latent * ice"),
        (
            "ideal_enthalpy_from_solidus",
            "sensible_c(m) * (celsius - m.liquidus)",
            "sensible_c(m) * (celsius - m.solidus)",
        ),
        ("ideal_capacity_falls_with_the_first_power", "(celsius * celsius)", "(celsius * m.solidus)"),
        ("ideal_capacity_without_latent_heat", "sensible_c(m) + m.latent * growth", "sensible_c(m)"),
    ),
    *_in(
        "physics/heat.py",
        (
            "ideal_rise_of_the_linear_curve",
            "more * ideal_ice_between(solidus, liquidus, solidus, liquidus)",
            "0.5 * more * (liquidus - solidus)",
        ),
        ("ideal_potential_backwards", "(cold_k - m.warm_k) * icy", "(m.warm_k - cold_k) * icy"),
    ),
    *_in(
        "solve/wall.py",
        ("step_never_ends", "<= time_s < step.end_s - SAME_S:", "<= time_s:"),
        ("step_with_the_resting_film", "return step.h, step.ambient_c", "return self.h, step.ambient_c"),
        ("step_with_the_resting_gas", "return step.h, step.ambient_c", "return step.h, self.ambient_c"),
    ),
    *_in(
        "solve/wall_clock.py",
        ("shut_flow_goes_on", "now[~np.isnan(self.shut_s), 0] = 0.0", "now[~np.isnan(self.shut_s), 1] = 37.0"),
        ("flow_closes_piece_by_piece", "wall.flow in flows for wall", "False for wall"),
        ("walls_alone_close_together", ' - {""}', ""),
        ("one_frozen_face_closes", "share[wall] = np.inf", "pass"),
    ),
    *_in(
        "solve/relabel.py",
        ("frozen_at_the_liquidus", "else m.h_solidus", "else m.h_liquidus"),
        ("thawed_at_the_solidus", "now >= m.h_liquidus", "now >= m.h_solidus"),
        ("colder_by_the_present", "(minimum <= level)", "(now <= level)"),
        ("last_rule_wins", " & (out == rule.label)", ""),
    ),
)  # fmt: skip
"""What changes on the way (walls, flows, rules) and the ideal curve, each with the day's tests beside it."""

FAULTS = HEAT + FREEZING + BLOOD + COOLING + ICE + ROWS + LOOP + LATER + CHANGES
"""At most a third of them outside the laws."""
IN_CI = {
    "latent_heat_halved": "test_laws_by_other_means.py",
    "face_arithmetic_mean": "test_small_exact_cases.py",
    "open_share_too_wide": "test_laws_by_other_means.py",
    "line_beyond_its_end": "test_laws_by_other_means.py",
    "one_spacing_for_all_axes": "test_small_exact_cases.py",
}
"""Five that every CI run tries, each with the tests that are to notice it."""
