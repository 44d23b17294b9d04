"""Files in the job document, answers in a small message, and what a run without a store pays."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from subprocess import run as run_process

import pytest

from argmin.api.answer import (
    METRICS_LIMIT,
    Metric,
    Outcome,
    OutputFile,
    Reason,
    RunReport,
    SolveResult,
    Verification,
)
from argmin.api.run import InlineFile, Inventory
from argmin.api.storage import StoredResult
from argmin_solvers.errors import RunError
from argmin_solvers.inline_files import write_inline_files
from argmin_solvers.result.termination_message import encode_answer, encode_whole
from tests.solvers.problems import run_program, write_document

REPORT = "from argmin_solvers import report\nreport(objective=5, bound=5, outcome='Optimal')\n"


class TestInlineFiles:
    def test_files_are_written_below_the_inputs(self, tmp_path: Path) -> None:
        binary = bytes(range(256))
        files = (
            InlineFile(path="source/model.lp", text="Minimize ü\n"),
            InlineFile(path="data/deep/b.bin", base64=base64.b64encode(binary).decode()),
        )
        write_inline_files(files, tmp_path)
        assert (tmp_path / "source" / "model.lp").read_text() == "Minimize ü\n"
        assert (tmp_path / "data" / "deep" / "b.bin").read_bytes() == binary

    @pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", ".", "a/\0"])
    def test_a_path_that_climbs_is_refused(self, path: str, tmp_path: Path) -> None:
        folder = tmp_path / "input"
        folder.mkdir()
        with pytest.raises(RunError, match="is no path below the inputs"):
            write_inline_files((InlineFile(path=path, text="x"),), folder)
        assert list(tmp_path.rglob("*")) == [folder]

    @pytest.mark.parametrize(
        "file",
        [
            InlineFile(path="a"),
            InlineFile(path="a", text="x", base64="eA=="),
            InlineFile(path="a", base64="not base64"),
        ],
    )
    def test_a_content_that_is_none_is_refused(self, file: InlineFile, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="files: a: "):
            write_inline_files((file,), tmp_path)

    def test_a_run_reads_the_files_of_its_document(self, tmp_path: Path) -> None:
        source = tmp_path / "input" / "data" / "n.txt"
        program = f"report(objective=float(open({str(source)!r}).read()))\n"
        ended = run_program(
            tmp_path,
            f"from argmin_solvers import report\n{program}",
            files=[{"path": "data/n.txt", "text": "12.5"}],
        )
        assert ended.solved["objective"] == "12.5"


def full_answer() -> RunReport:
    long = "word " * 200
    return RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        message=long[:1000],
        result_digest="sha256:" + "1" * 64,
        metrics=tuple(Metric(name=f"metric-{n}", value="1.5") for n in range(60)),
        outputs=tuple(OutputFile(name=f"output-{n}", digest="2" * 71) for n in range(16)),
        stored=StoredResult(bucket="results", prefix="p" * 60),
        delivered=True,
        result=SolveResult(
            outcome=Outcome.OPTIMAL,
            objective="15005.0",
            best_bound="15005.0",
            gap="0",
            solver="highs",
            solver_version="1.14.0",
            model_digest="sha256:" + "0" * 64,
            verification=Verification(
                verified=True, reason="Verified", message=long[:500], where=long[:250]
            ),
        ),
    )


@pytest.mark.parametrize("limit", [1024, 4096])
def test_a_long_answer_is_cut_to_the_limit_and_keeps_what_was_found(limit: int) -> None:
    text = encode_answer(full_answer(), limit)
    assert len(text) < limit
    cut = RunReport.model_validate_json(text)
    assert (cut.solve.outcome, cut.solve.objective, cut.solve.best_bound) == (
        "Optimal",
        "15005.0",
        "15005.0",
    )
    assert cut.result_digest == full_answer().result_digest
    assert cut.solve.verification is not None
    assert cut.solve.verification.verified
    assert cut.stored == full_answer().stored
    assert cut.shortened


def test_an_answer_that_fits_is_not_cut() -> None:
    answer = full_answer().model_copy(update={"message": "short", "metrics": (), "outputs": ()})
    assert encode_answer(answer, 4096) == encode_whole(answer)


def test_the_answer_file_is_whole_where_the_message_is_cut(tmp_path: Path) -> None:
    metrics = "".join(f"report(m{n}={n})\n" for n in range(100))
    ended = run_program(tmp_path, REPORT + metrics, answerLimitBytes=1024)
    assert len(json.dumps(ended.answer, separators=(",", ":"))) < 1024
    whole = json.loads((ended.folder / "answer.json").read_text())
    assert len(whole["metrics"]) == 100


def test_of_very_many_metrics_the_answer_has_the_first_and_the_solution_all(
    tmp_path: Path,
) -> None:
    many = "report(**{f'x_{n}': n for n in range(30_000)})\n"
    ended = run_program(tmp_path, REPORT + many)
    assert ended.exit_code == 0
    assert ended.answer["shortened"]
    whole = json.loads((ended.folder / "answer.json").read_text())
    assert whole["shortened"]
    assert [m["name"] for m in whole["metrics"]] == [f"x_{n}" for n in range(METRICS_LIMIT)]
    assert len(ended.solution["metrics"]) == 30_000
    assert (
        f"the program told 30000 metrics: the status has at most the first {METRICS_LIMIT} of them,"
        " and solution.json has all" in ended.log
    )


def test_a_platform_that_fetches_outputs_finds_them_listed_and_not_packed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ended = run_program(
        tmp_path,
        REPORT + f"open({str(data / 'plan.csv')!r}, 'w').write('a,1')\n",
        outputs=[{"name": "data", "path": str(data)}],
    )
    assert {path.name for path in ended.folder.iterdir()} == {
        "answer.json",
        "inventory.json",
        "run.log",
        "solution.json",
    }
    inventory = Inventory.model_validate_json((ended.folder / "inventory.json").read_bytes())
    assert {file.path for file in inventory.files} == {
        "answer.json",
        "outputs/data/plan.csv",
        "run.log",
        "solution.json",
    }


def test_a_run_without_a_store_does_not_import_the_aws_client(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(REPORT)
    document = write_document(
        tmp_path,
        script={"path": str(tmp_path / "main.py")},
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
    )
    program = (
        "import sys\nfrom pathlib import Path\nfrom argmin_solvers.runner import run\n"
        f"code = run(Path({str(document)!r}))\n"
        "print('loaded:', sorted({'boto3', 'botocore', 's3transfer'} & set(sys.modules)), code)\n"
    )
    ended = run_process(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )
    assert ended.stdout.decode().splitlines()[-1] == "loaded: [] 0"
