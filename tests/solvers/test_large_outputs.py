"""Outputs that are large, unreadable or no files at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.files import Output
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.archive import pack_outputs
from tests.solvers.problems import run_program

NOBODY = 65534


@contextmanager
def unprivileged_folder() -> Iterator[Path]:
    """A folder of somebody for whom the modes of files hold."""
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        if is_root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)


def outputs(folder: Path) -> list[Output]:
    return [Output(name="data", path=str(folder))]


@pytest.mark.parametrize("name", ["locked", "locked/inside"])
def test_what_cannot_be_read_is_named(name: str) -> None:
    with unprivileged_folder() as folder:
        path = folder / "data" / name
        path.parent.mkdir(parents=True)
        path.write_text("secret")
        locked = folder / "data" / "locked"
        locked.chmod(0)
        with pytest.raises(RunError) as caught:
            pack_outputs(outputs(folder / "data"), folder / "a.tar.gz")
        locked.chmod(0o700)
        assert not (folder / "a.tar.gz").exists()
    assert caught.value.reason is Reason.PROGRAM_FAILED
    assert caught.value.message == (
        f"spec.outputs.data: {folder}/data/locked cannot be read: Permission denied"
    )


def test_collecting_stops_at_the_limit(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "noise").write_bytes(os.urandom(4_000_000))
    with pytest.raises(
        RunError, match=r"^spec\.outputs\.data: .* more than 100000 bytes"
    ) as caught:
        pack_outputs(outputs(folder), tmp_path / "a.tar.gz", limit_bytes=100_000)
    assert caught.value.reason is Reason.ANSWER_TOO_LARGE
    assert not (tmp_path / "a.tar.gz").exists()


def test_without_a_limit_all_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    content = os.urandom(2_000_000)
    (folder / "noise").write_bytes(content)
    (kept,) = pack_outputs(outputs(folder), tmp_path / "a.tar.gz")
    assert kept.bytes == len(content)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        stored = archive.extractfile("data/noise")
        assert stored is not None
        assert stored.read() == content


def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    size = 400_000_000
    with (folder / "sparse").open("wb") as file:
        file.truncate(size)
    source = (
        "import re, sys\nfrom pathlib import Path\n"
        "from argmin.api.files import Output\n"
        "from argmin_solvers.outputs.archive import pack_outputs\n"
        "data = [Output(name='data', path=sys.argv[1])]\n"
        "(kept,) = pack_outputs(data, Path(sys.argv[2]))\n"
        # Not the peak of getrusage: a child inherits that of the process that started it.
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(kept.bytes, int(peak) * 1024)\n"
    )
    command = [sys.executable, "-c", source, str(folder), str(tmp_path / "a.tar.gz")]
    kept, peak = map(int, subprocess.check_output(command, timeout=120).split())
    assert kept == size
    assert peak < size / 2


def test_what_is_no_file_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    folder, outside = tmp_path / "data", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (folder / "kept").write_text("kept")
    (folder / "link").symlink_to(outside / "secret")
    (folder / "folder").symlink_to(outside)
    (folder / "full").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        (kept,) = pack_outputs(outputs(folder), tmp_path / "a.tar.gz")
    assert kept.files == 1
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        assert archive.getnames() == ["data/kept"]


def test_an_archive_that_fits_on_no_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_text("content")
    (tmp_path / "a.tar.gz").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"cannot be written: No space left on device"):
        pack_outputs(outputs(tmp_path / "data"), tmp_path / "a.tar.gz")


def test_outputs_that_cannot_be_kept_do_not_take_the_answer_with_them(tmp_path: Path) -> None:
    (tmp_path / "output" / "argmin").mkdir(parents=True)
    (tmp_path / "output" / "argmin" / "outputs.tar.gz").symlink_to("/dev/full")
    ended = run_program(
        tmp_path,
        "from argmin_solvers import report\nreport(objective=5)\n",
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
        intake={"url": "http://127.0.0.1:9", "tokenPath": str(tmp_path / "none")},
    )
    assert ended.exit_code == ExitCode.UNDELIVERED
    assert (ended.solved["outcome"], ended.solved["objective"]) == ("Feasible", "5.0")
    assert ended.answer["reason"] == "AnswerUndelivered"
    assert ended.solution["objective"] == "5.0"
