"""One process: its lines are heard, it is stopped in time, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from argmin.backends.local.process import Ended, Ending, Stop, supervise


class Recorder:
    """Hears what a process prints; asks to stop when a word is printed."""

    def __init__(self, stop: Stop, stop_words: tuple[str, ...] = ()) -> None:
        self.lines: list[str] = []
        self.stopped_for: list[Ending] = []
        self._stop = stop
        self._stop_words = stop_words

    def lines_printed(self, lines: Sequence[str]) -> None:
        self.lines.extend(lines)
        for _ in set(lines) & set(self._stop_words):
            self._stop.ask()

    def stopping(self, ending: Ending) -> None:
        self.stopped_for.append(ending)


async def supervise_python(
    program: str,
    folder: Path,
    *,
    seconds: float | None = None,
    grace_seconds: float = 30.0,
    stop_words: tuple[str, ...] = (),
) -> tuple[Ended, Recorder]:
    stop = Stop()
    recorder = Recorder(stop, stop_words)
    ended = await supervise(
        (sys.executable, "-u", "-c", program),
        os.environ,
        folder,
        recorder,
        seconds,
        grace_seconds,
        stop,
    )
    return ended, recorder


async def test_lines_of_both_streams_are_heard_also_the_last_without_an_end(
    tmp_path: Path,
) -> None:
    program = "import sys; print('one'); print('two', file=sys.stderr); print('three', end='')"
    ended, recorder = await supervise_python(program, tmp_path)
    assert ended == Ended(0, Ending.EXITED)
    assert recorder.lines == ["one", "two", "three"]


async def test_output_that_is_not_utf_8_is_heard_with_replacements(tmp_path: Path) -> None:
    program = r"import sys; sys.stdout.buffer.write(b'caf\xc3\xa9 \xff\n')"
    _, recorder = await supervise_python(program, tmp_path)
    assert recorder.lines == ["café \ufffd"]


async def test_a_line_without_end_is_heard_in_pieces(tmp_path: Path) -> None:
    _, recorder = await supervise_python("print('x' * 1_000_000)", tmp_path)
    assert "".join(recorder.lines) == "x" * 1_000_000
    assert len(recorder.lines) > 1


async def test_the_exit_code_is_handed_on(tmp_path: Path) -> None:
    ended, _ = await supervise_python("raise SystemExit(11)", tmp_path)
    assert ended == Ended(11, Ending.EXITED)


async def test_death_by_a_signal_reads_as_in_a_container(tmp_path: Path) -> None:
    ended, _ = await supervise_python("import os; os.kill(os.getpid(), 9)", tmp_path)
    assert ended == Ended(137, Ending.EXITED)


_OBEDIENT = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print('winding up'), sys.exit(3)))
print('ready')
signal.pause()
"""
_STUBBORN = """
import signal
signal.signal(signal.SIGTERM, lambda *_: print('no'))
print('ready')
while True:
    signal.pause()
"""


async def test_asked_to_stop_it_may_wind_up(tmp_path: Path) -> None:
    ended, recorder = await supervise_python(_OBEDIENT, tmp_path, stop_words=("ready",))
    assert ended == Ended(3, Ending.STOPPED)
    assert recorder.lines == ["ready", "winding up"]
    assert recorder.stopped_for == [Ending.STOPPED]


async def test_when_its_time_is_over_it_may_wind_up(tmp_path: Path) -> None:
    ended, recorder = await supervise_python(_OBEDIENT, tmp_path, seconds=1.0)
    assert ended.ending is Ending.DEADLINE
    assert recorder.stopped_for == [Ending.DEADLINE]


async def test_after_the_grace_it_is_killed(tmp_path: Path) -> None:
    ended, _ = await supervise_python(_STUBBORN, tmp_path, grace_seconds=0.2, stop_words=("ready",))
    assert ended == Ended(137, Ending.STOPPED)


async def test_who_insists_does_not_wait_for_the_grace(tmp_path: Path) -> None:
    # The first word asks, the answer to it insists; the grace would outlast the test.
    ended, _ = await supervise_python(
        _STUBBORN, tmp_path, grace_seconds=3600.0, stop_words=("ready", "no")
    )
    assert ended == Ended(137, Ending.STOPPED)


async def test_what_it_left_running_goes_with_it(tmp_path: Path) -> None:
    program = """
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'])
print(child.pid)
"""
    ended, recorder = await supervise_python(program, tmp_path)
    assert ended.ending is Ending.EXITED
    await _wait_until_gone(int(recorder.lines[0]))


async def _wait_until_gone(pid: int) -> None:
    async with asyncio.timeout(30):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)
