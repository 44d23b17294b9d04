"""A proof runs in a process of its own, which ends with its time and with the run."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import pytest

from argmin.api.answer import Outcome
from argmin.api.solve.proof import ProofLevel
from argmin_solvers.proof import judgement, process
from argmin_solvers.proof.memory import find_limit, is_short
from argmin_solvers.proof.process import prove_apart
from tests.solvers.proof.models import ask, build
from tests.solvers.proof.test_prover import BEST, knapsack
from tests.solvers.runs import run_text


def test_a_proof_made_apart_is_the_one_made_here(tmp_path: Path) -> None:
    model = build([2, 1], [([2, 1], 10, None)], {1: (9, None)})
    proven = prove_apart(ask(model, tmp_path, [0.5, 9.0]), Event())
    assert (proven.level, proven.bound) == (ProofLevel.CERTIFIED, 10.0)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_asked_to_stop_keeps_its_answer_as_claimed(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    proven = prove_apart(ask(knapsack(), tmp_path, BEST), stop)
    assert proven.level is ProofLevel.CLAIMED
    assert "asked to stop" in proven.message


def test_a_proof_that_outlives_its_time_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.0)
    question = ask(knapsack(), tmp_path, BEST, seconds=0.01)
    proven = prove_apart(question, Event())
    assert proven.level is ProofLevel.CLAIMED
    assert "time for a second look was over" in proven.message


def test_a_proof_that_takes_the_containers_memory_is_ended_before_the_answer_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find_limit", lambda: 1024)
    proven = prove_apart(ask(knapsack(), tmp_path, BEST), Event())
    assert proven.level is ProofLevel.CLAIMED
    assert "memory was not enough" in proven.message


def test_the_memory_of_a_process_is_measured_with_what_it_started() -> None:
    own = is_short(os.getpid(), 1024)
    assert own
    assert not is_short(os.getpid(), 2**60)
    assert not is_short(os.getpid(), None)
    assert (find_limit() or 0) > 2**20


def test_a_proof_that_fails_costs_no_answer(tmp_path: Path) -> None:
    question = ask(knapsack(), tmp_path, BEST)
    object.__setattr__(question, "model", None)
    proven = prove_apart(question, Event())
    assert proven.level is ProofLevel.CLAIMED
    assert "the proof itself failed" in proven.message


def test_a_proof_that_cannot_even_begin_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(judgement, "certify_at_once", lambda _: None)
    monkeypatch.setattr(judgement, "prove_apart", fail)
    text = "Minimize\n o: x\nSubject To\n c: x >= 2\nEnd\n"
    answer = run_text(text, "lp", tmp_path, proof={"time": "5s"}).answer
    assert (answer.solve.outcome, answer.solve.objective) == (Outcome.OPTIMAL, "2.0")
    assert answer.solve.proof is not None
    assert answer.solve.proof.level is ProofLevel.CLAIMED
    assert "the proof itself failed: OSError" in answer.solve.proof.message
