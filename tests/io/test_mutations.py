"""Files changed at random: each gives a value or one refusal with a place and a remedy, never anything else."""

import json
import logging
import random

import numpy as np
import pytest

from iceball.errors import ImageError
from iceball.io import dicom_volume, wire
from iceball.io.nifti import write_nifti
from iceball.io.read import read_structures
from iceball.io.sandbox import reply_to
from iceball.space import Grid, Volume
from tests.io.make_dicom import base, write_series, write_structures
from tests.io.test_dicom_geometry import read_here
from tests.io.test_labels import itk_image, write
from tests.io.test_rtstruct import square

# The toolkit warns of what the tests put into the files.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TRIES = 60
POISON = [b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"nan\\", b"-1  ", b"1e99"]


def mutated(content, rng):
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5])):
        place, way = rng.randrange(max(len(content), 1)), rng.random()
        if way < 0.5:
            content[place : place + 1] = bytes([rng.randrange(256)])
        elif way < 0.7:
            content[place : place + 4] = rng.choice(POISON)
        elif way < 0.85:
            del content[place : place + rng.randrange(1, 20)]
        else:
            del content[place:]
    return bytes(content)


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    slices = write_series(folder / "ct", shape=(8, 8, 4))
    image = read_here(folder / "ct")
    structures = write_structures(folder / "rs.dcm", {"t": [square(image, k, (1.5, 1.5), (5.5, 5.5)) for k in (1, 2)]})
    labels = Volume(image.grid, (np.arange(image.data.size).reshape(image.data.shape) % 3).astype(np.uint8))
    itk = itk_image()
    on = {
        "grid": wire.grid_as_json(image.grid),
        "header": wire.header_as_json(image.header),
        "names": None,
        "only": None,
    }
    plain = {"series": None, "modality": "CT"}
    return {
        "dicom": (slices[1], folder / "ct", "image", plain),
        "rtstruct": (structures, structures, "structures", on),
        "labels": ((p := write_nifti(labels, folder / "labels.nii")), p, "structures", on),
        "nifti": ((p := write_nifti(image, folder / "image.nii")), p, "image", plain),
        "nrrd": ((p := write(itk, folder / "a.nrrd")), p, "image", plain),
        "meta": ((p := write(itk, folder / "a.mha", compress=False)), p, "image", plain),
    }


@pytest.mark.parametrize("kind", ["dicom", "rtstruct", "labels", "nifti", "nrrd", "meta"])
def test_a_mutated_file_gives_a_value_or_a_refusal(originals, tmp_path, kind):
    changed, given, task, arguments = originals[kind]
    original, rng = changed.read_bytes(), random.Random(kind)
    logging.disable(logging.CRITICAL)
    seen = {"value": 0, "error": 0}
    try:
        for _ in range(TRIES):
            dicom_volume._dataset.cache_clear()
            changed.write_bytes(mutated(original, rng))
            request = {
                "task": task,
                "path": str(given),
                "arguments": arguments,
                "memory_gb": 8,
                "folder": str(tmp_path),
            }
            reply = reply_to(request)
            wire.write_json(reply, tmp_path / "answer.json")
            answer = json.loads((tmp_path / "answer.json").read_text())
            [(outcome, content)] = answer.items()
            seen[outcome] += 1
            if outcome == "error":
                assert content["what"]
                assert content["where"]
                assert content["remedy"]
            else:
                volume = wire.unpack(content, tmp_path)
                assert volume is not None
            for leftover in tmp_path.glob("*.npy"):
                leftover.unlink()
    finally:
        logging.disable(logging.NOTSET)
        changed.write_bytes(original)
    assert seen["error"] > 5
    assert sum(seen.values()) == TRIES


def test_sequences_nested_ten_thousand_deep_are_refused(tmp_path):
    path = tmp_path / "deep.dcm"
    base("RTSTRUCT").save_as(path, enforce_file_format=True)
    item = b"\x06\x30\x20\x00SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    path.write_bytes(path.read_bytes() + item * 10_000)
    on = Volume(Grid.of((3, 3, 3), np.eye(4)), np.zeros((3, 3, 3), np.int16))
    with pytest.raises(ImageError, match=r"deep\.dcm: could not be read"):
        read_structures(path, on=on)


def test_words_from_a_file_cannot_steer_a_terminal(tmp_path):
    write_series(tmp_path / "ct", tweak=lambda d, k: setattr(d, "SeriesDescription", "liver\x1b[2J"))
    reply = reply_to({"task": "image", "path": str(tmp_path / "ct"), "folder": str(tmp_path), "memory_gb": 8,
                      "arguments": {"series": None, "modality": None}})  # fmt: skip
    wire.write_json(reply, tmp_path / "answer.json")
    assert json.loads((tmp_path / "answer.json").read_text())["value"]["volume"]["header"]["description"] == "liver[2J"
