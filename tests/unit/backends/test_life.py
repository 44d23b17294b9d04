"""The rules of a run's life, followed by each run of a set by itself, without any kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.api.backend import BackendName
from argmin.backends.backend import Observations
from argmin.backends.execution import RunMemory, RunSet, merge_actions
from argmin.backends.rules.chain import RunDecision, decide_run
from argmin.backends.rules.context import RunChange, RunEnd, Stage, build_context
from argmin.backends.run import Run
from argmin.backends.sagemaker.calls import CreateJob, StopJob
from argmin.backends.sagemaker.request import name_job
from argmin.plan import CONFIG_MAPS, JOBS, Key
from tests.unit.backends.run_sets import (
    KNOWN,
    NOW,
    announced,
    failed_attempt,
    find_executions,
    held,
    in_pods,
    job_of,
    make_set,
    on_aws,
    pod_of,
    trial,
)

RUNNING, FAILED, NEW, ON_AWS = trial(1), trial(2), trial(3), trial(4, aws=True)
SEEN: Observations = {
    **in_pods(
        [job_of(RUNNING), job_of(FAILED, "Failed")],
        [pod_of(RUNNING), pod_of(FAILED, "Failed", exit_code=3)],
    ),
    BackendName.SAGE_MAKER: on_aws(ON_AWS),
}
ANSWER = RunReport(
    succeeded=True,
    reason=Reason.OPTIMAL,
    delivered=True,
    result=SolveResult(outcome=Outcome.OPTIMAL),
)


def decide(runs: RunSet, seen: Observations = SEEN) -> Mapping[str, RunDecision]:
    """The decision for each run."""
    executions = find_executions(runs, seen, NOW)
    return {
        name: decide_run(build_context(request, executions[name], NOW))
        for name, request in runs.requests.items()
    }


def decide_one(run: Run, memory: RunMemory | None, seen: Observations = SEEN) -> RunDecision:
    return decide(held(run, remembered={run.name: memory} if memory else {}), seen)[run.name]


def test_each_run_of_a_set_stands_where_its_own_job_stands() -> None:
    remembered = {RUNNING.name: KNOWN, FAILED.name: KNOWN, ON_AWS.name: announced(ON_AWS)}
    decisions = decide(held(RUNNING, FAILED, NEW, ON_AWS, remembered=remembered))
    stages = {
        name: d.change.stage if isinstance(d.change, RunChange) else "ended"
        for name, d in decisions.items()
    }
    assert stages == {
        RUNNING.name: Stage.RUNNING,
        FAILED.name: "ended",
        NEW.name: Stage.PENDING,
        ON_AWS.name: Stage.RUNNING,
    }


def test_only_the_new_run_is_started() -> None:
    remembered = {RUNNING.name: KNOWN, FAILED.name: KNOWN}
    decisions = decide(make_set(RUNNING, FAILED, NEW, remembered=remembered))
    actions = merge_actions(decision.actions for decision in decisions.values())
    assert [a.manifest["metadata"]["name"] for a in actions.apply] == [NEW.name, NEW.name]
    assert [a.manifest["kind"] for a in actions.apply] == [CONFIG_MAPS.kind, JOBS.kind]
    assert decisions[NEW.name].actions.job == Key(JOBS, "team", NEW.name)
    assert not decisions[RUNNING.name].actions
    assert not decisions[FAILED.name].actions


def test_the_attempts_of_a_run_are_recorded_with_it() -> None:
    decisions = decide(make_set(RUNNING, FAILED, NEW, remembered={RUNNING.name: KNOWN}))
    attempts = {name: [a.name for a in d.memory.attempts] for name, d in decisions.items()}
    assert attempts == {
        RUNNING.name: ["steel-r1-pod"],
        FAILED.name: ["steel-r2-pod"],
        NEW.name: [],
    }


def test_a_failed_run_ends_with_its_reason_and_the_number_of_attempts() -> None:
    before = RunMemory(attempts=(failed_attempt("steel-r2-old"),))
    change = decide_one(FAILED, before).change
    assert isinstance(change, RunEnd)
    assert not change.has_answer
    assert change.message.startswith("2 attempts failed; the last: ")


def test_an_answer_ends_its_run_and_no_other() -> None:
    answered = pod_of(RUNNING, "Succeeded", exit_code=0, message=ANSWER.model_dump_json())
    seen = in_pods([job_of(RUNNING)], [answered])
    decisions = decide(make_set(RUNNING, NEW, remembered={RUNNING.name: KNOWN}), seen)
    ended, waiting = decisions[RUNNING.name].change, decisions[NEW.name].change
    assert isinstance(ended, RunEnd)
    assert ended.has_answer
    assert isinstance(waiting, RunChange)


def test_a_run_is_suspended_by_itself() -> None:
    paused = replace(RUNNING, suspend=True)
    decisions = decide(make_set(paused, NEW, remembered={RUNNING.name: KNOWN}))
    change = decisions[RUNNING.name].change
    assert isinstance(change, RunChange)
    assert change.stage is Stage.SUSPENDING
    assert [p.body["spec"]["suspend"] for p in decisions[RUNNING.name].actions.patch] == [True]
    assert decisions[NEW.name].actions.apply


def test_an_announced_run_elsewhere_is_created_after_its_announcement() -> None:
    first = decide_one(ON_AWS, None, {})
    status = first.memory.backend_ref.sage_maker
    assert status is not None
    assert (status.job_name, status.job_arn) == (name_job(ON_AWS, 1), None)
    assert first.actions.calls == ()
    then = decide_one(ON_AWS, first.memory, {})
    assert [type(call) for call in then.actions.calls] == [CreateJob]


def test_the_running_time_of_each_run_is_its_own() -> None:
    late = replace(ON_AWS, deadline_seconds=60)
    memory = replace(announced(late), active_since=NOW - timedelta(seconds=61))
    decision = decide_one(late, memory)
    assert [type(call) for call in decision.actions.calls] == [StopJob]
    fresh = replace(memory, active_since=NOW - timedelta(seconds=59))
    assert decide_one(late, fresh).actions.calls == ()


def test_time_that_a_vanished_run_has_used_is_recorded_before_it_starts_again() -> None:
    memory = RunMemory(active_since=NOW - timedelta(seconds=90))
    decision = decide_one(NEW, memory, {})
    assert (decision.memory.active_seconds, decision.memory.active_since) == (90, None)
    assert not decision.actions
    again = decide_one(NEW, decision.memory, {})
    assert again.actions.apply
    assert (again.memory.active_seconds, again.memory.active_since) == (90, NOW)


@pytest.mark.parametrize("used", [600, 700])
def test_a_run_without_time_left_is_not_started(used: int) -> None:
    change = decide_one(NEW, RunMemory(active_seconds=used), {}).change
    assert isinstance(change, RunEnd)
    assert change.is_out_of_time
