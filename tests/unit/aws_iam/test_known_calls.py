"""The evaluator knows every call that the operator can make, and the policies need no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from argmin.backends.sagemaker.jobs import JOB_TYPES
from tests.aws.iam.context import SERVICES
from tests.unit.aws_iam.published_calls import NEEDED

LAYER = Path(__file__).resolve().parents[3] / "operator" / "argmin" / "aws"
CALLED = ["logs", "s3", "sagemaker", "sqs", "sts"]


def find_words() -> Iterator[str]:
    """Every name and every text in the code of the operator that calls AWS."""
    for path in LAYER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.Attribute):
                yield node.attr


def find_operations(service: str) -> set[str]:
    """The operations of a service that the operator can call, as AWS spells them.

    Those on jobs have a verb in the code, and the noun of a registered type. Names have two words
    at least: `search` alone is more often a regular expression's.
    """
    model = botocore.session.get_session().get_service_model(service)
    by_method = {xform_name(name): name for name in model.operation_names}
    called = {by_method[word] for word in find_words() if "_" in word and word in by_method}
    nouns = ("", *(job_type.noun for job_type in JOB_TYPES))
    named = {f"{word}{noun}" for word in find_words() for noun in nouns}
    return called | {
        name for name in model.operation_names if name in named and "_" in xform_name(name)
    }


@pytest.mark.parametrize("service", CALLED)
def test_every_call_of_the_operator_is_known_to_the_evaluator(service: str) -> None:
    operations = find_operations(service)
    assert operations
    assert operations <= set(SERVICES[service])


@pytest.mark.parametrize("role_name", ["operator-role", "team-role"])
def test_the_policies_are_for_calls_that_the_operator_can_make(role_name: str) -> None:
    requests = [each for needed in NEEDED[role_name].values() for each in needed]
    asked = {each.action for each in requests if each.action.partition(":")[0] in CALLED}
    # What comes along with a call, by AWS's reference, and is no call by itself here.
    along = {"sts:TagSession", "sagemaker:AddTags", "sqs:DeleteMessage"}
    callable_ = {f"{service}:{name}" for service in CALLED for name in find_operations(service)}
    assert asked - along <= callable_
