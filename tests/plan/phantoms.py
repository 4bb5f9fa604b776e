"""Small bodies with known obstacles, to place needles in."""

from __future__ import annotations

import numpy as np

from iceball.space import Grid, Header, Volume
from iceball.space.shapes import Mask, Shape, Sphere
from iceball.tissue import TARGET, Anatomy, Structure

TISSUES = {0: "air", 1: "fat", 2: "bone_cortical", 3: "gas", 4: "tumour", 5: "lung_aerated"}
AIR, FAT, BONE, GAS, TUMOUR, LUNG = TISSUES


class Body:
    """An upright cylinder (elliptical in the axial plane) of fat in air, centred on the origin, to plant things in."""

    def __init__(
        self, *, half_mm: tuple[float, float] = (160, 110), spacing_mm: float = 4.0, air_mm: float = 16
    ) -> None:
        side, front = half_mm
        self.grid = Grid.box((-side - air_mm, -front - air_mm, -80), (side + air_mm, front + air_mm, 80), spacing_mm)
        self.at = self.grid.centres_mm()
        inside = (self.at[..., 0] / side) ** 2 + (self.at[..., 1] / front) ** 2 <= 1
        self.labels = np.where(inside, FAT, AIR).astype(np.uint8)
        self.structures: dict[str, Structure] = {}

    def plant(self, where: np.ndarray, label: int) -> Body:
        """Put a tissue into the body."""
        self.labels[where & (self.labels != AIR)] = label
        return self

    def ball(self, centre: tuple[float, float, float], diameter: float) -> np.ndarray:
        return np.linalg.norm(self.at - np.array(centre), axis=-1) <= diameter / 2

    def draw(self, name: str, shape: Shape | np.ndarray) -> Body:
        """Name a structure."""
        if isinstance(shape, np.ndarray):
            shape = Mask(Volume(self.grid, shape.astype(np.uint8), "mask"))
        self.structures[name] = Structure(name, shape, "phantom")
        return self

    def target(self, centre: tuple[float, float, float], diameter: float) -> Body:
        self.plant(self.ball(centre, diameter), TUMOUR)
        return self.draw(TARGET, Sphere(centre, diameter))

    def anatomy(self, organ: str = "kidney", position: str = "") -> Anatomy:
        """The patient."""
        image = Volume(
            self.grid, np.zeros(self.grid.shape, np.int16), "HU", Header(modality="CT", patient_position=position)
        )
        labels = Volume(self.grid, self.labels.copy(), "label")
        return Anatomy(image, labels, TISSUES, self.structures, organ=organ)
