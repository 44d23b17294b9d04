"""How a search is getting on, from the log of its processing job, and how often one looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from argmin.api.progress import Progress, Search
from argmin.aws.errors import AccessDeniedError, AwsError, UnavailableError
from argmin.aws.models import LogEvent, LogPage
from argmin.backends.sagemaker.job_type import JobDescription
from argmin.backends.sagemaker.jobs.processing import PROCESSING
from argmin.backends.sagemaker.polling import Polling
from argmin.backends.sagemaker.progress import LogReading, find_progress, read_on

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
TOLD = 'argmin-progress {"search": {"objective": "7.5"}, "elapsedSeconds": 12}'
SEEN = Progress(search=Search(objective="7.5"), elapsed_seconds=12)


class TestFindProgress:
    @pytest.mark.parametrize(
        "garbage",
        [
            "",
            "a line of the solver's own",
            "argmin-progress",
            "argmin-progress {cut off",
            "argmin-progress []",
            'argmin-progress {"search": {"objective": "NaN"}}',
            'argmin-progress {"search": {"objective": "seven"}}',
            'argmin-progress {"search": {"nodes": -1}}',
            'argmin-progress {"search": {"nodes": 1e400}}',
            "argmin-progress " + "[" * 100_000,
            "argmin-progress " + "x" * 250_000,
            ' argmin-progress {"search": {"objective": "1"}}',
            "\x00\ufffd",
        ],
    )
    def test_what_is_no_progress_is_passed_over(self, garbage: str) -> None:
        assert find_progress([garbage]) is None
        assert find_progress([TOLD, garbage]) == SEEN

    def test_the_last_word_counts(self) -> None:
        assert find_progress([TOLD.replace("7.5", "8"), "x", TOLD]) == SEEN

    def test_what_a_newer_runner_tells_is_read_as_far_as_it_is_known(self) -> None:
        assert find_progress([TOLD.replace("{", '{"temperature": 3, ')]) == SEEN


class Log:
    """A log that can be refused."""

    def __init__(self, *lines: str) -> None:
        self.streams: tuple[str, ...] = ("job/algo-1-1", "job/algo-10-1", "job/algo-2-1")
        self.lines = lines
        self.error: AwsError | None = None
        self.calls: list[str] = []

    async def list_streams(self, group: str, prefix: str) -> tuple[str, ...]:
        self._call("list")
        return self.streams

    async def read_tail(self, group: str, stream: str, limit: int) -> LogPage:
        self._call(stream)
        return LogPage(tuple(LogEvent(CREATED, line) for line in self.lines[-limit:]), None)

    def _call(self, what: str) -> None:
        self.calls.append(what)
        if self.error:
            raise self.error


class TestReadOn:
    async def test_the_stream_of_the_first_instance_is_looked_for_once(self) -> None:
        log, reading = Log(TOLD), LogReading()
        for _ in range(3):
            reading = await read_on(PROCESSING, "job", reading, log)
        assert reading.progress == SEEN
        assert log.calls == ["list", "job/algo-1-1", "job/algo-1-1"]

    async def test_as_long_as_there_is_no_stream_it_is_looked_for_again(self) -> None:
        log = Log()
        log.streams = ()
        assert await read_on(PROCESSING, "job", LogReading(), log) == LogReading()

    async def test_a_solver_that_talks_much_hides_no_progress(self) -> None:
        log = Log(TOLD, *(f"node {number}" for number in range(500)))
        assert (await read_on(PROCESSING, "job", LogReading("job/algo-1-1"), log)).progress == SEEN

    async def test_what_was_known_stays_known_where_nothing_is_told(self) -> None:
        before = LogReading("job/algo-1-1", SEEN)
        assert await read_on(PROCESSING, "job", before, Log("nothing")) == before

    async def test_a_failure_is_passed_over_and_a_refusal_is_taken(self) -> None:
        log, before = Log(), LogReading("job/algo-1-1", SEEN)
        log.error = UnavailableError("no answer")
        assert await read_on(PROCESSING, "job", before, log) == before
        log.error = AccessDeniedError("no policy allows", "logs:GetLogEvents")
        after = await read_on(PROCESSING, "job", before, log)
        assert after.is_refused
        assert after.progress == SEEN

    async def test_a_log_has_news_where_it_tells_more_than_before(self) -> None:
        first = await read_on(PROCESSING, "job", LogReading("job/algo-1-1"), Log(TOLD))
        assert first.has_news
        assert not (await read_on(PROCESSING, "job", first, Log(TOLD))).has_news
        assert not (await read_on(PROCESSING, "job", first, Log("nothing"))).has_news
        newer = Log(TOLD, TOLD.replace("12", "13"))
        assert (await read_on(PROCESSING, "job", first, newer)).has_news
        broken = Log(TOLD)
        broken.error = UnavailableError("no answer")
        assert not (await read_on(PROCESSING, "job", first, broken)).has_news


def build_job(*, has_started: bool, status: str = "InProgress") -> JobDescription:
    started = {"ProcessingStartTime": CREATED} if has_started else {}
    return PROCESSING.parse_description(
        {
            "ProcessingJobName": "job",
            "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/job",
            "ProcessingJobStatus": status,
            "CreationTime": CREATED,
            **started,
        }
    )


def pause_of(polling: Polling, age: float, *, has_started: bool, is_trusted: bool = False) -> float:
    """Seconds to the next look at a job of so many seconds."""
    now = CREATED + timedelta(seconds=age)
    at = polling.find_next_look(build_job(has_started=has_started), now, is_trusted=is_trusted)
    return (at - now).total_seconds()


class TestPace:
    def test_a_container_that_starts_is_seen_within_a_minute_where_no_event_has_come(self) -> None:
        polling = Polling(has_events=True)
        for age in (30, 60, 120, 300, 600, 3600):
            assert 30 < pause_of(polling, age, has_started=False) <= 60

    @pytest.mark.parametrize("number", range(20))
    def test_a_container_that_starts_within_four_minutes_is_seen_by_two_looks(
        self, number: int
    ) -> None:
        job = build_job(has_started=False).model_copy(update={"name": f"job-{number}"})
        polling, now, looks = Polling(has_events=True), CREATED, 0
        while now < CREATED + timedelta(minutes=4):
            now = polling.find_next_look(job, now, is_trusted=looks > 0)
            looks += 1
        assert looks <= 2
        assert now <= CREATED + timedelta(minutes=7)

    def test_a_container_that_starts_late_is_seen_within_twelve_minutes(self) -> None:
        polling = Polling(has_events=True)
        for age in (60, 300, 900, 7200, 86400):
            assert pause_of(polling, age, has_started=False, is_trusted=True) <= 720

    def test_where_events_tell_a_running_job_is_left_to_them(self) -> None:
        polling = Polling(has_events=True)
        assert 600 <= pause_of(polling, 60, has_started=True) <= 720
        assert 3600 <= pause_of(polling, 60, has_started=True, is_trusted=True) <= 4320

    def test_where_no_event_is_heard_no_job_is_trusted(self) -> None:
        assert pause_of(Polling(), 60, has_started=True, is_trusted=True) <= 72

    @pytest.mark.parametrize("has_events", [True, False])
    def test_no_minute_has_more_than_two_calls(self, has_events: bool) -> None:
        polling = Polling(has_events=has_events)
        job = build_job(has_started=True)
        for age in range(0, 24 * 3600, 600):
            now = CREATED + timedelta(seconds=age)
            looks = 60 / (polling.find_next_look(job, now) - now).total_seconds()
            readings = 60 / (polling.find_next_reading(job, now) - now).total_seconds()
            assert looks + readings <= 2

    @pytest.mark.parametrize(("has_events", "minutes"), [(True, 5), (False, 2)])
    def test_the_log_of_an_old_search_is_read_every_few_minutes(
        self, has_events: bool, minutes: int
    ) -> None:
        now = CREATED + timedelta(days=1)
        polling = Polling(has_events=has_events)
        pause = polling.find_next_reading(build_job(has_started=True), now) - now
        assert minutes <= pause / timedelta(minutes=1) <= 1.2 * minutes

    def test_all_pauses_follow_from_one_setting(self) -> None:
        job = build_job(has_started=True)
        usual = Polling().find_next_reading(job, CREATED) - CREATED
        quick = Polling(timedelta(seconds=1)).find_next_reading(job, CREATED) - CREATED
        assert quick == usual / 30
