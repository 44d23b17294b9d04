"""Readers of a run's output that are slow, have stopped or are gone: the run does not mind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from argmin_solvers.process.log_stream import LIMIT_BYTES
from tests.solvers.problems import start_runner, write_document

LEFT_OUT = re.compile(rb"\n\[\.\.\. (\d+) bytes left out: nobody read them in time \.\.\.\]\n")


def start_printing(program: str, path: Path) -> subprocess.Popen[bytes]:
    """A program under a log, whose output nobody reads yet."""
    opening = (
        "import os, subprocess\nfrom pathlib import Path\n"
        "from argmin_solvers.process.log_capture import RunLog\n"
        f"log = RunLog(Path({str(path)!r}))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", opening + program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def test_a_solver_that_prints_200_megabytes_does_not_wait_for_a_stalled_reader(
    tmp_path: Path,
) -> None:
    program = (
        "with log:\n  os.write(1, b'the beginning\\n')\n"
        "  subprocess.run('yes iteration | head -c 200000000', shell=True)\n"
        "  os.write(1, b'the end\\n')\n"
    )
    process = start_printing(program, tmp_path / "run.log")
    assert process.wait(60) == 0  # and not a byte of it was read
    kept = (tmp_path / "run.log").read_bytes()
    assert kept.startswith(b"the beginning\niteration\n")
    assert kept.endswith(b"the end\n")
    assert len(kept) < 300 * 1024
    assert process.stdout is not None
    assert process.stdout.read().startswith(b"the beginning\niteration\n")


def test_who_reads_again_gets_the_end_and_a_notice_of_what_is_missing(tmp_path: Path) -> None:
    size, printed = 50_000_000, tmp_path / "printed"
    program = (
        f"with log:\n  subprocess.run('yes iteration | head -c {size}', shell=True)\n"
        f"  os.write(1, b'the end\\n')\n  Path({str(printed)!r}).touch()\n"
    )
    process = start_printing(program, tmp_path / "run.log")
    assert process.stdout is not None
    while not printed.exists():
        assert process.poll() is None
    output = process.stdout.read()
    assert process.wait(60) == 0
    notice = LEFT_OUT.search(output)
    assert notice is not None
    assert output.endswith(b"the end\n")
    assert len(output) - len(notice[0]) + int(notice[1]) == size + len("the end\n")
    assert len(output) < LIMIT_BYTES + 1024 * 1024


def test_a_reader_who_keeps_up_gets_everything(tmp_path: Path) -> None:
    """More than is kept for readers who do not, in pieces, each printed once the last was read."""
    piece, pieces = 1_000_000, 20
    assert piece * pieces > LIMIT_BYTES
    program = (
        f"with log:\n  for _ in range({pieces}):\n"
        f"    subprocess.run('yes iteration | head -c {piece}', shell=True)\n"
        "    os.read(0, 1)\n"
    )
    process = start_printing(program, tmp_path / "run.log")
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(pieces):
        assert len(process.stdout.read(piece)) == piece
        process.stdin.write(b"n")
        process.stdin.flush()
    assert process.stdout.read() == b""
    assert process.wait(60) == 0


def test_a_reader_who_goes_away_does_no_harm(tmp_path: Path) -> None:
    program = "with log:\n  subprocess.run('yes iteration | head -c 20000000', shell=True)\n"
    process = start_printing(program, tmp_path / "run.log")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert (tmp_path / "run.log").stat().st_size > 200_000


def test_a_run_ends_with_its_answer_though_nobody_reads(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import sys\nfrom argmin_solvers import report\n"
        "for _ in range(40):\n    sys.stdout.write('a line of the log\\n' * 5000)\n"
        "report(objective=1)\n"
    )
    process = start_runner(tmp_path, write_document(tmp_path, script={"path": str(path)}))
    assert process.wait(60) == 0
    assert '"objective":"1.0"' in (tmp_path / "termination-log").read_text()
