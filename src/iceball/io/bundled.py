"""The two real cases that ship with Iceball."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from iceball.errors import CaseError
from iceball.io.case import Case
from iceball.io.intake import Request, new_case
from iceball.io.read import read_image
from iceball.plan import Setting
from iceball.space import Volume
from iceball.space.shapes import Sphere

NAMES = ("kidney", "sarcoma")


def bundled_case(name: str, folder: str | Path) -> Case:
    """Write the bundled case `name` to a new folder, with its starter plan.

    Raises:
        CaseError: if there is no such case, or the folder is not empty.
    """
    if name not in NAMES:
        raise CaseError(f"no bundled case called '{name}'.", where="demo", remedy=f"Known: {', '.join(NAMES)}.")
    with as_file(files("iceball") / "cases" / name) as home:
        table = tomllib.loads((home / "case.toml").read_text(encoding="utf-8"))
        setting = Setting(side=table["side"], procedure_position=table["procedure_position"])
        common = {"organ": table["organ"], "title": table["title"], "setting": setting}
        if "lesion" not in table:
            request = Request(
                home / table["image"],
                structures=(home / table["structures"],),
                target=table["target"],
                structures_origin=table["structures_origin"],
                **common,
            )
            return new_case(folder, request)
        lesion = table["lesion"]
        sphere = Sphere(tuple(lesion["centre_mm"]), lesion["diameter_mm"])
        request = Request(
            home / table["image"],
            labels=home / table["labels"],
            label_names=home / table["label_names"],
            target_sphere=(*lesion["centre_mm"], lesion["diameter_mm"]),
            flags=(table["marking"],),
            **common,
        )
        return new_case(
            folder,
            request,
            image=_painted(read_image(request.image, modality=table["modality"]), sphere, lesion, table),
        )


def _painted(image: Volume, lesion: Sphere, numbers: dict[str, float], table: dict[str, str]) -> Volume:
    """A copy of the CT with the lesion at its stated CT number, blended at the rim as a scanner would."""
    share = lesion.occupancy(image.grid)
    noise = np.random.default_rng(int(numbers["noise_seed"])).normal(0, numbers["noise_sd_hu"], image.grid.shape)
    data = image.data + share * (numbers["ct_number_hu"] + noise - image.data)
    note = (
        f"{table['marking']}: a {numbers['diameter_mm']:g} mm sphere of {numbers['ct_number_hu']:g} HU was painted in."
    )
    notes = (*image.header.notes, note)
    header = replace(image.header, modality="CT", patient_position=table["image_position"], notes=notes)
    return Volume(image.grid, np.rint(data).astype(np.int16), "HU", header)
