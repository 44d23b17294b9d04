"""proof.json on its way: beside the solution, and never at the answer's cost."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.run import (
    PROOF_KEY,
    RESULT_LIMIT_BYTES,
    SOLUTION_KEY,
    Delivery,
    Intake,
    Inventory,
    RunDocument,
)
from argmin.api.solve.proof import Proof, ProofLevel
from argmin.api.task import ProgramTask
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from argmin_solvers.result.proof_file import leave_out
from argmin_solvers.result.publisher import Handover
from argmin_solvers.result.run_result import RunResult, withhold
from tests.solvers.intake_server import IntakeServer, serving_intake

CERTIFICATE = {"version": 1, "kind": "DualBound", "rows": {"größe": "1/3"}}
TOO_LARGE = {"noise": base64.b64encode(random.Random(1).randbytes(RESULT_LIMIT_BYTES)).decode()}
SAID = "an exact dual bound meets the objective"
LEFT_OUT = "the certificate was checked and is not kept"


def proven(certificate: dict[str, Any] | None, message: str = SAID) -> RunResult:
    proof = Proof(level=ProofLevel.CERTIFIED, message=message)
    answer = RunReport(
        succeeded=True,
        reason=Reason.OPTIMAL,
        result=SolveResult(outcome=Outcome.OPTIMAL, objective="3.0", proof=proof),
    )
    return RunResult(answer, variables={"x": 3.0}, certificate=certificate)


@pytest.fixture
def intake() -> Iterator[IntakeServer]:
    with serving_intake() as server:
        yield server


def hand_over(folder: Path, result: RunResult, server: IntakeServer | None = None) -> RunResult:
    """Hand a result over as the runner does: to an intake, or into a folder."""
    intake = None
    if server is not None:
        token = folder.parent / "token"
        token.write_text("token")
        intake = Intake(url=server.url, token_path=str(token), timeout_seconds=5)
    document = RunDocument(name="steel", root=str(folder), task=ProgramTask(path=""), intake=intake)
    return Handover(document, folder, Interruption()).complete(result)


def read_parts(server: IntakeServer) -> dict[str, bytes]:
    ((_, _, body),) = server.requests
    delivery = Delivery.model_validate_json(body)
    return {key: gzip.decompress(base64.b64decode(text)) for key, text in delivery.parts.items()}


def read_message(result: RunResult) -> str:
    assert result.answer.solve.proof is not None
    assert result.answer.solve.proof.level is ProofLevel.CERTIFIED
    return result.answer.solve.proof.message


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "argmin"
    path.mkdir()
    return path


class TestFolder:
    def test_a_certificate_is_a_file_of_the_result_and_in_its_list(self, folder: Path) -> None:
        done = hand_over(folder, proven(CERTIFICATE))
        assert json.loads((folder / "proof.json").read_text()) == CERTIFICATE
        inventory = Inventory.model_validate_json((folder / "inventory.json").read_text())
        (listed,) = (file for file in inventory.files if file.path == "proof.json")
        assert listed.bytes == (folder / "proof.json").stat().st_size
        assert read_message(done) == SAID

    def test_without_one_there_is_no_file(self, folder: Path) -> None:
        hand_over(folder, proven(None))
        assert not (folder / "proof.json").exists()
        assert "proof.json" not in (folder / "inventory.json").read_text()

    def test_a_large_one_stays_a_file(self, folder: Path) -> None:
        assert read_message(hand_over(folder, proven(TOO_LARGE))) == SAID
        assert json.loads((folder / "proof.json").read_text()) == TOO_LARGE

    def test_one_that_cannot_be_written_is_left_out_with_a_word(self, folder: Path) -> None:
        (folder / "proof.json").symlink_to("/dev/full")
        done = hand_over(folder, proven(CERTIFICATE))
        assert done.answer.delivered
        assert read_message(done) == f"{SAID}; {LEFT_OUT}: No space left on device"
        assert "proof.json" not in (folder / "inventory.json").read_text()

    def test_an_answer_that_is_withheld_brings_none(self, folder: Path) -> None:
        failure = RunError(Reason.TRANSFER_FAILED, "no bucket")
        hand_over(folder, withhold(proven(CERTIFICATE), failure))
        assert not (folder / "proof.json").exists()


class TestConfigMap:
    def test_a_certificate_is_a_part_beside_the_solution(
        self, folder: Path, intake: IntakeServer
    ) -> None:
        done = hand_over(folder, proven(CERTIFICATE), intake)
        assert json.loads(read_parts(intake)[PROOF_KEY]) == CERTIFICATE
        assert read_message(done) == SAID

    def test_one_that_does_not_fit_is_left_out_and_the_answer_is_delivered(
        self, folder: Path, intake: IntakeServer
    ) -> None:
        done = hand_over(folder, proven(TOO_LARGE), intake)
        parts = read_parts(intake)
        assert PROOF_KEY not in parts
        assert json.loads(parts[SOLUTION_KEY])["objective"] == "3.0"
        assert done.answer.delivered
        assert read_message(done).startswith(f"{SAID}; {LEFT_OUT}: it is ")
        assert read_message(done).endswith(
            "bytes too large for a ConfigMap: name a bucket in spec.artifacts"
        )

    def test_one_that_is_large_and_repeats_itself_fits_compressed(
        self, folder: Path, intake: IntakeServer
    ) -> None:
        repeated = {"rows": ["1/3"] * RESULT_LIMIT_BYTES}
        hand_over(folder, proven(repeated), intake)
        assert json.loads(read_parts(intake)[PROOF_KEY]) == repeated


class TestLeavingOut:
    def test_the_word_stays_where_the_message_is_long(self) -> None:
        told = read_message(leave_out(proven(CERTIFICATE, "m" * 512), "there is no room"))
        assert len(told) <= 512
        assert told.endswith(f"; {LEFT_OUT}: there is no room")

    def test_the_word_stands_alone_where_there_is_no_message(self) -> None:
        assert read_message(leave_out(proven(CERTIFICATE, ""), "why")) == f"{LEFT_OUT}: why"
