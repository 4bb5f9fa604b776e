"""A zip from elsewhere: every entry is judged before the first byte is written, and only then is it unpacked.

An archive may claim to be small and fill the disk, hold another archive, or name a place outside its folder. What is
judged is what the archive says of itself and the first bytes of each entry; no entry can then write more than it said.
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from iceball.errors import ImageError

MEGABYTE = 1_000_000
CHUNK_BYTES = 1 << 20
LONGEST_NAME, LONGEST_PATH, DEEPEST = 200, 800, 20
# Names that are devices wherever they stand, with any ending, on one of the systems a case may be copied to.
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
PACKED = {
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"Rar!\x1a\x07": "rar", b"7z\xbc\xaf\x27\x1c": "7z",
    b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"MSCF": "cab",
}  # fmt: skip
"""First bytes of archives. A gzip is one file and is let through where it is an image (.nii.gz)."""
TAR_AT, TAR = 257, b"ustar"
ENDS = b"PK\x05\x06"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Limits:
    """What an archive or an upload may hold.

    Args:
        files: entries.
        bytes: of all entries together, unpacked.
        ratio: unpacked to packed, of all entries together and of any one above `small`.
        small: up to this many bytes an entry may be packed as tightly as it likes (a map of a few labels is).
    """

    files: int = 20_000
    bytes: int = 4_000 * MEGABYTE
    ratio: float = 120.0
    small: int = 100 * MEGABYTE


LIMITS = Limits()


def unpack_archive(path: Path, *, to: str, limits: dict[str, float] | None = None) -> list[str]:
    """Inside the child: judge a zip, then unpack it into the folder `to`; the paths written, relative to it.

    Raises:
        ImageError: what is wrong with which entry. Nothing has been written then.
    """
    allowed = Limits(**limits) if limits else LIMITS  # type: ignore[arg-type]
    where = path.name
    _refuse_too_many(path, allowed, where)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = checked(archive, allowed, where)
            home = Path(to)
            return [_write(archive, entry, name, home, where) for entry, name in entries]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, OverflowError) as fault:
        raise _refused(f"is damaged ({' '.join(str(fault).split())[:120]})", where, "Pack it again.") from None


def checked(archive: zipfile.ZipFile, limits: Limits, where: str) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files of an archive with their safe relative paths; raises ImageError for the first that is not safe."""
    entries = archive.infolist()
    names = Names(where)
    files: list[tuple[zipfile.ZipInfo, str]] = []
    for entry in entries:
        place = f"{where}: {_shown(entry.orig_filename)}"
        _refuse_kind(entry, place)
        # zipfile cuts a name at a NUL and turns backslashes: what was written is judged, not what is left of it.
        name = names.add(entry.orig_filename, folder=entry.is_dir())
        if not entry.is_dir():
            _refuse_ratio(entry.file_size, entry.compress_size, limits, place)
            files.append((entry, name))
    total, packed = sum(e.file_size for e, _ in files), sum(e.compress_size for e, _ in files)
    if total > limits.bytes:
        raise _refused(
            f"would unpack to {total / MEGABYTE:.0f} MB; at most {limits.bytes / MEGABYTE:.0f} MB are taken",
            where,
            "Pack one study only.",
        )
    _refuse_ratio(total, packed, limits, where)
    _refuse_shared(files, where)
    for entry, name in files:
        _refuse_nested(archive, entry, name, f"{where}: {_shown(name)}")
    if not files:
        raise _refused("holds no file", where, "Pack the folder with the images.")
    return files


class Names:
    """Paths that are taken, each once whatever its case, and none both a file and a folder."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.files: set[str] = set()
        self.folders: set[str] = set()

    def add(self, name: str, *, folder: bool = False) -> str:
        """The safe relative path of a name; raises ImageError where it is none, or taken."""
        place = f"{self.where}: {_shown(name)}"
        path = safe_path(name, where=place)
        key = _folded(path)
        parents = {_folded(str(p)) for p in PurePosixPath(path).parents}
        if key in self.files or (not folder and key in self.folders) or parents & self.files:
            raise _refused("comes twice, or is both a file and a folder", place, "Give each file a name of its own.")
        self.folders |= parents
        (self.folders if folder else self.files).add(key)
        return path


def safe_path(name: str, *, where: str) -> str:
    """A relative path that stays in its folder on every system, as it was given; raises ImageError for any other."""
    parts = name.rstrip("/").split("/")
    why = ""
    if name.startswith("/") or "\\" in name or re.match(r"[A-Za-z]:", name):
        why = "names a place outside the folder (an absolute path, a drive, or a backslash)"
    elif any(part == ".." for part in parts):
        why = "climbs out of its folder (..)"
    elif any(part in ("", ".") for part in parts):
        why = "is not a plain path"
    elif any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        why = "holds a sign that cannot be printed"
    elif any(DEVICES.fullmatch(part) for part in parts) or any(":" in part for part in parts):
        why = "is the name of a device"
    elif any(part != part.rstrip(" .") for part in parts):
        why = "ends in a space or a dot"
    elif len(name) > LONGEST_PATH or len(parts) > DEEPEST or any(len(p.encode()) > LONGEST_NAME for p in parts):
        why = "is too long or too deep"
    if why:
        raise _refused(why, where, "Rename it, or pack the folder again.")
    return "/".join(parts)


def _refuse_kind(entry: zipfile.ZipInfo, place: str) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "is a link" if kind == stat.S_IFLNK else "is a device or a pipe"
        raise _refused(f"{what}, not a file", place, "Pack the files themselves.")
    if entry.flag_bits & 0x1:
        raise _refused("is locked by a password", place, "Pack it again without one.")
    if entry.compress_type not in METHODS:
        raise _refused(f"is packed by method {entry.compress_type}", place, "Pack it as an ordinary zip (deflate).")


def _refuse_ratio(size: int, packed: int, limits: Limits, place: str) -> None:
    if size > limits.small and size > limits.ratio * max(packed, 1):
        raise _refused(
            f"would grow {size / max(packed, 1):.0f}-fold when unpacked; at most {limits.ratio:g}-fold is taken",
            place,
            "Send the files unpacked, or pack them again.",
        )


def _refuse_shared(files: list[tuple[zipfile.ZipInfo, str]], where: str) -> None:
    """Two entries that share packed bytes: a small archive may then hold a large one many times."""
    end = -1
    for entry, _ in sorted(files, key=lambda f: f[0].header_offset):
        if entry.header_offset < end:
            raise _refused("holds entries that lie in each other", where, "Pack it again.")
        end = entry.header_offset + entry.compress_size


def _refuse_nested(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, place: str) -> None:
    with archive.open(entry) as stream:
        first = stream.read(TAR_AT + len(TAR))
    kind = next((k for magic, k in PACKED.items() if first.startswith(magic)), "")
    if first[TAR_AT:] == TAR:
        kind = "tar"
    if kind and not (kind == "gzip" and name.lower().endswith(".nii.gz")):
        raise _refused(f"is an archive ({kind}) inside the archive", place, "Unpack it first and pack the files.")


def _refuse_too_many(path: Path, limits: Limits, where: str) -> None:
    """Count the entries by the archive's last record, before a list of them is made in memory."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - (1 << 16) - 22))
        tail = stream.read()
    at = tail.rfind(ENDS)
    if at < 0 or len(tail) < at + 22:
        raise _refused("is not a zip archive, or is cut short", where, "Pack it again.")
    count, listed = struct.unpack("<HI", tail[at + 10 : at + 16])
    # 46 bytes is the least that one entry takes in the list, whatever the record says of their number.
    if count > limits.files or (listed != 0xFFFFFFFF and listed > limits.files * (46 + LONGEST_PATH + 200)):
        raise _refused(f"holds more than {limits.files} files", where, "Pack one study only.")
    if count == 0xFFFF or listed == 0xFFFFFFFF:
        raise _refused("is an archive of the large kind (zip64)", where, "Pack one study only, below 4 GB.")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, home: Path, where: str) -> str:
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as stream, file.open("xb") as out:
        for chunk in _chunks(stream):
            left -= len(chunk)
            if left < 0:
                raise _refused("is larger than it says", f"{where}: {_shown(name)}", "Pack it again.")
            out.write(chunk)
    return name


def _chunks(stream: object) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):  # type: ignore[attr-defined]
        yield chunk


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[:120]


def _refused(what: str, where: str, remedy: str) -> ImageError:
    return ImageError(f"{what}.", where=where, remedy=remedy)
