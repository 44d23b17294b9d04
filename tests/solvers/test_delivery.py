"""Handing a result over to a real HTTP server."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.run import (
    INTAKE_PATH,
    LOG_KEY,
    OUTPUTS_KEY,
    PROOF_KEY,
    RESULT_LIMIT_BYTES,
    SOLUTION_KEY,
    Delivery,
    Intake,
    PartKey,
)
from argmin_solvers.errors import RunError
from argmin_solvers.intake import results as intake_results
from argmin_solvers.intake.results import deliver, pack_parts
from tests.solvers.intake_server import IntakeServer, serving_intake
from tests.solvers.problems import run_program

SECRET = "first-token"


@pytest.fixture
def intake() -> Iterator[IntakeServer]:
    with serving_intake() as server:
        yield server


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(SECRET + "\n")
    return path


def hand_over(server: IntakeServer, token: Path, seconds: int = 30) -> None:
    intake = Intake(url=server.url, token_path=str(token), timeout_seconds=seconds)
    deliver(intake, "steel", {SOLUTION_KEY: b"bytes"}, longest_wait_seconds=0.01)


def test_a_result_is_posted_with_the_token(intake: IntakeServer, token: Path) -> None:
    hand_over(intake, token)
    ((path, authorization, body),) = intake.requests
    assert (path, authorization) == (INTAKE_PATH, f"Bearer {SECRET}")
    sent = Delivery.model_validate_json(body)
    assert sent.owner == "steel"
    assert base64.b64decode(sent.parts[PartKey.SOLUTION]) == b"bytes"


def test_the_next_try_waits_for_as_long_as_the_intake_asks(
    intake: IntakeServer, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(intake_results, "pause", lambda seconds, _: waits.append(seconds))
    intake.codes, intake.retry_after = [429], "9"
    deliver(Intake(url=intake.url, token_path=str(token)), "steel", {SOLUTION_KEY: b"bytes"})
    assert waits == [9.0]


@pytest.mark.parametrize("code", [500, 503, 408, 429])
def test_what_may_pass_is_tried_again(code: int, intake: IntakeServer, token: Path) -> None:
    intake.codes = [code, code]
    hand_over(intake, token)
    assert len(intake.requests) == 3


def test_the_token_is_read_again_at_each_try(intake: IntakeServer, token: Path) -> None:
    intake.codes = [503]
    intake.on_request = lambda: token.write_text("second-token")
    hand_over(intake, token)
    assert [sent for _, sent, _ in intake.requests] == [f"Bearer {SECRET}", "Bearer second-token"]


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refusal_is_final_with_its_message(code: int, intake: IntakeServer, token: Path) -> None:
    intake.codes = [code]
    with pytest.raises(RunError, match=f"answered {code}: the reason of the intake") as caught:
        hand_over(intake, token)
    assert (caught.value.reason, caught.value.exit_code) == (
        Reason.UNDELIVERED,
        ExitCode.UNDELIVERED,
    )
    assert len(intake.requests) == 1


def test_an_intake_that_finds_it_too_large_is_believed(intake: IntakeServer, token: Path) -> None:
    intake.codes = [413]
    with pytest.raises(RunError) as caught:
        hand_over(intake, token)
    assert caught.value.reason is Reason.ANSWER_TOO_LARGE


def test_nobody_there_is_undelivered_in_time(intake: IntakeServer, token: Path) -> None:
    intake.codes = [503] * 100_000
    with pytest.raises(RunError, match=r"nobody took the result within 1 s: .* answered 503"):
        hand_over(intake, token, seconds=1)


def test_a_missing_token_is_waited_for(intake: IntakeServer, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nobody took the result within 1 s: .*none"):
        hand_over(intake, tmp_path / "none", seconds=1)
    assert intake.requests == []


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def test_all_parts_go_where_they_fit() -> None:
    parts = pack_parts(b"solution", b"log", b"outputs")
    assert gzip.decompress(parts[SOLUTION_KEY]) == b"solution"
    assert gzip.decompress(parts[LOG_KEY]) == b"log"
    assert parts[PartKey.OUTPUTS] == b"outputs"


def test_the_log_is_the_first_to_go() -> None:
    parts = pack_parts(b"solution", noise(2000), noise(RESULT_LIMIT_BYTES - 1000))
    assert set(parts) == {SOLUTION_KEY, OUTPUTS_KEY}


def test_solution_and_outputs_are_never_left_out() -> None:
    with pytest.raises(RunError) as caught:
        pack_parts(noise(RESULT_LIMIT_BYTES), b"", None)
    assert caught.value.exit_code == ExitCode.ANSWER_TOO_LARGE
    assert f"and {RESULT_LIMIT_BYTES} can be delivered" in caught.value.message


def test_a_proof_goes_before_the_log() -> None:
    proof = noise(RESULT_LIMIT_BYTES - 1000)
    parts = pack_parts(b"solution", noise(2000), None, proof)
    assert set(parts) == {SOLUTION_KEY, PROOF_KEY}
    assert gzip.decompress(parts[PROOF_KEY]) == proof


def test_a_run_delivers_solution_log_and_outputs(
    intake: IntakeServer, token: Path, tmp_path: Path
) -> None:
    source = (
        "from argmin_solvers import report\nimport os\n"
        "open(os.environ['ARGMIN_OUTPUT_DATA'] + '/model.lp', 'w').write('End')\n"
        "print('hello')\nreport(objective=5)\n"
    )
    ended = run_program(
        tmp_path,
        source,
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
        intake={"url": intake.url, "tokenPath": str(token), "timeoutSeconds": 30},
    )
    assert (ended.exit_code, ended.answer["delivered"]) == (0, True)
    delivery = Delivery.model_validate_json(intake.requests[0][2])
    parts = {key: gzip.decompress(base64.b64decode(text)) for key, text in delivery.parts.items()}
    assert json.loads(parts[PartKey.SOLUTION])["objective"] == "5.0"
    assert b"hello" in parts[PartKey.LOG]
    assert b"data/model.lp" in parts[PartKey.OUTPUTS]


def test_a_run_whose_result_is_too_large_fails_and_keeps_its_files(
    intake: IntakeServer, token: Path, tmp_path: Path
) -> None:
    source = (
        "from argmin_solvers import report\nimport os\n"
        "path = os.environ['ARGMIN_OUTPUT_DATA'] + '/noise'\n"
        "open(path, 'wb').write(os.urandom(2_000_000))\nreport(objective=5)\n"
    )
    ended = run_program(
        tmp_path,
        source,
        outputs=[{"name": "data", "path": str(tmp_path / "data")}],
        intake={"url": intake.url, "tokenPath": str(token), "timeoutSeconds": 30},
    )
    assert ended.exit_code == ExitCode.ANSWER_TOO_LARGE
    assert (ended.answer["reason"], ended.answer["delivered"]) == ("AnswerTooLarge", False)
    assert "can be delivered" in ended.answer["message"]
    assert intake.requests == []
    assert ended.solution["objective"] == "5.0"
