"""Walk a folder of DICOM: the slices in it, and what else was there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from iceball.errors import IceballError, ImageError
from iceball.io import dicom_values as values
from iceball.io.dicom_frames import Frame, frames_of

MOST_FILES = 50_000


@dataclass(frozen=True)
class Scan:
    """All slices found, and what else was there.

    Args:
        frames: the slices.
        ignored: how many files of which other kind.
        broken: series UID and refusal of each file whose header is impossible.
    """

    frames: tuple[Frame, ...]
    ignored: dict[str, int]
    broken: tuple[tuple[str, ImageError], ...] = ()

    def check(self, series: str) -> None:
        """Refuse a series of which one file is broken."""
        for uid, error in self.broken:
            if uid == series:
                raise error

    @property
    def note(self) -> str:
        """One sentence on what was left aside, or ""."""
        aside = [f"{n} {kind}" for kind, n in sorted(self.ignored.items())]
        if self.broken:
            aside.append(f"{len(self.broken)} unreadable of other series")
        return f"Ignored beside the image: {', '.join(aside)}." if aside else ""


def scan(path: Path) -> Scan:
    """Read the headers of a file, or of all files in a folder and the folders in it.

    Raises:
        ImageError: if there is no readable CT or MR image, or a file is cut short before it says to what it belongs.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    frames: list[Frame] = []
    ignored: Counter[str] = Counter()
    broken: list[tuple[str, ImageError]] = []
    for file in _files(path):
        try:
            dataset = pydicom.dcmread(file, stop_before_pixels=True)
        except InvalidDicomError:
            ignored["not DICOM"] += 1
            continue
        except Exception as error:
            # The file starts as DICOM and then breaks: it may be a slice, so it is not passed over.
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            raise ImageError(
                f"could not be read: {reason}.", where=file.name, remedy="Fetch it again, or remove it."
            ) from None
        try:
            found = frames_of(dataset, file)
        except IceballError as error:
            uid = values.text(dataset, "SeriesInstanceUID")
            refusal = ImageError(error.what, where=error.where, remedy=error.remedy)
            if not uid:
                raise refusal from None
            broken.append((uid, refusal))
            continue
        if found is None:
            ignored[values.text(dataset, "Modality") or "other DICOM"] += 1
        else:
            frames.extend(found)
    if not frames and broken:
        raise broken[0][1]
    if not frames:
        raise _no_image(path, ignored)
    return Scan(tuple(frames), dict(ignored), tuple(broken))


def _no_image(path: Path, ignored: Counter[str]) -> ImageError:
    if path.is_file() and ignored["not DICOM"]:
        return ImageError(
            "is not an image that is read.", where=path.name, remedy="Give DICOM, NIfTI, NRRD or MetaImage."
        )
    found = ", ".join(f"{n} {kind}" for kind, n in sorted(ignored.items()))
    what = f"no CT or MR image is here (found: {found})." if found else "the folder is empty."
    return ImageError(what, where=path.name, remedy="Give the folder that holds the CT or MR series.")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = []
    for file in sorted(path.rglob("*")):
        if file.name.startswith(".") or not file.is_file():
            continue
        files.append(file)
        if len(files) > MOST_FILES:
            raise ImageError(
                f"more than {MOST_FILES} files are here.", where=path.name, remedy="Give one study's folder."
            )
    return files
