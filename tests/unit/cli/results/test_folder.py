"""The folder of results: only what is argmin's is ever replaced, and nothing lands outside."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from argmin.api.run import SOLUTION_FILE
from argmin.api.untrusted import UNPACKED_LIMIT_BYTES
from argmin.cli.errors import CliError
from argmin.cli.results.folder import ResultFolder


def archive_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_a_former_result_makes_place_for_the_new_one(tmp_path: Path) -> None:
    former = ResultFolder.claim(tmp_path, ["data"])
    former.write_file(SOLUTION_FILE, b"old")
    former.unpack(archive_of((tarfile.TarInfo("data/old.csv"), b"1")))
    ResultFolder.claim(tmp_path, ["data"])
    assert not (tmp_path / SOLUTION_FILE).exists()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["data", "solution.json", "proof.json", "run.log", "status.json"])
def test_what_is_not_from_argmin_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(CliError, match=f"{name} there is not from argmin"):
        ResultFolder.claim(tmp_path, ["data"])
    assert (tmp_path / name).read_text() == "precious"


def test_other_things_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious")
    ResultFolder.claim(tmp_path, ["data"])
    ResultFolder.claim(tmp_path, ["data"])
    assert (tmp_path / "notes.txt").read_text() == "precious"


def test_a_marker_that_names_other_places_deletes_nothing_there(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / ".argmin").write_text("../outside.txt\n..\n")
    ResultFolder.claim(folder, [])
    assert outside.exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CliError, match=r"--output-dir .*file/results: Not a directory"):
        ResultFolder.claim(tmp_path / "file" / "results", [])


def test_links_in_an_output_stay_links(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "link").symlink_to("/etc")
    folder = ResultFolder.claim(tmp_path / "results", ["data"])
    folder.take_output(source, "data")
    assert (folder.path / "data" / "link").is_symlink()


def test_outputs_are_unpacked(tmp_path: Path) -> None:
    folder = ResultFolder.claim(tmp_path, ["data"])
    folder.unpack(archive_of((tarfile.TarInfo("data/a/b.csv"), b"1")))
    assert (tmp_path / "data/a/b.csv").read_bytes() == b"1"


def _link(name: str, target: str) -> tarfile.TarInfo:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, target
    return link


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../escaped"),
        tarfile.TarInfo("data/../escaped"),
        tarfile.TarInfo("/escaped"),
        tarfile.TarInfo("status.json"),
        _link("data/link", "../../escaped"),
        _link("data/link", "/etc/passwd"),
    ],
    ids=lambda member: member.linkname or member.name,
)
def test_an_archive_that_reaches_out_of_its_outputs_is_refused(
    tmp_path: Path, member: tarfile.TarInfo
) -> None:
    folder = ResultFolder.claim(tmp_path / "results", ["data"])
    with pytest.raises(CliError, match="the outputs cannot be unpacked"):
        folder.unpack(archive_of((member, b"")))
    assert not any(path.name in ("escaped", "link") for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"no tar"), archive_of()[:-5]],
    ids=["empty", "not gzip", "not tar", "cut off"],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = ResultFolder.claim(tmp_path, ["data"])
    with pytest.raises(CliError, match="the outputs cannot be unpacked"):
        folder.unpack(content)


def test_an_archive_that_unpacks_to_more_than_its_limit_is_refused_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    archive = gzip.compress(b"\0" * (UNPACKED_LIMIT_BYTES + 1), compresslevel=1)
    folder = ResultFolder.claim(tmp_path, ["data"])
    with pytest.raises(CliError, match="it holds more than 268435456 bytes"):
        folder.unpack(archive)
    assert not (tmp_path / "data").exists()
