"""Kill the server again and again, and look whether anything was lost. See problem.md."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from iceball.io.bench import new_bench_case
from iceball.io.case import Case
from iceball.store.revisions import as_text
from iceball.tissue.bench import Bench
from iceball.web.plans import tables_of

HERE = Path(__file__).resolve().parent
WORK = HERE / "work"
RECORD = WORK / "kills.jsonl"
ACKNOWLEDGED = WORK / "acknowledged.jsonl"
TIMES = 300
SEED = 20261122
WORKER_EVERY = 4
PAUSE_S = 0.4
WAIT_S = 60.0
COUNTS = ("lost", "half_written", "unsound", "jobs_not_once", "orphans")


@dataclass
class Known:
    """What the client knows: what was acknowledged, by revision, and what is on its way."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    last: str = ""
    on_its_way: str = ""
    changes: int = 0
    jobs: list[int] = field(default_factory=list)


class Server:
    """One server process on the folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), str(folder)],
            stdout=subprocess.PIPE,
            stderr=(WORK / "server.log").open("ab"),
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        self.client = httpx.Client(base_url=line.split()[2], timeout=WAIT_S, trust_env=False)

    def get(self, path: str) -> Any:
        """An answer, which must be a good one."""
        return self.client.get(f"/api{path}").raise_for_status().json()

    def workers(self) -> list[int]:
        """The worker processes."""
        return list(_until(lambda: self.get("/health")["workers"]))

    def kill(self) -> None:
        """End it as nothing can see coming."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def run(times: int = TIMES) -> dict[str, float]:
    """Kill until that many kills are on record; the counts over all of them."""
    rows = [json.loads(line) for line in RECORD.read_text().splitlines()] if RECORD.exists() else []
    if not rows:
        shutil.rmtree(WORK, ignore_errors=True)
        new_bench_case(WORK / "cases" / "block", Bench("kidney", 80, 37, 37))
    known = _remembered()
    dice = random.Random(f"{SEED}-{len(rows)}")
    running = [Server(WORK / "cases")]
    try:
        while len(rows) < times:
            row = one_kill(running, known, dice, len(rows))
            rows.append(row)
            with RECORD.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
            _remember(known)
            if any(row[name] for name in COUNTS):
                print(f"kill {len(rows)}: {row}", file=sys.stderr)
        rows[-1]["jobs_not_once"] += _finish_jobs(running[-1], known)
    finally:
        running[-1].kill()
    return {
        **{name: float(sum(row[name] for row in rows)) for name in COUNTS},
        "in_flight_share": sum(row["in_flight"] for row in rows) / len(rows),
        "kills": float(len(rows)),
        "worker_kills": float(sum(row["worker_killed"] for row in rows)),
        "changes": float(known.changes),
        "jobs": float(len(known.jobs)),
    }


def one_kill(running: list[Server], known: Known, dice: random.Random, n: int) -> dict[str, Any]:
    """Save, kill, start again and look; the row of what was found. The last of `running` is the new server."""
    server = running[-1]
    row: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    row |= {"n": n, "worker_killed": 0}
    if n % WORKER_EVERY == 0:
        row["worker_killed"], row["jobs_not_once"] = _kill_worker(server, known)
    known.jobs.append(len(known.jobs))
    _ask(server, known.jobs[-1])
    pids = server.workers()
    saver = threading.Thread(target=_save, args=(server, known))
    began = known.changes
    saver.start()
    _until(lambda: known.changes > began)
    time.sleep(dice.uniform(0, PAUSE_S))
    server.kill()
    row["in_flight"] = int(bool(known.on_its_way))
    saver.join()
    row["orphans"] = _alive_after(pids, 2.0)
    file = _file()
    row["half_written"] = int(file not in (known.last, known.on_its_way))

    server = Server(WORK / "cases")
    running.append(server)
    plan = as_text(server.get("/cases/block/plan")["plan"])
    row["half_written"] += int(plan != file)
    row["lost"] = int(plan not in (known.last, known.on_its_way)) + _missing(known)
    row["unsound"] = int(not _sound()) + int(server.get("/audit?most=1")["broken_at"] is not None)
    known.last, known.on_its_way = plan, ""
    if n % 3 == 0:
        row["jobs_not_once"] += _finish_jobs(server, known)
    return row


def _save(server: Server, known: Known) -> None:
    """Change the plan without a pause until the server is gone."""
    with suppress(httpx.HTTPError):
        told = server.get("/cases/block/plan")
        document, revision = told["plan"], told["revision"]
        x, y, z = document["probes"][0]["tip_mm"]
        while True:
            step = known.changes % 7 - 3
            needle = {**document["probes"][0], "tip_mm": [x, y, z + 0.1 * step]}
            changed = {**document, "probes": [needle], "reason": f"change {known.changes}", "review": "edited"}
            known.on_its_way = as_text(changed)
            answer = server.client.put(
                "/api/cases/block/plan",
                json={"plan": changed, "what": f"Change {known.changes}"},
                headers={"If-Match": f'"{revision}"'},
            )
            revision = answer.raise_for_status().json()["revision"]
            known.acknowledged[revision] = known.last = as_text(changed)
            known.on_its_way = ""
            known.changes += 1


def _file() -> str:
    """The plan as it lies on the disk; "" where it is none."""
    try:
        return as_text(tables_of(Case.open(WORK / "cases" / "block").plan()))
    except Exception as fault:  # whatever it is, the file is not a whole plan
        print(f"plan.toml: {fault}", file=sys.stderr)
        return ""


def _rows(statement: str) -> list[Any]:
    file = WORK / "cases" / ".iceball" / "workbench.sqlite3"
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=WAIT_S)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def _missing(known: Known) -> int:
    """Acknowledged revisions that are not in the database as they were acknowledged."""
    there = dict(_rows("SELECT number, document FROM revisions"))
    return sum(there.get(number) != document for number, document in known.acknowledged.items())


def _sound() -> bool:
    return _rows("PRAGMA integrity_check") == [("ok",)]


def _ask(server: Server, n: int) -> int:
    asked = {"kind": "count", "options": {"n": n}}
    return int(server.client.post("/api/cases/block/jobs", json=asked).raise_for_status().json()["id"])


def _kill_worker(server: Server, known: Known) -> tuple[int, int]:
    """Kill all workers in the middle of a job: how many times that was done, and whether the job was not done once."""
    n = len(known.jobs)
    known.jobs.append(n)
    number = _ask(server, n)
    _until(lambda: server.get(f"/jobs/{number}")["fraction"] > 0)
    for pid in server.workers():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    ended = _until(
        lambda: job if (job := server.get(f"/jobs/{number}"))["state"] not in ("queued", "running") else None
    )
    return int(ended["attempts"] > 1), int(ended["state"] != "done" or ended["result"] != {"n": n})


def _finish_jobs(server: Server, known: Known) -> int:
    """Wait for all jobs; how many are not exactly one row that is done with the right result."""
    _until(lambda: not _rows("SELECT 1 FROM jobs WHERE state IN ('queued', 'running')"))
    done: dict[str, list[str]] = {}
    for key, result in _rows("SELECT key, result FROM jobs WHERE state = 'done' AND current = 1"):
        done.setdefault(key, []).append(result)
    wrong = [n for n in known.jobs if done.get(f"count {n}") != [as_text({"n": n})]]
    wrong += [n for n in known.jobs if not (WORK / "cases" / "block" / f"counted-{n}.txt").is_file()]
    return len(set(wrong))


def _alive_after(pids: list[int], seconds: float) -> int:
    end = time.monotonic() + seconds
    while (alive := sum(map(_lives, pids))) and time.monotonic() < end:
        time.sleep(0.02)
    return alive


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _until(true: Any) -> Any:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise TimeoutError("the server did not come so far")


def _remember(known: Known) -> None:
    """Keep what the client knows, so that the proof goes on where it stopped."""
    ACKNOWLEDGED.write_text(json.dumps(known.__dict__))


def _remembered() -> Known:
    if not ACKNOWLEDGED.exists():
        return Known()
    kept = json.loads(ACKNOWLEDGED.read_text())
    return Known(**{**kept, "acknowledged": {int(n): text for n, text in kept["acknowledged"].items()}})


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--times", type=int, default=TIMES)
    for name, value in run(words.parse_args().times).items():
        print(f"{name:16s} {value:g}")
