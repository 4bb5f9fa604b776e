"""Tables between tissues: right, and made once in a run however often cells become something else."""

from dataclasses import replace

import numpy as np
import pytest

from iceball.solve import Bioheat, dictionary
from iceball.solve.dictionary import Dictionary
from iceball.solve.films import Films
from iceball.solve.laying import lay_out
from iceball.solve.rows import inverse_potential, potentials, property_rows, translation
from tests.solve.scenes import FAT, KIDNEY, mixed

COLDEST_C = -150.0


def test_a_translation_says_the_same_temperature_of_the_other_tissue() -> None:
    rows = property_rows(replace(mixed(), materials=(KIDNEY, FAT, None)), Bioheat())
    table, low, per_k = translation(rows, 0, 1, COLDEST_C)
    psi = low + np.arange(table.size) / per_k
    celsius = inverse_potential(psi * FAT.conductivity, rows[1])
    assert celsius[0] == pytest.approx(COLDEST_C)
    assert celsius[-1] == pytest.approx(max(KIDNEY.liquidus_c, FAT.liquidus_c))
    assert table == pytest.approx(potentials(celsius, rows[0]) / KIDNEY.conductivity)


def test_a_dictionary_that_is_asked_again_says_the_same_and_makes_only_what_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[tuple[int, int]] = []

    def noted(rows: object, own: int, other: int, coldest_c: float) -> object:
        made.append((own, other))
        return translation(rows, own, other, coldest_c)  # type: ignore[arg-type]

    monkeypatch.setattr(dictionary, "translation", noted)
    scene = replace(mixed(), materials=(KIDNEY, FAT, None, replace(KIDNEY, conductivity=0.6)))
    other = scene.labels.copy()
    other[:3] = 3
    rows = property_rows(scene, Bioheat())
    first, second = lay_out(scene, rows), lay_out(replace(scene, labels=other), rows)
    films = Films(first, rows, COLDEST_C)
    kept = Dictionary(rows, films)
    before = kept.of(first)
    assert sorted(made) == [(0, 1), (1, 0)]
    films.lay_down(second)
    after = kept.of(second)
    assert sorted(made) == [(0, 1), (0, 3), (1, 0), (3, 0)]
    assert len(after[1]) > len(before[1])
    for lay, said in ((first, before), (second, after)):
        fresh = Dictionary(rows, Films(lay, rows, COLDEST_C)).of(lay)
        for here, there in zip(said, fresh, strict=True):
            assert np.array_equal(here, there)


def test_every_face_has_the_words_of_its_two_sides() -> None:
    scene = mixed()
    rows = property_rows(scene, Bioheat())
    lay = lay_out(scene, rows)
    pair, words, scale = Dictionary(rows, Films(lay, rows, COLDEST_C)).of(lay)
    row = np.repeat(np.arange(lay.rows), np.diff(lay.face_start))
    own, other = (lay.labels.reshape(-1)[at] for at in (lay.base[row] + lay.face_cell, lay.face_there))
    between = lay.face_kind[:, 0] == 0
    assert {(0, 1), (1, 0)} == set(zip(own[between].tolist(), other[between].tolist(), strict=True))
    for a, b in ((0, 1), (1, 0)):
        there, back = set(pair[between & (own == a), 0].tolist()), set(pair[between & (own == a), 1].tolist())
        for places, (here, beyond) in ((there, (a, b)), (back, (b, a))):
            (place,) = places
            table, low, per_k = translation(rows, here, beyond, COLDEST_C)
            assert np.array_equal(words[place], table.astype(np.float32))
            assert scale[place].tolist() == [np.float32(low), np.float32(per_k)]
    assert (pair[lay.face_kind[:, 0] == 1] >= 2).all()
