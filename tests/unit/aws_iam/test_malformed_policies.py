"""A policy that IAM would not take is refused with the statement and the element."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws.iam import MalformedPolicyError, PolicyKind, read_policy
from tests.unit.aws_iam.policies import statement

GOOD = statement()
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no effect": (
        {"Action": "s3:GetObject", "Resource": "*"},
        "statement 2, Effect: is missing: write it",
    ),
    "an effect in lower case": (
        statement("allow", Sid="Second"),
        "statement 2 (Second), Effect: write 'Allow' or 'Deny'",
    ),
    "no action": (
        {"Effect": "Allow", "Resource": "*"},
        "statement 2, Action: write exactly one of Action, NotAction",
    ),
    "both kinds of action": (
        statement(NotAction="s3:*"),
        "statement 2, Action: write exactly one of Action, NotAction",
    ),
    "an action without its service": (
        statement(action="StopProcessingJob"),
        "statement 2, Action: 'StopProcessingJob' is no action:"
        " write service:Action, such as s3:GetObject",
    ),
    "a wildcard for the service": (
        statement(action="s*:Get"),
        "statement 2, Action: 's*:Get' is no action: write service:Action, such as s3:GetObject",
    ),
    "no actions in the list": (
        statement(action=[]),
        "statement 2, Action: is empty: write at least one",
    ),
    "a number for an action": (
        {**GOOD, "Action": [7]},
        "statement 2, Action 0: write text",
    ),
    "no resource": (
        statement(resource=None),
        "statement 2, Resource: write exactly one of Resource, NotResource",
    ),
    "a resource that is no ARN": (
        statement(resource="results/*"),
        "statement 2, Resource: 'results/*' is no ARN:"
        " write arn:partition:service:region:account:resource, or *",
    ),
    "an ARN that ends too early": (
        statement(resource="arn:aws:s3:results"),
        "statement 2, Resource: 'arn:aws:s3:results' is no ARN:"
        " write arn:partition:service:region:account:resource, or *",
    ),
    "an ARN of any service": (
        statement(resource="arn:aws:*:::results"),
        "statement 2, Resource: 'arn:aws:*:::results' does not name the service:"
        " no wildcard may stand in its place",
    ),
    "an ARN of no service": (
        statement(resource="arn:*"),
        "statement 2, Resource: 'arn:*' does not name the service:"
        " no wildcard may stand in its place",
    ),
    "a variable without its end": (
        statement(resource="arn:aws:s3:::results/${aws:username/*"),
        "statement 2, Resource: 'arn:aws:s3:::results/${aws:username/*' has a policy variable"
        " without its end: write ${key}",
    ),
    "a principal": (
        statement(Principal="*"),
        "statement 2, Principal: the policy is about whom it is attached to: remove it",
    ),
    "an unknown element": (
        statement(Resources="*"),
        "statement 2, Resources: IAM has no such element: remove it",
    ),
    "a Sid with a blank": (
        statement(Sid="my jobs"),
        "statement 2 (my jobs), Sid: write letters and digits only",
    ),
    "an unknown operator": (
        statement(Condition={"StringEqual": {"aws:username": "alice"}}),
        "statement 2, Condition StringEqual aws:username: IAM has no such operator"
        " (did you mean StringEquals?)",
    ),
    "an unknown qualifier": (
        statement(Condition={"ForSomeValues:StringEquals": {"aws:TagKeys": "Team"}}),
        "statement 2, Condition ForSomeValues:StringEquals aws:TagKeys: IAM has no such operator"
        " (did you mean StringEquals?)",
    ),
    "Null with IfExists": (
        statement(Condition={"NullIfExists": {"aws:TagKeys": "true"}}),
        "statement 2, Condition NullIfExists aws:TagKeys: IAM has no such operator"
        " (did you mean Null?)",
    ),
    "Null that is neither true nor false": (
        statement(Condition={"Null": {"aws:TagKeys": "no"}}),
        "statement 2, Condition Null aws:TagKeys: 'no' is neither true nor false",
    ),
    "a condition without values": (
        statement(Condition={"StringEquals": {"aws:username": []}}),
        "statement 2, Condition StringEquals aws:username: has no value:"
        " a condition without one is never met",
    ),
    "a value that is an object": (
        statement(Condition={"StringEquals": {"aws:username": {"is": "alice"}}}),
        "statement 2, Condition StringEquals aws:username 0: write text",
    ),
    "a condition without a key": (
        statement(Condition={"StringEquals": "alice"}),
        "statement 2, Condition StringEquals: write an object",
    ),
    "a number in words": (
        statement(Condition={"NumericLessThan": {"s3:max-keys": "ten"}}),
        "statement 2, Condition NumericLessThan s3:max-keys: 'ten' is no number",
    ),
    "a date of no calendar": (
        statement(Condition={"DateLessThan": {"aws:CurrentTime": "tomorrow"}}),
        "statement 2, Condition DateLessThan aws:CurrentTime: 'tomorrow' is no date: write it as"
        " 2026-11-22T00:00:00Z, or as seconds since 1970",
    ),
    "an address of no network": (
        statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}}),
        "statement 2, Condition IpAddress aws:SourceIp: '10.0.0.0/99' is no address range:"
        " write 203.0.113.0/24",
    ),
    "an ARN operator with a name": (
        statement(Condition={"ArnLike": {"aws:PrincipalArn": "alice"}}),
        "statement 2, Condition ArnLike aws:PrincipalArn: 'alice' is no ARN: it starts with arn:",
    ),
    "a variable as a number": (
        statement(Condition={"NumericEquals": {"s3:max-keys": "${aws:PrincipalTag/Keys}"}}),
        "statement 2, Condition NumericEquals s3:max-keys: '${aws:PrincipalTag/Keys}':"
        " policy variables work with String and Arn operators only",
    ),
    "an open variable in a condition": (
        statement(Condition={"StringEquals": {"aws:username": "${aws:userid"}}),
        "statement 2, Condition StringEquals aws:username: '${aws:userid' has a policy variable"
        " without its end: write ${key}",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_statement_and_element(mistake: str) -> None:
    second, message = MISTAKES[mistake]
    with pytest.raises(MalformedPolicyError) as refusal:
        read_policy({"Version": "2012-10-17", "Statement": [GOOD, second]})
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("kind", "second", "message"),
    [
        (
            PolicyKind.TRUST,
            statement(action="sts:AssumeRole", Principal="*"),
            "statement 2, Resource: a trust policy is about its own role: remove it",
        ),
        (
            PolicyKind.TRUST,
            statement(action="sts:AssumeRole", resource=None),
            "statement 2, Principal: write exactly one of Principal, NotPrincipal",
        ),
        (
            PolicyKind.TRUST,
            statement(
                action="sts:AssumeRole",
                resource=None,
                Principal={"AWS": "arn:aws:iam::111122223333:role/*"},
            ),
            "statement 2, Principal AWS: 'arn:aws:iam::111122223333:role/*' is nobody:"
            " write *, an account, or an ARN without wildcards",
        ),
        (
            PolicyKind.TRUST,
            statement(action="sts:AssumeRole", resource=None, Principal={"Role": "argmin"}),
            "statement 2, Principal Role [key]: write 'AWS', 'Service', 'Federated' or"
            " 'CanonicalUser'",
        ),
        (
            PolicyKind.RESOURCE,
            statement(),
            "statement 2, Principal: write exactly one of Principal, NotPrincipal",
        ),
    ],
)
def test_each_kind_of_policy_has_its_own_elements(
    kind: PolicyKind, second: dict[str, Any], message: str
) -> None:
    resource = None if kind is PolicyKind.TRUST else "*"
    good = statement(action="sts:AssumeRole", resource=resource, Principal="*")
    with pytest.raises(MalformedPolicyError) as refusal:
        read_policy({"Version": "2012-10-17", "Statement": [good, second]}, kind)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "the policy is no JSON: "),
        ("[]", "a policy is a JSON object with Version and Statement"),
        ('{"Version": "2012-10-17"}', "Statement: is missing: write it"),
        ('{"Statement": []}', "Statement: is empty: write at least one"),
        ('{"Version": "2026-01-01"}', "Version: write '2012-10-17' or '2008-10-17'"),
        ('{"Statement": {}, "kind": "session policy"}', "kind: IAM has no such element"),
        (
            '{"Statement": {"Effect": "Allow", "Effect": "Deny"}}',
            "Effect: stands twice in one object: IAM reads only one",
        ),
        ('{"Statement": ["Allow"]}', "statement 1: write an object"),
        (
            json.dumps({"Statement": [{**GOOD, "Sid": "A"}, {**GOOD, "Sid": "A"}]}),
            "statement A, Sid: is used twice: choose another",
        ),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document: str, message: str) -> None:
    with pytest.raises(MalformedPolicyError) as refusal:
        read_policy(document)
    assert str(refusal.value).startswith(message)


def test_one_statement_needs_no_list_and_comes_back_as_it_was_written() -> None:
    document = {"Version": "2012-10-17", "Statement": {**GOOD, "Action": ["s3:*"]}}
    again = read_policy(json.dumps(document)).to_wire()
    assert read_policy(again) == read_policy(document)
    assert again["Version"] == "2012-10-17"
