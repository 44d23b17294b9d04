"""result, logs and plan against a real API server; we deliver what a run would."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argmin.api.optimization.spec import OptimizationJobStatus
from argmin.cli import main
from argmin.cli.errors import ExitStatus
from tests.kube.cli_cluster import BROKEN, RUNNING, SOLVED, Jobs, answer, job, open_jobs

pytestmark = pytest.mark.kube

SOLUTION = {"version": 1, "objective": "15005.0", "variables": {"flow[a,b]": 3.0, "open": 1.0}}
DRAWN = {
    **{"name": "drawn", "outcome": "Optimal", "reason": "Optimal", "objective": "3.0"},
    "history": [{"seconds": 0.5, "objective": 4.0}, {"seconds": 2.0, "objective": 3.0}],
}
PROOF = {"version": 1, "kind": "DualBound", "multipliers": {"c1": "1/3"}}
POOL = {"version": 1, "variables": {"x": 1.0}, "solutions": [{"x": 1.0}, {"x": 2.0, "y": 1.0}]}


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    with open_jobs(f"kube-cli-results-{os.getpid()}") as opened:
        for name in ("steel", "nurses", "hostile", "damaged", "running", "failed", "drawn"):
            opened.create(name)
        files = {"data/a.csv": b"1", "lp/m.lp": b"2"}
        opened.deliver("steel", SOLUTION, "solver cbc\n", files, PROOF)
        opened.deliver("nurses", POOL)
        opened.deliver("drawn", DRAWN)
        opened.deliver("hostile", SOLUTION, outputs={"../escaped": b"1"})
        opened.deliver("damaged", SOLUTION)
        opened.keep("damaged", {"solution.json.gz": b"no gzip"})
        opened.set_conditions("running", RUNNING)
        opened.set_conditions("failed", BROKEN)
        yield opened


@pytest.fixture
def tell(jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command: exit code, standard output, standard error."""

    def _tell(*command: str) -> tuple[int, str, str]:
        code = main([*command, *jobs.options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _tell


class TestResult:
    def test_a_table_has_the_answer_and_the_variables(self, tell: Any) -> None:
        code, out, err = tell("result", "steel")
        assert code == ExitStatus.OK
        assert "15005.0 (Minimize)" in out
        assert ["flow[a,b]", "3.0"] in [line.split() for line in out.splitlines()]
        assert "--output-dir" in err

    def test_json_is_the_solution_as_it_was_delivered(self, tell: Any) -> None:
        _, out, _ = tell("result", "steel", "--format", "json")
        assert json.loads(out) == SOLUTION

    def test_csv_has_a_line_a_variable(self, tell: Any) -> None:
        _, out, _ = tell("result", "steel", "--format", "csv")
        assert list(csv.reader(io.StringIO(out))) == [
            ["variable", "value"],
            ["flow[a,b]", "3.0"],
            ["open", "1.0"],
        ]

    def test_csv_of_several_solutions_numbers_them(self, tell: Any) -> None:
        _, out, _ = tell("result", "nurses", "-o", "csv")
        assert list(csv.reader(io.StringIO(out))) == [
            ["solution", "variable", "value"],
            ["1", "x", "1.0"],
            ["2", "x", "2.0"],
            ["2", "y", "1.0"],
        ]

    def test_a_table_of_several_solutions_numbers_them(self, tell: Any) -> None:
        _, out, _ = tell("result", "nurses")
        assert ["2", "y", "1.0"] in [line.split() for line in out.splitlines()]

    def test_a_folder_gets_solution_log_status_and_outputs(self, tell: Any, tmp_path: Path) -> None:
        code, _, _ = tell("result", "steel", "--output-dir", str(tmp_path / "here"))
        assert code == ExitStatus.OK
        assert json.loads((tmp_path / "here/solution.json").read_text()) == SOLUTION
        assert json.loads((tmp_path / "here/status.json").read_text())["outcome"] == "Optimal"
        assert json.loads((tmp_path / "here/proof.json").read_text()) == PROOF
        assert (tmp_path / "here/run.log").read_text() == "solver cbc\n"
        assert (tmp_path / "here/data/a.csv").read_text() == "1"
        assert (tmp_path / "here/lp/m.lp").read_text() == "2"

    def test_outputs_that_reach_out_of_the_folder_are_refused(
        self, tell: Any, tmp_path: Path
    ) -> None:
        code, _, err = tell("result", "hostile", "--output-dir", str(tmp_path / "here"))
        assert code != ExitStatus.OK
        assert "escaped" in err
        assert not (tmp_path / "escaped").exists()

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("running", "running has no result yet: wait for it with `argmin watch running`"),
            ("failed", "failed has ended without a result: see `argmin get failed`"),
        ],
    )
    def test_no_result_ends_with_3_and_says_why(self, name: str, message: str, tell: Any) -> None:
        code, out, err = tell("result", name)
        assert (code, out) == (ExitStatus.NOT_FOUND, "")
        assert message in err

    def test_a_damaged_result_is_told(self, tell: Any) -> None:
        code, _, err = tell("result", "damaged")
        assert code == ExitStatus.FAILED
        assert "solution.json.gz in ConfigMap damaged-result is damaged" in err


class TestProof:
    def test_the_certificate_is_printed_as_json(self, tell: Any) -> None:
        code, out, _ = tell("result", "steel", "--proof")
        assert code == ExitStatus.OK
        assert json.loads(out) == PROOF

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            (
                "nurses",
                "nurses has no certificate: Certified: a certificate was checked in exact"
                " arithmetic",
            ),
            ("running", "running has no result yet: wait for it with `argmin watch running`"),
            ("failed", "failed has ended without a result"),
        ],
    )
    def test_no_certificate_ends_with_3_and_says_why(
        self, name: str, message: str, tell: Any
    ) -> None:
        code, out, err = tell("result", name, "--proof")
        assert (code, out) == (ExitStatus.NOT_FOUND, "")
        assert message in err

    @pytest.mark.parametrize("options", [("--format", "csv"), ("--output-dir", "here")])
    def test_it_has_no_other_form(self, options: tuple[str, str], tell: Any) -> None:
        code, _, err = tell("result", "steel", "--proof", *options)
        assert code == ExitStatus.INVALID
        assert "--proof prints a certificate as JSON" in err


class TestPlot:
    def test_the_chart_is_drawn_from_the_result(self, tell: Any, tmp_path: Path) -> None:
        code, out, err = tell("plot", "drawn", "-o", str(tmp_path / "chart.svg"))
        assert (code, out, err) == (ExitStatus.OK, "", "")
        assert "Convergence of drawn" in (tmp_path / "chart.svg").read_text()

    def test_a_job_that_runs_has_nothing_to_draw_yet(self, tell: Any, tmp_path: Path) -> None:
        code, _, err = tell("plot", "running", "-o", str(tmp_path / "chart.svg"))
        assert code == ExitStatus.NOT_FOUND
        assert "running has no result yet: wait for it with `argmin watch running`" in err
        assert not (tmp_path / "chart.svg").exists()


class TestLogs:
    def test_the_kept_log_is_shown_when_the_pod_is_gone(self, tell: Any) -> None:
        assert tell("logs", "steel")[:2] == (ExitStatus.OK, "solver cbc\n")

    def test_following_a_finished_job_ends_with_its_log(self, tell: Any) -> None:
        assert tell("logs", "steel", "-f")[:2] == (ExitStatus.OK, "solver cbc\n")

    def test_as_json_the_log_is_a_text(self, tell: Any) -> None:
        _, out, _ = tell("logs", "steel", "-o", "json")
        assert json.loads(out) == {"name": "steel", "log": "solver cbc\n"}

    def test_no_log_ends_with_3_and_says_why(self, tell: Any) -> None:
        code, _, err = tell("logs", "failed")
        assert code == ExitStatus.NOT_FOUND
        assert "failed has no log" in err


class TestPlan:
    @pytest.fixture
    def plan(self, tell: Any, tmp_path: Path) -> Any:
        def _plan(document: dict[str, Any]) -> dict[str, Any]:
            file = tmp_path / "job.yaml"
            file.write_text(json.dumps(document))
            code, out, err = tell("plan", "-f", str(file), "-o", "json")
            assert code == ExitStatus.OK, err
            read: dict[str, Any] = json.loads(out)
            return read

        return _plan

    def test_a_new_job_would_be_started(self, plan: Any) -> None:
        planned = plan(job("new"))
        assert [note["rule"] for note in planned["notes"]] == ["start"]
        assert [manifest["kind"] for manifest in planned["apply"]] == ["ConfigMap", "Job"]

    def test_config_maps_are_looked_for_in_the_cluster(self, plan: Any) -> None:
        reference = {"configMapKeyRef": {"name": "steel-result", "key": "model.mps"}}
        planned = plan(job("new", model={"format": "mps", "source": reference}))
        (note,) = planned["notes"]
        assert note["rule"] == "await_sources"
        assert 'ConfigMap "steel-result" has no key "model.mps"' in note["reason"]

    def test_a_finished_job_would_stay_and_an_edit_would_start_another_run(
        self, jobs: Jobs, plan: Any
    ) -> None:
        jobs.create("finished")
        first = plan(job("finished"))
        run = first["apply"][1]["metadata"]["name"]
        status = answer().model_copy(update={"run_name": run})
        assert isinstance(status, OptimizationJobStatus)
        jobs.set_conditions("finished", SOLVED, status)
        assert [n["rule"] for n in plan(job("finished"))["notes"]] == ["stay_finished"]
        edited = plan(job("finished", seed=7))
        assert "start" in [note["rule"] for note in edited["notes"]]
        assert edited["apply"][1]["metadata"]["name"] != run
        assert edited["status"]["observedGeneration"] == 2
