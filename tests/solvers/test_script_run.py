"""Programs of the user's own."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from argmin.api.answer import ExitCode, Outcome, Reason
from argmin.api.run import RunDocument
from argmin.api.solve.request import Limits, MetricPattern
from argmin.api.task import ProgramTask
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.result.run_result import RunResult
from argmin_solvers.script.metric_search import MATCHED_LINE
from argmin_solvers.script.metrics import MetricFinder
from argmin_solvers.script.run import run_script
from tests.solvers.problems import run_program

REPORTING = "from argmin_solvers import report\n"


def run_here(
    folder: Path,
    source: str,
    *,
    metrics: tuple[MetricPattern, ...] = (),
    interruption: Interruption | None = None,
    grace_seconds: float = 0.3,
    time_limit: str | None = None,
) -> RunResult:
    """Run a script without the runner's process around it."""
    path = folder / "program.py"
    path.write_text(source)
    limits = Limits.model_validate({"time": time_limit})
    script = ProgramTask(path=str(path), metrics=metrics, limits=limits)
    document = RunDocument(name="test", root=str(folder), task=script)
    return run_script(document, script, interruption or Interruption(), folder, grace_seconds)


def failure(folder: Path, source: str, **fields: object) -> RunError:
    with pytest.raises(RunError) as caught:
        run_here(folder, source, **fields)  # type: ignore[arg-type]
    return caught.value


def test_a_reported_answer_is_the_answer(tmp_path: Path) -> None:
    source = REPORTING + (
        'report(objective=15004, sense="Minimize")\n'
        'report(objective=15005.0, bound=15005, outcome="Optimal", solutions=3, trucks=7,\n'
        '       variables={"x": 2, "y": 0.5})\n'
    )
    result = run_here(tmp_path, source)
    answer, found = result.answer, result.answer.solve
    assert (found.outcome, answer.reason) == (Outcome.OPTIMAL, Reason.PROGRAM_FINISHED)
    assert (found.objective, found.best_bound, found.gap) == ("15005.0", "15005.0", "0")
    assert (found.sense, found.solutions) == ("Minimize", 3)
    assert [(m.name, m.value) for m in answer.metrics] == [("trucks", "7.0")]
    assert result.variables == {"x": 2, "y": 0.5}


def test_an_objective_alone_is_feasible(tmp_path: Path) -> None:
    answer = run_here(tmp_path, REPORTING + "report(objective=3)\n").answer
    assert (answer.solve.outcome, answer.solve.objective) == (Outcome.FEASIBLE, "3.0")


@pytest.mark.parametrize(("bound", "sense"), [(1, ', sense="Minimize"'), (1, ""), (9, "")])
def test_a_claim_that_its_own_bound_does_not_prove_is_feasible(
    bound: int, sense: str, tmp_path: Path
) -> None:
    told = f'report(objective=5, bound={bound}, outcome="Optimal"{sense})\n'
    answer = run_here(tmp_path, REPORTING + told).answer
    assert answer.solve.outcome is Outcome.FEASIBLE
    assert answer.message.endswith(f"it said Optimal, which its bound {bound}.0 does not prove")


def test_an_infeasible_model_has_no_objective(tmp_path: Path) -> None:
    error = failure(tmp_path, REPORTING + 'report(objective=5, outcome="Infeasible")\n')
    assert error.reason is Reason.PROGRAM_FAILED
    assert error.message.endswith("the outcome Infeasible: report one of them")


def test_a_programs_traceback_stays_in_the_log(tmp_path: Path) -> None:
    error = failure(tmp_path, REPORTING + 'report(objective=float("nan"))\n')
    assert error.message.endswith("objective is nan: report a finite number")
    assert "File" not in error.message


def test_nothing_reported_is_unknown_and_no_failure(tmp_path: Path) -> None:
    result = run_here(tmp_path, "print('done')\n")
    assert (result.answer.solve.outcome, result.exit_code) == (Outcome.UNKNOWN, 0)


def test_metrics_are_found_in_the_output_and_the_last_match_counts(tmp_path: Path) -> None:
    source = "for cost in (9, 15005.0):\n    print('Total Cost of Transportation = ', cost)\n"
    source += "import sys; print('bound 15005.0 status Optimal trucks 7', file=sys.stderr)\n"
    patterns = {
        "objective": "Total Cost of Transportation = +([0-9.]+)",
        "bestBound": "bound ([0-9.]+)",
        "outcome": "status (\\w+)",
        "trucks": "trucks ([0-9]+)",
    }
    metrics = tuple(MetricPattern(name=name, regex=regex) for name, regex in patterns.items())
    answer = run_here(tmp_path, source, metrics=metrics).answer
    assert (answer.solve.objective, answer.solve.best_bound, answer.solve.outcome) == (
        "15005.0",
        "15005.0",
        Outcome.OPTIMAL,
    )
    assert [(m.name, m.value) for m in answer.metrics] == [("trucks", "7.0")]


def test_patterns_see_only_the_head_of_a_long_line() -> None:
    with MetricFinder([MetricPattern(name="objective", regex="([0-9]+)$")]) as finder:
        finder.look_at(b"1" * MATCHED_LINE + b"2" * 100)
        assert finder.finish() == {"objective": "1" * MATCHED_LINE}


def test_a_pattern_that_would_match_for_years_is_refused_and_ends_the_program(
    tmp_path: Path,
) -> None:
    patterns = (
        MetricPattern(name="cost", regex="cost ([0-9]+)"),
        MetricPattern(name="objective", regex="((a+)+)$"),
    )
    source = "import time\nprint('a' * 40 + 'b', flush=True)\ntime.sleep(600)\n"
    error = failure(tmp_path, source, metrics=patterns)
    assert (error.reason, error.exit_code) == (Reason.INVALID_MODEL, ExitCode.INVALID_INPUT)
    assert error.message.startswith("spec.script.metrics[1].regex: takes too long")


def test_the_last_of_very_many_lines_counts(tmp_path: Path) -> None:
    pattern = MetricPattern(name="objective", regex="cost ([0-9]+)")
    source = "print('\\n'.join(f'cost {number}' for number in range(100_000)))\n"
    assert run_here(tmp_path, source, metrics=(pattern,)).answer.solve.objective == "99999.0"


@pytest.mark.parametrize(
    ("regex", "message"),
    [
        ("cost = [0-9]+", "put the number into a group, such as 'cost = ([0-9.]+)'"),
        ("cost = ([0-9]+", "write a regular expression of Python"),
    ],
)
def test_a_pattern_that_finds_no_number_is_refused(
    regex: str, message: str, tmp_path: Path
) -> None:
    pattern = MetricPattern(name="objective", regex=regex)
    error = failure(tmp_path, "print(1)\n", metrics=(pattern,))
    assert error.exit_code == ExitCode.INVALID_INPUT
    assert error.message.startswith("spec.script.metrics[0].regex: ")
    assert message in error.message


def test_another_exit_code_is_a_failure_with_the_last_words(tmp_path: Path) -> None:
    error = failure(tmp_path, "import sys\nprint('no data', file=sys.stderr)\nsys.exit(3)\n")
    assert (error.reason, error.exit_code) == (Reason.PROGRAM_FAILED, ExitCode.PROGRAM_FAILED)
    assert error.message == "the program ended with exit code 3: no data"


def test_the_last_words_are_told_without_escape_sequences_and_colours(tmp_path: Path) -> None:
    source = (
        "import sys\n"
        r"print('\x1b]0;title\x07\x1b[31mno data\x1b[0m\u202e', file=sys.stderr)"
        "\nsys.exit(3)\n"
    )
    error = failure(tmp_path, source)
    assert error.message == "the program ended with exit code 3: �]0;title�no data�"


def test_a_signal_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert error.message == "the program was killed by SIGSEGV"


@pytest.mark.parametrize(
    "told", ["objective=float('nan')", "objective=float('inf')", "outcome='optimal'"]
)
def test_what_is_no_answer_is_refused_where_it_is_reported(told: str, tmp_path: Path) -> None:
    error = failure(tmp_path, REPORTING + f"report({told})\n")
    assert error.reason is Reason.PROGRAM_FAILED
    assert "ValueError" in error.message


def test_a_metric_that_is_no_number_is_refused(tmp_path: Path) -> None:
    pattern = MetricPattern(name="objective", regex="cost (\\S+)")
    error = failure(tmp_path, "print('cost nan')\n", metrics=(pattern,))
    assert error.message == (
        "the program told: objective is 'nan': write a finite number, which a double can hold"
    )


def appending(text: str) -> str:
    """A program that writes into the report file by itself."""
    return f"import os\nopen(os.environ['ARGMIN_REPORT'], 'a').write({text!r})\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"metrics": [1]}', "metrics is [1]: write an object"),
        ('{"variables": 3}', "variables is 3: write an object"),
        ('{"variables": {"x": "many"}}', "variables.x is 'many': write a finite number"),
        ('{"objective": 1' + "0" * 400 + "}", "write a finite number"),
        ('{"objective": true}', "objective is True: write a finite number"),
        ('{"solutions": 2.5}', "solutions is 2.5: write a whole number"),
        ('{"outcome": "Error"}', "outcome is 'Error': write one of Optimal, Feasible"),
        ('{"objective": ', "is no JSON object"),
        ("[1]", "is no JSON object"),
        ("[" * 100_000, "is no JSON object"),
    ],
)
def test_a_report_of_the_wrong_shape_is_refused_with_its_line(
    line: str, message: str, tmp_path: Path
) -> None:
    error = failure(tmp_path, appending(f'{{"objective": 1}}\n{line}\n'))
    assert error.reason is Reason.PROGRAM_FAILED
    assert error.message.startswith("the program told: line 2 of $ARGMIN_REPORT")
    assert message in error.message


def test_a_last_line_that_was_cut_short_does_not_count(tmp_path: Path) -> None:
    result = run_here(tmp_path, appending('{"objective": 7}\n{"objective": 6, "vari'))
    assert result.answer.solve.objective == "7.0"


def test_whole_numbers_are_exact_up_to_what_an_answer_holds(tmp_path: Path) -> None:
    exact, huge = 10**59 + 1, 10**70
    result = run_here(tmp_path, REPORTING + f"report(objective={exact}, huge={huge})\n")
    assert result.answer.solve.objective == f"{exact}.0"
    assert [metric.value for metric in result.answer.metrics] == ["1e+70"]


def test_other_names_in_the_report_file_are_metrics(tmp_path: Path) -> None:
    result = run_here(tmp_path, appending('{"objective": 7, "iterations": 17}\n'))
    assert [(m.name, m.value) for m in result.answer.metrics] == [("iterations", "17.0")]


def test_metrics_whose_names_are_alike_where_they_are_cut_stay_apart(tmp_path: Path) -> None:
    told = {"a" * 64: 1, "a" * 63: 2, "a" * 65: 3, "b" * 70: 4, "": 5, "two words": 6}
    ended = run_program(tmp_path, appending(json.dumps({"metrics": told}) + "\n"))
    names = [metric["name"] for metric in ended.answer["metrics"]]
    values = [metric["value"] for metric in ended.answer["metrics"]]
    assert values == ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"]
    assert len(set(names)) == 6
    assert [names[1], *names[3:]] == ["a" * 63, "b" * 63, "", "two words"]
    for name in (names[0], names[2]):
        assert name.startswith("a" * 54 + "~")
        assert len(name) == 63
    assert "2 metrics have names that are alike in their first 63 characters" in ended.log


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    script = ProgramTask(path=__file__, command=("no-such-program",))
    document = RunDocument(name="test", root=str(tmp_path), task=script)
    with pytest.raises(RunError, match=r"spec.script.command: no-such-program cannot be started"):
        run_script(document, script, Interruption(), tmp_path)


def test_a_missing_program_is_a_missing_source(tmp_path: Path) -> None:
    script = ProgramTask(path=str(tmp_path / "none.py"))
    document = RunDocument(name="test", root=str(tmp_path), task=script)
    with pytest.raises(RunError) as caught:
        run_script(document, script, Interruption(), tmp_path)
    assert caught.value.reason is Reason.SOURCE_NOT_FOUND


IGNORING = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("{folder}/pids", "w").write(f"{{os.getpid()}} {{child.pid}}")
while True:
    time.sleep(0.1)
"""


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    result = run_here(tmp_path, IGNORING.format(folder=tmp_path), time_limit="2s")
    assert (result.answer.solve.outcome, result.answer.reason) == (
        Outcome.UNKNOWN,
        Reason.TIME_LIMIT,
    )
    program, child = map(int, (tmp_path / "pids").read_text().split())
    assert not psutil.pid_exists(program)
    assert is_gone(child)


def is_gone(pid: int, within_seconds: float = 10.0) -> bool:
    """Whether a process ends: a killed grandchild is reaped by others, in their time."""
    until = time.monotonic() + within_seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        os.sched_yield()
    return False


def test_a_time_limit_keeps_what_was_reported(tmp_path: Path) -> None:
    source = REPORTING + "import time\nreport(objective=7)\nwhile True: time.sleep(0.1)\n"
    answer = run_here(tmp_path, source, time_limit="2s").answer
    assert (answer.solve.outcome, answer.reason, answer.solve.objective) == (
        Outcome.FEASIBLE,
        Reason.TIME_LIMIT,
        "7.0",
    )


def test_an_interruption_lets_the_program_report_its_best(tmp_path: Path) -> None:
    interruption = Interruption()
    source = REPORTING + (
        "import signal, sys, time\n"
        "def end(*_):\n    report(objective=8)\n    sys.exit(1)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.1)\n"
    )

    class StopWhenReady(MetricFinder):
        def look_at(self, lines: bytes) -> None:
            if b"ready" in lines:
                interruption.stop.set()

    path = tmp_path / "program.py"
    path.write_text(source)
    script = ProgramTask(path=str(path))
    document = RunDocument(name="test", root=str(tmp_path), task=script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("argmin_solvers.script.run.MetricFinder", StopWhenReady)
        answer = run_script(document, script, interruption, tmp_path, grace_seconds=20).answer
    assert (answer.solve.outcome, answer.reason, answer.solve.objective) == (
        Outcome.FEASIBLE,
        Reason.INTERRUPTED,
        "8.0",
    )


def test_what_the_program_leaves_running_ends_with_it(tmp_path: Path) -> None:
    source = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open('{tmp_path}/pid', 'w').write(str(child.pid))\n"
    )
    run_here(tmp_path, source)
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_the_program_has_arguments_seed_threads_and_output_folders(tmp_path: Path) -> None:
    source = (
        "import os, sys\n"
        "names = ('ARGMIN_SEED', 'ARGMIN_THREADS', 'OMP_NUM_THREADS', 'ARGMIN_OUTPUT_MY_DATA')\n"
        "print('told', sys.argv[1:], *(os.environ.get(name) for name in names))\n"
        "open(os.environ['ARGMIN_OUTPUT_MY_DATA'] + '/model.lp', 'w').write('End')\n"
    )
    output = {"name": "my-data", "path": str(tmp_path / "data")}
    ended = run_program(
        tmp_path, source, args=["--month", "11"], seed=4, threads=2, outputs=[output]
    )
    assert f"told ['--month', '11'] 4 2 2 {tmp_path}/data" in ended.output
    assert ended.answer["seed"] == 4
    (kept,) = ended.answer["outputs"]
    assert (kept["name"], kept["files"], kept["bytes"]) == ("my-data", 1, 3)


def test_a_path_of_the_users_own_comes_first_and_the_runners_python_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "bin"
    own.mkdir()
    monkeypatch.setenv("PATH", str(own))
    source = REPORTING + (
        f"import os\nreport(objective=os.environ['PATH'].split(os.pathsep).index({str(own)!r}))\n"
    )
    assert run_here(tmp_path, source).answer.solve.objective == "0.0"


def test_a_program_starts_in_an_empty_folder_that_it_may_write_to(tmp_path: Path) -> None:
    source = REPORTING + (
        "import os\nreport(objective=len(os.listdir('.')))\nopen('notes.txt', 'w').write('x')\n"
    )
    assert run_here(tmp_path, source).answer.solve.objective == "0.0"


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    source = REPORTING + (
        "import sys\nsys.stdout.buffer.write(b'caf\\xe9\\n')\nsys.stdout.flush()\n"
        "report(objective=1)\n"
    )
    ended = run_program(tmp_path, source)
    assert ended.solved["objective"] == "1.0"
    assert "caf\N{REPLACEMENT CHARACTER}" in ended.log
