"""`iceball serve` in a folder of its own: started, asked, killed and started again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import tomli_w


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as ear:
        ear.bind(("127.0.0.1", 0))
        return int(ear.getsockname()[1])


class Server:
    """One workspace and the server over it."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = workspace.parent / f"{workspace.name}.log"
        self.pristine: Path | None = None
        self.copies = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to listen; returns once /api/health answers."""
        self.workspace.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "iceball.cli", "serve", "--port", str(self.port), "--no-browser"]
        with self.log.open("ab") as told:
            self.process = subprocess.Popen(
                command, cwd=self.workspace, stdout=told, stderr=told, start_new_session=True
            )
        end = time.monotonic() + 60
        while True:
            try:
                self.ask("/health")
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, f"the server does not answer: {self.log.read_text()}"
                time.sleep(0.1)

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Any:
        """What the server answers to one request, read from its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/api{path}", data, {"Content-Type": "application/json", **headers}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def demo(self, *, whole: bool = False) -> str:
        """A new copy of the bundled kidney case in the workspace; its id.

        Its needles freeze and thaw for a minute each, so that runs are short, unless its `whole` protocol is asked for.
        """
        if self.pristine is None:
            made = self.ask("/cases/demo", "POST", {"case": "kidney"})["id"]
            self.pristine = self.workspace.parent / f"{self.workspace.name}-pristine"
            shutil.move(self.workspace / made, self.pristine)
        self.copies += 1
        name = f"copy-{self.copies}"
        shutil.copytree(self.pristine, self.workspace / name)
        if not whole:
            plan = tomllib.loads((self.pristine / "plan.toml").read_text())
            for step in plan["protocol"]["steps"]:
                step["duration_s"] = 60.0
            (self.workspace / name / "plan.toml").write_text(tomli_w.dumps(plan))
        return name

    def ended(self, job: int, *, within_s: float = 120) -> dict[str, Any]:
        """The job once it has ended."""
        end = time.monotonic() + within_s
        while (now := self.ask(f"/jobs/{job}"))["state"] in ("queued", "running"):
            assert time.monotonic() < end, now
            time.sleep(0.2)
        return dict(now)

    def jobs(self, case: str, kind: str) -> list[dict[str, Any]]:
        """The jobs of this kind that a case has had."""
        return [job for job in self.ask(f"/cases/{case}/jobs") if job["kind"] == kind]

    def rest(self) -> None:
        """Cancel whatever is still computed."""
        for folder in self.workspace.glob("[!.]*/case.toml"):
            for job in self.ask(f"/cases/{folder.parent.name}/jobs"):
                if job["state"] in ("queued", "running"):
                    self.ask(f"/jobs/{job['id']}", "DELETE")

    def workers(self) -> list[int]:
        """The processes below the server, by id."""
        assert self.process is not None
        below = [self.process.pid]
        for pid in below:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                below += [int(child) for child in task.read_text().split()]
        return below[1:]

    def kill(self) -> None:
        """End it without a word, as a power cut would: the server and all below it."""
        assert self.process is not None
        for pid in (self.process.pid, *self.workers()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """End it as Ctrl+C does, and without a word where it does not listen."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None
