"""What is remembered of attempts: those that count against `backoffLimit` are never forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

from argmin.api.backend import AttemptStatus
from argmin.backends.attempts import LIMIT, count_failures, remember_attempts
from argmin.backends.state import Attempt, RunPhase, RunReason

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def end(number: int, reason: str) -> Attempt:
    return Attempt(name=f"a-{number}", phase=RunPhase.FAILED, reason=reason, finished=NOW)


def remember(*attempts: Attempt) -> tuple[AttemptStatus, ...]:
    remembered: tuple[AttemptStatus, ...] = ()
    for attempt in attempts:
        remembered = remember_attempts(remembered, (attempt,), NOW, "gone")
    return remembered


def test_interruptions_without_end_push_no_counted_failure_out() -> None:
    failures = [end(number, RunReason.CRASHED) for number in range(3)]
    losses = [end(number, RunReason.NODE_LOST) for number in range(3, 3 + 2 * LIMIT)]
    remembered = remember(*failures, *losses)
    assert count_failures(remembered) == 3
    assert len(remembered) == LIMIT
    assert remembered[-1].name == losses[-1].name


def test_failures_between_interruptions_add_up_to_any_limit_that_a_spec_may_have() -> None:
    most = 100  # of spec.backoffLimit
    failures, losses = [], []
    for number in range(most + 1):
        failures.append(end(10 * number, RunReason.CRASHED))
        losses += [end(10 * number + k, RunReason.PREEMPTED) for k in range(1, 10)]
    ordered = sorted([*failures, *losses], key=lambda attempt: int(attempt.name[2:]))
    assert count_failures(remember(*ordered)) == most + 1


def test_what_is_remembered_stays_in_the_order_in_which_it_happened() -> None:
    attempts = [
        end(n, RunReason.CRASHED if n % 7 == 0 else RunReason.EVICTED) for n in range(2 * LIMIT)
    ]
    numbers = [int(run.name[2:]) for run in remember(*attempts)]
    assert numbers == sorted(numbers)
    assert set(range(0, 2 * LIMIT, 7)) <= set(numbers)


def test_an_attempt_that_runs_is_never_forgotten() -> None:
    failures = [end(number, RunReason.CRASHED) for number in range(LIMIT)]
    running = Attempt(name="running", phase=RunPhase.RUNNING, started=NOW)
    assert remember(*failures, running)[-1].name == "running"
