"""How progress leaves the runner: to a real intake, into a file, between the lines of a log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from argmin.api.answer import Metric, Sense
from argmin.api.progress import (
    PROGRESS_FILE,
    PROGRESS_LIMIT_BYTES,
    PROGRESS_PREFIX,
    Progress,
    ProgressReport,
    Search,
)
from argmin.api.run import PROGRESS_PATH, Intake, ProgressChannel, RunDocument
from argmin.api.task import ProgramTask
from argmin_solvers.progress.channels import (
    ChannelClosedError,
    IntakeChannel,
    encode_progress,
    open_channel,
)
from argmin_solvers.progress.sink import ProgressSink
from argmin_solvers.script.progress import ReportTail
from argmin_solvers.script.report import report
from argmin_solvers.script.reports import gather_findings
from tests.solvers.intake_server import IntakeServer, serving_intake
from tests.solvers.problems import run_program

NEWS = Progress(search=Search(objective="15020.0", best_bound="15005.0"), elapsed_seconds=3)


@pytest.fixture
def intake() -> Iterator[IntakeServer]:
    with serving_intake() as server:
        yield server


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("secret\n")
    return path


def channel(url: str, token: Path) -> IntakeChannel:
    return IntakeChannel(Intake(url=url, token_path=str(token)), "steel", "steel-1")


class TestIntake:
    def test_a_report_is_posted_with_the_token(self, intake: IntakeServer, token: Path) -> None:
        assert channel(intake.url, token).send(NEWS)
        ((path, authorization, body),) = intake.requests
        assert (path, authorization) == (PROGRESS_PATH, "Bearer secret")
        told = ProgressReport.model_validate_json(body)
        assert (told.owner, told.run, told.progress) == ("steel", "steel-1", NEWS)

    def test_a_replica_that_does_not_lead_is_not_the_last(
        self, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes = [503, 503]
        assert channel(intake.url, token).send(NEWS)
        assert len(intake.requests) == 3

    def test_where_none_leads_the_report_is_dropped(
        self, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes = [503] * 9
        assert not channel(intake.url, token).send(NEWS)
        assert len(intake.requests) == 3

    @pytest.mark.parametrize("code", [401, 403, 404, 413])
    def test_a_refusal_is_for_good(self, code: int, intake: IntakeServer, token: Path) -> None:
        intake.codes = [code]
        with pytest.raises(ChannelClosedError, match=f"answered {code}: the reason of the intake"):
            channel(intake.url, token).send(NEWS)

    @pytest.mark.parametrize("code", [408, 409, 425, 429])
    def test_a_refusal_of_this_moment_drops_one_report(
        self, code: int, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes = [code]
        told = channel(intake.url, token)
        assert not told.send(NEWS)
        assert told.send(NEWS)

    @pytest.mark.parametrize("code", [409, 429, 503])
    def test_the_intake_is_left_alone_for_as_long_as_it_asks(
        self, code: int, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes, intake.retry_after = [code], "7"
        now = 100.0
        address = Intake(url=intake.url, token_path=str(token))
        told = IntakeChannel(address, "steel", "steel-1", lambda: now)
        assert not told.send(NEWS)
        now = 106.0
        assert not told.send(NEWS)
        assert len(intake.requests) == 1
        now = 107.0
        assert told.send(NEWS)
        assert len(intake.requests) == 2

    @pytest.mark.parametrize(
        ("asked", "pause"), [("999999999", 60.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)]
    )
    def test_an_absurd_or_unreadable_wait_silences_nobody_for_long(
        self, asked: str, pause: float, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes, intake.retry_after = [429], asked
        now = 0.0
        address = Intake(url=intake.url, token_path=str(token))
        told = IntakeChannel(address, "steel", "steel-1", lambda: now)
        assert not told.send(NEWS)
        now = pause
        assert told.send(NEWS)

    def test_an_error_of_the_intake_drops_one_report(
        self, intake: IntakeServer, token: Path
    ) -> None:
        intake.codes = [500]
        told = channel(intake.url, token)
        assert not told.send(NEWS)
        assert told.send(NEWS)

    def test_nobody_there_drops_the_report(self, token: Path) -> None:
        assert not channel("http://127.0.0.1:1", token).send(NEWS)

    def test_a_missing_token_drops_the_report(self, intake: IntakeServer, tmp_path: Path) -> None:
        assert not channel(intake.url, tmp_path / "none").send(NEWS)
        assert intake.requests == []

    def test_what_is_no_address_is_no_channel(self, token: Path) -> None:
        with pytest.raises(ChannelClosedError, match="nonsense/v1/progress is no address"):
            channel("nonsense", token).send(NEWS)


def document(root: Path, channel: ProgressChannel) -> RunDocument:
    return RunDocument(name="steel", root=str(root), task=ProgramTask(path=""), progress=channel)


def test_a_file_gets_a_line_for_each_report(tmp_path: Path) -> None:
    told = open_channel(document(tmp_path, ProgressChannel.FILE))
    assert told is not None
    assert told.send(NEWS)
    assert told.send(NEWS.model_copy(update={"search": Search(objective="15005.0")}))
    lines = (tmp_path / PROGRESS_FILE).read_text().splitlines()
    assert [json.loads(line)["search"]["objective"] for line in lines] == ["15020.0", "15005.0"]


@pytest.mark.parametrize("character", ["\x00", '"', "\u2028", "ä", "\U0001f600", "a"])
def test_a_report_keeps_below_its_limit_by_leaving_out_the_last_metrics(character: str) -> None:
    name = character * 60
    progress = Progress(
        elapsed_seconds=2**53,
        step=2**53,
        total=2**53,
        metrics=tuple(
            Metric(name=f"{name}{n}", value="-1.7976931348623157e+308") for n in range(32)
        ),
        search=Search(
            objective="-1.7976931348623157e+308", best_bound="-1.7976931348623157e+308", nodes=2**53
        ),
    )
    text = encode_progress(progress)
    envelope = len(json.dumps({"owner": "o" * 253, "run": "r" * 253, "progress": {}}))
    assert len(text.encode()) + envelope <= PROGRESS_LIMIT_BYTES
    read = Progress.model_validate_json(text)
    assert read.search == progress.search
    assert 0 < len(read.metrics) < 32
    assert read.metrics == progress.metrics[: len(read.metrics)]


def test_a_file_that_cannot_be_written_is_no_channel(tmp_path: Path) -> None:
    told = open_channel(document(tmp_path / "none", ProgressChannel.FILE))
    assert told is not None
    with pytest.raises(ChannelClosedError, match="No such file or directory"):
        told.send(NEWS)


@pytest.mark.parametrize("wanted", [ProgressChannel.NONE, ProgressChannel.INTAKE])
def test_where_nobody_listens_there_is_no_channel(wanted: ProgressChannel, tmp_path: Path) -> None:
    assert open_channel(document(tmp_path, wanted)) is None


OPENING = """
import os, sys
from pathlib import Path
from argmin.api.progress import Progress, Search
from argmin_solvers.progress.channels import LogChannel
from argmin_solvers.process.log_capture import RunLog
log, told, news = RunLog(Path(sys.argv[1])), LogChannel(), Progress(search=Search(objective="3.0"))
"""


def print_and_tell(program: str, path: Path) -> list[str]:
    """The lines of standard output of a program that opens the log at `path`."""
    command = [sys.executable, "-c", OPENING + program, str(path)]
    return subprocess.run(
        command, capture_output=True, check=True, timeout=60, text=True
    ).stdout.splitlines()


LINE = PROGRESS_PREFIX + '{"search":{"objective":"3.0"}}'


def test_the_log_has_progress_between_its_lines_and_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    program = "with log:\n  print('one', flush=True)\n  assert told.send(news)\n"
    assert sorted(print_and_tell(program, path)) == [LINE, "one"]
    assert path.read_text() == "one\n"


def test_progress_is_never_in_the_middle_of_a_line(tmp_path: Path) -> None:
    program = (
        "with log:\n  for n in range(2000):\n"
        "    os.write(1, b'half a line ')\n"
        "    if n % 100 == 0: told.send(news)\n"
        "    os.write(1, b'and its end\\n')\n"
    )
    lines = print_and_tell(program, tmp_path / "run.log")
    assert lines.count(LINE) == 20
    assert lines.count("half a line and its end") == 2000


def test_progress_does_not_wait_for_a_line_without_end(tmp_path: Path) -> None:
    program = "with log:\n  os.write(1, b'50 %')\n  told.send(news)\n  told.send(news)\n"
    lines = print_and_tell(program, tmp_path / "run.log")
    assert sorted(line for line in lines if line) == ["50 %", LINE, LINE]


def test_without_an_open_log_a_line_is_not_told(tmp_path: Path) -> None:
    assert print_and_tell("assert not told.send(news)\n", tmp_path / "run.log") == []


class TestReports:
    @pytest.fixture
    def file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "report.jsonl"
        monkeypatch.setenv("ARGMIN_REPORT", str(path))
        return path

    def test_each_report_counts_as_soon_as_it_is_whole(self, file: Path) -> None:
        sink, tail = ProgressSink(), ReportTail(file)
        tail.look(sink)
        report(objective=12, bound=3.5, sense="Minimize", solutions=1)
        tail.look(sink)
        with file.open("a") as half:
            half.write('{"objective": 1')
            half.flush()
            tail.look(sink)
            assert sink.progress().flatten().objective == "12.0"
            half.write("0}\n")
        tail.look(sink)
        told = sink.progress().flatten()
        assert (told.objective, told.best_bound, told.solutions) == (
            "10.0",
            "3.5",
            1,
        )

    def test_metrics_and_steps_are_told_with_their_last_values(self, file: Path) -> None:
        sink, tail = ProgressSink(), ReportTail(file)
        for step in range(1, 4):
            report(step=step, total=10, loss=1 / step)
        for number in range(100):
            report(**{f"x{number}": number})  # type: ignore[arg-type]
        tail.look(sink)
        told = sink.progress()
        assert (told.step, told.total, told.search) == (3, 10, None)
        assert told.metrics[2] == Metric(name="loss", value="0.3333333333333333")
        assert len(told.metrics) == 32

    def test_the_history_ends_with_what_the_answer_says(self, file: Path) -> None:
        sink = ProgressSink()
        tail = ReportTail(file)
        for objective in (7, 9, 8):
            report(objective=objective, sense="Maximize", variables={"x": 1})
            tail.look(sink)
        assert sink.progress().flatten().objective == "9.0"
        said = gather_findings(file, {}).objective
        assert said == 8
        assert [point.objective for point in sink.history(said, None)] == [7, 8, 8]

    def test_what_is_no_report_is_left_to_the_end_of_the_run(self, file: Path) -> None:
        file.write_text('nonsense\n[1]\n{"objective": "no"}\n{"objective": 4}\n')
        sink = ProgressSink(Sense.MINIMIZE)
        ReportTail(file).look(sink)
        assert sink.progress().flatten().objective == "4.0"

    def test_of_a_flood_of_reports_the_last_count(self, file: Path) -> None:
        sink, tail = ProgressSink(), ReportTail(file)
        line = json.dumps({"objective": 5, "variables": {"x" * 100_000: 1}})
        file.write_text("\n".join([line] * 40 + ['{"objective": 2}', ""]))
        tail.look(sink)
        assert sink.progress().flatten().objective == "2.0"


WAITING = """
import pathlib, sys, time
print('cost = 7', flush=True)
path = pathlib.Path(sys.argv[1])
until = time.monotonic() + 60
while not (path.exists() and '"objective":"7.0"' in path.read_text()):
    assert time.monotonic() < until
    time.sleep(0.02)
"""


def test_what_a_program_prints_is_told_while_it_runs(tmp_path: Path) -> None:
    script = {"metrics": [{"name": "objective", "regex": "cost = ([0-9]+)"}]}
    path = str(tmp_path / PROGRESS_FILE)
    ended = run_program(tmp_path, WAITING, [path], script=script, progress="file")
    assert ended.exit_code == 0, ended.output
    assert [point["objective"] for point in ended.solution["history"]] == [7.0, 7.0]
