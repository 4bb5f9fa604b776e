"""Every change of a plan is kept, and none is overwritten unseen."""

import errno
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from iceball.io.case import Case
from iceball.web import plans
from iceball.web.sweep import sweep
from iceball.web.workspace import Workspace

PLAN = "/api/cases/block/plan"


def read(client: TestClient) -> dict[str, Any]:
    answer = client.get(PLAN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["revision"]}"'
    return dict(answer.json())


def put(client: TestClient, document: dict[str, Any], made_from: int, what: str = "Moved") -> Any:
    return client.put(PLAN, json={"plan": document, "what": what}, headers={"If-Match": f'"{made_from}"'})


def moved(document: dict[str, Any], by_mm: float) -> dict[str, Any]:
    needle = document["probes"][0]
    x, y, z = needle["tip_mm"]
    return {**document, "probes": [{**needle, "tip_mm": [x + by_mm, y, z]}, *document["probes"][1:]]}


def step(client: TestClient, which: str, made_from: int) -> Any:
    return client.post(f"{PLAN}/{which}", headers={"If-Match": f'"{made_from}"'})


def test_a_change_is_a_revision_in_the_file_the_database_and_the_answer(client: TestClient, folder: Path) -> None:
    first = read(client)
    answer = put(client, moved(first["plan"], 1.0), 1)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["revision"], told["what"], told["can_undo"], told["can_redo"]) == (2, "Moved", True, False)
    assert told["plan"]["probes"][0]["tip_mm"][0] == first["plan"]["probes"][0]["tip_mm"][0] + 1.0
    assert plans.tables_of(Case.open(folder / "block").plan()) == told["plan"] == read(client)["plan"]
    assert told["run_key"] != first["run_key"]


def test_a_new_name_changes_neither_key_and_a_new_goal_only_that_of_the_assessment(client: TestClient) -> None:
    first = read(client)
    named = {**first["plan"], "probes": [{**first["plan"]["probes"][0], "name": "upper"}]}
    second = put(client, named, 1).json()
    assert (second["run_key"], second["assessment_key"]) == (first["run_key"], first["assessment_key"])
    goal = {"kind": "cover", "structure": "tumour", "below": -40.0, "margin_mm": 0.0}
    third = put(client, {**second["plan"], "goals": [*second["plan"]["goals"], goal]}, 2).json()
    assert third["run_key"] == first["run_key"]
    assert third["assessment_key"] != first["assessment_key"]


def test_undo_and_redo_live_through_a_restart_and_a_change_ends_redo(folder: Path) -> None:
    from iceball.web.app import create_app

    def server() -> tuple[Workspace, TestClient]:
        space = Workspace(folder, kinds={})
        return space, TestClient(create_app(space), base_url="http://127.0.0.1")

    space, client = server()
    first = read(client)["plan"]
    for n in (1, 2, 3):
        put(client, moved(first, float(n)), n)
    space.close()

    space, client = server()
    assert step(client, "undo", 4).json()["plan"] == moved(first, 2.0)
    assert step(client, "undo", 3).json()["plan"] == moved(first, 1.0)
    space.close()

    space, client = server()
    assert read(client)["can_redo"]
    assert step(client, "redo", 2).json()["plan"] == moved(first, 2.0)
    told = put(client, moved(first, 9.0), 3).json()
    assert (told["revision"], told["can_redo"]) == (5, False)
    assert step(client, "redo", 5).status_code == 422
    assert [step(client, "undo", n).json()["revision"] for n in (5, 3, 2)] == [3, 2, 1]
    assert step(client, "undo", 1).json()["error"]["what"] == "There is nothing to undo."
    assert read(client)["plan"] == first
    space.close()


def test_what_was_changed_elsewhere_is_told_and_not_overwritten(client: TestClient) -> None:
    first = read(client)["plan"]
    put(client, moved(first, 1.0), 1, "One tab")
    answer = put(client, {**moved(first, 2.0), "reason": "mine"}, 1, "The other")
    assert answer.status_code == 412
    told = answer.json()
    assert told["error"]["code"] == "conflict"
    assert told["current"]["plan"] == moved(first, 1.0) == read(client)["plan"]
    x = first["probes"][0]["tip_mm"][0]
    assert [(d["path"], d["yours"], d["theirs"]) for d in told["difference"] if d["path"] != "reason"] == [
        ("probes[0].tip_mm", [x + 2.0, *first["probes"][0]["tip_mm"][1:]], [x + 1.0, *first["probes"][0]["tip_mm"][1:]])
    ]
    assert step(client, "undo", 1).status_code == 412
    assert client.put(PLAN, json={"plan": first}).status_code == 428


def test_a_plan_that_is_saved_as_it_stands_makes_no_revision(client: TestClient) -> None:
    first = read(client)
    assert put(client, first["plan"], 1).json()["revision"] == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"prox": 1}, "prox"),
        ({"probes": [{"probe": "generic-17g-long", "tip_mm": [0, 0, 0], "entry_mm": [0, 0, 1]}]}, "Placement"),
        ({"protocol": {"steps": [{"kind": "boil", "duration_s": 1}]}}, "protocol"),
        ({"stage": "as placed"}, "stage"),
        ({"review": "starter"}, "review"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_place(client: TestClient, change: Any, where: str) -> None:
    first = read(client)
    answer = put(client, {**moved(first["plan"], 1), **change}, 1)
    assert answer.status_code == 422, answer.text
    assert where in answer.json()["error"]["where"]
    assert read(client) == first


def test_what_another_hand_writes_becomes_a_revision_and_nothing_of_it_is_lost(
    client: TestClient, folder: Path
) -> None:
    first = read(client)["plan"]
    file = folder / "block" / "plan.toml"
    file.write_text(file.read_text().replace('reason = "', 'reason = "By hand. '))
    late = put(client, moved(first, 1.0), 1)
    assert late.status_code == 412
    told = read(client)
    assert (told["revision"], told["what"], told["plan"]["reason"][:8]) == (2, "Changed on disk", "By hand.")
    put(client, moved(told["plan"], 1.0), 2)
    step(client, "undo", 3)
    assert read(client)["plan"]["reason"].startswith("By hand.")


def test_a_server_killed_between_file_and_database_has_lost_nothing(space: Workspace, client: TestClient) -> None:
    """What a kill leaves: the file is written, the revision is not."""
    first = read(client)["plan"]
    space.case("block").save_plan(plans.plan_of(moved(first, 1.0)))
    told = read(client)
    assert (told["revision"], told["what"]) == (2, "Changed on disk")
    assert told["plan"] == moved(first, 1.0)


def test_where_the_database_refuses_the_file_is_as_it_was(
    space: Workspace, client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(client)
    before = (folder / "block" / "plan.toml").read_bytes()
    full = "PRAGMA max_page_count = 1"
    with space.database.transaction() as c:
        c.exec_driver_sql(full)
    answers = [put(client, {**moved(first["plan"], n), "reason": "x" * 3000}, 1) for n in range(1, 9)]
    refused = next(a for a in answers if a.status_code != 412 and a.status_code != 200)
    assert refused.status_code == 507
    assert refused.json()["error"]["code"] == "disk-full"
    stands = read(client)
    assert plans.tables_of(Case.open(folder / "block").plan()) == stands["plan"]
    assert stands["revision"] > 1 or before == (folder / "block" / "plan.toml").read_bytes()


def test_a_full_disk_is_told_and_nothing_is_lost(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(client)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        answer = put(client, moved(first["plan"], 1.0), 1)
    assert answer.status_code == 507
    assert "no room" in answer.json()["error"]["what"]
    assert read(client) == first


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system which file a handle is")
def test_file_and_name_are_synced_before_a_change_is_acknowledged(
    space: Workspace, client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut would drop: content before its sync, and a new name before its folder's."""
    first, case = read(client), folder / "block"
    done: list[str] = []
    sync, rename, add = os.fsync, os.replace, space.revisions.add

    def synced(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        done.append("folder" if path == case else path.name[: len(".plan.toml.")])
        sync(handle)

    def renamed(old: Any, new: Any) -> None:
        done.append(f"{Path(new).name} stands")
        rename(old, new)

    def added(*given: Any) -> Any:
        done.append("revision")
        return add(*given)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    monkeypatch.setattr(space.revisions, "add", added)
    assert put(client, moved(first["plan"], 1.0), 1).status_code == 200
    assert done == [".plan.toml.", "plan.toml stands", "folder", "revision"]


def test_a_plan_that_cannot_be_read_says_so_and_its_case_is_still_listed(client: TestClient, folder: Path) -> None:
    first = read(client)
    file = folder / "block" / "plan.toml"
    file.write_text("probes = [")
    answer = client.get(PLAN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "case")
    assert "plan.toml" in answer.json()["error"]["where"]
    assert put(client, moved(first["plan"], 1), 1).status_code == 422
    row = client.get("/api/cases").json()[0]
    assert row["id"] == "block"
    assert "plan.toml" in row["error"]["where"]
    file.unlink()  # moved away, as the remedy says: the newest revision is written back
    assert read(client) == first


def test_a_changed_plan_is_no_more_what_a_person_accepted(client: TestClient) -> None:
    first = read(client)["plan"]
    accepted = put(client, {**first, "review": "accepted"}, 1).json()
    assert accepted["plan"]["review"] == "accepted"
    assert put(client, moved(accepted["plan"], 1.0), 2).json()["plan"]["review"] == "edited"
    assert step(client, "undo", 3).json()["plan"]["review"] == "accepted"


def test_another_case_of_the_same_name_has_no_revisions_of_the_first(
    space: Workspace, client: TestClient, folder: Path
) -> None:
    import shutil

    from iceball.io.bench import new_bench_case
    from iceball.tissue.bench import Bench

    put(client, moved(read(client)["plan"], 1.0), 1)
    shutil.rmtree(folder / "block")
    assert client.get(PLAN).status_code == 404
    assert client.get("/api/cases").json() == []
    new_bench_case(folder / "block", Bench("liver", 60, 37, 37))
    told = read(client)
    assert (told["revision"], told["can_undo"]) == (1, False)


def test_two_servers_on_one_folder_are_refused(space: Workspace, folder: Path) -> None:
    from iceball.errors import CaseError

    with pytest.raises(CaseError, match="is served by another"):
        Workspace(folder)


def test_every_verb_is_in_the_audit_trail(client: TestClient, space: Workspace) -> None:
    put(client, moved(read(client)["plan"], 1.0), 1)
    step(client, "undo", 2)
    told = client.get("/api/audit?case=block").json()
    assert [row["verb"] for row in told["rows"]] == ["undo", "change plan", "open plan"]
    assert told["broken_at"] is None


def test_what_a_shell_does_meanwhile_is_told_to_the_pages(space: Workspace, client: TestClient, folder: Path) -> None:
    told: list[dict[str, Any]] = []
    first = read(client)["plan"]
    space.events.publish = told.append  # type: ignore[method-assign]
    space.watch.look()
    assert told == []
    space.case("block").save_plan(plans.plan_of(moved(first, 1.0)))
    (folder / "block" / "runs").mkdir()
    space.watch.look()
    assert told == [{"type": "plan", "case": "block", "revision": 2}, {"type": "results", "case": "block"}]
    (folder / "block" / "case.toml").unlink()
    space.watch.look()
    assert told[2:] == [{"type": "case", "case": "block"}]


def test_what_a_killed_process_left_half_made_is_swept_away_after_an_hour(space: Workspace, folder: Path) -> None:
    left = folder / "block" / ".plan.toml.abcd_123"
    left.write_text("probes = [")
    making = folder / ".demo-kidney.abcdefgh"
    making.mkdir()
    assert sweep(folder) == []
    assert set(sweep(folder, now=time.time() + 4000)) == {left, making}
    assert sorted(p.name for p in folder.iterdir()) == [".iceball", "block"]


def test_more_than_any_plan_takes_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from iceball.web import allowed

    monkeypatch.setattr(allowed, "MOST_BYTES", 1000)
    answer = client.post(f"{PLAN}/check", content=b"[" * 2000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "http-413")


def test_a_plan_is_told_before_its_patient_was_looked_at_and_says_so(
    space: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from iceball.web.patient import Patient

    with monkeypatch.context() as patched:
        patched.setattr(Patient, "surveyed", False)
        told = read(client)
        assert (told["checking"], told["findings"], len(told["needles"])) == (True, [], 1)
    assert read(client)["checking"] is False
