"""Change every field of a plan by its smallest step, and read what the server says of its results."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from stale_fields.cases import make  # noqa: E402
from stale_fields.edits import changes, fields  # noqa: E402

from iceball.desk import Desk  # noqa: E402
from iceball.io.runs import save_prediction  # noqa: E402
from iceball.io.schema import schema_of  # noqa: E402
from iceball.web.app import create_app  # noqa: E402
from iceball.web.workspace import Workspace  # noqa: E402

SPACING_MM = 4.0
EXPECTED = {
    "run": ("stale", "stale"),
    "assessment": ("valid", "stale"),
    "nothing": ("valid", "valid"),
}
"""Of the run, and of the assessment, the report and the export."""
PLACES = ("page", "api", "report", "pdf", "export")


def run() -> dict[str, float]:
    """Every field, changed and put back."""
    found = walked()
    wrong = {path: said for path, said in found.items() if said}
    previews = sum("PREVIEW" in said for said in wrong.values())
    return {
        "fields_walked": float(len(found)),
        "fields_right": 1.0 - len(wrong) / len(found),
        "previews_in_results": float(previews),
    }


def walked(only: str = "") -> dict[str, str]:
    """Field to what was wrong of it; "" where all five places are right, after the change and after undo."""
    asked = {path: told for path, told in fields(schema_of("plan")).items() if path.startswith(only)}
    cases = {case for path, (_, field) in asked.items() for case, _ in changes(path, field)} | {"needles"}
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        make(folder)
        for name in cases:
            simulate(folder / name)
        with TestClient(create_app(Workspace(folder, kinds={}, workers=1)), base_url="http://127.0.0.1") as client:
            server = Server(client)
            before = {name: server.look(name) for name in cases}
            found = {}
            for path, (affects, field) in asked.items():
                found[path] = server.field(path, affects, field, before)
                print(f"{path}: {found[path] or 'right'}", file=sys.stderr, flush=True)
            return found


def simulate(folder: Path) -> None:
    """Run and assess a case, as the shell does."""
    desk = Desk.open(folder)
    prediction = desk.predict(SPACING_MM, "auto")
    desk.judge(prediction, save_prediction(desk.case, prediction))


class Server:
    """What the workbench says."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def field(self, path: str, affects: str, field: dict[str, Any], before: dict[str, dict[str, Any]]) -> str:
        """Change a field by the first step that leaves the plan possible, look, undo, look again."""
        if path == "stage":
            return self.refused_stage()
        for case, plan in changes(path, field):
            answer = self.put(case, plan)
            if answer is None:
                continue
            after = self.look(case)
            run, rest = EXPECTED[affects]
            wrong = differs(after, run, rest)
            self.undo(case)
            again = self.look(case)
            if again != before[case]:
                wrong += f" undo: {differs(again, 'valid', 'valid') or 'other keys'}"
            return wrong.strip()
        return "no step was possible"

    def put(self, case: str, plan: dict[str, Any]) -> dict[str, Any] | None:
        """Save a changed plan; None where it is refused, or cannot be run."""
        now = self.client.get(f"/api/cases/{case}/plan")
        answer = self.client.put(
            f"/api/cases/{case}/plan",
            json={"plan": plan, "what": "One step"},
            headers={"If-Match": now.headers["etag"]},
        )
        if answer.status_code == 422:
            return None
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        if told["revision"] == now.json()["revision"]:  # written otherwise, but the same
            return None
        if not told["run_key"] and plan.get("probes"):
            self.undo(case)
            return None
        return told

    def undo(self, case: str) -> None:
        """Take the newest change back."""
        now = self.client.get(f"/api/cases/{case}/plan")
        answer = self.client.post(f"/api/cases/{case}/plan/undo", headers={"If-Match": now.headers["etag"]})
        assert answer.status_code == 200, answer.text

    def refused_stage(self) -> str:
        """A plan as planned cannot become one as placed by an edit: the step is refused and nothing changes."""
        before = self.look("needles")
        now = self.client.get("/api/cases/needles/plan")
        plan = {**now.json()["plan"], "stage": "as placed"}
        answer = self.client.put(
            "/api/cases/needles/plan", json={"plan": plan, "what": "x"}, headers={"If-Match": now.headers["etag"]}
        )
        right = answer.status_code == 422 and self.look("needles") == before
        return "" if right else f"stage: {answer.status_code}"

    def look(self, case: str) -> dict[str, Any]:
        """How each of the five places says that the results stand."""
        at = f"/api/cases/{case}"
        page = self.client.get(f"{at}/standing").json()
        results = self.client.get(f"{at}/results")
        api = self.client.get(f"{at}/assessment").json()
        html = self.client.get(f"{at}/report.html")
        pdf = self.client.get(f"{at}/report.pdf")
        archive = self.client.get(f"{at}/export.zip")
        assert html.status_code == pdf.status_code == archive.status_code == 200, html.text[:300]
        words = printed(pdf.content)
        zipped, previews = exported(archive.content)
        return {
            "page": (page["run"]["status"], page["assessment"]["status"], page["report"]),
            "results": None if results.status_code == 404 else of_results(results.json()),
            "api": api["status"],
            "report": marked('class="badge">STALE' in html.text, html.headers["x-iceball-status"]),
            "pdf": marked("STALE" in words, pdf.headers["x-iceball-status"]),
            "export": zipped,
            "keys": (page["run"]["key"], page["assessment"]["key"]),
            "previews": previews
            + html.text.count("PREVIEW")
            + words.count("PREVIEW")
            + json.dumps(api).count("PREVIEW"),
        }


def of_results(told: dict[str, Any]) -> tuple[str, str, str]:
    """What the page's own data say."""
    return told["run"]["status"], told["assessment"]["status"], told["report"]


def marked(stale: bool, said: str) -> str:
    """What the mark says, where the header says the same."""
    status = "stale" if stale else "valid"
    return status if status == said else f"mark {status}, header {said}"


def printed(pdf: bytes) -> str:
    """The words of a PDF."""
    reader = shutil.which("pdftotext")
    assert reader, "pdftotext (poppler-utils) is needed to read the PDF"
    return subprocess.run([reader, "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def exported(content: bytes) -> tuple[str, int]:
    """How an archive says that it stands, where all in it agree; and how often it says PREVIEW."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    status = json.loads(files["made_by.json"])["status"]
    stale = [
        "STALE" in files["README.txt"].decode(),
        "STALE-assessment.json" in files,
        "STALE" in printed(next(data for name, data in files.items() if name.endswith("report.pdf"))),
    ]
    agree = set(stale) == {status == "stale"}
    previews = sum(data.count(b"PREVIEW") for name, data in files.items() if not name.endswith(".pdf"))
    return status if agree else f"made_by {status}, marks {stale}", previews


def differs(seen: dict[str, Any], run: str, rest: str) -> str:
    """Which places do not say what they should."""
    expected = {
        "page": (run, rest, rest), "api": rest, "report": rest, "pdf": rest, "export": rest, "previews": 0,
    }  # fmt: skip
    if seen["results"] is not None:
        expected["results"] = (run, rest, rest)
    off = [f"{place} says {seen[place]}, not {want}" for place, want in expected.items() if seen[place] != want]
    return "; ".join(off).replace("previews says", "PREVIEW")


if __name__ == "__main__":
    print(walked(sys.argv[1]) if sys.argv[1:] else run())  # only the fields of that part
