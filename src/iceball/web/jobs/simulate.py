"""The job `simulate`: the nominal run first, shown as soon as it is there; then its bounds, its doubt, its assessment.

It is the same as `iceball simulate` and `iceball assess`: the same functions, run key, bits and files.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, cast

from iceball.assessment import assess
from iceball.desk.desk import DEFAULT_SPACING_MM
from iceball.io.case import Case
from iceball.io.runs import save_prediction
from iceball.io.text import must_write
from iceball.plan.affected import run_part
from iceball.plan.compose import Conditions
from iceball.plan.judge import check_goals
from iceball.plan.plan import Plan
from iceball.plan.predict import predict, simulate
from iceball.solve import History, Result
from iceball.solve.moments import Moments
from iceball.web.gauge import Beside, Gauge
from iceball.web.jobs.task import Cancelled, Task
from iceball.web.patient import Patient
from iceball.web.shown import Film, Shown, forget_nominal, moments_s, nominal_folder, save_shown
from iceball.web.strip import strip_of

DEFAULTS: dict[str, Any] = {"spacing_mm": DEFAULT_SPACING_MM, "backend": "auto", "hyperaemia": False}
FIRST = True
REPLACES = ("simulate", "assess")
"""Such work on an older plan is let go."""
NOMINAL_SHARE = 0.25
"""Of the whole work, as the page is told."""


def key(plan: Plan, patient: Patient, options: dict[str, Any]) -> str:
    """Changes with everything that the runs or their assessment depend on."""
    conditions = Conditions(spacing_mm=float(options["spacing_mm"]), hyperaemia=bool(options["hyperaemia"]))
    scene, verdict = patient.scenes.scene_key(plan, conditions), patient.scenes.keys(plan).assessment
    what = (scene, run_part(plan), verdict, sorted(options.items()))
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def there(case: Case, result: dict[str, Any]) -> bool:
    """Whether the run that a job made is still there."""
    return (case.runs / str(result["run"]) / "run.json").is_file()


def run(task: Task) -> dict[str, Any]:
    """Simulate and assess the plan; the nominal part is shown long before the rest is there."""
    case, plan, anatomy = task.case, task.plan, task.desk.anatomy
    check_goals(plan, anatomy)
    must_write(case.runs)
    spacing_mm, backend = float(task.options["spacing_mm"]), cast(Any, task.options["backend"])
    hyperaemia = bool(task.options["hyperaemia"])
    film = Film()
    moments = None if backend in ("gpu", "reference") else Moments(moments_s(plan.duration_s), film.take)
    nominal = simulate(
        plan,
        anatomy,
        conditions=Conditions(spacing_mm=spacing_mm, hyperaemia=hyperaemia),
        backend=backend,
        progress=lambda share, text: task.tell(NOMINAL_SHARE * share, text),
        cancelled=task.cancelled,
        doubt=False,
        moments=moments,
    )
    _must_have_finished(task, nominal)
    shown = _show_nominal(task, nominal, film)
    try:
        return _whole(task, nominal, shown)
    except Cancelled:
        forget_nominal(case, str(nominal.made_by["run_key"]))  # nobody makes its bounds any more
        raise


def _whole(task: Task, nominal: History, shown: Shown) -> dict[str, Any]:
    """The bounds, the doubt and the assessment, kept with the nominal run."""
    case, plan, anatomy = task.case, task.plan, task.desk.anatomy
    spacing_mm, backend = float(task.options["spacing_mm"]), cast(Any, task.options["backend"])
    prediction = predict(
        plan,
        anatomy,
        spacing_mm=spacing_mm,
        backend=backend,
        hyperaemia=bool(task.options["hyperaemia"]),
        progress=lambda share, text: task.tell(NOMINAL_SHARE + (0.95 - NOMINAL_SHARE) * share, text),
        nominal=nominal,
        cancelled=task.cancelled,
    )
    task.go_on()
    made = save_prediction(case, prediction, stage=plan.stage)
    shown.move_to(made.folder)
    forget_nominal(case, made.key)
    task.tell(0.97, "assessing")
    verdict = task.desk.judge(prediction, made)
    ended = {name: history.result.value for name, history in prediction.histories.items()}
    return {"run": made.key, "ended": ended, "status": verdict.status}


def _must_have_finished(task: Task, history: History) -> None:
    task.go_on()
    if history.result is Result.stopped_early:
        raise Cancelled


def _show_nominal(task: Task, nominal: History, film: Film) -> Shown:
    """Put what the nominal run says before the page: ice and strip at once, its assessment when that is made."""
    case, plan, anatomy = task.case, task.plan, task.desk.anatomy
    made_by, flags = nominal.made_by, case.record.flags
    forget_nominal(case)  # of an older plan
    first = Gauge(nominal, anatomy, Beside.of_patient(anatomy), plan.limits).strip(nominal.minimum_c)
    shown = save_shown(
        nominal_folder(case, str(made_by["run_key"])),
        nominal,
        film.boxes,
        strip=replace(first, flags=flags).as_json(),
        version=str(made_by["version"]),
        scene_key=nominal.scene.key(),
        reach_mm=float(made_by["reach_mm"]),
        hyperaemia=bool(task.options["hyperaemia"]),
        cells_mm=float(task.options["spacing_mm"]),
    )
    task.publish({"type": "results", "case": task.desk_folder.name})
    verdict = assess(nominal, plan.goals, anatomy, needles=len(plan.probes), kill=None, limits=plan.limits)
    shown.with_verdict(nominal, verdict, strip=strip_of(verdict, flags=flags).as_json())
    task.publish({"type": "results", "case": task.desk_folder.name})
    return shown
