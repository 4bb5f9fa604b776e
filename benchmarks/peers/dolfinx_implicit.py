"""Implicit steps in dolfinx 0.5.2 (Debian's): trilinear elements on hexahedra, conjugate gradients with Jacobi.

Runs in the system's Python, where Debian puts it.
"""

from __future__ import annotations

import worker  # isort: skip  (sets the threads before anything else is imported)

import numpy as np
import problem as p
import ufl
from dolfinx import fem, mesh
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc


class DolfinxImplicit:
    """Backward Euler with Picard sweeps; needles and the outermost nodes are Dirichlet nodes."""

    name, explicit, compiles_lengths = "dolfinx 0.5.2 (implicit, conjugate gradients)", False, False

    def __init__(self, block: p.Block, celsius: p.Field) -> None:
        n, reach = block.n, block.axis_mm[-1] * 1e-3
        corners = [np.full(3, -reach), np.full(3, reach)]
        domain = mesh.create_box(MPI.COMM_SELF, corners, [n - 1] * 3, mesh.CellType.hexahedron)
        space = fem.FunctionSpace(domain, ("Lagrange", 1))
        places = space.tabulate_dof_coordinates()
        self.at = tuple(np.rint((places + reach) / (block.spacing_mm * 1e-3)).astype(int).T)
        self.shape = (n, n, n)
        self.t, self.old, self.c, self.k, self.live = (fem.Function(space) for _ in range(5))
        self.t.x.array[:] = celsius[self.at]
        self.live.x.array[:] = celsius[self.at] >= 0
        self.dt = fem.Constant(domain, PETSc.ScalarType(1.0))
        self.edge = np.flatnonzero(block.edge[self.at]).astype(np.int32)
        self.needles = np.flatnonzero(block.needles[self.at]).astype(np.int32)
        trial, test = ufl.TrialFunction(space), ufl.TestFunction(space)
        blood = self.live * p.PERFUSION
        dx = ufl.dx(metadata={"quadrature_degree": 2})
        left = (self.c / self.dt + blood) * trial * test * dx
        left += self.k * ufl.inner(ufl.grad(trial), ufl.grad(test)) * dx
        right = (self.c / self.dt * self.old + blood * p.BODY_C + self.live * p.METABOLISM) * test * dx
        self.left, self.right = fem.form(left), fem.form(right)
        self.held = {wall: self._held(space, wall) for wall in (False, True)}
        self.matrix = petsc.create_matrix(self.left)
        self.vector = petsc.create_vector(self.right)
        self.solver = PETSc.KSP().create(MPI.COMM_SELF)
        self.solver.setOperators(self.matrix)
        self.solver.setType("cg")
        self.solver.getPC().setType("jacobi")
        self.solver.setTolerances(rtol=1e-6)
        self.solver.setInitialGuessNonzero(True)

    def _held(self, space, needles):
        """The body's temperature at the edge, and a needle's that is set before each step."""
        edge = fem.dirichletbc(PETSc.ScalarType(p.BODY_C), self.edge, space)
        if not needles:
            return [edge]
        self.wall = fem.Constant(space.mesh, PETSc.ScalarType(0.0))
        return [edge, fem.dirichletbc(self.wall, self.needles, space)]

    def advance(self, dts: p.Field, walls: p.Field) -> None:
        """Steps of `dts` seconds."""
        for dt, wall in zip(dts, walls, strict=True):
            on = not np.isnan(wall)
            held = self.held[on]
            self.wall.value = wall if on else 0.0
            self.dt.value = dt
            self.old.x.array[:] = self.t.x.array
            for _ in range(p.PICARD):
                now = self.t.x.array
                self.c.x.array[:] = p.heat_capacity(now)
                self.k.x.array[:] = p.conductivity(now)
                self.matrix.zeroEntries()
                petsc.assemble_matrix(self.matrix, self.left, bcs=held)
                self.matrix.assemble()
                with self.vector.localForm() as local:
                    local.set(0.0)
                petsc.assemble_vector(self.vector, self.right)
                petsc.apply_lifting(self.vector, [self.left], [held])
                petsc.set_bc(self.vector, held)
                self.solver.solve(self.vector, self.t.vector)
            self.live.x.array[:] *= self.t.x.array >= 0

    def celsius(self) -> p.Field:
        """The field now."""
        field = np.empty(self.shape)
        field[self.at] = self.t.x.array
        return field


if __name__ == "__main__":
    worker.main(DolfinxImplicit)
