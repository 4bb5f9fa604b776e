"""Implicit steps in FiPy: finite volumes, conjugate gradients, the properties followed by Picard sweeps."""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

import os

os.environ.setdefault("FIPY_SOLVERS", "scipy")

import numpy as np
import problem as p
from fipy import CellVariable, DiffusionTerm, FaceVariable, Grid3D, ImplicitSourceTerm, TransientTerm
from fipy.solvers import JacobiPreconditioner, LinearCGSolver

HOLD = 1e9
"""W/m3/K with which a node is tied to a temperature."""


class FipyImplicit:
    """Backward Euler; needles and outermost nodes are tied to their temperature."""

    name, explicit, compiles_lengths = "FiPy (implicit, conjugate gradients)", False, False

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        n, dx = block.n, block.spacing_mm * 1e-3
        mesh = Grid3D(nx=n, ny=n, nz=n, dx=dx, dy=dx, dz=dx)
        self.shape = (n, n, n)
        self.t = CellVariable(mesh=mesh, value=_flat(celsius), hasOld=True)
        self.c, self.k = CellVariable(mesh=mesh, value=1.0), CellVariable(mesh=mesh, value=1.0)
        self.tie, self.blood = CellVariable(mesh=mesh, value=0.0), CellVariable(mesh=mesh, value=0.0)
        self.source = CellVariable(mesh=mesh, value=0.0)
        self.face_k = FaceVariable(mesh=mesh, value=1.0)
        self.live = _flat(celsius) >= 0
        self.needles, self.edge = _flat(block.needles), _flat(block.edge)
        self.equation = TransientTerm(coeff=self.c, var=self.t) == (
            DiffusionTerm(coeff=self.face_k, var=self.t)
            - ImplicitSourceTerm(coeff=self.blood + self.tie, var=self.t)
            + self.source
        )
        self.solver = LinearCGSolver(
            tolerance=1e-4, criterion="initial", iterations=1000, precon=JacobiPreconditioner()
        )

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds."""
        for dt, wall in zip(dts, walls, strict=True):
            held = self.edge | self.needles if not np.isnan(wall) else self.edge
            at = np.where(self.edge, p.BODY_C, wall)
            self.t.updateOld()
            for _ in range(p.PICARD):
                now = self.t.value
                self.c.setValue(p.heat_capacity(now))
                self.k.setValue(p.conductivity(now))
                self.face_k.setValue(self.k.arithmeticFaceValue)
                self.blood.setValue(np.where(self.live, p.PERFUSION, 0.0))
                self.tie.setValue(np.where(held, HOLD, 0.0))
                warmth = np.where(self.live, p.PERFUSION * p.BODY_C + p.METABOLISM, 0.0)
                self.source.setValue(warmth + np.where(held, HOLD * np.where(held, at, 0.0), 0.0))
                self.equation.sweep(dt=float(dt), solver=self.solver)
            self.live &= self.t.value >= 0

    def celsius(self) -> p.Field:
        """The field now."""
        return self.t.value.reshape(self.shape, order="F")


def _flat(values: p.Field) -> p.Field:
    """FiPy counts x fastest."""
    return values.ravel(order="F")


if __name__ == "__main__":
    worker.main(FipyImplicit)
