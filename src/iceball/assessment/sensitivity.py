"""Which input matters most: how much of a number's variance each input alone explains, from the members at hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from iceball.assessment.spread import Share

Floats = NDArray[np.float64]
FEWEST = 24
"""Members, below which nothing is said."""
HARMONICS = 2
"""Of an input's effect: a rise, and one that turns. More of them would fit the noise of so few members."""
SHUFFLES, SUMS = 20, 2000
BY_CHANCE = 0.95


def shares(
    sample: Floats, columns: Mapping[str, slice], numbers: Mapping[str, Floats], *, seed: int = 0
) -> dict[str, tuple[Share, ...]]:
    """First-order indices by random balance designs on the given sample (SALib), largest first.

    They are of the members' ranks, so that neither a few far members nor those without the number decide.

    Args:
        sample: (members, columns), each between 0 and 1.
        columns: which of them belong to which input; the indices of an input's columns are added.
        numbers: by name the members' values, (members,).
        seed: of the shuffles.

    Returns:
        Per number one share per input. `certain` where it exceeds what 95 % of shuffled members would give. Nothing
        for fewer than 24 members, and none of a number that hardly varies.
    """
    if len(sample) < FEWEST:
        return {}
    chance = _limits(sample, columns, np.random.default_rng(seed))
    out = {}
    for name, values in numbers.items():
        finite = values[np.isfinite(values)]
        if len(finite) < FEWEST or np.ptp(finite) < 1e-6 * max(1.0, float(np.abs(finite).max())):
            continue
        first = _indices(sample, _ranks(values))
        found = {n: float(first[part].sum()) for n, part in columns.items()}
        told = [Share(n, min(max(value, 0.0), 1.0), value > chance[n]) for n, value in found.items()]
        out[name] = tuple(sorted(told, key=lambda s: (-s.share, s.input)))
    return out


def _limits(sample: Floats, columns: Mapping[str, slice], order: np.random.Generator) -> dict[str, float]:
    """What chance alone gives to an input: the indices of ranks in random order depend on no number."""
    null = np.concatenate([_indices(sample, order.permutation(len(sample)).astype(float)) for _ in range(SHUFFLES)])
    wide = {name: part.stop - part.start for name, part in columns.items()}
    sums = {n: order.choice(null, (SUMS, n)).sum(axis=1) for n in sorted(set(wide.values()))}
    return {name: float(np.quantile(sums[n], BY_CHANCE)) for name, n in wide.items()}


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), float)


def _indices(sample: Floats, values: Floats) -> Floats:
    from SALib.analyze import rbd_fast

    width = sample.shape[1]
    problem = {"num_vars": width, "names": [str(n) for n in range(width)], "bounds": [[0.0, 1.0]] * width}
    # its own confidence takes half of the members at a time, too few here: two resamples are the fewest it can do with
    found = rbd_fast.analyze(problem, sample, values, M=HARMONICS, num_resamples=2, seed=0)
    return np.asarray(found["S1"], float)
