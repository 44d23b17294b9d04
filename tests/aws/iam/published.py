"""The policies that the user guide publishes, with its placeholders filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.aws.iam.policy import Policy, PolicyKind, read_policy

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "user-guide" / "policies"
OPERATOR_ROLE = "argmin-operator"
TEAM_ROLE = "argmin-team"
JOB_ROLE_PREFIX = "argmin-job-"
"""The job role of a namespace is called by this and the namespace."""
NAMESPACE_TAG = "argmin.dev/namespace"

EXAMPLE: Mapping[str, str] = {
    "ACCOUNT": "111122223333",
    "REGION": "eu-central-1",
    "NAMESPACE": "team-a",
    "BUCKET": "results",
    "INPUTS": "team-a-data",
    "QUEUE": "argmin",
    "REPOSITORY": "argmin-solvers",
    "KMS_KEY": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "SUBNET": "subnet-0a1b2c3d",
    "SECURITY_GROUP": "sg-0a1b2c3d",
}
"""A value for each placeholder, as a user would write it."""

_PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{3,}\b")


def read_published(name: str, values: Mapping[str, str] = EXAMPLE) -> Policy:
    """Read `<name>.json` of the guide, such as team-role.

    Raises:
        KeyError: a placeholder of the file has no value.
    """
    kind = PolicyKind.TRUST if name.endswith("-trust") else PolicyKind.IDENTITY
    return read_policy(fill_in(name, values), kind)


def fill_in(name: str, values: Mapping[str, str]) -> str:
    """The text of `<name>.json` with a value for each placeholder.

    Raises:
        KeyError: a placeholder of the file has no value.
    """
    text = (FOLDER / f"{name}.json").read_text()
    return _PLACEHOLDER.sub(lambda match: values[match[0]], text)


def find_placeholders() -> frozenset[str]:
    """The placeholders of all files."""
    texts = (path.read_text() for path in FOLDER.glob("*.json"))
    return frozenset(word for text in texts for word in _PLACEHOLDER.findall(text))
