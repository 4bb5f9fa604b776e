"""Draw the slice through the middle of every example: tissue, target, and where it came to 0, -20 and -40 °C.

`python examples/gallery.py` writes docs/_static/gallery.png.
"""

import runpy
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patheffects import Normal, Stroke

import iceball as ib
from iceball.plan.treated import as_treated
from iceball.space import Grid
from iceball.tissue.packs import pack

HERE = Path(__file__).parent
COLOURS = {0: "#d55e00", -20: "#0072b2", -40: "#000000"}


def slice_at(grid: Grid, values: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The x-y slice nearest to z = 0, as rows of y, and the centres along both."""
    k = int(np.argmin(np.abs(grid.origin_mm[2] + grid.spacing_mm[2] * np.arange(grid.shape[2]))))
    along = [grid.origin_mm[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in (0, 1)]
    return values[:, :, k].T, (along[0], along[1])


def draw(axes: plt.Axes, script: Path) -> None:
    """One example."""
    example = runpy.run_path(str(script))
    patient, plan = example["case"]()
    patient = as_treated(plan, patient)
    history = ib.simulate(plan, patient, spacing_mm=example["SPACING_MM"], doubt=False)
    grey, (x, y) = slice_at(patient.image.grid, patient.image.data)
    axes.pcolormesh(x, y, grey, cmap="gray", vmin=-300, vmax=300, shading="nearest", rasterized=True)
    inside, _ = slice_at(patient.image.grid, patient.target.shape.occupancy(patient.image.grid))
    axes.contour(x, y, inside, levels=[0.5], colors="#009e73", linewidths=1.2)
    coldest, (u, v) = slice_at(history.scene.grid, history.minimum_c)
    lines = axes.contour(
        u, v, coldest, levels=sorted(COLOURS), colors=[COLOURS[c] for c in sorted(COLOURS)], linewidths=1.2
    )
    lines.set_path_effects([Stroke(linewidth=2.2, foreground="white"), Normal()])
    for needle in plan.probes:
        (tip_x, tip_y, _), (entry_x, entry_y, _) = needle.tip_mm, needle.entry_mm
        axes.plot([entry_x, tip_x], [entry_y, tip_y], color="#cc79a7", linewidth=1.0)
    axes.set(xlim=(max(x[0], -60), min(x[-1], 60)), ylim=(y[-1], y[0]), aspect="equal", title=pack(patient.organ).label)
    axes.tick_params(labelsize=6)


def main(to: Path = HERE.parent / "docs" / "_static" / "gallery.png") -> None:
    """All examples on one sheet."""
    scripts = sorted(HERE.glob("[0-9]*.py"))
    figure, grid = plt.subplots(3, 4, figsize=(11, 8.2), constrained_layout=True)
    for axes, script in zip(grid.flat, scripts, strict=False):
        draw(axes, script)
    legend = grid.flat[len(scripts)]
    legend.axis("off")
    words = {"target": "#009e73", "needle": "#cc79a7"} | {f"{c} °C, coldest": COLOURS[c] for c in COLOURS}
    legend.legend(handles=[plt.Line2D([], [], color=c, label=w) for w, c in words.items()], loc="center", frameon=False)
    figure.suptitle("SYNTHETIC PHANTOMS, NO PATIENTS · research use only · mm, skin at 0, coarse cells", fontsize=9)
    figure.savefig(to, dpi=90, metadata={"Software": ""})


if __name__ == "__main__":
    main()
