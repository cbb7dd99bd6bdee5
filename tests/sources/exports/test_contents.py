"""What is in an export file: gzip, zstd, ZIP and standard input, and what is refused."""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from tokenbooks.sources.exports.sheets import packing
from tokenbooks.sources.exports.sheets.contents import STANDARD_INPUT, read_contents

TEXT = b"date,model,input_tokens\n2025-11-01,small,12\n"
MORE = b"2025-11-02,small,30\n"


def gzipped(data: bytes) -> bytes:
    """Packed without the time of day, which would name tests anew in every run."""
    return gzip.compress(data, mtime=0)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def skippable(data: bytes) -> bytes:
    """A frame that readers of zstd skip, as parallel packers write them."""
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str, data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """The contents of a file by the names that people use, and the problems as told."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    contents, problems = read_contents(path)
    assert all(problem.help for problem in problems)
    told = [f"{problem.position} [{problem.code}] {problem.message}" for problem in problems]
    return {content.shown: content.path.read_bytes() for content in contents}, told


@pytest.mark.parametrize(
    ("name", "packed", "plain"),
    [
        ("usage/a.csv", TEXT, TEXT),
        ("usage/a.csv.gz", gzipped(TEXT), TEXT),
        # a browser or a proxy has unpacked it already, or packed it without a word
        ("usage/a.csv.gz", TEXT, TEXT),
        ("usage/a.csv", gzipped(TEXT), TEXT),
        ("usage/a.csv.gz", gzipped(gzipped(TEXT)), TEXT),
        # a log that grows by whole members, as `gzip >>` writes it
        ("usage/a.csv.gz", gzipped(TEXT) + gzipped(MORE), TEXT + MORE),
        ("usage/a.csv.gz", gzipped(b""), b""),
        ("usage/a.csv.zst", zstd(TEXT), TEXT),
        ("usage/a.csv.zst", zstd(TEXT) + zstd(MORE), TEXT + MORE),
        ("usage/a.csv.zst", skippable(b"index") + zstd(TEXT), TEXT),
        ("usage/a.csv.zst", zstd(TEXT * 1000), TEXT * 1000),
        ("usage/a.csv", b"", b""),
        # bytes that begin like text are text, whatever the name says
        ("usage/a.zip", TEXT, TEXT),
    ],
)
def test_one_content(here: Path, name: str, packed: bytes, plain: bytes) -> None:
    assert read(name, packed) == ({name: plain}, [])


def test_what_is_not_packed_stays_where_it_is(here: Path) -> None:
    read("a.csv", TEXT)
    (content,), _ = read_contents(Path("a.csv"))
    assert content.path == content.origin == content.file == Path("a.csv")
    assert not content.member


def test_a_zip_has_a_content_for_each_of_its_files(here: Path) -> None:
    members = {
        "usage_data/": b"",
        "usage_data/cost-2026-6.csv": b"cost",
        "usage_data/amount-2026-6.csv": gzipped(TEXT),
        "log.csv.zst": zstd(TEXT),
        "usage_data\\windows.csv": b"windows",
        "__MACOSX/usage_data/._cost-2026-6.csv": b"resource fork",
        ".DS_Store": b"folder view",
        "usage_data/.hidden.csv": b"hidden",
    }
    contents, told = read("usage/d.zip", zip_of(members))
    assert told == []
    assert list(contents) == [  # by name
        "usage/d.zip/log.csv.zst",
        "usage/d.zip/usage_data/amount-2026-6.csv",
        "usage/d.zip/usage_data/cost-2026-6.csv",
        "usage/d.zip/usage_data/windows.csv",
    ]
    assert contents["usage/d.zip/usage_data/amount-2026-6.csv"] == TEXT
    assert contents["usage/d.zip/log.csv.zst"] == TEXT


def test_a_member_is_one_of_several_or_alone(here: Path) -> None:
    read("two.zip", zip_of({"a.csv": TEXT, "b.csv": MORE}))
    read("one.zip", zip_of({"a.csv": TEXT, ".hidden": MORE}, zipfile.ZIP_STORED))
    assert [content.member for content in read_contents(Path("two.zip"))[0]] == [True, True]
    assert [content.member for content in read_contents(Path("one.zip"))[0]] == [False]


def test_a_file_is_unpacked_once_and_again_when_it_changes(here: Path) -> None:
    read("a.csv.gz", gzipped(TEXT))
    (first,), _ = read_contents(Path("a.csv.gz"))
    (again,), _ = read_contents(Path("a.csv.gz"))
    (absolute,), _ = read_contents(here / "a.csv.gz")
    assert first.path == again.path == absolute.path
    assert absolute.origin == here / "a.csv.gz"
    assert read("a.csv.gz", gzipped(TEXT + MORE)) == ({"a.csv.gz": TEXT + MORE}, [])


@pytest.mark.parametrize("packed", [TEXT, gzipped(TEXT), zstd(TEXT)])
def test_standard_input(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    for _ in range(2):  # it is there once, and is kept
        (content,), problems = read_contents(STANDARD_INPUT)
        assert (content.shown, content.path.read_bytes(), problems) == ("-", TEXT, [])


def test_a_zip_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zip_of({"a.csv": TEXT, "b.csv": MORE})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    contents, problems = read_contents(STANDARD_INPUT)
    assert [content.shown for content in contents] == ["-/a.csv", "-/b.csv"]
    assert problems == []


def test_a_closed_standard_input_is_an_empty_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    (content,), problems = read_contents(STANDARD_INPUT)
    assert (content.path.read_bytes(), problems) == (b"", [])


def test_a_file_that_is_not_there_is_told_by_its_reader(here: Path) -> None:
    (content,), problems = read_contents(Path("gone.csv.gz"))
    assert (content.path, problems) == (Path("gone.csv.gz"), [])


# -- what is refused -----------------------------------------------------------------


def encrypted(data: bytes) -> bytes:
    """The ZIP with the flag set that says a member is encrypted, in both of its lists."""
    changed = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(sign) + offset] |= 1
    return bytes(changed)


def twice_named() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", TEXT)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", MORE)
    return out.getvalue()


ZIP = zip_of({"a.csv": TEXT * 20})
GZIP, ZSTD = gzipped(TEXT * 20), zstd(TEXT * 20)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (GZIP[:-1], "x [packed-broken] it cannot be unpacked: it ends too early"),
        (GZIP[:20], "x [packed-broken] it cannot be unpacked: it ends too early"),
        (GZIP[:30] + b"\xff" + GZIP[31:], "x [packed-broken] it cannot be unpacked: it is damaged"),
        (GZIP + b"rest", "x [packed-broken] it cannot be unpacked: it is damaged (Not a gzipped"),
        (GZIP[:-8] + b"\0" * 8, "x [packed-broken] it cannot be unpacked: it is damaged (CRC"),
        (ZSTD[:-1], "x [packed-broken] it cannot be unpacked: it ends too early"),
        (ZSTD[:10], "x [packed-broken] it cannot be unpacked: it ends too early"),
        (ZSTD + b"rest", "x [packed-broken] it cannot be unpacked: it is damaged"),
        (ZIP[:-10], "x [packed-broken] it cannot be unpacked: it is damaged (File is not a zip"),
        (
            ZIP[:40] + b"\0\0\0" + ZIP[43:],
            "x/a.csv [packed-broken] it cannot be unpacked: it is damaged",
        ),
        (encrypted(ZIP), "x/a.csv [packed-encrypted] it is encrypted"),
        (zip_of({"a.zip": ZIP}), "x/a.zip [packed-nested] it is an archive in another one"),
        (gzipped(ZIP), "x [packed-nested] it is an archive in another one"),
        (zip_of({"../a.csv": TEXT}), "x [packed-name] a member has a name that is no place"),
        (zip_of({"/etc/a.csv": TEXT}), "x [packed-name] a member has a name that is no place"),
        (zip_of({"C:\\a.csv": TEXT}), "x [packed-name] a member has a name that is no place"),
        (zip_of({"a\x1b[31m.csv": TEXT}), "x [packed-name] a member has a name that is no place"),
        (twice_named(), "x [packed-name] two members have the name a.csv"),
        (zip_of({}), "x [packed-empty] no file is in it"),
        (zip_of({"folder/": b"", ".hidden": b""}), "x [packed-empty] no file is in it"),
        (
            zip_of({"a.csv": TEXT}, zipfile.ZIP_BZIP2),
            "x/a.csv [packed-unknown] it is packed by method 12 of ZIP",
        ),
        (
            zip_of({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}),
            "x [packed-unknown] it is an Excel workbook",
        ),
        (b"7z\xbc\xaf\x27\x1c\0\4", "x [packed-unknown] it is 7-Zip, which is not read"),
        (b"\0" * 257 + b"ustar", "x [packed-unknown] it is tar, which is not read"),
        (
            gzipped(b"usage.csv".ljust(257, b"\0") + b"ustar"),
            "x [packed-unknown] it is tar, which is not read",
        ),
    ],
)
def test_refused(here: Path, data: bytes, told: str) -> None:
    contents, problems = read("x", data)
    assert len(problems) == 1
    assert problems[0].startswith(told)
    assert contents == {} or list(contents) == ["x/a.csv"]  # the other of two


def test_one_bad_member_leaves_the_others(here: Path) -> None:
    contents, told = read("x.zip", zip_of({"a.csv": TEXT, "b.zip": ZIP, "../c.csv": MORE}))
    assert contents == {"x.zip/a.csv": TEXT}
    assert [line.split("]")[0] for line in told] == [
        "x.zip [packed-name",
        "x.zip/b.zip [packed-nested",
    ]


def test_without_the_extra_zstd_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    contents, told = read("a.csv.zst", ZSTD)
    assert contents == {}
    assert told[0].startswith("a.csv.zst [zstd-missing] it is packed with zstd, and the package")


@pytest.mark.parametrize(
    "data",
    [
        # 5 MB of the same byte come out of some kB: more than 1,000 to 1
        gzipped(b"0" * 5_000_000),
        zstd(b"0" * 5_000_000),
        zip_of({"a.csv": b"0" * 5_000_000}),
        # each of 50 members is allowed, all together are not
        zip_of({f"{number}.csv": b"0" * 100_000 for number in range(50)}),
        # layers count together
        gzipped(gzipped(b"0" * 2_000_000)),
    ],
)
def test_a_bomb_is_refused(here: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "ALWAYS_ALLOWED", 1_000_000)
    contents, (told,) = read("x", data)
    assert "[packed-too-large] unpacked it is larger than " in told
    assert contents == {}


def test_no_file_may_be_larger_than_the_absolute_limit(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "LARGEST_UNPACKED", 1_000)
    noise = random.Random(4).randbytes(2_000)  # it does not get smaller
    assert read("a.gz", gzipped(noise[:1_000])) == ({"a.gz": noise[:1_000]}, [])
    _, told = read("a.gz", gzipped(noise))
    assert told[0].startswith("a.gz [packed-too-large] unpacked it is larger than 1,000 bytes")


def test_very_many_members_are_refused(here: Path) -> None:
    many = zip_of({f"{number}.csv": b"" for number in range(10_001)}, zipfile.ZIP_STORED)
    contents, (told,) = read("x.zip", many)
    assert contents == {}
    assert told == "x.zip [packed-too-large] it has 10,001 members, more than any export"


@pytest.mark.parametrize("whole", [ZIP, GZIP, ZSTD, zip_of({"a": TEXT, "b/c": GZIP})])
def test_damage_anywhere_is_a_problem_or_changes_nothing_in_a_way_that_matters(
    here: Path, whole: bytes
) -> None:
    """Whatever byte is changed or cut off: contents or problems, and never a traceback."""
    chance = random.Random(7)
    for number in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cut = damaged[: chance.randint(1, len(damaged))] if number % 2 else damaged
        contents, told = read(f"{number}", bytes(cut))
        assert contents or told
