"""What sets up, explains and tests an installation."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from iceball.cli.shell import Json, app, json_text, progress, say
from iceball.errors import CaseError


@app.command()
def schema(
    what: Annotated[
        str, typer.Argument(help="plan, case, assessment, search, what-if, compare, trajectories, placed or packs.")
    ] = "plan",
) -> None:
    """Print the JSON Schema of a file or result."""
    from iceball.io.schema import schema_of

    print(json_text(schema_of(what), indent=1))


@app.command()
def validate(
    names: Annotated[list[str] | None, typer.Argument(help="Which proofs; all if none is named.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Only the proofs that end within minutes together.")] = False,
    as_json: Json = False,
) -> None:
    """Run the proofs of validation/ against exact solutions and reference runs (in a checkout)."""
    words = [*(["--fast"] if fast else []), *(["--json"] if as_json else []), *(names or [])]
    _of_checkout("validation/run_all.py", "the proofs belong", words)


@app.command()
def bench(
    what: Annotated[str, typer.Argument(help="p1, preview, scaling, kidney or threads.")],
    spacing_mm: Annotated[float, typer.Option("--spacing-mm", help="Cell size (p1, kidney, threads).")] = 1.0,
    threads: Annotated[int, typer.Option("--threads", help="Threads (p1, preview, kidney); 0: all.")] = 0,
    peers: Annotated[
        str, typer.Option("--peers", help="p1: all, none, or naive-numba,numpy,jax,jax-tuned,py-pde,fipy,dolfinx.")
    ] = "naive-numba",
    busy: Annotated[bool, typer.Option("--busy", help="threads: also beside two busy loops.")] = False,
    rounds: Annotated[int, typer.Option("--rounds", help="Runs of each; they alternate.")] = 5,
    to: Annotated[Path | None, typer.Option("--to", help="Also write the JSON to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Run a benchmark of benchmarks/ (in a checkout); figures are medians."""
    words = [what, "--spacing-mm", str(spacing_mm), "--threads", str(threads), "--peers", peers]
    words += ["--rounds", str(rounds), *(["--busy"] if busy else []), *(["--json"] if as_json else [])]
    _of_checkout("benchmarks/run.py", "the benchmarks belong", words + (["--to", str(to)] if to else []))


def _of_checkout(script: str, what: str, words: list[str]) -> NoReturn:
    """Run a script of the checkout, and end as it ends."""
    if not Path(script).is_file():
        raise CaseError(
            f"is not here: {what} to the checkout, not to the installed package.",
            where=script,
            remedy="Clone the project and run this in its folder.",
        )
    raise typer.Exit(subprocess.run([sys.executable, script, *words], check=False).returncode)


@app.command()
def prepare(as_json: Json = False) -> None:
    """Compile all kernels and keep them, so that the first run need not; says what and how long."""
    with progress("Preparing"):
        from iceball.assessment.died import every_kernel as assessing
        from iceball.plan.search.looks import every_kernel as looking
        from iceball.solve.prepare import prepare

        looking()
        made = prepare(assessing)
    say(as_json, asdict(made), str(made))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this installation is and whether it can do its work."""
    from iceball.io.doctor import examine

    findings = examine()
    say(as_json, findings, "\n".join(f"{name}: {value}" for name, value in findings.items()))
