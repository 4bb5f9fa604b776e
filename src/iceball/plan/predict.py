"""From a plan to its histories: the nominal run and the bounds that carry its doubt."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from typing import Literal, Protocol

import iceball
from iceball.assessment.numerical import numerical_doubt
from iceball.commit import commit
from iceball.errors import SceneError, SolverError
from iceball.plan.compose import Conditions, Flow, beyond_image, box_around, compose
from iceball.plan.lines import Bound
from iceball.plan.plan import Plan
from iceball.plan.pulled import moves_s, must_be_free_to_move
from iceball.plan.spray.spots import Film
from iceball.plan.treated import as_treated, thinned
from iceball.plan.warm.kept_warm import warm_notes
from iceball.solve import Bioheat, History, Keep, Result, Simulation
from iceball.solve.coarse import coarser
from iceball.solve.memory import history_bytes, must_fit, run_bytes
from iceball.solve.moments import Moments
from iceball.tissue import Anatomy

Progress = Callable[[float, str], None]
Backend = Literal["auto", "cpu", "reference"]
DRIFT_LIMIT_K = 0.5
ENLARGE_MM = 24.0  # whole cells at 1, 1.5, 2 and 3 mm: the wider grid holds the same cells
FACES_PER_MM = 0.2
"""Faces between two tissues, per cell and mm of its size, before the tissues are laid on the grid. The bundled kidney
has 0.138 at 0.5, 0.7 and 1.5 mm; the rest is room for others (assumed). A Simulation counts them."""
WIDEST_MM = 4.0
"""The coarsest cells that the shell takes."""
AFTER_BYTES = 450_000_000
"""What assessing and reporting load and draw after the runs: 385 MB. The whole `iceball run` of the bundled kidney took
628, 631 and 908 MB at 2, 1.5 and 1 mm, on two cores (measured on 2026-11-22); 670, 780 and 1190 are asked for."""

NOMINAL = "power_limited"
THIN = "thin_pocket"
"""The nominal run with every pocket as thin as it may become; only plans whose pockets thin have it."""
OF_NEEDLES: Mapping[str, tuple[Flow, Bound, Film]] = {"chart_like": ("nominal", "chart_like", "nominal")}
OF_SPOTS: Mapping[str, tuple[Flow, Bound, Film]] = {
    "low_h": ("nominal", "power_limited", "low"),
    "high_h": ("nominal", "power_limited", "high"),
}
OF_ALL: Mapping[str, tuple[Flow, Bound, Film]] = {
    "low_flow": ("low", "power_limited", "nominal"),
    "high_flow": ("high", "power_limited", "nominal"),
}


def variants_of(plan: Plan) -> dict[str, tuple[Flow, Bound, Film]]:
    """Name, flow, needle bound and heat transfer of surfaces of each run of a plan; the nominal one first."""
    needles, spots = OF_NEEDLES if plan.probes else {}, OF_SPOTS if plan.spots else {}
    return {NOMINAL: ("nominal", "power_limited", "nominal"), **needles, **spots, **OF_ALL}


@dataclass(frozen=True, eq=False)
class Prediction:
    """The nominal, power-limited history and those that bound it, with the conditions that made each."""

    histories: Mapping[str, History]
    conditions: Mapping[str, Conditions]

    @property
    def run_key(self) -> str:
        """The key of the run that goals are judged on."""
        return str(self.history.made_by["run_key"])

    @property
    def history(self) -> History:
        """The run that goals are judged on."""
        return self.histories[NOMINAL]


class Keyed(Protocol):
    """A scene, or its key alone."""

    def key(self) -> str:
        """A content hash."""


def run_key(scene: Keyed, *, bioheat: Bioheat | None = None, backend: str = "auto") -> str:
    """What a result is bound to: the scene, the terms that are on, the machine code and the version."""
    text = "|".join((scene.key(), repr(bioheat or Bioheat()), backend, iceball.__version__))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def simulate(
    plan: Plan,
    anatomy: Anatomy,
    *,
    spacing_mm: float = 1.0,
    conditions: Conditions | None = None,
    backend: Backend = "auto",
    threads: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    doubt: bool = True,
    moments: Moments | None = None,
) -> History:
    """What one plan does to one patient.

    The grid is enlarged once if the temperature beside an outer face moves by more than 0.5 K. A second run on cells
    twice as large then tells the numerical doubt.

    Args:
        plan: needles and protocol.
        anatomy: tissue labels and the target.
        spacing_mm: cell size; ignored if `conditions` is given.
        conditions: flow, needle bound, spacing and reach.
        backend: "auto", "cpu", "gpu" or "reference".
        threads: how many cores; None for all. The answer does not depend on it.
        progress: called with the fraction done and a sentence.
        cancelled: asked now and then; True ends the run early, and the history says so.
        doubt: whether to make the coarser run that tells the numerical doubt; `doubted` makes it later.
        moments: fields that are handed out on the way.

    Raises:
        PlanError, SceneError, SolverError: with what, where and what to do.
    """
    conditions = conditions or Conditions(spacing_mm=spacing_mm)
    anatomy = as_treated(thinned(plan) if conditions.thin else plan, anatomy)

    def run(chosen: Conditions) -> History:
        _must_fit(plan, anatomy, chosen)
        scene = compose(plan, anatomy, conditions=chosen)
        # needles that are drawn back must be free then, under the conditions that goals are judged on
        moves = moves_s(plan) if (chosen.flow, chosen.bound) == ("nominal", "power_limited") else ()
        simulation = Simulation(
            scene, backend=backend, threads=threads, progress=progress, cancelled=cancelled, keep=Keep(times_s=moves),
            moments=moments,
        )  # fmt: skip
        done = simulation.run()
        must_be_free_to_move(plan, done.kept, scene.grid)
        return _told(replace(done, kept={}), plan, anatomy, chosen, backend)

    history = run(conditions)
    first = history.outer_drift_k
    if first > DRIFT_LIMIT_K and anatomy.bench is None:  # the faces of a block are where its bath is
        history = run(replace(conditions, reach_mm=conditions.reach_mm + ENLARGE_MM))
        note = (
            f"The temperature at the edge of the simulated box moved by {first:.1f} K; the box was enlarged by "
            f"{ENLARGE_MM:g} mm, and it then moved by {history.outer_drift_k:.1f} K."
        )
        history = replace(history, notes=(*history.notes, note))
    return doubted(history, backend=backend, threads=threads, cancelled=cancelled) if doubt else history


def doubted(
    history: History,
    *,
    backend: Backend = "auto",
    threads: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> History:
    """The history with its numerical doubt, or with a note why there is none; one that was cancelled stays as it is."""
    if history.result is not Result.finished:
        return history
    try:
        coarse = Simulation(coarser(history.scene), backend=backend, threads=threads, cancelled=cancelled).run()
    except (SceneError, SolverError) as problem:
        note = f"The numerical doubt is unknown: on cells twice as large {problem}"
        return replace(history, notes=(*history.notes, note))
    if coarse.result is not Result.finished:
        return replace(history, notes=(*history.notes, "The numerical doubt is unknown: its run was cancelled."))
    stats = {**history.stats, "doubt_cell_updates": coarse.stats["cell_updates"]}
    return replace(history, doubt=numerical_doubt(history, coarse), stats=stats)


def _must_fit(
    plan: Plan, anatomy: Anatomy, conditions: Conditions, *, together: int = 1, kept: int = 0, after: int = 0
) -> None:
    """Refuse a grid that the memory cannot hold, before anything is allocated."""
    if not plan.is_empty:
        grid = box_around(plan, anatomy, conditions)
        cells = math.prod(grid.shape)
        faces = round(FACES_PER_MM * conditions.spacing_mm * cells)
        fields = 1 + len(plan.freeze_ends_s)
        need = together * run_bytes(cells, faces, fields=fields) + kept * history_bytes(cells, fields=fields) + after
        must_fit(
            need,
            shape=grid.shape,
            spacing_mm=grid.spacing_mm,
            where=f"spacing {conditions.spacing_mm:g} mm",
            widest_mm=WIDEST_MM,
        )


def _told(history: History, plan: Plan, anatomy: Anatomy, conditions: Conditions, backend: str) -> History:
    """The history with its conditions, its run key and how much of its box lies beyond the image."""
    notes = list(history.notes)
    outside = beyond_image(history.scene, anatomy)
    if outside > 0.001:
        notes.append(f"{outside:.0%} of the simulated box lies beyond the image: there its edge tissue continues.")
    notes += warm_notes(plan, anatomy, history.scene.grid)
    made_by = {
        **history.made_by,
        "commit": commit(),
        "run_key": run_key(history.scene, backend=backend),
        "flow": conditions.flow,
        "bound": conditions.bound,
        "reach_mm": conditions.reach_mm,
        "moved": anatomy.moved_words,
        **({"film": conditions.film} if conditions.film != "nominal" else {}),
        **({"hyperaemia": True} if conditions.hyperaemia else {}),
        **({"thin": True} if conditions.thin else {}),
    }
    return replace(history, notes=tuple(notes), made_by=made_by)


def predict(
    plan: Plan,
    anatomy: Anatomy,
    *,
    spacing_mm: float = 1.0,
    backend: Backend = "auto",
    hyperaemia: bool = False,
    progress: Progress | None = None,
    nominal: History | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Prediction:
    """The nominal run, its bounds, and low and high blood flow: goals are judged on the first.

    Of needles the bound is chart-like, of sprays and discs low and high heat transfer.

    Where a pocket of the plan may thin, a fifth run has it as thin as it may become.
    The nominal run carries its numerical doubt as well. `hyperaemia` gives the thawed rim more blood (assumed; see
    `Conditions`).
    The runs share the cores: several at once waits less for each other than one on all cores.

    Args:
        plan: needles, spots and protocol.
        anatomy: the patient.
        spacing_mm: cell size.
        backend: as for `simulate`.
        hyperaemia: as above.
        progress: called with the fraction done and a sentence.
        nominal: the nominal history where it was made already, without its doubt, of the same plan and spacing.
        cancelled: asked now and then; True ends all runs early, and their histories say so.

    Raises:
        SceneError: if `nominal` is of another scene.
        PlanError, SolverError: as for `simulate`.
    """
    cores = os.cpu_count() or 1
    anatomy = as_treated(plan, anatomy)
    asked = asked_for(plan, spacing_mm, hyperaemia)
    if nominal is not None:
        _must_be_of(nominal, plan, anatomy, asked[NOMINAL], backend)
    workers = min(cores, len(asked))
    _must_fit(plan, anatomy, Conditions(spacing_mm=spacing_mm), together=workers, kept=len(asked), after=AFTER_BYTES)
    stop, done = Event(), dict.fromkeys(asked, 0.0)

    def run(name: str) -> History:
        def told(fraction: float, text: str) -> None:
            done[name] = fraction
            if progress is not None:
                progress(sum(done.values()) / len(done), f"{name.replace('_', ' ')} {text}")

        def over() -> bool:
            return stop.is_set() or (cancelled is not None and cancelled())

        if name == NOMINAL and nominal is not None:
            made = doubted(nominal, backend=backend, threads=cores // workers, cancelled=over)
            told(1.0, "")
            return made
        return simulate(
            plan,
            anatomy,
            conditions=asked[name],
            backend=backend,
            threads=cores // workers,
            progress=told,
            cancelled=over,
            doubt=name == NOMINAL,
        )

    with ThreadPoolExecutor(workers) as pool:
        jobs = {name: pool.submit(run, name) for name in asked}
        try:
            histories = {name: job.result() for name, job in jobs.items()}
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    conditions = {
        name: replace(one, reach_mm=float(histories[name].made_by["reach_mm"])) for name, one in asked.items()
    }
    return Prediction(histories, conditions)


def _must_be_of(nominal: History, plan: Plan, anatomy: Anatomy, conditions: Conditions, backend: str) -> None:
    """Refuse a history that another plan, patient or machine has made."""
    reach_mm = float(nominal.made_by.get("reach_mm", conditions.reach_mm))
    scene = compose(plan, anatomy, conditions=replace(conditions, reach_mm=reach_mm))
    if nominal.made_by.get("run_key") != run_key(scene, backend=backend):
        raise SceneError("is of another plan, patient, spacing or version", where="predict.nominal")


def asked_for(plan: Plan, spacing_mm: float, hyperaemia: bool) -> dict[str, Conditions]:
    """The conditions of every run of a prediction."""
    asked = {
        name: Conditions(flow, bound, spacing_mm, hyperaemia=hyperaemia, film=film)
        for name, (flow, bound, film) in variants_of(plan).items()
    }
    if thinned(plan) is not plan:
        asked[THIN] = replace(asked[NOMINAL], thin=True)
    return asked


def variants(prediction: Prediction) -> Iterator[tuple[str, History]]:
    """Name and history of every run but the nominal one."""
    return ((name, history) for name, history in prediction.histories.items() if name != NOMINAL)
