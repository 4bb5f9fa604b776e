"""Whether the 80 % band of an ensemble holds what it claims, and what charting the needle gains."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from case import NUMBERS, PLAN, anatomy, charted_mm, gel, nominal

from iceball.assessment.spread import band, controlled, numbers_of, without
from iceball.plan.drawn import drawn, sample
from iceball.plan.ensemble import Member, spread
from iceball.plan.varied import Varied

TRUTHS, TRUTH_SEED, TRUTH_MM = 448, 1000, 2.0
ENSEMBLES, MEMBERS, MEMBER_MM = 24, 32, 3.0
CHART_MM = 1.0
"""Error of a diameter read in gel, one standard deviation."""


def run() -> dict[str, float]:
    """Shares of truths held with and without a chart, and what the chart gains."""
    patient = anatomy()
    prediction, verdict = nominal(patient, TRUTH_MM)
    fine = numbers_of(verdict)

    def numbers(members: int, seed: int, spacing_mm: float) -> np.ndarray:
        """The members' numbers as they come, (members, numbers); the last row is the nominal run's."""
        kept: dict[int, Member] = {}
        rows = []
        for varied, count in ((Varied.shipped(patient), members), (Varied.nothing(), 1)):
            kept.clear()
            spread(
                prediction, verdict, PLAN, patient, members=count, seed=seed, spacing_mm=spacing_mm, varied=varied,
                keep=lambda m: kept.__setitem__(m.index, m),
            )  # fmt: skip
            rows += [[kept[i].numbers.get(n, without(n)) for n in NUMBERS] for i in range(count)]
        return np.array(rows)

    truth = numbers(TRUTHS, TRUTH_SEED, TRUTH_MM)[:-1]
    bank = []
    for seed in range(ENSEMBLES):
        rough = numbers(MEMBERS, seed, MEMBER_MM)
        bank.append(
            [
                [controlled(n, v, c, fine[n]) for n, v, c in zip(NUMBERS, row, rough[-1], strict=True)]
                for row in rough[:-1]
            ]
        )
    ensembles = np.array(bank)
    shipped = [held(band(e[:, k]).p10, band(e[:, k]).p90, truth[:, k]) for e in ensembles for k in range(len(NUMBERS))]

    # the needle of every member and of every truth on the bench
    varied = Varied.shipped(patient)
    draws = [sample(MEMBERS, 1, seed) for seed in range(ENSEMBLES)] + [sample(TRUTHS, 1, TRUTH_SEED)]
    in_gel = gel(patient)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        charts = np.array(list(pool.map(lambda r: charted_mm(in_gel, drawn(r, 1, varied)), np.concatenate(draws))))
    members, needles = charts[:-TRUTHS], charts[-TRUTHS:]
    read = needles + np.random.default_rng(TRUTH_SEED).normal(0.0, CHART_MM, needles.shape)
    misfit2 = (((members[None] - read[:, None]) / CHART_MM) ** 2).sum(axis=2)
    weights = np.exp(-0.5 * (misfit2 - misfit2.min(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    pooled = ensembles.reshape(-1, len(NUMBERS))
    inside, narrower = [], []
    for k in range(len(NUMBERS)):
        ends = np.array([[weighted(pooled[:, k], w, share) for share in (0.1, 0.9)] for w in weights])
        prior = [weighted(pooled[:, k], np.full(len(pooled), 1 / len(pooled)), share) for share in (0.1, 0.9)]
        inside.append(float(np.mean((truth[:, k] >= ends[:, 0]) & (truth[:, k] <= ends[:, 1]))))
        narrower.append(float(np.mean(ends[:, 1] - ends[:, 0]) / (prior[1] - prior[0])))
    return {
        "held_share": float(np.mean(inside)),
        "held_least": min(inside),
        "held_most": max(inside),
        "shipped_held_share": float(np.mean(shipped)),
        "width_of_prior": max(narrower),
        "effective_members": float(np.quantile(1 / (weights**2).sum(axis=1), 0.05)),
        **{f"held.{n}": v for n, v in zip(NUMBERS, inside, strict=True)},
        **{f"width.{n}": v for n, v in zip(NUMBERS, narrower, strict=True)},
    }


def held(low: float | None, high: float | None, truth: np.ndarray) -> float:
    """Share of the truths within a band; a missing end holds what lies beyond the other."""
    below = -np.inf if low is None else low
    return float(np.mean((truth >= below) & (truth <= (np.inf if high is None else high))))


def weighted(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The weighted quantile, each value in the middle of its own weight."""
    order = np.argsort(values)
    at = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(share, at, values[order]))
