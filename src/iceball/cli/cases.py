"""The verbs of a case: from images and a plan to a report."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape

from iceball.cli.desk import DEFAULT_SPACING_MM, open_desk
from iceball.cli.shell import Json, app, json_text, say, stderr
from iceball.errors import CaseError

CaseFolder = Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")]
Spacing = Annotated[float, typer.Option("--spacing-mm", help="Cell size of the simulation.", min=0.25, max=4.0)]
Kill = Annotated[
    str,
    typer.Option("--kill", help="Hypothesis of cell death that leads, or an organ whose list is shown (not stored)."),
]
AsPlaced = Annotated[
    bool, typer.Option("--as-placed", help="The needles as they lie on a control image (`iceball as-placed`).")
]
Hyperaemia = Annotated[
    bool, typer.Option("--hyperaemia", help="More blood in the rim that thaws (assumed; off unless asked for).")
]
Backend = Annotated[str, typer.Option("--backend", help="auto, cpu, gpu (NVIDIA) or reference (the slow referee).")]

Members = Annotated[
    int | None,
    typer.Option("--members", help="Runs that the spread rests on (default: 32); 0 makes none.", min=0, max=4096),
]


@app.command()
def demo(
    case: Annotated[str, typer.Option("--case", help="kidney or sarcoma.")] = "kidney",
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to make (default: iceball-demo or iceball-demo-sarcoma).")
    ] = None,
    spacing_mm: Spacing = DEFAULT_SPACING_MM,
    members: Members = None,
    as_json: Json = False,
) -> None:
    """Make a bundled real case, run it, and print the report's path."""
    from iceball.io.bundled import bundled_case

    folder = _free(to or Path("iceball-demo" if case == "kidney" else f"iceball-demo-{case}"), chosen=to is not None)
    stderr.print(f"Making the bundled {case} case in {folder} …")
    bundled_case(case, folder)
    _run(folder, spacing_mm, "auto", members, as_json)


@app.command()
def new(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="Folder to make.")],
    ct: Annotated[Path | None, typer.Option("--ct", help="Folder or file of a CT.")] = None,
    mr: Annotated[Path | None, typer.Option("--mr", help="Folder or file of an MR (needs --tissue).")] = None,
    series: Annotated[str | None, typer.Option("--series", help="Which series, where there are several.")] = None,
    organ: Annotated[
        str, typer.Option("--organ", help="The target's organ; unknown: structures are NOT ASSESSED.")
    ] = "",
    tissue: Annotated[str, typer.Option("--tissue", help="For MR: the tissue assumed everywhere.")] = "",
    labels: Annotated[Path | None, typer.Option("--labels", help="Organ label map (NIfTI, NRRD, MHA).")] = None,
    label_names: Annotated[Path | None, typer.Option("--label-names", help="CSV: label,name.")] = None,
    structures: Annotated[
        list[Path] | None, typer.Option("--structures", help="RTSTRUCT, SEG, label map or .mrk.json.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Name or label of the target in --structures.")] = None,
    target_sphere: Annotated[str | None, typer.Option("--target-sphere", help="X,Y,Z,D in LPS mm.")] = None,
    target_ellipsoid: Annotated[
        str | None, typer.Option("--target-ellipsoid", help="X,Y,Z,D1,D2,D3 in LPS mm.")
    ] = None,
    side: Annotated[str, typer.Option("--side", help="L, R or unknown.")] = "unknown",
    position: Annotated[
        str, typer.Option("--position", help="Intended patient position in the procedure (HFS, HFP …).")
    ] = "",
    breathing: Annotated[
        str, typer.Option("--breathing", help="Image,procedure breathing, such as inspiration,expiration.")
    ] = "",
    protocol: Annotated[str, typer.Option("--protocol", help="Minutes, such as freeze10,thaw8,freeze10.")] = "",
    medium: Annotated[
        str | None, typer.Option("--medium", help="A uniform block of this tissue or gel, without images.")
    ] = None,
    size_mm: Annotated[float | None, typer.Option("--size-mm", help="Edge of the block.")] = None,
    start_c: Annotated[
        float | None, typer.Option("--start-c", help="Of the block before the freeze (default: the bath's).")
    ] = None,
    bath_c: Annotated[float | None, typer.Option("--bath-c", help="Of the block's faces (default 37).")] = None,
    no_blood: Annotated[bool, typer.Option("--no-blood", help="The block's tissue lies outside a body.")] = False,
    probe: Annotated[
        str | None, typer.Option("--probe", help="The block's needle (see its default in the plan).")
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="A published parameter set for the tissues, such as go-smart.")
    ] = "",
    nerves: Annotated[
        bool,
        typer.Option("--nerves", help="Derive the intercostal nerves from the ribs near the target (CT with lung)."),
    ] = False,
    title: Annotated[str, typer.Option("--title", help="Title on the report (default: the folder's name).")] = "",
    as_json: Json = False,
) -> None:
    """Make a case from images and a target, with a machine-made starter plan."""
    from iceball.io.intake import Request, new_case
    from iceball.plan.protocol import read_protocol

    if medium is not None:
        _refuse_beside(
            "--medium",
            "a block has no images and no organ",
            ct=ct,
            mr=mr,
            series=series,
            organ=organ,
            tissue=tissue,
            labels=labels,
            label_names=label_names,
            structures=structures,
            target=target,
            target_ellipsoid=target_ellipsoid,
            side=side != "unknown",
            position=position,
            breathing=breathing,
            preset=preset,
            nerves=nerves,
        )
        _new_block(case, medium, size_mm, start_c, bath_c, not no_blood, probe, protocol, target_sphere, title, as_json)
        return
    _refuse_beside(
        "--ct or --mr",
        "only a block (--medium) takes it",
        size_mm=size_mm is not None,
        start_c=start_c is not None,
        bath_c=bath_c is not None,
        no_blood=no_blood,
        probe=probe,
    )
    if (ct is None) == (mr is None):
        raise CaseError("needs either --ct or --mr, or --medium for a uniform block.", where="new")
    request = Request(
        image=ct or mr or Path(),
        modality="CT" if ct else "MR",
        series=series,
        organ=organ,
        tissue=tissue,
        labels=labels,
        label_names=label_names,
        structures=tuple(structures or ()),
        target=target,
        target_sphere=_floats(target_sphere, "--target-sphere"),
        target_ellipsoid=_floats(target_ellipsoid, "--target-ellipsoid"),
        setting=_setting(side, position, breathing),
        protocol=read_protocol(protocol) if protocol else None,
        title=title,
        preset=preset,
        nerves=nerves,
    )
    made = new_case(case, request)
    plan = made.plan()
    say(
        as_json,
        {"case": str(case), "needles": len(plan.probes), "reason": plan.reason},
        f"{made}\n  starter: {plan.reason}\nNext: {_next(case, bool(plan.probes), organ or '')}",
    )


def _new_block(
    case: Path,
    medium: str,
    size_mm: float | None,
    start_c: float | None,
    bath_c: float | None,
    blood: bool,
    probe: str | None,
    protocol: str,
    target_sphere: str | None,
    title: str,
    as_json: bool,
) -> None:
    """`iceball new --medium`: the case of a uniform block."""
    from iceball.io.bench import new_bench_case
    from iceball.plan.fit.bench import NEEDLE
    from iceball.plan.protocol import read_protocol
    from iceball.tissue.bench import Bench, bench_number

    if size_mm is None:
        raise CaseError("needs the length of its edge.", where="new --medium", remedy="Give --size-mm 120.")
    bath = bench_number("bath_c") if bath_c is None else bath_c
    made = new_bench_case(
        case,
        Bench(medium, size_mm, bath if start_c is None else start_c, bath, blood),
        probe=probe or NEEDLE,
        protocol=read_protocol(protocol) if protocol else None,
        target_sphere=_floats(target_sphere, "--target-sphere"),
        title=title,
    )
    plan = made.plan()
    told = {"case": str(case), "needles": len(plan.probes), "reason": plan.reason}
    say(as_json, told, f"{made}\n  plan: {plan.reason}\nNext: {_next(case, True, '')}")


def _refuse_beside(option: str, why: str, **given: object) -> None:
    """Refuse options that mean nothing beside another one."""
    for name, value in given.items():
        if value:
            raise CaseError(
                f"does not go with {option}: {why}.", where=f"--{name.replace('_', '-')}", remedy="Leave it out."
            )


@app.command()
def check(case: CaseFolder, as_placed: AsPlaced = False, as_json: Json = False) -> None:
    """Read a case whole and say what is wrong, missing or assumed."""
    from iceball.assessment.measure import unassessed
    from iceball.assessment.published_surface import gas_json
    from iceball.plan.caveats import caveats
    from iceball.plan.spray.gas import vented
    from iceball.plan.warm.kept_warm import warmer_rows
    from iceball.plan.warm.warm_findings import rows_to_check
    from iceball.plan.ways.geometry import check_plan

    desk = open_desk(case, as_placed=as_placed)
    opened, anatomy, plan = desk.case, desk.anatomy, desk.plan
    findings = check_plan(plan, anatomy)
    vessels = rows_to_check(plan, anatomy)
    table = {
        "case": str(case),
        "review": plan.review,
        "stage": plan.stage,
        "needles": len(plan.probes),
        "pockets": [
            {
                **asdict(pocket),
                "opened_mm": done.opened_mm,
                "pocket_ml": done.pocket_ml,
                "before_mm": done.before_mm,
                "after_mm": done.after_mm,
            }
            for pocket, done in zip(plan.pockets, anatomy.moved, strict=True)
        ],
        "spots": len(plan.spots),
        "vessels": [asdict(row) for row in vessels],
        "warmers": [asdict(row) for row in warmer_rows(plan)],
        "gas": None if (gas := vented(plan)) is None else gas_json(gas),
        "findings": [{"severity": f.severity, "what": f.what, "where": f.where} for f in findings],
        "not_assessed": list(unassessed(anatomy)),
        "notes": [*caveats(plan, anatomy), *anatomy.notes],
    }
    lines = [
        str(opened),
        f"  plan{' AS PLACED' if plan.stage == 'as placed' else ''}: {_counted(plan)}, {plan.review}",
    ]
    lines += [f"  {f.severity}: {f.where}: {f.what}" for f in findings]
    lines += [f"  {row.what}: {row}".replace("_", " ") for row in vessels]
    lines += [f"  warmer: {row}" for row in warmer_rows(plan)]
    lines += [f"  NOT ASSESSED: {name}" for name in table["not_assessed"]]
    lines += [f"  note: {note}" for note in table["notes"]]
    say(as_json, table, "\n".join(lines))


def _counted(plan: Any) -> str:
    """Needles with their clock, and spots."""
    needles, spots = len(plan.probes), len(plan.spots)
    words = [f"{needles} needle{'s' * (needles != 1)}, {plan.protocol}"] if needles or not spots else []
    if spots:
        words.append(f"{spots} spot{'s' * (spots != 1)} on a surface, {plan.duration_s / 60:.1f} min")
    return "; ".join(words)


@app.command()
def simulate(
    case: CaseFolder,
    spacing_mm: Spacing = DEFAULT_SPACING_MM,
    backend: Backend = "auto",
    hyperaemia: Hyperaemia = False,
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Simulate a case's plan: nominal, chart-like, low and high flow."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    from iceball.io.runs import save_prediction

    desk = open_desk(case, as_placed=as_placed)
    prediction = desk.predict(spacing_mm, backend, hyperaemia=hyperaemia)
    folder = save_prediction(desk.case, prediction, stage=desk.plan.stage).folder
    ended = {name: history.result.value for name, history in prediction.histories.items()}
    lines = [f"Run: {folder}", *(f"  {name.replace('_', ' ')}: {sentence}" for name, sentence in ended.items())]
    say(as_json, {"run": str(folder), "ended": ended}, "\n".join(lines))


@app.command()
def assess(case: CaseFolder, kill: Kill = "", as_placed: AsPlaced = False, as_json: Json = False) -> None:
    """Assess the newest run against the plan's goals as they stand now."""
    desk = open_desk(case, kill=kill, as_placed=as_placed)
    run, prediction = desk.newest()
    verdict = desk.judge(prediction, run)
    say(as_json, verdict.as_json(), str(verdict))


@app.command()
def report(
    case: CaseFolder,
    to: Annotated[Path | None, typer.Option("--to", help="Report file (.html; the PDF lies beside it).")] = None,
    kill: Kill = "",
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Write the report of the newest run."""
    desk = open_desk(case, kill=kill, as_placed=as_placed)
    run, prediction = desk.newest()
    path = desk.report(desk.judge(prediction, run), prediction, to or run.report_file)
    say(as_json, {"report": str(path)}, f"Report: {path}")


@app.command()
def spread(
    case: CaseFolder,
    members: Annotated[int | None, typer.Option("--members", help="How many runs (default: 32).", min=1)] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the draws (default: a fixed one).", min=0)] = None,
    spacing_mm: Annotated[
        float | None, typer.Option("--spacing-mm", help="Cell size of the members (default: 3).", min=0.25, max=4.0)
    ] = None,
    kill: Kill = "",
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Run the newest run's plan again and again with all that is not known drawn anew: P10 to P90 of every number."""
    desk = open_desk(case, kill=kill, as_placed=as_placed)
    folder, prediction = desk.newest()
    verdict = desk.judge(prediction, folder)
    verdict = desk.spread(prediction, verdict, folder, members=members, seed=seed, spacing_mm=spacing_mm)
    say(
        as_json,
        verdict.as_json(),
        f"{verdict}\nNext: iceball report {shlex.quote(str(case))}{' --as-placed' * as_placed}",
    )


@app.command()
def run(
    case: CaseFolder,
    spacing_mm: Spacing = DEFAULT_SPACING_MM,
    backend: Backend = "auto",
    members: Members = None,
    kill: Kill = "",
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Simulate, assess, spread and report; prints the report's path."""
    _run(case, spacing_mm, backend, members, as_json, kill=kill, as_placed=as_placed)


@app.command()
def stop(
    case: CaseFolder,
    spacing_mm: Annotated[
        float, typer.Option("--spacing-mm", help="Cell size of the advice.", min=0.25, max=4.0)
    ] = 3.0,
    backend: Backend = "auto",
    as_placed: AsPlaced = False,
    as_json: Json = False,
) -> None:
    """Say until when all needles may be stopped so that each structure keeps its limit, coasting included."""
    stderr.print(f"Reading {escape(str(case))} …", highlight=False)
    desk = open_desk(case, as_placed=as_placed)
    found = desk.find_stops(spacing_mm=spacing_mm, backend=backend)
    rows = [{**asdict(s), "advice": s.sentence} for s in found]
    lines = [f"{s.goal}, then {s.thaw} thaw: {s.sentence}" for s in found]
    say(as_json, {"stops": rows}, "\n".join(lines or ["The plan spares no drawn structure, and no nerve is drawn."]))


@app.command()
def sources(case: CaseFolder, as_json: Json = False) -> None:
    """List every constant of a case's run with value, range, unit and source."""
    from rich.table import Table

    from iceball.plan.constants import constants_of

    desk = open_desk(case)
    found = constants_of(desk.plan, desk.anatomy)
    if as_json:
        rows = [{"name": c.name, **c.number.as_json()} for c in found]
        print(json_text({"constants": rows}))
        return
    table = Table("constant", "value", "low", "high", "unit", "kind", "source", "date")
    for c in found:
        n = c.number
        table.add_row(
            c.name, f"{n.value:g}", f"{n.low:g}", f"{n.high:g}", n.unit, n.source.kind, n.source.citation, n.source.date
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _run(
    folder: Path,
    spacing_mm: float,
    backend: str,
    members: int | None,
    as_json: bool,
    *,
    kill: str = "",
    as_placed: bool = False,
) -> None:
    stderr.print(f"Reading {escape(str(folder))} …", highlight=False)
    from iceball.io.runs import save_prediction

    desk = open_desk(folder, kill=kill, as_placed=as_placed)
    prediction = desk.predict(spacing_mm, backend)
    run = save_prediction(desk.case, prediction, stage=desk.plan.stage)
    verdict = desk.judge(prediction, run)
    if members != 0:
        verdict = desk.spread(prediction, verdict, run, members=members)
    if not as_json:
        print(verdict)
    path = desk.report(verdict, prediction, run.report_file)
    say(as_json, {**verdict.as_json(), "report": str(path)}, f"Report: {path}")


def _next(case: Path, placed: bool, organ: str) -> str:
    """What to type after `new`."""
    from iceball.tissue.packs import pack

    named = shlex.quote(str(case))
    if placed:
        return f"iceball run {named}"
    if organ and "needle" not in pack(organ).applicators:
        return f"iceball spray {named} --centre X,Y,Z --no-needles (a place on the surface), then iceball run {named}"
    return f"place needles in {case / 'plan.toml'} (see `iceball schema`), then iceball run {named}"


def _free(folder: Path, *, chosen: bool) -> Path:
    """A folder that is not there yet: a default name gets a number instead of being refused."""
    if chosen or not folder.exists():
        return folder
    return next(p for n in range(2, 10_000) if not (p := folder.with_name(f"{folder.name}-{n}")).exists())


def _floats(text: str | None, option: str) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise CaseError(
            f"'{text}' is not a list of numbers.", where=option, remedy="Separate them by commas."
        ) from None


def _setting(side: str, position: str, breathing: str) -> Any:
    from iceball.plan import Setting
    from iceball.plan.plan import Side

    if side not in ("L", "R", "unknown"):
        raise CaseError(f"'{side}' is not a side.", where="--side", remedy="Use L, R or unknown.")
    image, _, procedure = breathing.partition(",")
    return Setting(cast(Side, side), position, image, procedure)
