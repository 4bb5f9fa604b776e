"""Results on disk: `runs/<run-key>/` holds the histories, the assessment and the report of one prediction."""

from __future__ import annotations

import io as memory
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import iceball
from iceball.assessment.stopping import Stop
from iceball.errors import CaseError, StaleError
from iceball.io.case import Case
from iceball.io.text import from_table, read_json, whole_folder, write_json, write_whole
from iceball.plan.compose import Conditions, compose
from iceball.plan.plan import Plan, Stage
from iceball.plan.predict import Prediction
from iceball.plan.treated import moves_said
from iceball.solve import History
from iceball.solve.history import HeatBalance, Result, StoppedToSpare
from iceball.tissue import Anatomy

FIELDS = ("minimum_c", "final_c", "first_frozen_s", "cycles_frozen", "cooling_rate", "sensor_times_s")


@dataclass(frozen=True)
class Run:
    """One run folder."""

    folder: Path

    @property
    def key(self) -> str:
        """The run key."""
        return self.folder.name

    @property
    def assessment_file(self) -> Path:
        """Where its assessment lies."""
        return self.folder / "assessment.json"

    @property
    def stops_file(self) -> Path:
        """Where its latest safe stops lie."""
        return self.folder / "stops.json"

    @property
    def plan_file(self) -> Path:
        """Where the plan lies that its assessment was made for."""
        return self.folder / "plan.toml"

    @property
    def told_file(self) -> Path:
        """Where the words and curves of its assessment lie, as a page shows them."""
        return self.folder / "told.json"

    def verdict_folder(self, assessment_key: str) -> Path:
        """Where the assessment of that key is kept, so that a goal that is taken back finds its verdict again."""
        return self.folder / "verdicts" / assessment_key[:16]

    @property
    def report_file(self) -> Path:
        """Where its report lies."""
        return self.folder / "report.html"


def save_prediction(case: Case, prediction: Prediction, *, stage: Stage = "planned") -> Run:
    """Write every history of a prediction; the run's folder appears whole or not at all."""
    table: dict[str, Any] = {"run_key": prediction.run_key, "stage": stage, "histories": {}}
    with whole_folder(case.runs / prediction.run_key) as folder:
        for name, history in prediction.histories.items():
            write_whole(folder / f"{name}.npz", _arrays(history))
            table["histories"][name] = {
                "scene_key": history.scene.key(),
                "conditions": asdict(prediction.conditions[name]),
                "heat": asdict(history.heat),
                "outer_drift_k": history.outer_drift_k,
                "result": _ended(history.result),
                "stats": dict(history.stats),
                "made_by": dict(history.made_by),
                "notes": list(history.notes),
                "doubt": {unit: dict(widths) for unit, widths in history.doubt.items()},
            }
        write_json(folder / "run.json", table)
    return Run(case.runs / prediction.run_key)


def latest_run(case: Case, *, stage: Stage = "planned") -> Run:
    """The newest finished run of a case, as planned or as placed."""
    done = sorted(case.runs.glob("*/run.json"), key=lambda p: p.stat().st_mtime) if case.runs.is_dir() else []
    done = [one for one in done if read_json(one).get("stage", "planned") == stage]
    if not done:
        option = " --as-placed" if stage == "as placed" else ""
        raise CaseError(
            f"has no finished run{' AS PLACED' if option else ''}.",
            where=str(case.folder),
            remedy=f"Type `iceball simulate {shlex.quote(str(case.folder))}{option}`.",
        )
    return Run(done[-1].parent)


def load_prediction(run: Run, plan: Plan, anatomy: Anatomy) -> Prediction:
    """Read a run back for the plan and anatomy it was made from.

    Raises:
        StaleError: if plan, images or version changed since.
    """
    table = read_json(run.folder / "run.json")
    histories: dict[str, History] = {}
    conditions: dict[str, Conditions] = {}
    for name, record in table["histories"].items():
        conditions[name] = from_table(record["conditions"], Conditions, where=f"run.json: {name}")
        scene = compose(plan, anatomy, conditions=conditions[name])
        if scene.key() != record["scene_key"] or not same_patient(record["made_by"], plan, conditions[name]):
            raise StaleError(
                "was made from another plan, image, data or version of Iceball: it is STALE.",
                where=str(run.folder),
                remedy="Simulate again.",
            )
        with np.load(run.folder / f"{name}.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        histories[name] = History(
            scene=scene,
            **{key: arrays[key] for key in FIELDS},
            end_of_freeze_c=_numbered(arrays, "end_of_freeze"),
            time_below_s=_named(arrays, "time_below"),
            sensors_c=_named(arrays, "sensor"),
            needle_watts=dict(zip(plan.name_of, _numbered(arrays, "watts"), strict=True)),
            heat=HeatBalance(**record["heat"]),
            outer_drift_k=record["outer_drift_k"],
            result=_result(record["result"]),
            kept={float(time_s): field for time_s, field in _named(arrays, "kept").items()},
            stats=record["stats"],
            made_by=record["made_by"],
            notes=tuple(record["notes"]),
            doubt=record.get("doubt", {}),
        )
    return Prediction(histories, conditions)


def same_patient(made_by: dict[str, Any], plan: Plan, conditions: Conditions) -> bool:
    """Whether a history of that scene was made by this version, and with the very pockets of the plan."""
    moved = moves_said(plan, thin=conditions.thin)
    return bool(made_by["version"] == iceball.__version__ and made_by.get("moved", "") == moved)


VERDICT = ("plan.toml", "told.json", "assessment.json")
"""What a verdict consists of; the assessment last, since it says whose it is."""
MOST_VERDICTS = 8


def keep_verdict(run: Run, assessment_key: str) -> None:
    """Keep the verdict that lies beside a run under its key; the oldest of many go."""
    with whole_folder(run.verdict_folder(assessment_key)) as folder:
        for name in VERDICT:
            write_whole(folder / name, (run.folder / name).read_bytes())
    kept = sorted((run.folder / "verdicts").glob("[!.]*"), key=lambda p: -p.stat().st_mtime_ns)
    for old in kept[MOST_VERDICTS:]:
        shutil.rmtree(old, ignore_errors=True)


def recall_verdict(run: Run, assessment_key: str) -> bool:
    """Put a verdict that was kept beside its run again; False where none of that key was kept."""
    folder = run.verdict_folder(assessment_key)
    if not all((folder / name).is_file() for name in VERDICT):
        return False
    if read_json(folder / "assessment.json")["made_by"]["assessment_key"] != assessment_key:
        return False
    for name in VERDICT:
        write_whole(run.folder / name, (folder / name).read_bytes())
    return True


def save_stops(run: Run, key: str, stops: Sequence[Stop]) -> None:
    """Write the latest safe stops of a run, with the key of what they are bound to."""
    write_json(run.stops_file, {"key": key, "stops": [asdict(s) for s in stops]})


def load_stops(run: Run, key: str) -> tuple[Stop, ...] | None:
    """The stored stops; None where there are none for this key."""
    if not run.stops_file.is_file():
        return None
    table = read_json(run.stops_file)
    if table.get("key") != key:
        return None
    return tuple(from_table(s, Stop, where="stops.json") for s in table["stops"])


def _ended(result: Result | StoppedToSpare) -> str | dict[str, Any]:
    """How a run ended: its name, or what spared which region and when."""
    return asdict(result) if isinstance(result, StoppedToSpare) else result.name


def _result(told: str | dict[str, Any]) -> Result | StoppedToSpare:
    """The end of a run from what `_ended` made of it."""
    where = "run.json: result"
    if isinstance(told, dict):
        return from_table(told, StoppedToSpare, where=where)
    if told not in Result.__members__:
        raise CaseError(f"a run does not end '{told}'", where=where, remedy="Simulate again.")
    return Result[told]


def _arrays(history: History) -> bytes:
    arrays: dict[str, Any] = {name: getattr(history, name) for name in FIELDS}
    arrays |= {f"end_of_freeze/{i}": a for i, a in enumerate(history.end_of_freeze_c)}
    arrays |= {f"time_below/{k}": a for k, a in history.time_below_s.items()}
    arrays |= {f"kept/{time_s!r}": a for time_s, a in history.kept.items()}
    arrays |= {f"sensor/{k}": a for k, a in history.sensors_c.items()}
    # By number, not by name: a needle may be called something else without a new run.
    arrays |= {f"watts/{i}": a for i, a in enumerate(history.needle_watts.values())}
    buffer = memory.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _named(arrays: dict[str, Any], group: str) -> dict[str, Any]:
    return {key.split("/", 1)[1]: value for key, value in arrays.items() if key.startswith(f"{group}/")}


def _numbered(arrays: dict[str, Any], group: str) -> tuple[Any, ...]:
    named = _named(arrays, group)
    return tuple(named[str(i)] for i in range(len(named)))
