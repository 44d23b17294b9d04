"""The answer is kept when its result cannot be handed over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import ExitCode
from argmin.api.run import Intake
from argmin_solvers.errors import RunError
from argmin_solvers.intake.results import deliver
from argmin_solvers.process import retry
from argmin_solvers.process.interruption import Interruption
from tests.solvers.problems import Run, finish, run_program, start_runner, write_document

FOUND = "from argmin_solvers import report\nreport(objective=5, bound=5, outcome='Optimal')\n"


class Refusing(BaseHTTPRequestHandler):
    """An intake that answers every request with the same code, and tells of each."""

    code = 503

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(b"not now")

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Forbidding(Refusing):
    code = 403


@contextmanager
def serving(handler: type[Refusing]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("secret")
    return path


def start_run(root: Path, url: str, token: Path) -> subprocess.Popen[bytes]:
    """A run that has found its answer and now tries to deliver it."""
    (root / "program.py").write_text(FOUND)
    document = write_document(
        root,
        script={"path": str(root / "program.py")},
        intake={"url": url, "tokenPath": str(token)},
    )
    process = start_runner(root, document)
    wait_for_line(process, b"the result was not taken, try 1")
    return process


def wait_for_line(process: subprocess.Popen[bytes], words: bytes) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"the runner never said {words!r}")


def assert_found(answer: dict[str, Any], reason: str) -> None:
    """The answer says what was found, and why the run failed all the same."""
    found = answer["result"]
    assert (found["outcome"], found["objective"], found["bestBound"]) == (
        "Optimal",
        "5.0",
        "5.0",
    )
    assert (answer["reason"], answer["delivered"]) == (reason, False)


def test_a_refused_result_leaves_its_answer_beside_the_reason(tmp_path: Path, token: Path) -> None:
    with serving(Forbidding) as url:
        ended = run_program(tmp_path, FOUND, intake={"url": url, "tokenPath": str(token)})
    assert ended.exit_code == ExitCode.UNDELIVERED
    assert_found(ended.answer, "AnswerUndelivered")
    assert ended.answer["message"].endswith("answered 403: not now")


def test_a_result_that_is_too_large_leaves_its_answer(tmp_path: Path, token: Path) -> None:
    source = FOUND + (
        "import os\n"
        "open(os.environ['ARGMIN_OUTPUT_DATA'] + '/n', 'wb').write(os.urandom(2_000_000))\n"
    )
    ended = run_program(
        tmp_path,
        source,
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
        intake={"url": "http://127.0.0.1:1", "tokenPath": str(token)},
    )
    assert ended.exit_code == ExitCode.ANSWER_TOO_LARGE
    assert_found(ended.answer, "AnswerTooLarge")


def test_a_runner_that_is_killed_while_it_delivers_has_left_its_answer(
    tmp_path: Path, token: Path
) -> None:
    with serving(Refusing) as url:
        process = start_run(tmp_path, url, token)
        process.kill()
        process.communicate(timeout=60)
    assert_found(json.loads((tmp_path / "termination-log").read_text()), "AnswerUndelivered")


def test_a_request_to_stop_bounds_the_delivery(
    tmp_path: Path, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "INTERRUPTED_SECONDS", 1.0)
    interruption = Interruption()
    before = (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT))
    interruption.listen()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        with (
            serving(Refusing) as url,
            pytest.raises(RunError, match=r"before the run had to end .* answered 503") as caught,
        ):
            deliver(Intake(url=url, token_path=str(token)), "steel", {}, interruption, 0.01)
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert caught.value.exit_code == ExitCode.UNDELIVERED


def test_a_request_to_stop_brings_the_next_try_forward(tmp_path: Path, token: Path) -> None:
    # The runner's own handler, and an intake that comes back once the runner was told to stop.
    with serving(Refusing) as url:
        process = start_run(tmp_path, url, token)
        process.send_signal(signal.SIGTERM)
        wait_for_line(process, b"the result was not taken, try 2")
        Refusing.code = 200
        try:
            ended = finish(tmp_path, process)
        finally:
            Refusing.code = 503
    assert (ended.exit_code, ended.answer["delivered"]) == (0, True)


def test_an_operator_may_be_away_for_an_hour() -> None:
    assert Intake(url="http://intake", token_path="/token").timeout_seconds == 3600


def run_with_token(root: Path, content: bytes, url: str) -> Run:
    path = root / "token"
    path.write_bytes(content)
    intake = {"url": url, "tokenPath": str(path), "timeoutSeconds": 1}
    return run_program(root, FOUND, intake=intake)


def test_a_token_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    ended = run_with_token(tmp_path, b"\xff\xfe\x00", "http://127.0.0.1:1")
    assert ended.exit_code == ExitCode.UNDELIVERED
    assert_found(ended.answer, "AnswerUndelivered")
    assert ended.answer["message"].endswith(f"the token file {tmp_path}/token holds no token")


def test_whatever_goes_wrong_in_the_delivery_leaves_the_answer(tmp_path: Path) -> None:
    ended = run_with_token(tmp_path, b"secret", "http://127.0.0.1:port")
    assert ended.exit_code == ExitCode.UNDELIVERED
    assert_found(ended.answer, "AnswerUndelivered")
    assert ended.answer["message"] == (
        "http://127.0.0.1:port/v1/results is no address: write http://HOST:PORT"
    )


def keep_on_a_full_disk(root: Path, name: str) -> None:
    folder = root / "output" / "argmin"
    folder.mkdir(parents=True)
    (folder / name).symlink_to("/dev/full")


def test_a_solution_that_fits_on_no_disk_is_named(tmp_path: Path) -> None:
    keep_on_a_full_disk(tmp_path, "solution.json")
    ended = run_program(tmp_path, FOUND)
    assert ended.exit_code == ExitCode.UNDELIVERED
    assert_found(ended.answer, "AnswerUndelivered")
    assert ended.answer["message"] == (
        f"{ended.folder}/solution.json cannot be written: No space left on device"
    )


def test_a_full_disk_does_not_keep_a_result_from_its_intake(tmp_path: Path, token: Path) -> None:
    class Taking(Refusing):
        code = 200

    keep_on_a_full_disk(tmp_path, "solution.json")
    (tmp_path / "output" / "argmin" / "run.log").mkdir()  # no log can be kept there either
    with serving(Taking) as url:
        ended = run_program(tmp_path, FOUND, intake={"url": url, "tokenPath": str(token)})
    assert (ended.exit_code, ended.answer["delivered"]) == (0, True)
