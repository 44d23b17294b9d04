"""A job on SageMaker, from its creation to its end."""

from __future__ import annotations

from argmin.api.answer import Outcome, Reason, RunReport, SolveResult
from argmin.aws.errors import AccessDeniedError
from tests.unit.optimization.delegated import TEAM_ROLE, DelegatedWorld, delegated, running
from tests.unit.optimization.processing_jobs import Fault
from tests.unit.optimization.world import OPTIMAL


def test_a_job_is_bound_by_a_finalizer_and_announced_before_it_is_created() -> None:
    world = DelegatedWorld()
    world.reconcile()
    assert world.finalizers == ["argmin.dev/sagemaker"]
    assert world.status["sageMaker"]["jobName"].startswith("steel-owner")
    assert world.aws.calls == []
    world.settle()
    assert world.aws_job.name == world.job_name


def test_a_job_is_created_by_two_calls() -> None:
    world = delegated()
    assert world.aws.calls == ["PutObject", "CreateProcessingJob"]


def test_calls_are_made_as_the_teams_role_and_for_its_namespace() -> None:
    world = delegated()
    assert {(a.role_arn, a.namespace, a.region) for a in world.aws.accesses} == {
        (TEAM_ROLE, "team", "eu-west-1")
    }


def test_the_status_tells_where_the_job_is() -> None:
    world = running()
    assert world.status["backend"] == "sageMaker"
    assert world.status["state"] == "Running"
    assert world.status["sageMaker"] == {
        "jobName": world.aws_job.name,
        "jobArn": world.aws_job.arn,
        "region": "eu-west-1",
        "assumeRoleArn": TEAM_ROLE,
        "status": "InProgress",
        "instanceType": "ml.m5.large",
        "instanceCount": 1,
        "logGroup": "/aws/sagemaker/ProcessingJobs",
        "instanceSeconds": 0,
        "estimatedCost": "0.0000",
        "currency": "EUR",
    }


def test_a_job_whose_instance_is_being_prepared_is_pending() -> None:
    world = delegated()
    assert world.status["state"] == "Pending"
    assert world.message("Reconciling") == "SageMaker is preparing the instance"


def test_a_job_that_ends_with_an_answer_is_complete() -> None:
    world = running()
    world.container_ends()
    assert world.true_conditions.keys() >= {"Complete"}
    assert (world.status["outcome"], world.status["objective"]) == ("Optimal", "15005.0")
    assert world.status["solutionRef"] == {
        "s3": {
            "bucket": "results",
            "prefix": f"argmin/team/steel/{world.status['runName']}",
            "region": "eu-west-1",
        }
    }


def test_what_the_job_has_used_is_in_the_status_and_so_is_its_price() -> None:
    world = delegated()
    world.aws.start(world.job_name)
    world.pass_time(1000 - 60)
    world.container_ends()
    assert world.status["sageMaker"]["instanceSeconds"] == 1000
    assert world.status["sageMaker"]["estimatedCost"] == "0.1000"


def test_a_finished_job_is_let_go_and_asked_for_no_more() -> None:
    world = running()
    world.container_ends()
    assert world.finalizers == []
    calls = list(world.aws.calls)
    world.pass_time(100_000)
    world.settle()
    assert world.aws.calls == calls


def test_a_long_answer_is_read_from_the_bucket() -> None:
    world = running()
    world.container_ends(answer=OPTIMAL.model_copy(update={"message": "m" * 1024}))
    assert world.status["objective"] == "15005.0"
    assert world.count_calls("GetObject") == 1


def test_a_job_without_any_answer_says_so() -> None:
    world = running()
    world.container_ends(answer=None)
    assert world.true_conditions["Failed"] == "AnswerMissing"


def test_an_infeasible_model_is_an_answer() -> None:
    world = running()
    world.container_ends(
        answer=RunReport(
            succeeded=True, reason=Reason.INFEASIBLE, result=SolveResult(outcome=Outcome.INFEASIBLE)
        )
    )
    assert world.true_conditions.keys() >= {"Complete"}
    assert world.status["outcome"] == "Infeasible"


def test_config_maps_and_inline_files_travel_in_the_document() -> None:
    source = {"configMapKeyRef": {"name": "models", "key": "steel.mps"}}
    world = DelegatedWorld(model={"format": "mps", "source": source})
    world.settle()
    assert world.true_conditions == {"Stalled": "SourceNotFound"}
    assert world.aws.calls == []
    world.add_config_map("models", {"steel.mps": "NAME steel"})
    world.settle()
    ((body, _),) = world.aws.buckets.values()
    assert b'"text":"NAME steel"' in body
    assert world.aws_job.name == world.job_name


def test_a_job_needs_no_pod_and_no_queue() -> None:
    world = running()
    assert world.jobs == []
    assert world.pods == []


def say(world: DelegatedWorld, progress: str) -> None:
    world.aws.say(world.job_name, f"argmin-progress {progress}")


def test_a_search_is_followed_in_the_log() -> None:
    world = running()
    say(world, '{"search": {"objective": "16000.0"}, "elapsedSeconds": 3}')
    world.aws.say(world.job_name, "a line of the program's own")
    for _ in range(3):
        world.look_later(130)
    assert world.status["progress"] == {"objective": "16000.0", "elapsedSeconds": 3}
    say(world, '{"search": {"objective": "15500.0"}, "elapsedSeconds": 90}')
    for _ in range(2):
        world.look_later(130)
    assert world.status["progress"]["objective"] == "15500.0"
    world.container_ends()
    assert "progress" not in world.status


def test_progress_that_cannot_be_read_is_passed_over() -> None:
    world = running()
    say(world, '{"search": {"objective": "16000.0"}, "elapsedSeconds": 3}')
    say(world, "{cut off")
    for _ in range(3):
        world.look_later(130)
    assert world.status["progress"]["objective"] == "16000.0"


def test_a_log_that_may_not_be_read_holds_nothing_up() -> None:
    world = running()
    denied = AccessDeniedError("the role lacks logs:DescribeLogStreams", "logs:Describe")
    world.aws.faults = [Fault("DescribeLogStreams", denied)]
    for _ in range(5):
        world.look_later(130)
    assert world.count_calls("DescribeLogStreams") == 1
    assert world.true_conditions == {"Reconciling": "Running"}
    world.container_ends()
    assert world.true_conditions["Complete"] == "Optimal"


def test_what_a_job_has_used_is_told_while_it_runs_and_is_worth_few_writes() -> None:
    world = running()
    before = world.status_writes()
    for _ in range(11):
        world.look_later(120)
    assert world.status["sageMaker"]["instanceSeconds"] == 1200
    assert world.status["sageMaker"]["estimatedCost"] == "0.1200"
    assert world.status_writes() - before == 2
