"""What somebody sends: streamed into a folder of the workspace, within limits, and looked through by the child."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from iceball.errors import ImageError
from iceball.io.archive import LIMITS, MEGABYTE, Limits, Names
from iceball.io.sandbox import in_child
from iceball.io.text import read_json, write_json
from iceball.web.answers import Missing

FILES, FOUND = "files", "found.json"
OLD_SECONDS = 24 * 3600.0
MOST_WAITING = 8
SPARE = 1.5
"""Room on the disk that must be there, as a multiple of what is announced: an archive and what it holds."""
ZIP = b"PK\x03\x04"


class TooLarge(ImageError):
    """More than is taken at once."""

    status = 413


@dataclass(frozen=True)
class Uploads:
    """The uploads of a workspace that wait to become cases.

    Args:
        home: the folder they lie in, one folder each.
        limits: what one may hold.
    """

    home: Path
    limits: Limits = field(default_factory=lambda: LIMITS)

    def begin(self, announced: int | None) -> Path:
        """A fresh folder for an upload of so many bytes; raises TooLarge where it cannot be taken."""
        self.home.mkdir(parents=True, exist_ok=True)
        if announced is not None and announced > self.limits.bytes:
            raise _too_large(self.limits)
        free = shutil.disk_usage(self.home).free
        if announced is not None and SPARE * announced > free:
            raise TooLarge(
                f"there is room for {free / MEGABYTE:.0f} MB on the disk.", where="upload", remedy="Make room first."
            )
        waiting = sorted((f for f in self.home.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
        for folder in waiting[: max(0, len(waiting) - MOST_WAITING + 1)]:
            shutil.rmtree(folder, ignore_errors=True)
        for folder in waiting:
            if folder.exists() and time.time() - folder.stat().st_mtime > OLD_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        folder = self.home / secrets.token_hex(8)
        (folder / FILES).mkdir(parents=True)
        return folder

    def folder(self, upload: str) -> Path:
        """The folder of an upload; raises Missing where there is none."""
        folder = self.home / upload
        if not re.fullmatch(r"[0-9a-f]{16}", upload) or not (folder / FOUND).is_file():
            raise Missing("is not here (any more).", where="upload", remedy="Send the files again.")
        return folder

    def found(self, upload: str) -> dict[str, Any]:
        """What was found in an upload."""
        told: dict[str, Any] = read_json(self.folder(upload) / FOUND)
        return told

    def remove(self, upload: str) -> None:
        """Throw an upload away."""
        shutil.rmtree(self.folder(upload), ignore_errors=True)

    async def take(self, body: AsyncIterator[bytes], content_type: str, announced: int | None) -> Path:
        """Stream a multipart body into a fresh folder; where it is refused nothing is left.

        Raises:
            TooLarge: more bytes or files than the limits.
            ImageError: for a file whose name could leave the folder, or a body that is no multipart.
        """
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ImageError("is no upload of files.", where="upload", remedy="Send multipart/form-data.")
        folder = self.begin(announced)
        taking = Taking(folder / FILES, self.limits)
        try:
            parser = MultipartParser(options[b"boundary"], taking.callbacks())
            async for chunk in body:
                parser.write(chunk)
            parser.finalize()
            taking.must_be_whole()
        except BaseException as fault:
            taking.close()
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(fault, Exception) and announced is not None:
                await _let_pass(body, announced)
            if isinstance(fault, MultipartParseError):
                raise ImageError("is damaged on its way.", where="upload", remedy="Send it again.") from None
            raise
        return folder

    def look(self, folder: Path) -> dict[str, Any]:
        """Unpack the archives of an upload and find what can be read; where it is refused nothing is left."""
        try:
            files = folder / FILES
            for archive in [f for f in sorted(files.rglob("*")) if f.is_file() and _is_zip(f)]:
                home = _free(archive.with_suffix(""))
                home.mkdir()
                in_child("unpack", archive, to=str(home))
                archive.unlink()
            told = json.loads(json.dumps(in_child("upload", files)))
            told["upload"] = folder.name
            write_json(folder / FOUND, told)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return dict(told)


class Taking:
    """One body on its way to the disk: every name judged, every byte counted, before it is written."""

    def __init__(self, home: Path, limits: Limits) -> None:
        self.home = home
        self.limits = limits
        self.names = Names("upload")
        self.header, self.value = b"", b""
        self.headers: dict[bytes, bytes] = {}
        self.file: IO[bytes] | None = None
        self.files = 0
        self.bytes = 0
        self.ended = False

    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self.begin_part,
            "on_header_field": self.header_field,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_headers_finished": self.begin_file,
            "on_part_data": self.write,
            "on_part_end": self.close,
            "on_end": self.end,
        }

    def begin_part(self) -> None:
        """A new file."""
        self.headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """Part of a header's name."""
        self.header += data[start:end]
        self._short(self.header)

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """Part of a header's value."""
        self.value += data[start:end]
        self._short(self.value)

    def header_end(self) -> None:
        """A header is whole."""
        self.headers[self.header.lower()] = self.value
        self.header, self.value = b"", b""
        if len(self.headers) > 8:
            raise ImageError("is no upload of files.", where="upload", remedy="Send multipart/form-data.")

    def begin_file(self) -> None:
        """Judge the name, then open the file."""
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        name = options.get(b"filename")
        if name is None:
            raise ImageError("holds a part that is no file.", where="upload", remedy="Send files only.")
        self.files += 1
        if self.files > self.limits.files:
            raise TooLarge(f"holds more than {self.limits.files} files.", where="upload", remedy="Send one study.")
        path = self.home / self.names.add(name.decode("utf-8", "replace"))
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("xb")

    def write(self, data: bytes, start: int, end: int) -> None:
        """Count, then write."""
        self.bytes += end - start
        if self.bytes > self.limits.bytes:
            raise _too_large(self.limits)
        assert self.file is not None
        self.file.write(data[start:end])

    def close(self) -> None:
        """The file is whole, or given up."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def end(self) -> None:
        """The last boundary was seen."""
        self.ended = True

    def must_be_whole(self) -> None:
        """Raise ImageError where the body broke off, or held no file."""
        if not self.ended or self.files == 0:
            what = "broke off" if not self.ended else "holds no file"
            raise ImageError(f"{what}.", where="upload", remedy="Send it again.")

    def _short(self, text: bytes) -> None:
        if len(text) > 4_000:
            raise ImageError("is no upload of files.", where="upload", remedy="Send multipart/form-data.")


async def _let_pass(body: AsyncIterator[bytes], announced: int) -> None:
    """Let the rest of a refused body go by unread: a browser that still sends would not hear why it was refused."""
    async for chunk in body:
        announced -= len(chunk)
        if announced <= 0:
            return


def _is_zip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) == ZIP


def _free(folder: Path) -> Path:
    names = (folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000)))
    return next(n for n in names if not n.exists())


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge(
        f"is larger than {limits.bytes / MEGABYTE:.0f} MB.",
        where="upload",
        remedy="Send one study, or one series of it.",
    )
