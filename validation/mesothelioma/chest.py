"""The chest of the proof: a real CT, a synthetic plaque on its pleura, and what lies around it."""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import iceball as ib
from iceball.io.text import read_toml
from iceball.space import Volume
from iceball.space.shapes import Mask
from iceball.space.window import block_around, grid_of
from iceball.tissue import Anatomy, Structure, build_anatomy
from iceball.tissue.intercostal import intercostal_nerves
from iceball.tissue.plaque import crescent_plaque

Bools = NDArray[np.bool_]

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[2] / "shared" / "data" / "hcc048_liver_ct" / "hcc048_portal_venous_dicom.tar.xz"

BOX_MM = ((-180.0, -110.0, -345.0), (40.0, 150.0, -176.0))
"""The right half of the lower chest, LPS: all that the case needs, in a third of the memory."""
AT_MM = (-94.0, 78.0, -235.0)
"""Chosen by eye: the middle of a wide space between two ribs, behind and at the side, above the diaphragm."""
ALONG = (1.0, 0.64, 0.6)
"""As the two ribs run there, from the nerves' lines."""
SIZE_MM = (12.0, 40.0, 30.0)
PLAQUE_HU, NOISE_HU, SEED = 45.0, 15.0, 48
"""Chosen, not measured: soft tissue a little below the enhanced muscle of this CT, as grainy as it."""
DIAPHRAGM_MM, DOME_Z_MM = 3.0, -215.0
GAS_MM, GAS_REACH_MM, GAS_HU = 15.0, 45.0, -1000.0
"""The pocket of the what-if: how far lung falls back from wall and plaque, and how far round the plaque's middle."""
FLAGS = ("SYNTHETIC PLAQUE ON A REAL CT", "NERVES DERIVED FROM RIBS, NOT SEEN")
FROM_NUMBERS = "DERIVED from CT numbers, unreviewed"


def image() -> Volume:
    """The CT of the right lower chest."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(DATA) as archive:
            archive.extractall(folder, filter="data")
        whole = ib.read_dicom(folder)
    block = block_around(whole.grid, *BOX_MM, pad=0)
    assert block is not None
    return Volume(grid_of(whole.grid, block), whole.data[block], whole.quantity, whole.header)


def plaque(bare: Anatomy) -> Structure:
    """The plaque on the bare chest."""
    return crescent_plaque(bare, at_mm=AT_MM, along=ALONG, size_mm=SIZE_MM)


def painted(ct: Volume, target: Structure) -> Volume:
    """The CT with the plaque at a stated CT number, blended at its rim as a scanner would."""
    share = target.shape.occupancy(ct.grid)
    noise = np.random.default_rng(SEED).normal(0, NOISE_HU, ct.grid.shape)
    data = np.rint(ct.data + share * (PLAQUE_HU + noise - ct.data)).astype(np.int16)
    note = f"{target.origin}: painted in at {PLAQUE_HU:g} HU."
    return Volume(ct.grid, data, "HU", replace(ct.header, notes=(*ct.header.notes, note)))


def fallen(drawn: Volume, target: Structure, lung: Volume, costal: Bools) -> Volume:
    """The painted CT with gas between the lung and what it lay on: an artificial pneumothorax, as what-if.

    The lung gives up the pocket's volume: aerated lung yields, so nothing else is pushed.
    """
    grid = drawn.grid
    source = costal | (target.shape.occupancy(grid) >= 0.5)
    block = block_around(grid, np.array(AT_MM) - GAS_REACH_MM, np.array(AT_MM) + GAS_REACH_MM)
    assert block is not None
    part = grid_of(grid, block)
    near = np.linalg.norm(part.centres_mm() - np.array(AT_MM), axis=-1) <= GAS_REACH_MM
    gap = ndimage.distance_transform_edt(~source[block], sampling=grid.spacing_mm)
    data = drawn.data.copy()
    data[block][(lung.data[block] != 0) & near & (gap <= GAS_MM)] = GAS_HU
    note = f"SYNTHETIC pneumothorax: gas, {GAS_MM:g} mm wide, was painted between lung and wall."
    return Volume(grid, data, "HU", replace(drawn.header, notes=(*drawn.header.notes, note)))


def parts_of(*, gas: bool = False) -> tuple[Volume, list[Structure]]:
    """The painted image and the structures, the target first; with the pneumothorax if `gas`."""
    ct = image()
    bare = build_anatomy(ct, organ="pleura")
    target = plaque(bare)
    drawn = painted(ct, target)
    lung = lung_of(bare, target)
    under, costal = _borders(bare, lung)
    nerves = intercostal_nerves(bare, target.shape)
    if gas:
        drawn = fallen(drawn, target, lung, costal)
        lung = lung_of(build_anatomy(drawn, organ="pleura"), target)
    return drawn, [
        target,
        Structure("lung_right", Mask(lung), FROM_NUMBERS),
        Structure("diaphragm", Mask(Volume(ct.grid, under.view(np.uint8), "mask")), FROM_NUMBERS),
        *nerves,
    ]


def anatomy(*, gas: bool = False) -> Anatomy:
    """The patient of the proof."""
    drawn, parts = parts_of(gas=gas)
    return build_anatomy(drawn, organ="pleura", structures=parts[1:], target=parts[0])


def plan(name: str = "needles") -> ib.Plan:
    """One of the plans of this proof: "needles" or "spray"."""
    return read_toml(HERE / "plans" / f"{name}.toml", ib.Plan)


def write_case(folder: Path, name: str = "needles", *, gas: bool = False) -> ib.Case:
    """The case folder for the command line, with a plan of this proof; with the pneumothorax if `gas`."""
    drawn, parts = parts_of(gas=gas)
    case = ib.Case.create(
        folder,
        title="SYNTHETIC pleural plaque, right lung base" + (", after a SYNTHETIC pneumothorax" if gas else ""),
        image=drawn,
        structures=parts,
        organ="pleura",
        flags=FLAGS,
    )
    return case.save_plan(plan(name))


def _label(body: Anatomy, name: str) -> Bools:
    return np.isin(body.labels.data, [v for v, kind in body.tissues.items() if kind == name])


def lung_of(body: Anatomy, target: Structure) -> Volume:
    """The largest piece of aerated lung with the vessels in it, without the plaque."""
    parts, _ = ndimage.label(_label(body, "lung_aerated"))
    largest = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    closed = ndimage.binary_closing(np.pad(largest, 8), np.ones((7, 7, 3)))[8:-8, 8:-8, 8:-8]
    found = (largest | closed) & (target.shape.occupancy(body.labels.grid) < 0.5)
    return Volume(body.labels.grid, found.view(np.uint8), "mask")


def _borders(body: Anatomy, lung: Volume) -> tuple[Bools, Bools]:
    """What borders the lung: from below or from the middle of the body, beneath the dome; and the wall elsewhere."""
    grid = lung.grid
    inside = lung.data != 0
    far = ndimage.distance_transform_edt(~inside, sampling=grid.spacing_mm)
    smooth = ndimage.gaussian_filter(inside.astype(np.float32), [6 / s for s in grid.spacing_mm])
    out = -np.stack(np.gradient(smooth, *grid.spacing_mm), axis=-1)
    shell = (far > 0) & (far <= DIAPHRAGM_MM)
    cells = np.argwhere(shell)
    points = grid.to_mm(cells)
    cells, points = cells[points[:, 0] < -30], points[points[:, 0] < -30]
    radial = points[:, :2]
    radial = radial / np.linalg.norm(radial, axis=1, keepdims=True)
    normal = out[tuple(cells.T)]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    inner = (np.einsum("ni,ni->n", normal[:, :2], radial) < 0.2) | (normal[:, 2] < -0.6)
    under, costal = np.zeros(grid.shape, np.bool_), np.zeros(grid.shape, np.bool_)
    under[tuple(cells[inner & (points[:, 2] < DOME_Z_MM)].T)] = True
    costal[tuple(cells[~inner].T)] = True
    return under & _label(body, "soft_tissue"), costal


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the mesothelioma case.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gas", action="store_true", help="with the artificial pneumothorax")
    parser.add_argument("--spray", action="store_true", help="with the pneumothorax, and spots instead of needles")
    chosen = parser.parse_args()
    print(write_case(chosen.folder, "spray" if chosen.spray else "needles", gas=chosen.gas or chosen.spray))
