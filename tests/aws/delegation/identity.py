"""Who the operator is to AWS: the session of a role, as Pod Identity would give it one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.aws.control import ACCOUNT
from tests.aws.emulator import Aws
from tests.aws.iam.published import OPERATOR_ROLE

OPERATOR = f"assumed-role/{OPERATOR_ROLE}/"
"""In the ARN of everything that the operator calls as itself."""

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}


class Identity:
    """The operator's role, and a file with credentials of it that can be renewed."""

    def __init__(self, aws: Aws, file: Path) -> None:
        self._aws = aws
        self.file = file
        aws.client("iam").create_role(
            RoleName=OPERATOR_ROLE, AssumeRolePolicyDocument=json.dumps(_TRUST)
        )
        self.renew()

    def renew(self) -> None:
        """Put fresh credentials into the file."""
        session = self._aws.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{OPERATOR_ROLE}", RoleSessionName="argmin"
        )
        keys = session["Credentials"]
        self.file.write_text(
            "[default]\n"
            f"aws_access_key_id = {keys['AccessKeyId']}\n"
            f"aws_secret_access_key = {keys['SecretAccessKey']}\n"
            f"aws_session_token = {keys['SessionToken']}\n"
        )
        self.file.chmod(0o600)

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a process that is to be this role."""
        places = {
            name: value
            for name, value in self._aws.environment().items()
            if "KEY" not in name and "TOKEN" not in name
        }
        return {**places, "AWS_SHARED_CREDENTIALS_FILE": str(self.file)}
