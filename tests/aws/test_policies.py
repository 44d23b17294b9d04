"""Sessions with tags, users and roles: who they are, and, where IAM is enforced, what they may."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.aws.emulator import administrator
from tests.aws.seed import BUCKET
from tests.aws.stage import Stage, refused, s3_input

pytestmark = pytest.mark.aws

TEAM = "arn:aws:iam::123456789012:role/team"
JOB_ARN = "arn:aws:sagemaker:us-east-1:123456789012:processing-job/*"


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(actions: list[str], resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _make_team(stage: Stage, *statements: Mapping[str, Any], account: str = "123456789012") -> None:
    """A role that the account's administrator may become, and what it may."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    iam = stage.aws.client("iam", credentials=administrator(account))
    iam.create_role(RoleName="team", AssumeRolePolicyDocument=_policy(trust))
    if statements:
        document = _policy(*statements)
        iam.put_role_policy(RoleName="team", PolicyName="team", PolicyDocument=document)


def _become_team(stage: Stage, role: str = TEAM, **tags: str) -> Mapping[str, str]:
    session = stage.aws.client("sts").assume_role(
        RoleArn=role,
        RoleSessionName="operator",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    credentials: Mapping[str, str] = session["Credentials"]
    return credentials


def test_a_role_that_is_not_there_cannot_be_assumed(stage: Stage) -> None:
    with refused("AccessDenied", "not authorized to perform: sts:AssumeRole"):
        _become_team(stage)


def test_calls_of_a_session_are_recorded_as_its_own(stage: Stage) -> None:
    _make_team(stage)
    client = stage.aws.client("sagemaker", credentials=_become_team(stage))
    client.list_processing_jobs()
    call = stage.aws.calls("sagemaker", "ListProcessingJobs")[0]
    assert call.principal == "arn:aws:sts::123456789012:assumed-role/team/operator"


def test_an_expired_session_is_refused_until_the_role_is_assumed_anew(stage: Stage) -> None:
    _make_team(stage)
    client = stage.aws.client("sagemaker", credentials=_become_team(stage))
    client.list_processing_jobs()
    assert stage.aws.expire_sessions("assumed-role/team/") == 1
    with refused("ExpiredTokenException"):
        client.list_processing_jobs()
    fresh = stage.aws.client("sagemaker", credentials=_become_team(stage))
    fresh.list_processing_jobs()


def test_a_role_of_another_account_works_in_that_account(stage: Stage) -> None:
    _make_team(stage, account="222222222222")
    credentials = _become_team(stage, "arn:aws:iam::222222222222:role/team")
    client = stage.aws.client("sagemaker", credentials=credentials)
    stage.create("here")
    with refused("ValidationException", "Could not find"):
        client.describe_processing_job(ProcessingJobName="here")
    assert stage.aws.calls("sagemaker", "DescribeProcessingJob")[0].account == "222222222222"


def test_policies_mean_nothing_until_they_are_enforced(stage: Stage) -> None:
    _make_team(stage)
    client = stage.aws.client("s3", credentials=_become_team(stage))
    client.put_object(Bucket=BUCKET, Key="a", Body=b"")
    stage.aws.configure(iam=True)
    with refused("AccessDenied", "s3:PutObject"):
        client.put_object(Bucket=BUCKET, Key="b", Body=b"")
    assert stage.list_keys() == ["a"]


def test_a_role_may_what_its_policy_says_and_no_more(stage: Stage) -> None:
    _make_team(stage, _allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/team/*"))
    stage.aws.configure(iam=True)
    client = stage.aws.client("s3", credentials=_become_team(stage))
    client.put_object(Bucket=BUCKET, Key="team/a", Body=b"A")
    assert client.get_object(Bucket=BUCKET, Key="team/a")["Body"].read() == b"A"
    with refused("AccessDenied", "s3:PutObject"):
        client.put_object(Bucket=BUCKET, Key="others/a", Body=b"")
    with refused("AccessDenied", "s3:ListBucket"):
        client.list_objects_v2(Bucket=BUCKET)
    with refused("AccessDenied", "s3:DeleteObject"):
        client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "team/a"}]})


def test_tags_of_the_session_bind_it_to_its_own_jobs(stage: Stage) -> None:
    same_team = {"StringEquals": {"aws:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}
    _make_team(stage, _allow(["sagemaker:DescribeProcessingJob"], JOB_ARN, Condition=same_team))
    for name in ("blue", "red"):
        stage.create(name, Tags=[{"Key": "Team", "Value": name}])
    stage.aws.configure(iam=True)
    client = stage.aws.client("sagemaker", credentials=_become_team(stage, Team="blue"))
    client.describe_processing_job(ProcessingJobName="blue")
    with refused("AccessDeniedException", "sagemaker:DescribeProcessingJob"):
        client.describe_processing_job(ProcessingJobName="red")


def test_a_role_that_is_revoked_denies_and_one_that_is_restored_allows(stage: Stage) -> None:
    listing = _allow(["s3:ListBucket"], f"arn:aws:s3:::{BUCKET}")
    _make_team(stage, listing)
    stage.aws.configure(iam=True)
    client = stage.aws.client("s3", credentials=_become_team(stage))
    client.list_objects_v2(Bucket=BUCKET)
    iam = stage.aws.client("iam")
    iam.delete_role_policy(RoleName="team", PolicyName="team")
    with refused("AccessDenied"):
        client.list_objects_v2(Bucket=BUCKET)
    iam.put_role_policy(RoleName="team", PolicyName="team", PolicyDocument=_policy(listing))
    client.list_objects_v2(Bucket=BUCKET)


def test_the_trust_policy_says_who_may_become_a_role(stage: Stage) -> None:
    _make_team(stage)
    iam = stage.aws.client("iam")
    iam.create_user(UserName="somebody")
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    stage.aws.configure(iam=True)
    sts = stage.aws.client("sts", credentials=key)
    with refused("AccessDenied", "sts:AssumeRole"):
        sts.assume_role(RoleArn=TEAM, RoleSessionName="somebody")
    iam.put_user_policy(
        UserName="somebody",
        PolicyName="become",
        PolicyDocument=_policy(_allow(["sts:AssumeRole"], TEAM)),
    )
    sts.assume_role(RoleArn=TEAM, RoleSessionName="somebody")


def test_a_bucket_may_let_somebody_in(stage: Stage) -> None:
    _make_team(stage)
    statement = {
        **_allow(["s3:GetObject"], f"arn:aws:s3:::{BUCKET}/*"),
        "Principal": {"AWS": TEAM},
    }
    stage.s3.put_bucket_policy(Bucket=BUCKET, Policy=_policy(statement))
    stage.upload("a", "A")
    stage.aws.configure(iam=True)
    client = stage.aws.client("s3", credentials=_become_team(stage))
    assert client.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"A"


def test_a_job_reads_only_what_its_role_may(stage: Stage) -> None:
    stage.upload("data/a", "A")
    stage.aws.configure(iam=True)
    job: dict[str, Any] = {"ProcessingInputs": [s3_input("data", f"s3://{BUCKET}/data")]}
    stage.create("denied", **job)
    assert "AccessDenied" in stage.wait("denied")["FailureReason"]
    stage.aws.client("iam").put_role_policy(
        RoleName="argmin-job",
        PolicyName="read",
        PolicyDocument=_policy(
            _allow(["s3:ListBucket"], f"arn:aws:s3:::{BUCKET}"),
            _allow(["s3:GetObject"], f"arn:aws:s3:::{BUCKET}/data/*"),
        ),
    )
    stage.create("allowed", **job)
    assert stage.wait("allowed")["ProcessingJobStatus"] == "Completed"
