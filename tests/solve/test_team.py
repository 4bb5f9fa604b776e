"""Work shared among threads: every row once, no answer but the rows' own, and no waiting for those who come late."""

import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from iceball.solve import team as room
from iceball.solve.team import Team, available


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", [0, 1, 3, 1000])
def test_every_row_is_worked_on_exactly_once(threads: int, size: int) -> None:
    rows = np.arange(100, 100 + size)
    seen: list[int] = []
    team = Team(threads, 10**6)
    for _ in range(20):
        seen.clear()
        team.run(lambda part: seen.extend(part.tolist()), rows)
        assert Counter(seen) == Counter(rows.tolist())
    team.close()


def test_all_work_is_done_when_the_call_returns_and_more_than_one_thread_did_it() -> None:
    workers: set[int] = set()
    marks = np.zeros(64)

    def slowly(part: np.ndarray) -> None:
        workers.add(threading.get_ident())
        time.sleep(0.002)
        marks[part] += 1

    team = Team(3, 10**6)
    for n in range(1, 6):
        team.run(slowly, np.arange(64))
        assert (marks == n).all()
    team.close()
    assert len(workers) == 3


def test_a_fault_in_any_piece_comes_out_and_the_team_goes_on() -> None:
    def faulty(part: np.ndarray) -> None:
        time.sleep(0.001)
        if 50 in part:
            raise ValueError("row 50")

    team = Team(2, 10**6)
    for _ in range(5):
        with pytest.raises(ValueError, match="row 50"):
            team.run(faulty, np.arange(100))
    done: list[int] = []
    team.run(lambda part: done.append(part.size), np.arange(7))
    assert sum(done) == 7
    team.close()


def test_nobody_waits_for_a_helper_that_comes_when_the_work_is_done() -> None:
    team = Team(2, 10**6)
    held = threading.Event()
    both_at_work = threading.Barrier(3)

    def hold(part: np.ndarray) -> None:
        both_at_work.wait(5)
        held.wait(5)

    late = threading.Thread(target=team.run, args=(hold, np.arange(2)))
    late.start()  # another caller keeps the helper busy
    both_at_work.wait(5)
    start = time.perf_counter()
    team.run(lambda part: None, np.arange(100))
    waited = time.perf_counter() - start
    held.set()
    late.join()
    team.close()
    assert waited < 1.0


def test_threads_end_with_the_team() -> None:
    before = set(threading.enumerate())
    teams = [Team(3, 10**6) for _ in range(4)]
    own = set(threading.enumerate()) - before
    assert len(own) == 8
    for team in teams:
        team.run(lambda part: None, np.arange(10))
        team.close()
    for thread in own:
        thread.join(5)
    assert not any(thread.is_alive() for thread in own)


def test_waiting_threads_use_no_time_of_the_processor() -> None:
    team = Team(4, 10**6)
    team.run(lambda part: None, np.arange(10))
    start = time.process_time()
    time.sleep(0.3)
    used = time.process_time() - start
    team.close()
    assert used < 0.03


@pytest.mark.parametrize(
    ("told", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8), ("?", 8)]
)
def test_a_container_that_allows_less_gets_fewer_threads(
    told: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(told)
    monkeypatch.setattr(room, "ALLOWED", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert available() == cores
