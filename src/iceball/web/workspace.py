"""A folder of cases, open for work: its cases, database, jobs and feed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, RLock

from starlette.requests import HTTPConnection

from iceball.errors import CaseError
from iceball.io.case import Case
from iceball.store import Audit, Database, Job, Jobs, Revisions
from iceball.web.answers import Missing
from iceball.web.events import Events
from iceball.web.jobs import KINDS
from iceball.web.jobs.crew import Crew
from iceball.web.judge import Judge
from iceball.web.lock import FolderLock
from iceball.web.patient import Patient, image_key, patient_key, stamp
from iceball.web.reader import Reader
from iceball.web.statuses import Statuses
from iceball.web.sweep import sweep
from iceball.web.watch import Watch

MOST_PATIENTS = 3
"""So many anatomies are kept in memory; each takes some ten bytes a voxel of its image."""


class Workspace:
    """One folder whose sub-folders with a case.toml are the cases; a case's id is its folder's name."""

    def __init__(
        self, folder: Path, *, kinds: Mapping[str, str] = KINDS, workers: int = 2, compile_first: bool = False
    ) -> None:
        """Open a workspace; `close` it.

        Args:
            folder: that holds the cases.
            kinds: of jobs, to the modules that do them.
            workers: so many processes do jobs.
            compile_first: whether the first of them compiles all kernels before any job is begun.

        Raises:
            CaseError: for what is no folder, is a case itself, or is served by someone else already.
        """
        if not folder.is_dir():
            raise CaseError("is no folder.", where=str(folder), remedy="Name the folder that holds your cases.")
        if (folder / "case.toml").is_file():
            raise CaseError(
                "is a case itself.",
                where=str(folder),
                remedy=f"Serve the folder that holds it: {folder.resolve().parent}.",
            )
        self.folder = folder.resolve()
        self._lock = FolderLock.take(self.folder / ".iceball")
        try:
            self.database = Database.open(self.folder / ".iceball" / "workbench.sqlite3")
        except BaseException:
            self._lock.release()
            raise
        self.revisions = Revisions(self.database)
        self.jobs = Jobs(self.database)
        self.audit = Audit(self.database)
        self.events = Events()
        self.crew = Crew(
            self.jobs,
            self.folder,
            self.events.publish,
            kinds=kinds,
            workers=workers,
            ended=self._write_down,
            compile_first=compile_first,
        )
        self.statuses = Statuses(self.folder / ".iceball" / "statuses.json")
        self._turn = Lock()
        self._turns: dict[str, RLock] = {}
        self._cases: dict[str, tuple[tuple[int, int, int], Case]] = {}
        self._images: dict[str, tuple[tuple[int, int, int], str]] = {}
        self._patients: OrderedDict[str, Patient] = OrderedDict()
        self._outlines: OrderedDict[str, Patient] = OrderedDict()
        self.reader = Reader(self)
        self.watch = Watch(self)
        self.judge = Judge(self)
        sweep(self.folder)

    def start(self) -> None:
        """Let the crew work, and see what other hands do."""
        self.crew.start()
        self.judge.start()
        self.watch.start()

    def _write_down(self, job: Job) -> None:
        self.audit.add(f"{job.kind} {job.state}", case=job.case, job=job.id, key=job.key, error=job.error)
        if (job.kind, job.state) == ("simulate", "done"):
            self.judge.look_at(job.case)

    def close(self) -> None:
        """Let the folder go."""
        self.events.end()
        self.watch.stop()
        self.judge.stop()
        self.reader.stop()
        self.crew.stop()
        self.database.close()
        self._lock.release()

    def names(self) -> tuple[str, ...]:
        """The ids of all cases."""
        return tuple(sorted(f.parent.name for f in self.folder.glob("[!.]*/case.toml")))

    def case_folder(self, name: str) -> Path:
        """Where a case of that id lies or would lie; raises Missing for a name that is none."""
        if not name or name.startswith(".") or "/" in name or "\\" in name or "\0" in name:
            raise Missing(f"'{name}' is no case's name.", where="case")
        return self.folder / name

    def case(self, name: str) -> Case:
        """The case of that id; raises Missing where there is none."""
        folder = self.case_folder(name)
        if not (folder / "case.toml").is_file():
            raise Missing(
                "is not here (any more).", where=f"case '{name}'", remedy="Reload the page to see the cases that are."
            )
        seen = stamp(folder / "case.toml")
        if name not in self._cases or self._cases[name][0] != seen:
            self._cases[name] = (seen, Case.open(folder))
        return self._cases[name][1]

    def is_open(self, name: str) -> bool:
        """Whether anybody asked for a case since this server began."""
        return name in self._cases

    def turn(self, name: str) -> RLock:
        """Whoever changes a case's files takes its turn."""
        with self._turn:
            return self._turns.setdefault(name, RLock())

    def image_key(self, name: str) -> str:
        """What the image of a case is."""
        case = self.case(name)
        seen = stamp(case.image_file)
        if name not in self._images or self._images[name][0] != seen or case.record.bench is not None:
            self._images[name] = (seen, image_key(case))
        return self._images[name][1]

    def patient_key(self, name: str) -> str:
        """What the patient of a case is known by: it changes with every file he is read from."""
        return f"{name}/{patient_key(self.case(name))}"

    def seen(self, name: str) -> Patient:
        """The patient as far as he can be seen at once: of a large image its outline while the rest is being read.

        Whoever has the page open is told (an event "case") when he is whole.
        """
        case, key = self.case(name), self.patient_key(name)
        if key in self._patients or not case.large:
            return self.patient(name)
        if not self.reader.begin(name):
            return self.patient(name)  # he was read meanwhile, or says what is wrong with him
        with self.turn(f"outline of {name}"):
            if key not in self._outlines:
                made = Patient(key, case.outline(), whole=False)
                with self._turn:
                    self._outlines[key] = made
                    while len(self._outlines) > MOST_PATIENTS:
                        self._outlines.popitem(last=False)
            return self._outlines[key]

    def patient(self, name: str, *, keep: bool = True) -> Patient:
        """The patient of a case; the last few are kept, unless this one is only glanced at."""
        case, key = self.case(name), self.patient_key(name)
        if not keep and key not in self._patients:
            return Patient(key, case.anatomy())
        with self.turn(f"patient of {name}"):
            if key not in self._patients:
                self.reader.tell_tissues(case)
                made = Patient(key, case.anatomy())
                with self._turn:
                    self._patients[key] = made
                    while len(self._patients) > MOST_PATIENTS:
                        self._patients.popitem(last=False)
            with self._turn:
                self._patients.move_to_end(key)
                return self._patients[key]


def workspace(request: HTTPConnection) -> Workspace:
    """The workspace that a request is about."""
    found = request.app.state.workspace
    assert isinstance(found, Workspace)
    return found
