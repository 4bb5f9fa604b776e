"""What changes in a scene on its way: walls that do something else, flows that freeze shut, rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from iceball.solve.checkpoint import Checkpoint
from iceball.solve.films import turn
from iceball.solve.laying import lay_out
from iceball.solve.needle import sinks
from iceball.solve.relabel import relabelled
from iceball.solve.run import Run
from iceball.solve.scene import Scene
from iceball.solve.step import Step
from iceball.solve.wall_clock import Rims
from iceball.solve.watch import StopWhen, Watch

AFTER_SWITCH_S = 0.25
"""Longest step after a needle or a wall is switched. With 1 s the cells beside a needle were seen to miss 0.2 K of
their minimum."""


class Changes:
    """Brings about what the scene says will change, and takes up where an interrupted run had come to."""

    def __init__(self, scene: Scene, stops: Sequence[StopWhen]) -> None:
        self.scene, self.stops = scene, stops

    def switch_walls(self, run: Run, time_s: float) -> None:
        """Let walls do what their schedule says from now on, if that is something else."""
        values, lay = run.walls.values(time_s), run.machine.lay
        if not np.array_equal(values, lay.wall_values):
            turn(lay, run.machine.rows, values, self.scene.body_c)
            run.march.walls_turned()
            run.march.dt = min(run.march.dt, AFTER_SWITCH_S)

    def frozen_s(self, run: Run, step: Step) -> NDArray[np.float64]:
        """When, in a step, each wall was frozen that closes then; infinite where it does not or has closed before."""
        if not run.walls.open:
            return np.full(len(self.scene.walls), np.inf)
        return np.where(np.isnan(run.walls.shut_s), run.rims.frozen_s(step), np.inf)

    def freeze_shut(self, run: Run, frozen: NDArray[np.bool_]) -> None:
        """Stop the flows of which a whole wall is frozen."""
        if frozen.any() and run.walls.shut(frozen, run.march.time_s):
            self.switch_walls(run, run.march.time_s)

    def obey(self, run: Run) -> None:
        """Let cells become what the scene's rules say."""
        march, record, lay = run.march, run.record, run.machine.lay
        before = np.array(lay.inner(lay.labels))
        labels, counts = relabelled(
            self.scene.rules, run.machine.rows, before, record.minimum.reshape(lay.shape), lay.inner(march.state)
        )
        if labels is None:
            return
        self._relabel(run, labels, march.time_s)
        record.translate(before, march.state, march.time_s)
        march.dt = min(march.dt, AFTER_SWITCH_S)
        run.became = [a + b for a, b in zip(run.became, counts, strict=True)]

    def resume(self, run: Run, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint."""
        run.walls.load(checkpoint.parts["walls"])
        if "rules" in checkpoint.parts:
            self._relabel(run, checkpoint.parts["rules"]["labels"], checkpoint.time_s)
            run.became = checkpoint.parts["rules"]["became"].tolist()
        self.switch_walls(run, checkpoint.time_s)
        run.load(checkpoint)

    def _relabel(self, run: Run, labels: NDArray[np.uint8], time_s: float) -> None:
        """Go on with other tissues in the same cells, given without a frame."""
        machine = run.machine
        scene = replace(self.scene, labels=np.where(self.scene.solved, labels, self.scene.labels))
        lay = lay_out(scene, machine.rows)
        turn(lay, machine.rows, run.walls.values(time_s), scene.body_c)
        run.march.take_up(lay, sinks(scene, lay, machine.rows))
        run.record.take_up(lay)
        run.watch = Watch(scene, self.stops, lay, machine.rows)
        run.rims = Rims(scene.walls, lay, machine.rows)
        run.curves.probing.take_up(lay)
