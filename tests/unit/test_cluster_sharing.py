"""What the workers of a test run share is made once and ended once; who disturbs waits its turn."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cluster import sharing
from tests.cluster.waiting import wait_until

Share = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def share(seen: list[str]) -> Share:
    return lambda: sharing.shared("it", lambda: seen.append("begun"), lambda: seen.append("ended"))


def test_it_is_made_by_the_first_and_ended_by_the_last(share: Share, seen: list[str]) -> None:
    with share():
        with share():
            assert seen == ["begun"]
        assert seen == ["begun"]
    assert seen == ["begun", "ended"]


def test_who_comes_after_the_last_makes_it_anew(share: Share, seen: list[str]) -> None:
    for _ in range(2):
        with share():
            pass
    assert seen == ["begun", "ended", "begun", "ended"]


def test_what_could_not_be_made_is_ended_and_made_by_the_next(
    share: Share, seen: list[str]
) -> None:
    def fail() -> None:
        raise ConnectionError

    with (
        pytest.raises(ConnectionError),
        sharing.shared("it", fail, lambda: seen.append("cleaned")),
    ):
        seen.append("never")
    with share():
        pass
    assert seen == ["cleaned", "begun", "ended"]


def test_who_wants_to_be_alone_waits_for_the_others_and_comes_before_the_next(
    seen: list[str],
) -> None:
    def take_turn(alone: bool, name: str) -> None:
        with sharing.turn(alone=alone):
            seen.append(name)

    with ThreadPoolExecutor(2) as threads:
        with sharing.turn(alone=False), sharing.turn(alone=False):
            disturbing = threads.submit(take_turn, True, "alone")
            wait_until(_gate_is_held, "the gate to be held", timeout=30)
            next_one = threads.submit(take_turn, False, "next")
            seen.append("first")
        disturbing.result(30)
        next_one.result(30)
    assert seen == ["first", "alone", "next"]


def _gate_is_held() -> bool:
    (gate,) = Path(tempfile.gettempdir()).glob("*/gate")
    with gate.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
