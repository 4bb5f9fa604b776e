"""The spread of a prediction: the same plan run many times, each time with other tissue, needles, place and outline.

How it differs from `doubt`: doubt holds the range over four chosen runs and the grid's error, each bound on its own;
the spread draws everything that is not known at once and tells how often the numbers come out how.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from threading import Event, Lock

import numpy as np
from numpy.typing import NDArray

from iceball.assessment import Assessment, assess, assessment_key
from iceball.assessment.goals import Limit
from iceball.assessment.sensitivity import shares
from iceball.assessment.spread import (
    COLD_C,
    Band,
    Spread,
    band,
    chance,
    controlled,
    member_numbers,
    numbers_of,
    without,
)
from iceball.errors import SceneError, SolverError
from iceball.plan.compose import compose
from iceball.plan.drawn import Drawn, Floats, columns, drawn, sample, varied_scene
from iceball.plan.plan import Plan
from iceball.plan.predict import AFTER_BYTES, NOMINAL, WIDEST_MM, Prediction
from iceball.plan.treated import as_treated
from iceball.plan.varied import Varied, run_number
from iceball.solve import Simulation
from iceball.solve.control import Control
from iceball.solve.history import Result
from iceball.solve.memory import mixed_faces, must_fit, run_bytes
from iceball.solve.scene import Scene
from iceball.space.grown import Grown
from iceball.tissue import TARGET, Anatomy

SEED = 20261122
NEAR_MM = 20.0
"""Structures farther from the nominal ice have no band: no draw brings the ice to them."""
MOST_FAILED = 0.1
MATTERS = ("margins_mm.0.min", "margins_mm.-20.min", "volumes_ml.0", "coverage.-20")
Bits = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Member:
    """One run of an ensemble.

    Attributes:
        index: its row of the sample.
        numbers: as `assessment.spread.member_numbers`.
        values: per goal its value, None where it has none.
        met: per goal.
        cold: per cell whether it was ever at or below -20 °C.
        failed: why it could not be run; "" where it was.
    """

    index: int
    numbers: Mapping[str, float]
    values: tuple[float | None, ...]
    met: tuple[bool | None, ...]
    cold: Bits
    failed: str = ""


def spread(
    prediction: Prediction,
    verdict: Assessment,
    plan: Plan,
    anatomy: Anatomy,
    *,
    members: int | None = None,
    seed: int = SEED,
    spacing_mm: float | None = None,
    varied: Varied | None = None,
    workers: int | None = None,
    done: Mapping[int, Member] | None = None,
    keep: Callable[[Member], None] | None = None,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Spread:
    """Percentiles of every number, chances of the goals, and what matters most.

    Args:
        prediction: the plan's runs; members share the nominal one's box.
        verdict: its assessment, which the spread belongs to.
        plan, anatomy: what it was made from.
        members: how many runs; None for the data file's number. More members keep the earlier ones.
        seed: of the draws: the same seed gives the same spread, however many work on it.
        spacing_mm: of the members' cells, mm, never finer than the prediction's; None for the data file's.
        varied: how far each input is varied; None for the data file's.
        workers: how many runs go on at once, each on one core; None for all cores.
        done: members of an earlier call with the same arguments, by index; they are not run again.
        keep: called with each new member, one at a time.
        progress: called with the fraction done and a sentence.
        cancelled: asked now and then; True ends with a SolverError. What was kept serves the next call.

    Raises:
        PlanError: for an impossible number of members or seed.
        SceneError: if the memory cannot hold the runs.
        SolverError: if it was cancelled or more than a tenth of the members could not be run.
    """
    anatomy = as_treated(plan, anatomy)
    members = int(run_number("members").value) if members is None else members
    wanted = run_number("spacing_mm").value if spacing_mm is None else spacing_mm
    varied = varied or Varied.shipped(anatomy)
    points = sample(members, len(plan.probes), seed, spots=bool(plan.spots))
    conditions = prediction.conditions[NOMINAL]
    scene = compose(plan, anatomy, conditions=replace(conditions, spacing_mm=max(wanted, conditions.spacing_mm)))
    near = _near(verdict, plan, anatomy)
    workers = max(1, min(workers or os.cpu_count() or 1, members))
    _must_fit(scene, workers)
    stop = Event()

    def stopped() -> bool:
        return stop.is_set() or (cancelled is not None and cancelled())

    def made(index: int, draw: Drawn | None) -> Member:
        try:
            return _member(index, scene, plan, near, draw, stopped)
        except SceneError as problem:
            return Member(index, {}, (), (), np.zeros(scene.grid.shape, bool), str(problem))

    found = {i: m for i, m in (done or {}).items() if i < members and m.cold.shape == scene.grid.shape}
    left, lock = [i for i in range(members) if i not in found], Lock()

    def work(index: int) -> Member:
        member = made(index, drawn(points[index], len(plan.probes), varied, spots=bool(plan.spots)))
        with lock:
            found[index] = member
            if keep is not None:
                keep(member)
            if progress is not None:
                progress(len(found) / members, f"member {len(found)} of {members}")
        return member

    with ThreadPoolExecutor(workers) as pool:
        try:
            coarse = pool.submit(made, -1, None)
            for job in [pool.submit(work, i) for i in left]:
                job.result()
            nominal = coarse.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if nominal.failed:
        raise SolverError(f"the nominal run on coarse cells failed: {nominal.failed}", where="spread")
    ran = [found[i] for i in range(members) if not found[i].failed]
    if len(ran) < (1 - MOST_FAILED) * members:
        reason = next(m.failed for m in found.values() if m.failed)
        raise SolverError(
            f"{members - len(ran)} of {members} members could not be run: {reason}",
            where="spread",
            remedy="`iceball check` says what is wrong with the plan; `iceball report` shows the run without a spread.",
        )
    return _told(ran, nominal, verdict, plan, points, varied, seed, scene, belongs_to(prediction, plan, anatomy))


def belongs_to(prediction: Prediction, plan: Plan, anatomy: Anatomy) -> str:
    """A hash of the run, goals and structures that a spread is made for; how cell death is shown is no part of it."""
    return assessment_key(prediction.run_key, plan.goals, as_treated(plan, anatomy), needles=len(plan.probes))


def _near(verdict: Assessment, plan: Plan, anatomy: Anatomy) -> Anatomy:
    """The target, what a goal or a limit is about, and what lies near the nominal ice: the rest only takes time."""
    kept = {TARGET}
    for goal in plan.goals:
        if not isinstance(goal, Limit):
            name = goal.structure
            kept |= {n for n, s in anatomy.structures.items() if n == name or _belongs(s.name, name)}
    kept |= {s.name for s in verdict.structures if s.distance_to_0c_mm is None or s.distance_to_0c_mm <= NEAR_MM}
    kept |= {s.name for s in verdict.structures if s.limits}
    return replace(anatomy, structures={n: s for n, s in anatomy.structures.items() if n in kept})


def _belongs(name: str, group: str) -> bool:
    from iceball.tissue.organs import structures_in_group

    return bool(structures_in_group(group, (name,)))


def _member(
    index: int, scene: Scene, plan: Plan, anatomy: Anatomy, draw: Drawn | None, stopped: Callable[[], bool]
) -> Member:
    """One run and its assessment; without a draw the nominal one."""
    if stopped():
        raise SolverError("the spread was cancelled", where="spread", remedy="Type it again: what is done is kept.")
    if draw is not None:
        scene = varied_scene(scene, plan, draw)
        anatomy = redrawn(anatomy, draw)
    history = Simulation(scene, backend="cpu", threads=1, cancelled=stopped, control=Control.preview()).run()
    if history.result is not Result.finished:
        raise SolverError("the spread was cancelled", where="spread", remedy="Type it again: what is done is kept.")
    verdict = assess(history, plan.goals, anatomy, needles=len(plan.probes), kill=None)
    with np.errstate(invalid="ignore"):
        cold = np.asarray(history.minimum_c <= COLD_C)
    return Member(
        index,
        member_numbers(verdict),
        tuple(v.value for v in verdict.goals),
        # a core that stays warm, or a place where the image ends, forbids a goal whatever its number
        tuple(_forbidden(v.met, v.reason) for v in verdict.goals),
        cold,
    )


def _forbidden(met: bool | None, reason: str) -> bool | None:
    """True where the goal's number may decide; otherwise what decided instead of it."""
    return True if met or (met is False and not reason) else met


def redrawn(anatomy: Anatomy, draw: Drawn) -> Anatomy:
    """The same patient with the target's outline as drawn here; where nothing is drawn otherwise it is the same."""
    by, share = float(draw.mm("contour")[0]), float(draw.normal["slice"][0]) * draw.varied.slice_share
    if (by == 0 and share == 0) or not anatomy.target.shape.volume_ml > 0:
        return anatomy
    grid = (anatomy.before or anatomy).image.grid
    axis = max(range(3), key=lambda a: (round(grid.spacing_mm[a], 3), a))  # slices lie farthest apart
    x, y, z = (float(v) for v in grid.directions[:, axis] * grid.spacing_mm[axis] * share)
    return anatomy.with_structure(replace(anatomy.target, shape=Grown(anatomy.target.shape, by, (x, y, z))))


def _must_fit(scene: Scene, workers: int) -> None:
    cells = int(np.prod(scene.grid.shape))
    need = workers * run_bytes(cells, mixed_faces(scene.labels), fields=2 + len(scene.freeze_ends_s)) + AFTER_BYTES
    must_fit(
        need,
        shape=scene.grid.shape,
        spacing_mm=scene.grid.spacing_mm,
        where=f"the spread's spacing {scene.grid.spacing_mm[0]:g} mm",
        widest_mm=WIDEST_MM,
    )


def _told(
    ran: list[Member],
    coarse: Member,
    verdict: Assessment,
    plan: Plan,
    points: Floats,
    varied: Varied,
    seed: int,
    scene: Scene,
    made_for: str,
) -> Spread:
    """The members' numbers, freed of their cells, as bands and chances."""
    fine = numbers_of(verdict)
    values = {}
    for name in fine:
        # the nominal run says which numbers there are: a structure far away has none in the members
        if name in coarse.numbers or any(name in m.numbers for m in ran):
            worst = without(name)
            own = coarse.numbers.get(name, worst)
            values[name] = np.array(
                [controlled(name, m.numbers.get(name, worst), own, fine[name], body_c=scene.body_c) for m in ran]
            )
    goals, bands = [], []
    for n, goal in enumerate(verdict.goals):
        met, told = _goal(n, ran, coarse, verdict, plan, scene.body_c)
        goals.append(None if goal.met is None else chance(met))
        bands.append(told)
    taken = columns(len(plan.probes), spots=bool(plan.spots))
    columns_of = {n: part for n, part in taken.items() if varied.of(n) > 0 and part.stop > part.start}
    rows = points[[m.index for m in ran]]
    failed = len(points) - len(ran)
    return Spread(
        members=len(ran),
        seed=seed,
        spacing_mm=float(scene.grid.spacing_mm[0]),
        bands={name: band(v) for name, v in values.items()},
        goals=tuple(goals),
        goal_bands=tuple(bands),
        matters=shares(rows, columns_of, {n: values[n] for n in MATTERS if n in values}, seed=seed),
        inputs=asdict(varied),
        made_for=made_for,
        notes=_notes(failed, plan),
        grid=scene.grid,
        probability=np.mean([m.cold for m in ran], axis=0, dtype=np.float32),
    )


def _notes(failed: int, plan: Plan) -> tuple[str, ...]:
    left_out = f"{failed} members could not be run and are left out." if failed else ""
    held = "Pockets are as thick as planned in every member." if plan.pockets else ""
    spots = "Spots lie where they are planned in every member." if plan.spots else ""
    return tuple(said for said in (left_out, held, spots) if said)


def _goal(
    n: int, ran: list[Member], coarse: Member, verdict: Assessment, plan: Plan, body_c: float
) -> tuple[list[bool | None], Band | None]:
    """Per member whether a goal is met, judged on its freed value, and the band of that value."""
    goal, told = plan.goals[n], verdict.goals[n]
    kind = {"mm": "margins_mm", "fraction": "coverage", "°C": "min_temperature_c", "mL": "volumes_ml"}.get(told.unit)
    if kind is None or told.value is None or coarse.values[n] is None:
        return [m.met[n] for m in ran], None
    own, fine = float(coarse.values[n] or 0.0), told.value
    freed = [
        controlled(kind, without(kind) if m.values[n] is None else float(m.values[n] or 0.0), own, fine, body_c=body_c)
        for m in ran
    ]
    bars = {"cover": "margin_mm" if told.unit == "mm" else "fraction", "spare": "above", "limit": "at_most"}
    bar = {**bars, "treat": "fraction"}[goal.kind]
    limit = float(getattr(goal, bar))
    reached = [v <= limit if goal.kind == "limit" else v >= limit for v in freed]
    return [m.met[n] and ok if m.met[n] is not None else None for m, ok in zip(ran, reached, strict=True)], band(freed)
