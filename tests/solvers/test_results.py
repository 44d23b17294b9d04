"""Digests, solution files, termination messages, outputs and the kept log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.api.answer import (
    Metric,
    Outcome,
    OutputFile,
    Reason,
    RunReport,
    SolveResult,
    Verification,
)
from argmin.api.files import Output
from argmin.api.run import EXIT_MESSAGE_LIMIT_BYTES, TERMINATION_LIMIT_BYTES
from argmin.api.solve.proof import Proof, ProofLevel
from argmin_solvers.outputs.archive import pack_outputs
from argmin_solvers.result.run_result import RunResult, result_digest, solution_document
from argmin_solvers.result.termination_message import encode_answer


def result(objective: str = "3.0", **parts: object) -> RunResult:
    answer = RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        result=SolveResult(outcome=Outcome.OPTIMAL, objective=objective),
    )
    return RunResult(answer, **parts)  # type: ignore[arg-type]


class TestDigest:
    def test_order_and_zeros_do_not_matter(self) -> None:
        one = result(variables={"a": 1.0, "b": 2.0, "c": 0.0})
        other = result(variables={"b": 2, "a": 1})
        assert result_digest(one) == result_digest(other)

    def test_how_well_it_is_proven_does_not_matter(self) -> None:
        bare = result(variables={"a": 1.0})
        proof = Proof(level=ProofLevel.CERTIFIED, seconds="0.1", message="an exact bound meets it")
        answer = bare.answer.with_result(proof=proof)
        proven = replace(bare, answer=answer, certificate={"kind": "dual bound"})
        assert result_digest(proven) == result_digest(bare)

    def test_the_order_of_a_pool_does_not_matter(self) -> None:
        first, second = {"a": 1.0}, {"b": 1.0}
        assert result_digest(result(pool=(first, second))) == result_digest(
            result(pool=(second, first))
        )

    @pytest.mark.parametrize(
        "other",
        [
            result(variables={"a": 1.0, "b": 2.0000000000000004}),
            result(variables={"a": 2.0, "b": 1.0}),
            result("3.1", variables={"a": 1.0, "b": 2.0}),
            result(),
        ],
    )
    def test_another_answer_has_another_digest(self, other: RunResult) -> None:
        assert result_digest(other) != result_digest(result(variables={"a": 1.0, "b": 2.0}))


def test_the_solution_file_has_the_fields_of_the_status() -> None:
    document = solution_document("steel", result(variables={"x": 2.0}, pool=({"x": 2.0},)))
    assert document["name"] == "steel"
    assert document["objective"] == "3.0"
    assert document["variables"] == {"x": 2.0}
    assert document["solutions"] == [{"x": 2.0}]
    assert "variables" not in solution_document("steel", result())


@given(
    message=st.text(max_size=1024),
    metrics=st.lists(st.text(min_size=1, max_size=63), max_size=200),
    outputs=st.lists(st.from_regex("[a-z0-9]{1,40}", fullmatch=True), max_size=60),
)
def test_a_termination_message_is_whole_json_under_its_limit(
    message: str, metrics: list[str], outputs: list[str]
) -> None:
    answer = RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        message=message,
        metrics=tuple(Metric(name=name, value="1.0") for name in metrics),
        outputs=tuple(OutputFile(name=name, digest="sha256:" + "0" * 64) for name in outputs),
        result=SolveResult(outcome=Outcome.OPTIMAL, objective="15005.0"),
    )
    text = encode_answer(answer)
    assert len(text) < TERMINATION_LIMIT_BYTES
    assert RunReport.model_validate_json(text).solve.objective == "15005.0"


@pytest.mark.parametrize("limit", [TERMINATION_LIMIT_BYTES, EXIT_MESSAGE_LIMIT_BYTES])
@given(message=st.text(max_size=512), by=st.text(max_size=63))
def test_the_level_of_a_proof_outlives_all_that_is_cut(limit: int, message: str, by: str) -> None:
    answer = RunReport(
        succeeded=True,
        reason=Reason.BETTER_POINT_KNOWN,
        message="ä" * 1024,
        result_digest="sha256:" + "0" * 64,
        metrics=tuple(Metric(name=f"metric {n}", value="1.0") for n in range(30)),
        result=SolveResult(
            outcome=Outcome.OPTIMAL,
            objective="15005.000000000001",
            best_bound="15005.000000000001",
            verification=Verification(
                verified=True, reason="Verified", message="ü" * 512, where="c" * 256
            ),
            proof=Proof(level=ProofLevel.CROSS_CHECKED, by=by, bound="15005.0", message=message),
        ),
    )
    text = encode_answer(answer, limit)
    assert len(text) < limit
    read = RunReport.model_validate_json(text)
    assert read.solve.proof is not None
    assert read.solve.proof.level is ProofLevel.CROSS_CHECKED
    assert read.shortened


@given(
    character=st.sampled_from(["\x00", "\x1b", '"', "\\", "\u2028", "ä", "\U0001f600"]),
    metrics=st.integers(0, 300),
)
def test_no_text_of_a_program_makes_a_message_longer_than_its_limit(
    character: str, metrics: int
) -> None:
    long = "sha256:" + "0" * 64
    report = RunReport(
        succeeded=True,
        reason=Reason.BETTER_POINT_KNOWN,
        message=character * 1024,
        seed=2**53,
        threads=512,
        result_digest=long,
        metrics=tuple(Metric(name=character * 63, value="1.5") for _ in range(metrics)),
        outputs=tuple(OutputFile(name="o" * 40, digest=long) for _ in range(16)),
        result=SolveResult(
            outcome=Outcome.OPTIMAL,
            objective="-1.7976931348623157e+308",
            solver_version=character * 63,
            model_digest=long,
            verification=Verification(
                reason=character * 63, message=character * 512, where=character * 256
            ),
            proof=Proof(level=ProofLevel.CERTIFIED, by=character * 63, message=character * 512),
        ),
    )
    text = encode_answer(report)
    assert len(text) < TERMINATION_LIMIT_BYTES
    read = RunReport.model_validate_json(text)
    assert (read.solve.objective, read.result_digest) == (report.solve.objective, long)


class TestOutputs:
    def collect(self, folder: Path, archive: Path) -> OutputFile:
        (kept,) = pack_outputs([Output(name="data", path=str(folder))], archive)
        return kept

    def test_equal_files_give_an_equal_archive(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            folder = tmp_path / name
            (folder / "deep").mkdir(parents=True)
            for file in sorted(("b.txt", "deep/a.txt"), reverse=name == "two"):
                (folder / file).write_text(file)
            os.utime(folder / "b.txt", (1, 1) if name == "one" else (2_000_000_000, 7))
        first = self.collect(tmp_path / "one", tmp_path / "one.tar.gz")
        second = self.collect(tmp_path / "two", tmp_path / "two.tar.gz")
        assert first == second
        assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
        assert (first.files, first.bytes) == (2, 15)
        with tarfile.open(tmp_path / "one.tar.gz") as archive:
            assert archive.getnames() == ["data/b.txt", "data/deep/a.txt"]

    def test_links_and_pipes_are_left_out(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "kept").write_text("kept")
        (folder / "link").symlink_to("/etc/passwd")
        os.mkfifo(folder / "pipe")
        assert self.collect(folder, tmp_path / "a.tar.gz").files == 1

    def test_names_do_not_hide_in_contents(self, tmp_path: Path) -> None:
        for name, files in (("one", {"a": "bc"}), ("two", {"ab": "c"})):
            (tmp_path / name).mkdir()
            for file, content in files.items():
                (tmp_path / name / file).write_text(content)
        first = self.collect(tmp_path / "one", tmp_path / "one.tar.gz")
        assert first.digest != self.collect(tmp_path / "two", tmp_path / "two.tar.gz").digest

    def test_a_folder_that_is_not_there_has_no_files(self, tmp_path: Path) -> None:
        assert self.collect(tmp_path / "none", tmp_path / "a.tar.gz").files == 0


def record(program: str, path: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program that opens the log at `path` itself."""
    opening = (
        "from argmin_solvers.process.log_capture import RunLog\nfrom pathlib import Path\n"
        f"log = RunLog(Path({str(path)!r}))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", opening + program], capture_output=True, check=False, timeout=60
    )


class TestRunLog:
    def test_everything_that_is_written_is_streamed_and_kept(self, tmp_path: Path) -> None:
        program = (
            "import os, sys\nwith log:\n"
            "    print('python'); print('error', file=sys.stderr)\n"
            "    os.write(1, b'library\\n'); os.system('echo child')\n"
            "print('after')\n"
        )
        ended = record(program, tmp_path / "run.log")
        kept = (tmp_path / "run.log").read_text()
        assert sorted(kept.split()) == ["child", "error", "library", "python"]
        assert sorted(ended.stdout.split()) == [b"after", b"child", b"error", b"library", b"python"]

    def test_head_and_tail_are_kept(self, tmp_path: Path) -> None:
        program = "with log:\n    for n in range(100_000):\n        print(f'line {n:06}')\n"
        ended = record(program, tmp_path / "run.log")
        kept = (tmp_path / "run.log").read_bytes()
        assert len(kept) < 300 * 1024
        assert kept.startswith(b"line 000000\n")
        assert kept.endswith(b"line 099999\n")
        left_out = len(ended.stdout) - len(kept) + len(b"\n[...  bytes left out ...]\n") + 6
        assert f"\n[... {left_out} bytes left out ...]\n".encode() in kept

    def test_a_crash_loses_nothing(self, tmp_path: Path) -> None:
        program = "import os, signal\nlog.__enter__()\nprint('last words', flush=True)\n"
        program += "os.kill(os.getpid(), signal.SIGKILL)\n"
        ended = record(program, tmp_path / "run.log")
        assert ended.returncode == -9
        assert b"last words" in ended.stdout

    def test_a_program_that_lives_on_does_not_hold_it_open(self, tmp_path: Path) -> None:
        program = (
            "import subprocess\nwith log:\n"
            "    child = subprocess.Popen(['sleep', '300'])\n    print('done')\n"
            "child.kill()\n"
        )
        ended = record(program, tmp_path / "run.log")
        assert ended.returncode == 0
        assert (tmp_path / "run.log").read_text() == "done\n"


def test_solutions_are_json(tmp_path: Path) -> None:
    document = solution_document("steel", result(variables={"größe": 2.5}))
    assert json.loads(json.dumps(document))["variables"] == {"größe": 2.5}
