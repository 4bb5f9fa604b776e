"""A mask on other cells, against SciPy's interpolation of the same 0 and 1."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform, gaussian_filter

from iceball.space.mask_cells import on_cells


@pytest.mark.parametrize("seed", range(12))
def test_a_mask_on_other_cells_is_what_scipy_makes_of_it_to_the_last_bit(seed):
    random = np.random.default_rng(seed)
    voxels = gaussian_filter(random.normal(size=random.integers(1, 30, 3)), 1.5) > 0
    scale = random.choice([0.25, 1 / 3, 0.5, 1.0, 1.5, -2.0], 3) if seed % 2 else random.uniform(0.3, 2.5, 3)
    first = random.integers(-6, 6, 3) * 0.5 if seed % 3 else random.uniform(-6, 6, 3)
    cells = tuple(random.integers(1, 40, 3).tolist())
    expected = affine_transform(voxels.astype(np.float32), scale, first, cells, np.float32, 1, "grid-constant")
    assert (on_cells(voxels, scale, first, cells) == np.clip(expected, 0, 1)).all()


def test_a_single_voxel_fades_over_one_voxel_each_way_and_nothing_lies_beyond():
    found = on_cells(np.ones((1, 1, 1), bool), np.array([0.5, 1.0, 1.0]), np.array([-1.5, 0.0, 0.0]), (7, 1, 1))
    assert found.ravel() == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0])
