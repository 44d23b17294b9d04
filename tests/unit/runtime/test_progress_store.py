"""The progress store: reported progress is released at intervals that grow with the search."""

from __future__ import annotations

from typing import Any

import pytest

from argmin.api.progress import Progress, Search
from argmin.plan import Key, Resource
from argmin.runtime.intake import progress as board_module
from argmin.runtime.intake.progress import ProgressStore

JOBS = Resource("argmin.dev/v1alpha1", "OptimizationJob", "optimizationjobs")
KEY = Key(JOBS, "team", "steel")
RUN = "steel-1"
FIRST = Progress(search=Search(objective="20"), elapsed_seconds=1)
BETTER = Progress(search=Search(objective="10"), elapsed_seconds=2)
BEST = Progress(search=Search(objective="5"), elapsed_seconds=2)


class Desk:
    """A progress store with a clock, and somebody who is woken."""

    def __init__(self) -> None:
        self.now = 100.0
        self.progress_store = ProgressStore(lambda: self.now)
        self.woken: list[float] = []
        self.progress_store.connect(lambda _key, seconds: self.woken.append(self.now + seconds))

    def post(self, progress: Progress, attempt: str = "steel-a", uid: str = "u1") -> None:
        self.progress_store.record(KEY, uid, RUN, attempt, progress)

    def look(self) -> str | None:
        """The objective that is shown now."""
        seen = self.progress_store.read(KEY, "u1", RUN)
        return seen.progress.flatten().objective if seen else None


def finished(kind: str, status: str = "True") -> dict[str, Any]:
    condition = {
        "type": kind,
        "status": status,
        "reason": "X",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }
    return {"metadata": {}, "status": {"conditions": [condition]}}


def test_the_first_word_is_shown_at_once_with_the_attempt_that_said_it() -> None:
    desk = Desk()
    desk.post(FIRST)
    assert desk.woken == [100.0]
    seen = desk.progress_store.read(KEY, "u1", RUN)
    assert seen is not None
    assert (seen.attempt, seen.progress) == ("steel-a", FIRST)


def test_a_word_that_comes_too_soon_is_shown_when_its_turn_has_come() -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.look()
    desk.now = 100.4
    desk.post(BETTER)
    assert desk.look() == "20"
    assert set(desk.woken) == {100.0, 101.0}
    desk.now = 101.0
    assert desk.look() == "10"


def test_of_several_words_between_two_turns_the_last_is_shown() -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.look()
    desk.post(BETTER)
    desk.post(BEST)
    desk.now = 101.0
    assert desk.look() == "5"


def test_looking_too_early_has_the_object_looked_at_again_in_time() -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.look()
    desk.post(BETTER)
    desk.woken.clear()
    desk.now = 100.7
    desk.look()
    assert desk.woken == [pytest.approx(101.0)]


def test_looking_twice_shows_the_same_and_wakes_nobody() -> None:
    desk = Desk()
    desk.post(FIRST)
    assert desk.look() == desk.look() == "20"
    assert desk.woken == [100.0]


@pytest.mark.parametrize(
    ("elapsed", "pause"), [(0, 1.0), (60, 1.0), (120, 2.0), (1800, 30.0), (86400, 30.0)]
)
def test_an_older_search_is_shown_more_rarely(elapsed: int, pause: float) -> None:
    desk = Desk()
    desk.post(FIRST.model_copy(update={"elapsed_seconds": elapsed}))
    desk.look()
    desk.post(BETTER)
    desk.now = 100.0 + pause - 0.01
    assert desk.look() == "20"
    desk.now = 100.0 + pause
    assert desk.look() == "10"


def test_very_many_searches_wait_longer_for_their_turns() -> None:
    desk = Desk()
    for number in range(500):
        desk.progress_store.record(Key(JOBS, "team", f"other-{number}"), "u", RUN, "a", FIRST)
    desk.post(FIRST)
    desk.look()
    desk.post(BETTER)
    desk.now = 110.0
    assert desk.look() == "20"
    desk.now = 110.1
    assert desk.look() == "10"


def test_time_alone_is_no_news() -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.look()
    desk.now = 130.0
    desk.post(
        FIRST.model_copy(
            update={
                "elapsed_seconds": 31,
                "search": Search(objective="20", incumbent_seconds=30),
            }
        )
    )
    assert desk.woken == [100.0]
    seen = desk.progress_store.read(KEY, "u1", RUN)
    assert seen is not None
    assert seen.progress == FIRST


def test_the_next_attempt_takes_the_place_of_the_last_and_keeps_its_pace() -> None:
    desk = Desk()
    desk.post(BEST)
    desk.look()
    desk.post(FIRST, attempt="steel-b")
    assert desk.look() is None
    desk.now = 101.0
    seen = desk.progress_store.read(KEY, "u1", RUN)
    assert seen is not None
    assert (seen.attempt, seen.progress) == ("steel-b", FIRST)


def test_a_namesake_with_another_uid_sees_nothing() -> None:
    desk = Desk()
    desk.post(FIRST, uid="u2")
    assert desk.look() is None


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        {"metadata": {"deletionTimestamp": "2026-01-02T03:04:05Z"}},
        finished("Complete"),
        finished("Failed"),
    ],
)
def test_an_object_that_is_over_is_forgotten(manifest: dict[str, Any] | None) -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.progress_store.drop_ended(KEY, manifest)
    assert desk.look() is None
    assert desk.progress_store.size == 0


@pytest.mark.parametrize(
    "manifest", [{"metadata": {}}, finished("Complete", "False"), finished("Suspended")]
)
def test_an_object_that_is_not_over_is_remembered(manifest: dict[str, Any]) -> None:
    desk = Desk()
    desk.post(FIRST)
    desk.progress_store.drop_ended(KEY, manifest)
    assert desk.look() == "20"


def test_the_board_holds_so_many_objects_and_forgets_who_was_silent_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(board_module, "MOST_OBJECTS", 2)
    desk = Desk()
    others = [Key(JOBS, "team", name) for name in ("a", "b")]
    desk.progress_store.record(others[0], "u1", RUN, "pod", FIRST)
    desk.post(FIRST)
    desk.progress_store.record(others[0], "u1", RUN, "pod", BETTER)
    desk.progress_store.record(others[1], "u1", RUN, "pod", FIRST)
    assert desk.progress_store.size == 2
    assert desk.look() is None
    assert desk.progress_store.read(others[0], "u1", RUN) is not None


def test_two_runs_of_one_object_have_their_own_progress() -> None:
    store = ProgressStore(lambda: 100.0)
    store.record(KEY, "u1", "steel-1", "pod-1", FIRST)
    store.record(KEY, "u1", "steel-2", "pod-2", BETTER)
    seen = [store.read(KEY, "u1", run) for run in ("steel-1", "steel-2", "steel-3")]
    assert [each and (each.attempt, each.progress) for each in seen] == [
        ("pod-1", FIRST),
        ("pod-2", BETTER),
        None,
    ]


def test_of_too_many_runs_of_an_object_the_one_that_is_silent_longest_is_dropped() -> None:
    store = ProgressStore(lambda: 100.0)
    for number in range(board_module.MOST_RUNS + 1):
        store.record(KEY, "u1", f"steel-{number}", "pod", FIRST)
    assert store.read(KEY, "u1", "steel-0") is None
    assert store.read(KEY, "u1", "steel-1") is not None


def test_one_write_shows_what_all_runs_of_an_object_have_reported() -> None:
    desk = Desk()
    for run in ("steel-1", "steel-2"):
        desk.progress_store.record(KEY, "u1", run, f"{run}-pod", FIRST)
    desk.progress_store.read(KEY, "u1", "steel-1")
    desk.woken.clear()
    assert desk.progress_store.read(KEY, "u1", "steel-2") is not None
    assert desk.woken == []
