"""Numbers never promise more than they hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iceball.reporting import display

FIGURES = st.floats(-1e4, 1e4)


def read(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(4.96, "4.9"), (5.0, "5.0"), (5 - 1e-12, "5.0"), (-1.61, "−1.7"), (0.04, "0.0"), (-0.04, "−0.1")],
)
def test_a_margin_short_of_its_goal_is_not_printed_as_the_goal(value: float, shown: str) -> None:
    assert display.down(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(4.91, "5.0"), (5.0, "5.0"), (5 + 1e-12, "5.0"), (0.001, "0.1"), (0.0, "0.0")]
)
def test_a_frozen_volume_is_never_understated(value: float, shown: str) -> None:
    assert display.up(value) == shown


@given(FIGURES)
def test_down_and_up_enclose_the_number_within_one_last_digit(value: float) -> None:
    low, high = read(display.down(value)), read(display.up(value))
    assert low - 1e-9 <= value <= high + 1e-9
    assert high - low <= 0.1 + 1e-9


@given(FIGURES, FIGURES)
def test_rounding_keeps_the_order_of_two_margins(a: float, b: float) -> None:
    assert (read(display.down(a)) <= read(display.down(b))) or a > b


def test_a_small_negative_number_that_rounds_to_nothing_has_no_sign() -> None:
    assert display.nearest(-0.004) == "0.0"


def test_only_the_whole_target_is_a_hundred_percent() -> None:
    assert display.percent_down(0.99999) == "99 %"
    assert display.percent_down(1.0) == "100 %"
    assert display.percent_down(0.97) == "97 %"


def test_what_has_no_value_or_is_not_finite_is_said_in_words() -> None:
    assert display.down(None) == display.up(None) == display.nearest(None) == display.percent_down(None) == "–"
    assert display.down(math.inf) == display.up(math.nan) == display.clock(math.nan) == "unknown"


def test_a_time_is_rounded_to_the_earlier_second() -> None:
    assert display.clock(425.9) == "7:05"
    assert display.clock(None) == "never"


@pytest.mark.parametrize(
    ("offset", "side", "words"),
    [
        ((10, 0, 0), "unknown", "left"),
        ((-10, 0, 0), "unknown", "right"),
        ((10, 0, 0), "L", "lateral"),
        ((10, 0, 0), "R", "medial"),
        ((-7, 7, 0), "L", "posteromedial"),
        ((-7, 7, 0), "R", "posterolateral"),
        ((0, -9, 0), "L", "anterior"),
        ((0, -7, 7), "L", "superoanterior"),
        ((7, 0, -7), "unknown", "inferior-left"),
        ((0, 0, 0), "L", "central"),
    ],
)
def test_the_face_is_named_in_patient_directions(offset: tuple[float, ...], side: str, words: str) -> None:
    assert display.face(offset, side=side) == words


@given(st.tuples(*[st.floats(-50, 50)] * 3), st.sampled_from(["L", "R", "unknown"]))
def test_every_offset_has_a_face(offset: tuple[float, ...], side: str) -> None:
    assert display.face(offset, side=side)


def test_a_name_becomes_one_bounded_line_without_control_characters() -> None:
    shown = display.plain("a\nb\tc\x00‮ " + "x" * 500)
    assert shown.isprintable()
    assert len(shown) <= display.LONGEST_NAME
    assert shown.startswith("a b c")


def test_dates_and_positions_read_as_people_write_them() -> None:
    assert display.date("20240131") == "2024-01-31"
    assert display.date("") == "unknown"
    assert display.position("FFDL") == "FFDL (feet first, left side down)"
    assert display.position("") == "unknown"


def test_a_minus_before_a_number_is_typeset_and_a_hyphen_is_not() -> None:
    assert display.minus("-20 °C covers generic-17g, below -40") == "−20 °C covers generic-17g, below −40"
