"""What a search tells in passing, and how it is passed on."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from argmin.api.answer import Sense
from argmin.api.progress import Progress, SearchProgress
from argmin_solvers.progress.channels import ChannelClosedError
from argmin_solvers.progress.reporter import Reporter
from argmin_solvers.progress.sink import ProgressSink
from tests.solvers.problems import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(clock: Clock) -> ProgressSink:
    return ProgressSink(Sense.MINIMIZE, clock)


class TestSink:
    def test_it_knows_the_best_and_the_age_of_the_incumbent(
        self, sink: ProgressSink, clock: Clock
    ) -> None:
        sink.tell(objective=15500.0, bound=14000.0, nodes=3, solutions=1)
        clock.now += 7.9
        sink.tell(objective=15600.0, bound=13000.0, nodes=90)
        assert sink.progress().flatten() == SearchProgress(
            objective="15500.0",
            best_bound="14000.0",
            gap="0.0967741935483871",
            nodes=90,
            solutions=1,
            elapsed_seconds=7,
            incumbent_seconds=7,
        )

    def test_a_maximisation_is_never_shown_as_a_minimisation(self, clock: Clock) -> None:
        sink = ProgressSink(Sense.MAXIMIZE, clock)
        for objective, bound in ((10.0, 40.0), (8.0, 50.0), (20.0, 30.0)):
            sink.tell(objective=objective, bound=bound)
        told = sink.progress().flatten()
        assert (told.objective, told.best_bound, told.gap) == (
            "20.0",
            "30.0",
            "0.5",
        )

    @pytest.mark.parametrize("absurd", [1e20, -1e20, 1e50, float("inf"), float("nan"), None])
    def test_absurd_numbers_are_absent(self, sink: ProgressSink, absurd: float | None) -> None:
        sink.tell(objective=absurd, bound=absurd, nodes=-1, iterations=2**60)
        assert sink.progress().flatten() == SearchProgress()

    def test_a_bound_that_the_incumbent_beats_is_absent(self, sink: ProgressSink) -> None:
        sink.tell(objective=100.0, bound=101.0)
        assert sink.progress().flatten().best_bound is None
        assert sink.progress().flatten().gap is None

    def test_a_bound_that_noise_puts_beyond_the_incumbent_is_the_incumbent(
        self, sink: ProgressSink
    ) -> None:
        sink.tell(objective=100.0, bound=100.00000000001)
        assert (sink.progress().flatten().best_bound, sink.progress().flatten().gap) == (
            "100.0",
            "0",
        )

    def test_noise_makes_no_incumbent_younger(self, sink: ProgressSink, clock: Clock) -> None:
        sink.tell(objective=33.000000000000014)
        clock.now += 5
        sink.tell(objective=33.0)
        assert sink.progress().flatten().incumbent_seconds == 5

    def test_without_a_sense_the_last_word_counts(self, clock: Clock) -> None:
        sink = ProgressSink(None, clock)
        sink.tell(objective=1.0)
        sink.tell(objective=2.0)
        sink.tell(objective=1.5)
        assert sink.progress().flatten().objective == "1.5"

    def test_whole_numbers_of_programs_stay_exact(self, sink: ProgressSink) -> None:
        sink.tell(objective=9007199254740993)
        assert sink.progress().flatten().objective == "9007199254740993.0"

    def test_threads_may_tell_at_once(self, sink: ProgressSink) -> None:
        def tell(start: int) -> None:
            for n in range(start, 4000, 4):
                sink.tell(objective=10_000.0 - n, bound=float(n - 5000))

        threads = [threading.Thread(target=tell, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = sink.progress().flatten()
        assert (told.objective, told.best_bound) == ("6001.0", "-1001.0")


class Listener:
    """A channel that remembers what it is sent and when, and may refuse."""

    def __init__(self, clock: Clock) -> None:
        self.heard: list[tuple[float, Progress]] = []
        self.takes = True
        self.refuses = False
        self._clock = clock

    def send(self, progress: Progress) -> bool:
        if self.refuses:
            raise ChannelClosedError("no more")
        self.heard.append((self._clock.now, progress))
        return self.takes

    @property
    def times(self) -> list[float]:
        return [when for when, _ in self.heard]


@pytest.fixture
def listener(clock: Clock) -> Listener:
    return Listener(clock)


class TestReporter:
    def test_the_pace_slows_as_the_search_gets_older(
        self, sink: ProgressSink, listener: Listener, clock: Clock
    ) -> None:
        reporter = Reporter(sink, listener)
        for second in range(1, 4000):
            clock.now = float(second)
            sink.tell(nodes=second)
            reporter.step()
        times = listener.times
        assert times[:60] == [float(second) for second in range(1, 61)]
        pauses = {int(after): after - before for before, after in pairwise(times)}
        assert next(pause for at, pause in pauses.items() if at > 600) == pytest.approx(11, abs=1)
        assert list(pauses.values())[-1] == 30
        assert sorted(pauses.values()) == list(pauses.values())

    def test_only_news_is_told(self, sink: ProgressSink, listener: Listener, clock: Clock) -> None:
        reporter = Reporter(sink, listener)
        for _ in range(5):
            clock.now += 1
            reporter.step()
        assert listener.heard == []
        sink.tell(objective=5.0)
        for _ in range(5):
            clock.now += 1
            reporter.step()
        assert [told.flatten().objective for _, told in listener.heard] == ["5.0"]

    def test_what_did_not_arrive_is_told_again(
        self, sink: ProgressSink, listener: Listener, clock: Clock
    ) -> None:
        reporter = Reporter(sink, listener)
        sink.tell(objective=5.0)
        listener.takes = False
        for _ in range(3):
            clock.now += 1
            reporter.step()
        assert listener.times == [1.0, 2.0, 3.0]

    def test_a_refusal_is_for_good(
        self, sink: ProgressSink, listener: Listener, clock: Clock
    ) -> None:
        reporter = Reporter(sink, listener)
        listener.refuses = True
        sink.tell(objective=5.0)
        clock.now += 1
        reporter.step()
        listener.refuses = False
        sink.tell(objective=4.0)
        clock.now += 1
        reporter.step()
        assert listener.heard == []

    def test_sources_are_looked_at_though_nobody_listens(
        self, sink: ProgressSink, clock: Clock
    ) -> None:
        class Source:
            def look(self, sink: ProgressSink) -> None:
                sink.tell(objective=3.0)

        Reporter(sink, None, (Source(),)).step()
        assert sink.progress().flatten().objective == "3.0"

    def test_the_end_does_not_wait_for_a_report_under_way(self, clock: Clock) -> None:
        asked, answered = threading.Event(), threading.Event()

        class Slow:
            def send(self, progress: Progress) -> bool:
                asked.set()
                return answered.wait(60)

        sink = ProgressSink(Sense.MINIMIZE, clock)
        sink.tell(objective=1.0)
        clock.now += 1
        with Reporter(sink, Slow(), look_seconds=0.01):
            assert asked.wait(30)
        assert not answered.is_set()
        answered.set()

    def test_a_failure_of_reporting_is_no_failure_of_the_run(
        self, sink: ProgressSink, capfd: pytest.CaptureFixture[str]
    ) -> None:
        failed = threading.Event()

        class Broken:
            def look(self, sink: ProgressSink) -> None:
                failed.set()
                raise ValueError("broken")

        with Reporter(sink, None, (Broken(),), look_seconds=0.01):
            assert failed.wait(30)
            for thread in threading.enumerate():
                if thread.name == "progress":
                    thread.join(30)
        assert "Traceback" not in capfd.readouterr().err
