"""What an account has on its first day: a bucket for artifacts and a role for jobs."""

from __future__ import annotations

import json
from typing import Any, Protocol

from tests.aws.control import ACCOUNT

BUCKET = "argmin"
JOB_ROLE_NAME = "argmin-job"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{JOB_ROLE_NAME}"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


class HasClients(Protocol):
    """Anything that makes boto3 clients."""

    def client(self, service: str) -> Any:
        """A client of a service."""


def seed(aws: HasClients) -> None:
    """Make the bucket and the role."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    aws.client("iam").create_role(
        RoleName=JOB_ROLE_NAME, AssumeRolePolicyDocument=json.dumps(TRUST)
    )
