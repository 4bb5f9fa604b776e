"""No archive writes a byte before all of it was judged, and none writes outside its folder or more than it said."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from iceball.errors import ImageError
from iceball.io.archive import Limits, safe_path, unpack_archive
from iceball.io.sandbox import in_child

DEFLATED = zipfile.ZIP_DEFLATED


def packed(path: Path, *entries: tuple[str, bytes], kind: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = kind << 16
            entry.compress_type = DEFLATED
            archive.writestr(entry, content)
    return path


def small_zip(content: bytes = b"x") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inner", content)
    return stream.getvalue()


def refused(path: Path, tmp_path: Path, **limits: float) -> ImageError:
    to = tmp_path / "out"
    to.mkdir()
    with pytest.raises(ImageError) as refusal:
        unpack_archive(path, to=str(to), limits=limits or None)
    assert list(to.rglob("*")) == []
    assert {p.name for p in tmp_path.iterdir()} == {"out", path.name}
    assert refusal.value.where
    assert refusal.value.remedy
    return refusal.value


def test_a_study_comes_out_as_it_went_in(tmp_path):
    files = {
        "ct/1.dcm": b"one" * 500,
        "ct/2.dcm": b"two",
        "name with spaces é/RS.dcm": b"\x00\x01",
        "image.nii.gz": b"\x1f\x8b",
    }
    path = packed(tmp_path / "study.zip", *files.items(), ("ct/", b""))
    (tmp_path / "out").mkdir()
    names = unpack_archive(path, to=str(tmp_path / "out"))
    assert {n: (tmp_path / "out" / n).read_bytes() for n in names} == files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil", "climbs"), ("a/../../evil", "climbs"), ("/etc/evil", "outside"), ("C:evil", "outside"),
        ("C:/evil", "outside"), ("..\\evil", "outside"), ("\\\\server\\evil", "outside"), ("a//b", "plain"),
        ("./a", "plain"), ("a/./b", "plain"), ("CON", "device"), ("ct/nul.dcm", "device"), ("com1.txt", "device"),
        ("LPT9", "device"), ("file:stream", "device"), ("a.", "ends"), ("a /b", "ends"), ("a\nb", "printed"),
        ("a\u202ecod.exe", "printed"), ("x" * 300, "long"), ("/".join("d" * 40), "deep"), ("", "plain"),
    ],
)  # fmt: skip
def test_a_name_that_could_leave_its_folder_is_refused(name, said):
    with pytest.raises(ImageError, match=said):
        safe_path(name, where="x.zip")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "C:\\evil", "aux", "ok/../../evil"])
def test_such_a_name_in_an_archive_stops_all_of_it(tmp_path, name):
    assert refused(packed(tmp_path / "a.zip", ("good.dcm", b"x"), (name, b"x")), tmp_path).where.startswith("a.zip: ")


def test_a_name_cut_by_a_nul_is_judged_as_it_was_written(tmp_path):
    path = packed(tmp_path / "a.zip", ("good.dcm#../../evil", b"x"))
    path.write_bytes(path.read_bytes().replace(b"good.dcm#", b"good.dcm\x00"))
    refused(path, tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path, kind):
    assert "not a file" in refused(packed(tmp_path / "a.zip", ("x", b"/etc/passwd"), kind=kind | 0o777), tmp_path).what


@pytest.mark.parametrize("names", [("a", "a"), ("a", "A"), ("a", "a/b"), ("a/b", "a"), ("ﬁ", "fi")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused_whatever_its_case(tmp_path, names):
    assert "twice" in refused(packed(tmp_path / "a.zip", *((n, b"x") for n in names)), tmp_path).what


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size(tmp_path):
    path = packed(tmp_path / "bomb.zip", *((f"{n}.dcm", b"\0" * 1_000_000) for n in range(5)))
    assert path.stat().st_size < 50_000
    assert "fold" in refused(path, tmp_path, small=500_000).what
    (tmp_path / "out").rmdir()
    assert "MB" in refused(packed(path, ("a", b"\0" * 3_000_000)), tmp_path, bytes=2_000_000).what


def test_a_header_that_lies_about_its_size_writes_no_more_than_it_said(tmp_path):
    path = packed(tmp_path / "a.zip", ("a", b"\0" * 400_000))
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 400_000), struct.pack("<I", 10)))
    (tmp_path / "out").mkdir()
    with pytest.raises(ImageError, match="damaged"):
        unpack_archive(path, to=str(tmp_path / "out"))
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*")) <= 10


@pytest.mark.parametrize(
    "inner", [small_zip(), b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"\x1f\x8b\x08", b"BZh91AY",
              b"\0" * 257 + b"ustar\x0000"],
)  # fmt: skip
def test_an_archive_in_an_archive_is_refused_whatever_its_name(tmp_path, inner):
    assert "inside" in refused(packed(tmp_path / "a.zip", ("scan.dcm", inner)), tmp_path).what


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    path = packed(tmp_path / "a.zip", ("a", bytes(range(256)) * 40), ("b", b"x"))
    content = bytearray(path.read_bytes())
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 0)  # the second entry points at the first one's bytes
    path.write_bytes(content)
    refused(path, tmp_path)


def test_too_many_files_and_what_is_no_zip_are_refused(tmp_path):
    assert (
        "more than 3" in refused(packed(tmp_path / "a.zip", *((str(n), b"") for n in range(4))), tmp_path, files=3).what
    )
    (tmp_path / "out").rmdir()
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and nothing more")
    assert "not a zip" in refused(tmp_path / "a.zip", tmp_path).what


def test_an_archive_is_opened_in_the_killable_child(tmp_path):
    path = packed(tmp_path / "a.zip", ("../evil", b"x"))
    with pytest.raises(ImageError, match="climbs"):
        in_child("unpack", path, to=str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_the_limits_fit_a_real_study():
    assert Limits().bytes > 512 * 512 * 2 * 2_000
