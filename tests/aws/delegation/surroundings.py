"""What the guide's examples take for granted: buckets, files in them, roles, a queue of events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.aws.delegation.manifests import BLEND
from tests.aws.delegation.queue import PATTERN
from tests.aws.emulator import Aws, administrator

_ROLE = "arn:aws:iam::"
_OPEN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*", "Service": "sagemaker.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}
_MPS = """\
NAME blend
ROWS
 N cost
 L capacity
COLUMNS
 x cost -3 capacity 1
 y cost -2 capacity 1
RHS
 RHS capacity 4
BOUNDS
 UP BOUND x 3
ENDATA
"""
_PYTHON_MODEL = """\
import pulp


def build():
    problem = pulp.LpProblem("blend", pulp.LpMaximize)
    x, y = pulp.LpVariable("x", 0, 3), pulp.LpVariable("y", 0)
    problem += 3 * x + 2 * y
    problem += x + y <= 4
    return problem
"""
_PROGRAM = """\
import os
import pathlib

from argmin_solvers import report

for name, folder in os.environ.items():
    if name.startswith("ARGMIN_OUTPUT_"):
        pathlib.Path(folder, "written.txt").write_text(name)
report(objective=11, sense="Maximize")
"""
_TABLE = "price\n3.5\n2.5\n"
_TEXTS = {".lp": BLEND, ".mps": _MPS}


def provide(aws: Aws, example: Mapping[str, Any]) -> None:
    """Make all that an example names, under the very names that it has."""
    for place, role in _find_places(example):
        aws.client("s3").create_bucket(Bucket=place["bucket"])
        if "key" in place:
            _put(aws, place["bucket"], place["key"], _choose_text(place["key"], role))
        elif role == "inputs":
            _put(aws, place["bucket"], f"{place['prefix'].rstrip('/')}/part-1.csv", _TABLE)
    for arn in sorted(_find_roles(example)):
        _make_role(aws, arn)


def provide_queue(aws: Aws, url: str, account: str) -> None:
    """Make the queue of an URL, and a rule that feeds it with what happens in an account."""
    parts = urlsplit(url)
    region = str(parts.hostname).split(".")[1]
    _, owner, name = parts.path.split("/")
    aws.client("sqs", credentials=administrator(owner), region=region).create_queue(QueueName=name)
    events = aws.client("events", credentials=administrator(account), region=region)
    events.put_rule(Name=name, EventPattern=json.dumps(PATTERN))
    arn = f"arn:aws:sqs:{region}:{owner}:{name}"
    events.put_targets(Rule=name, Targets=[{"Id": name, "Arn": arn}])


def _find_places(node: Any, role: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every mapping with a bucket, and the field of the spec, or of the chart, that it is in."""
    if isinstance(node, Mapping):
        if "bucket" in node:
            yield node, role
        for name, value in node.items():
            inner = name if name in ("model", "script", "inputs", "outputs", "artifacts") else role
            yield from _find_places(value, inner)
    elif isinstance(node, list):
        for value in node:
            yield from _find_places(value, role)


def _find_roles(node: Any) -> set[str]:
    if isinstance(node, Mapping):
        return set().union(*map(_find_roles, node.values()))
    return {node} if isinstance(node, str) and node.startswith(_ROLE) else set()


def _choose_text(key: str, role: str) -> str:
    if key.endswith(".py"):
        return _PYTHON_MODEL if role == "model" else _PROGRAM
    return next((text for end, text in _TEXTS.items() if key.endswith(end)), _TABLE)


def _put(aws: Aws, bucket: str, key: str, text: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())


def _make_role(aws: Aws, arn: str) -> None:
    account, name = arn.removeprefix(_ROLE).split(":role/")
    iam = aws.client("iam", credentials=administrator(account))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_OPEN))
