"""Every field of the plan's schema, and the smallest step by which it may change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from stale_fields.cases import OTHER_VEIN, PLANS

Table = dict[str, Any]
Change = tuple[str, Table]
STEP = 0.001
KNOWN: dict[str, tuple[str, ...]] = {
    "probe": ("generic-17g-long", "generic-17g-short"),
    "applicator": ("generic-ln2-jet",),
    "structure": ("colon", "small_bowel", OTHER_VEIN, "canal", "great_vessel", "tumour"),
    "away_from": ("canal",),
    "fluid": ("dextrose",),
    "warmer": ("warm-saline-bag", "warm-gel"),
    "quantity": ("volume_ml.-20",),
    "procedure_position": ("HFP",),
    "date": ("2026-11-23",),
    "kill": ("prostate",),
    "stage": (),
}
"""Names of which a plan takes only known ones: the first that leaves the plan possible is the step."""
ABSENT: dict[str, Any] = {
    "supply_bar": 200.0, "active_mm": 24.0, "radius_mm": 15.0, "direction": [0.5, -1.0, 0.0], "blood_c": 36.0,
    "stop_c": 1.0, "stop_mm": 1.0, "alarm_c": 5.0, "thaw_s": 20.0, "temperature_c": 40.0,
}  # fmt: skip
"""What is put in where an optional part is absent."""
BY_HAND: dict[str, tuple[str, Any]] = {
    # another kind of goal or of step has other fields
    "goals.Cover.kind": ("needles", lambda p: p["goals"].__setitem__(0, {"kind": "spare", "structure": "tumour"})),
    "goals.Spare.kind": (
        "needles", lambda p: p["goals"].__setitem__(1, {"kind": "cover", "structure": "colon", "below": 0.0}),
    ),
    "goals.Limit.kind": ("needles", lambda p: p["goals"].__setitem__(2, {"kind": "spare", "structure": "tumour"})),
    "goals.Treat.kind": ("needles", lambda p: p["goals"].__setitem__(3, {"kind": "spare", "structure": "tumour"})),
    # without its capsule a cover must ask for all of the target
    "goals.Cover.capsule": ("needles", lambda p: p["goals"][0].update(capsule=False, fraction=1.0)),
    # a limit has an alarm in mm or in °C
    "limits.alarm_c": ("needles", lambda p: (p["limits"][0].pop("alarm_mm"), p["limits"][0].update(alarm_c=5.0))),
    # the plate's two directions stay at a right angle
    "template.into": ("needles", lambda p: p["template"].update(into=[0.0, STEP, 1.0], up=[0.0, -1.0, STEP])),
    "template.up": ("needles", lambda p: p["template"].update(up=[STEP, -1.0, 0.0])),
    # only a needle of adjustable length has one to set
    "probes.active_mm": ("needles", lambda p: p["probes"][0].update(active_mm=24.0)),
    # a needle is drawn back only between freezes of its own clock
    "probes.pull_back_mm": ("needles", lambda p: p["probes"][0].update(pull_back_mm=STEP)),
    # cold is asked for at one of the isotherms
    "goals.Treat.below": ("needles", lambda p: p["goals"][3].update(below=-20.0)),
    # a bag of saline is wider than gel
    "warmers.warmer": ("warmers", lambda p: p["warmers"][0].update(warmer="warm-saline-bag", radius_mm=20.0)),
}  # fmt: skip


def fields(schema: Table) -> dict[str, tuple[str, Table]]:
    """Every field by its path: what the schema says that it affects, and its own schema."""
    return dict(_fields(schema, schema, ""))


def _fields(schema: Table, of: Table, above: str) -> Iterator[tuple[str, tuple[str, Table]]]:
    for name, field in of["properties"].items():
        place = f"{above}{name}"
        yield place, (field["affects"], field)
        kinds = _kinds(field)
        for kind in kinds:
            deeper = f"{place}.{kind}." if len(kinds) > 1 else f"{place}."
            yield from _fields(schema, schema["$defs"][kind], deeper)


def _kinds(field: Table) -> list[str]:
    forms = [field, field.get("items", {}), *field.get("anyOf", []), *field.get("items", {}).get("oneOf", [])]
    return [form["$ref"].rsplit("/", 1)[-1] for form in forms if "$ref" in form]


def changes(path: str, field: Table) -> Iterator[Change]:
    """Plans with that field changed by its smallest step, the least first: (case, plan)."""
    if path in BY_HAND:
        case, edit = BY_HAND[path]
        plan = copy.deepcopy(PLANS[case])
        edit(plan)
        yield case, plan
        return
    for case, whole in PLANS.items():
        for steps in _places(whole, path.split(".")):
            *above, name = steps
            value = _at(whole, above).get(name)
            for to in _steps(name, value, field):
                plan = copy.deepcopy(whole)
                place = _at(plan, above)
                if to is None:
                    place.pop(name)
                else:
                    place[name] = to
                yield case, plan


def _places(at: Any, path: list[str]) -> Iterator[list[str | int]]:
    """Every place in a plan where a field could stand."""
    name, *rest = path
    if isinstance(at, list):
        for i, item in enumerate(at):
            for found in _places(item, path):
                yield [i, *found]
    elif not isinstance(at, dict):
        return
    elif name[0].isupper():  # a kind of goal
        if at.get("kind") == name.lower():
            yield from _places(at, rest)
    elif not rest:
        yield [name]
    elif name in at:
        for found in _places(at[name], rest):
            yield [name, *found]


def _at(plan: Table, steps: list[str | int]) -> Any:
    place: Any = plan
    for step in steps:
        place = place[step]
    return place


def _steps(name: str, value: Any, field: Table) -> Iterator[Any]:
    """Values near a value, the nearest first; None takes it out."""
    if value is None:
        default = field.get("default")
        if name in ABSENT:
            yield ABSENT[name]
        elif default not in (None, [], {}):
            yield from _steps(name, default, field)
        return
    if isinstance(value, bool):
        yield not value
    elif name in KNOWN:
        yield from (known for known in KNOWN[name] if known != value)
    elif "enum" in field:
        yield from (choice for choice in field["enum"] if choice != value)
    elif isinstance(value, str):
        yield f"{value}a"
    elif field.get("type") == "integer":
        yield from (value + 1, value - 1)
    elif isinstance(value, int | float):
        yield from (value + STEP, value - STEP)
    elif isinstance(value, list) and value and isinstance(value[0], int | float):
        yield [value[0] + STEP, *value[1:]]
        yield [value[0], value[1] + STEP, *value[2:]]
    elif isinstance(value, list) and value and isinstance(value[0], list):
        yield [[value[0][0] + STEP, *value[0][1:]], *value[1:]]
    elif isinstance(value, list):
        yield value[:-1]
        yield None
    elif isinstance(value, dict):
        if "steps" in value and "anyOf" not in field:
            yield {"steps": value["steps"][:-1]}
        yield None
