"""The roles of the user guide, as its page says how to make them, for one namespace."""

from __future__ import annotations

from collections.abc import Mapping

from tests.aws.control import ACCOUNT, REGION
from tests.aws.delegation.queue import QUEUE
from tests.aws.emulator import Aws
from tests.aws.iam.published import (
    JOB_ROLE_PREFIX,
    NAMESPACE_TAG,
    OPERATOR_ROLE,
    TEAM_ROLE,
    fill_in,
)
from tests.aws.seed import BUCKET

INPUTS = "inputs"
"""A bucket that jobs only read."""
_POLICY = "argmin"


class Roles:
    """The team's role and the job's role of a namespace, and what the operator's role may."""

    def __init__(self, aws: Aws, namespace: str) -> None:
        """Make them; the operator's role is there already."""
        self._iam = aws.client("iam")
        self._values: Mapping[str, str] = {
            "ACCOUNT": ACCOUNT,
            "REGION": REGION,
            "NAMESPACE": namespace,
            "BUCKET": BUCKET,
            "INPUTS": INPUTS,
            "QUEUE": QUEUE,
            "REPOSITORY": "argmin-solvers",
        }
        self.team = TEAM_ROLE
        self.job = f"{JOB_ROLE_PREFIX}{namespace}"
        aws.client("s3").create_bucket(Bucket=INPUTS)
        self._make(self.team, "team-role-trust")
        self._make(self.job, "job-role-trust", {NAMESPACE_TAG: namespace})
        for role in (OPERATOR_ROLE, self.team, self.job):
            self.restore(role)

    def restore(self, role: str) -> None:
        """Let a role do what the guide's policy says."""
        self._iam.put_role_policy(
            RoleName=role, PolicyName=_POLICY, PolicyDocument=self._find_policy(role)
        )

    def revoke(self, role: str) -> None:
        """Let a role do nothing any more."""
        self._iam.delete_role_policy(RoleName=role, PolicyName=_POLICY)

    def remove(self, role: str) -> None:
        """Take a role away."""
        self.revoke(role)
        self._iam.delete_role(RoleName=role)

    def bring_back(self, role: str) -> None:
        """Make a role anew that was taken away."""
        kind = "team-role-trust" if role == self.team else "job-role-trust"
        tags = {} if role == self.team else {NAMESPACE_TAG: self._values["NAMESPACE"]}
        self._make(role, kind, tags)
        self.restore(role)

    def _find_policy(self, role: str) -> str:
        names = {OPERATOR_ROLE: "operator-role", self.team: "team-role", self.job: "job-role"}
        return fill_in(names[role], self._values)

    def _make(self, role: str, trust: str, tags: Mapping[str, str] | None = None) -> None:
        self._iam.create_role(
            RoleName=role,
            AssumeRolePolicyDocument=fill_in(trust, self._values),
            Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        )


def name_arn(role: str) -> str:
    """The ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"
