"""What the report says of the spread: P10 in its first line, tables, a map; or that there is none."""

import numpy as np
import pytest

from iceball.assessment.assessment import Assessment, Doubt, Margin
from iceball.assessment.spread import Band, Share, Spread
from iceball.plan.varied import Varied
from iceball.reporting import report
from iceball.reporting.drawing import Overlays
from iceball.reporting.figures_spread import spread_picture
from iceball.reporting.headline import headline, worst_point
from iceball.reporting.tables import goals_table
from iceball.reporting.tables_spread import NOT_MADE, matters_table, spread_table, spread_words
from tests.reporting import fixture_case as case


def told(p10: float | None = 0.49, *, mapped: bool = True) -> Spread:
    band = Band(p10, 2.5, 4.19, -0.6, 0.97)
    far = Band(20.0, 30.0, 36.0, 18.0, 22.0)
    history = case.history()
    return Spread(
        members=32,
        seed=7,
        spacing_mm=3.0,
        bands={"margins_mm.0.min": band, "distance_to_0c_mm.colon": far, "min_temperature_c.skin": far},
        goals=tuple(0.75 for _ in case.verdict().goals),
        goal_bands=tuple(None for _ in case.verdict().goals),
        matters={"margins_mm.0.min": (Share("perfusion", 0.52, True), Share("slice", 0.04, False))},
        inputs={**dict.fromkeys(("perfusion", "coolant"), 1.0), **_places()},
        made_for="key",
        grid=history.scene.grid if mapped else None,
        probability=np.where(history.minimum_c < -20, 1.0, 0.0).astype(np.float32) if mapped else None,
    )


def _places() -> dict[str, float]:
    shipped = Varied(placement_mm=3.0, motion_mm=3.0, contour_mm=1.5, slice_share=0.5)
    return {n: getattr(shipped, n) for n in ("placement_mm", "motion_mm", "contour_mm", "slice_share")}


def verdict(**how: object) -> Assessment:
    return case.verdict(
        margins_mm={"0": Margin(3.19, 4.0, (52.0, 42.0, 10.0))},
        coverage={"-20": 0.979},
        doubt={"margins_mm.0.min": Doubt(1.29, 4.08, "flow")},
        **how,
    )


@pytest.mark.parametrize(
    ("spread", "said"),
    [(None, ""), (told(), " (P10 0.4)"), (told(-1.21), " (P10 −1.3)"), (told(None), " (P10 no ice)")],
)
def test_the_first_line_names_p10_rounded_down_behind_the_margin(spread: Spread | None, said: str) -> None:
    line = headline(verdict(spread=spread), case.plan(), case.anatomy())
    assert line.startswith(f"Ice margin min 3.1 mm{said} at the posteromedial face; −20 °C covers 97 %")


def test_each_goal_says_in_how_many_runs_it_is_met_and_only_with_a_spread() -> None:
    table = goals_table(verdict(spread=told()))
    assert "Met in" in table.head
    assert {row[table.head.index("Met in")].text for row in table.rows} == {"75 % of runs"}
    assert all(len(row) == len(table.head) for row in table.rows)
    assert "Met in" not in goals_table(verdict()).head


def test_the_table_has_three_percentiles_and_the_sampling_error_of_those_shown() -> None:
    table = spread_table(case.verdict(spread=told()), {"skin"})
    assert table is not None
    rows = {row[0].text: [c.text for c in row[1:]] for row in table.rows}
    assert rows["smallest margin at 0 °C, mm"][1:] == ["0.49", "2.50", "4.19", "−0.60 to 0.97"]
    assert "lowest temperature of skin, °C" in rows
    assert not any("colon" in name for name in rows)


def test_what_matters_is_apart_from_what_chance_could_have_made() -> None:
    table = matters_table(verdict(spread=told()))
    assert table is not None
    ((_, matters, chance),) = table.rows
    assert "blood flow" in matters.text
    assert "52 %" in matters.text
    assert chance.text == "slice"


def test_the_words_name_every_place_that_was_varied_and_how_far() -> None:
    words = spread_words(verdict(spread=told()))
    for said in ("32 runs", "3 mm along each axis", "1.5 mm", "0.5 slices", "seed 7"):
        assert said in words


def test_a_report_without_a_spread_says_that_none_was_made(tmp_path) -> None:  # type: ignore[no-untyped-def]
    pages = {}
    for name, spread in (("with", told()), ("without", None)):
        path = tmp_path / f"{name}.html"
        report(case.verdict(spread=spread), case.history(), case.plan(), case.anatomy(), to=path, pdf=name == "with")
        pages[name] = path.read_text(encoding="utf-8")
    assert NOT_MADE in pages["without"]
    assert NOT_MADE not in pages["with"]
    assert "(P10 0.4)" in pages["with"]
    assert "What matters most" in pages["with"]
    assert pages["with"].count("data:image/png") == pages["without"].count("data:image/png") + 1


def test_the_picture_follows_the_map_and_is_left_out_without_one() -> None:
    overlays = Overlays(case.anatomy(), case.history(), case.plan(), (), "STAMP")
    at, what = worst_point(verdict(), case.anatomy())

    def drawn(spread: Spread | None) -> bytes | None:
        made = spread_picture(spread, overlays, at, 150.0, what)
        return None if made is None else made.data

    assert drawn(None) is None
    assert drawn(told(mapped=False)) is None
    one = told()
    assert one.probability is not None
    assert drawn(one) != drawn(Spread(**{**vars(one), "probability": 0 * one.probability}))
