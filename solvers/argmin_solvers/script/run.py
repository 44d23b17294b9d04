"""Runs a program of the user's own, as SageMaker's script mode does, and reads its result."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

from argmin.api.answer import (
    METRICS_LIMIT,
    Metric,
    Outcome,
    Reason,
    RunReport,
    Sense,
    SolveResult,
    Verification,
)
from argmin.api.run import RunDocument
from argmin.api.task import ProgramTask
from argmin_solvers.errors import RunError
from argmin_solvers.numerics import decimal_text, gap_text
from argmin_solvers.process.child import end_with_parent
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.process.log_capture import log
from argmin_solvers.progress.channels import open_channel
from argmin_solvers.progress.reporter import Reporter
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.result.run_result import RunResult, model_digest
from argmin_solvers.script.environment import program_environment
from argmin_solvers.script.metrics import MetricFinder
from argmin_solvers.script.progress import MetricTail, ReportTail
from argmin_solvers.script.reports import Findings, gather_findings
from argmin_solvers.text import read_source, shorten

GRACE_SECONDS = 10.0
"""Between SIGTERM and SIGKILL."""
_LINE_BYTES = 64 * 1024
"""Longer lines of output are cut into pieces."""
_LAST_LINES = 3
_PROOF_GAP = 1e-4
"""Relative distance of objective and bound at which solvers commonly call a solution optimal."""
_NAME_LENGTH = 63
"""Of a metric, in the answer."""
_POLL_SECONDS = 0.1
_READERS_SECONDS = 2.0


def run_script(
    document: RunDocument,
    script: ProgramTask,
    interruption: Interruption,
    workdir: Path,
    grace_seconds: float = GRACE_SECONDS,
) -> RunResult:
    """Run the script of a job document to its end, its time limit or a request to stop.

    Raises:
        RunError: ProgramFailed with exit code and last lines; Interrupted without an objective;
            InvalidModel for a pattern that cannot be searched for.
    """
    source = read_source(Path(script.path))
    report_file = workdir / "report.jsonl"
    with MetricFinder(script.metrics) as metrics:
        with interruption.breaking():
            program = Program(
                [*script.command, str(Path(script.path).absolute()), *script.args],
                program_environment(document, report_file),
                _make_scratch(workdir),
                metrics,
            )
        began = time.monotonic()
        progress = ProgressSink()
        limit = script.limits.time.total_seconds() if script.limits.time else None
        sources = (MetricTail(metrics), ReportTail(report_file))
        with Reporter(progress, open_channel(document), sources):
            stopped = program.wait(interruption, limit, grace_seconds)
        seconds = time.monotonic() - began
        found = metrics.finish()
    if stopped is None and program.exit_code != 0:
        raise _program_failed(program)
    findings, contradiction = _drop_contradiction(gather_findings(report_file, found))
    answer = _answer(findings, stopped, contradiction)
    answer = answer.with_result(
        solve_seconds=decimal_text(round(seconds, 3)), model_digest=model_digest(source)
    ).model_copy(update={"seed": document.seed, "threads": document.threads})
    if findings.sense is not None:
        progress.tell_sense(findings.sense)
    history = progress.history(findings.objective, findings.best_bound, seconds)
    return RunResult(answer, variables=findings.variables, history=history)


class Program:
    """A child process in a group of its own, whose output is streamed line by line."""

    def __init__(
        self,
        command: list[str],
        variables: Mapping[str, str],
        folder: Path,
        metrics: MetricFinder,
    ) -> None:
        self.command = command
        self.last_errors: deque[str] = deque(maxlen=_LAST_LINES)
        self._metrics = metrics
        self._unread: RunError | None = None
        self._process = _start(command, variables, folder)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, False), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, True), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def exit_code(self) -> int:
        """Exit code, negative for the number of a signal, once it has ended."""
        return self._process.returncode

    def wait(
        self, interruption: Interruption, seconds: float | None, grace_seconds: float
    ) -> Reason | None:
        """Wait for the end; None where it ended by itself, else why it was stopped.

        Raises:
            RunError: its output could not be read on; the program is ended.
        """
        began = time.monotonic()
        stopped: Reason | None = None
        while stopped is None and not self._ended_within(_POLL_SECONDS):
            if interruption.stop.is_set():
                stopped = Reason.INTERRUPTED
            elif seconds is not None and time.monotonic() - began > seconds:
                stopped = Reason.TIME_LIMIT
            elif self._unread is not None or self._metrics.has_given_up():
                self._signal(signal.SIGKILL)
        if stopped is not None:
            self._stop(stopped, grace_seconds)
        self._close()
        if self._unread is not None:
            raise self._unread
        return stopped

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _stop(self, reason: Reason, grace_seconds: float) -> None:
        log.info("%s: sending SIGTERM to the program", reason)
        self._signal(signal.SIGTERM)
        if not self._ended_within(grace_seconds):
            log.info("it is still running after %g s: sending SIGKILL", grace_seconds)
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # it ended in this moment

    def _close(self) -> None:
        """Read what is left; what the program left running goes with it."""
        for reader in self._readers:
            reader.join(_READERS_SECONDS)
        self._signal(signal.SIGKILL)
        for reader in self._readers:
            reader.join(_READERS_SECONDS)

    def _read(self, stream: IO[bytes], is_error: bool) -> None:
        out = sys.stderr if is_error else sys.stdout
        try:
            for lines in _read_lines(stream):
                text = lines.decode("utf-8", "replace")
                out.write(text)
                out.flush()
                self._metrics.look_at(lines)
                if is_error:
                    self.last_errors.extend(
                        line.strip() for line in text.split("\n") if line.strip()
                    )
        except (OSError, ValueError) as error:  # nobody would empty the pipe: the program hangs
            what = f"the program's output cannot be passed on: {error}"
            self._unread = RunError(Reason.SOLVER_FAILED, what)


def _read_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, as many as have come; a very long one in pieces."""
    rest = b""
    while chunk := os.read(stream.fileno(), _LINE_BYTES):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield whole + newline
        if len(rest) >= _LINE_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


def _make_scratch(workdir: Path) -> Path:
    """The program's working folder: empty, writable and gone after the run, wherever it runs."""
    folder = workdir / "scratch"
    folder.mkdir()
    return folder


def _start(
    command: list[str], variables: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=end_with_parent(),  # noqa: PLW1509 - it takes no lock
        )
    except OSError as error:
        raise RunError(
            Reason.PROGRAM_FAILED,
            f"spec.script.command: {command[0]} cannot be started: {error.strerror}",
        ) from None


def _program_failed(program: Program) -> RunError:
    code = program.exit_code
    how = f"ended with exit code {code}"
    if code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
    # The last line alone: those before it are a traceback as often as not, and in the log.
    last = shorten(program.last_errors[-1], 600) if program.last_errors else ""
    return RunError(Reason.PROGRAM_FAILED, f"the program {how}" + (f": {last}" if last else ""))


def _drop_contradiction(findings: Findings) -> tuple[Findings, str]:
    """The findings without a bound that the objective beats, and what is to be said of it."""
    objective, bound = findings.objective, findings.best_bound
    if objective is None or bound is None or findings.sense is None:
        return findings, ""
    excess = objective - bound if findings.sense is Sense.MAXIMIZE else bound - objective
    if excess <= _PROOF_GAP * max(1.0, abs(objective)):
        return findings, ""
    claim = Outcome.FEASIBLE if findings.outcome is Outcome.OPTIMAL else findings.outcome
    said = "it said Optimal, and " if findings.outcome is Outcome.OPTIMAL else ""
    told = (
        f"; {said}its objective {decimal_text(objective)} is better than its bound"
        f" {decimal_text(bound)} ({findings.sense}): the bound proves nothing and is left out"
    )
    return replace(findings, outcome=claim, best_bound=None), told


def _answer(findings: Findings, stopped: Reason | None, contradiction: str) -> RunReport:
    if findings.objective is None and stopped is Reason.INTERRUPTED and findings.outcome is None:
        raise RunError(Reason.INTERRUPTED, "interrupted before the program told an objective")
    objective, bound = findings.objective, findings.best_bound
    both = objective is not None and bound is not None
    outcome, objection = _judge(findings)
    objection = contradiction or objection
    result = SolveResult(
        outcome=outcome,
        sense=findings.sense,
        objective=None if objective is None else decimal_text(objective),
        best_bound=None if bound is None else decimal_text(bound),
        gap=gap_text(objective, bound) if both else None,  # type: ignore[arg-type]
        solutions=findings.solutions,
        verification=Verification(
            reason="NotChecked",
            message="the numbers are the program's own: there is no model to hold them against",
        ),
    )
    return RunReport(
        succeeded=True,
        reason=stopped or Reason.PROGRAM_FINISHED,
        message=_MESSAGES[stopped] + objection,
        result=result,
        metrics=tuple(_list_metrics(findings)),
    )


def _list_metrics(findings: Findings) -> Iterator[Metric]:
    """All metrics in the order in which they were told; what a status cannot take is said."""
    if len(findings.metrics) > METRICS_LIMIT:
        log.info(
            "the program told %d metrics: the status has at most the first %d of them, and"
            " solution.json has all; values of a solution are for report(variables={...})",
            len(findings.metrics),
            METRICS_LIMIT,
        )
    names = _fit_names(findings.metrics)
    for name, value in findings.metrics.items():
        yield Metric(name=names[name], value=decimal_text(value))


def _fit_names(names: Iterable[str]) -> dict[str, str]:
    """Names as an answer takes them: cut, and by a digest apart from others that begin alike."""
    fitted = {name: name for name in names if len(name) <= _NAME_LENGTH}
    taken, alike = set(fitted), 0
    for name in names:
        if name in fitted:
            continue
        short = name[:_NAME_LENGTH]
        if short in taken:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            short, alike = f"{name[: _NAME_LENGTH - 9]}~{digest}", alike + 1
        taken.add(short)
        fitted[name] = short
    if alike:
        log.info(
            "%d metrics have names that are alike in their first %d characters, which is where a"
            " name is cut: a digest of the whole name is their end",
            alike,
            _NAME_LENGTH,
        )
    return fitted


def _judge(findings: Findings) -> tuple[Outcome, str]:
    """The outcome that the program's own numbers allow, and what speaks against its claim."""
    claim, objective, bound = findings.outcome, findings.objective, findings.best_bound
    if claim is None:
        return (Outcome.UNKNOWN if objective is None else Outcome.FEASIBLE), ""
    if claim is Outcome.INFEASIBLE and objective is not None:
        raise RunError(
            Reason.PROGRAM_FAILED,
            f"the program told an objective, {decimal_text(objective)}, and the outcome Infeasible:"
            " report one of them",
        )
    if claim is Outcome.OPTIMAL and objective is not None and bound is not None:
        gap = abs(objective - bound)
        if gap > _PROOF_GAP * max(1.0, abs(objective)):
            objection = f"; it said Optimal, which its bound {decimal_text(bound)} does not prove"
            return Outcome.FEASIBLE, objection
    return claim, ""


_MESSAGES = {
    None: "the program ended with exit code 0",
    Reason.TIME_LIMIT: "the program was stopped at the time limit",
    Reason.INTERRUPTED: "the program was interrupted",
}
