"""Heat from blood to the wall of its vessel."""

import pytest

from iceball.physics.vessel import FLOOR, film, graetz, mean_nusselt

K, RHO_C = 0.52, 1050.0 * 3617.0
TABLE = {(2, 0.10): 1698, (4, 0.15): 1626, (6, 0.20): 1629, (10, 0.25): 1511, (20, 0.30): 1273}
"""Diameter mm and speed m/s: h over the first 40 mm, W/m2/K, calculated once by other hands (evidence, section F)."""


@pytest.mark.parametrize(("vessel", "h"), TABLE.items())
def test_the_law_gives_the_table_of_the_evidence(vessel: tuple[float, float], h: float) -> None:
    diameter, speed = vessel
    assert film(diameter / 1000, speed, 0.0, 0.040, K, K / RHO_C) == pytest.approx(h, rel=2e-3)


@pytest.mark.parametrize(("diameter", "h"), [(2, 952), (10, 190)])
def test_far_from_the_entry_only_the_floor_is_left(diameter: float, h: float) -> None:
    assert film(diameter / 1000, 0.1, 1e4, 1.1e4, K, K / RHO_C) == pytest.approx(h, rel=2e-3)
    assert film(diameter / 1000, 0.0, 0.0, 0.04, K, K / RHO_C) == pytest.approx(FLOOR * K / diameter * 1000)


def test_pieces_of_a_vessel_give_together_what_the_whole_gives() -> None:
    args = (0.006, 0.2)
    whole = film(*args, 0.0, 0.06, K, K / RHO_C)
    pieces = [film(*args, a / 1000, (a + 6) / 1000, K, K / RHO_C) for a in range(0, 60, 6)]
    assert sum(pieces) / 10 == pytest.approx(whole, rel=1e-12)
    assert pieces == sorted(pieces, reverse=True)


def test_faster_blood_warms_more_and_longer_ways_less() -> None:
    numbers = [mean_nusselt(graetz(0.006, v, 0.04, K / RHO_C)) for v in (0.0, 0.05, 0.1, 0.2, 0.4)]
    assert numbers == sorted(numbers)
    assert numbers[0] == FLOOR
    assert mean_nusselt(graetz(0.006, 0.2, 0.08, K / RHO_C)) < mean_nusselt(graetz(0.006, 0.2, 0.04, K / RHO_C))
