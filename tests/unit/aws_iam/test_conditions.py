"""Conditions hold as IAM says, above all where a key is missing or has many values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.iam import MissingQualifierError, evaluate
from tests.aws.iam.request import ContextValue
from tests.unit.aws_iam.policies import ALICE, SESSION, allowing, asking

Keys = dict[str, ContextValue]
TEAM = "aws:ResourceTag/Team"
TAGS = "aws:TagKeys"
SOURCE = "arn:aws:sagemaker:eu-central-1:111122223333:processing-job/steel"


def meets(operator: str, key: str, values: Any, keys: Keys) -> bool:
    """Whether a request with these keys is allowed by a statement with one condition."""
    policy = allowing("*", Condition={operator: {key: values}})
    return evaluate(asking(context=keys), [policy]).allowed


@pytest.mark.parametrize(
    ("operator", "value", "matching", "others"),
    [
        ("StringEquals", "red", ["red"], ["Red", "redder", ""]),
        ("StringEquals", "r*d", ["r*d"], ["red"]),
        ("StringEquals", ["red", "blue"], ["red", "blue"], ["green"]),
        ("StringNotEquals", ["red", "blue"], ["green", "Red"], ["red", "blue"]),
        ("StringEqualsIgnoreCase", "Red", ["red", "RED"], ["redder"]),
        ("StringNotEqualsIgnoreCase", "Red", ["redder"], ["red", "RED"]),
        ("StringLike", "argmin/*", ["argmin/", "argmin/a:b/c"], ["argmin", "Argmin/a"]),
        ("StringLike", "team-?", ["team-a", "team-*"], ["team-", "team-ab"]),
        ("StringLike", "a.c", ["a.c"], ["abc"]),
        ("StringNotLike", "argmin/*", ["other/a"], ["argmin/a"]),
        ("NumericEquals", 3600, ["3600", "3600.0"], ["3601", "an hour"]),
        ("NumericNotEquals", 3600, ["3601", "an hour"], ["3600.0"]),
        ("NumericLessThan", "10", ["9", "9.99", "-1"], ["10", "100"]),
        ("NumericLessThanEquals", "10", ["10", "9"], ["10.01"]),
        ("NumericGreaterThan", "10", ["11"], ["10", "9"]),
        ("NumericGreaterThanEquals", "10", ["10", "11"], ["9"]),
        ("DateEquals", "2026-11-22", ["2026-11-22T00:00:00Z", "1795305600"], ["2026-11-23"]),
        ("DateNotEquals", "2026-11-22", ["2026-11-23"], ["2026-11-22T01:00:00+01:00"]),
        ("DateLessThan", "2026-11-22T12:00:00Z", ["2026-11-22T11:59:59Z"], ["2026-11-22T12:00Z"]),
        ("DateLessThanEquals", "1795305600", ["2026-11-22"], ["2026-11-22T00:00:01Z"]),
        ("DateGreaterThan", "2026-11-22", ["2026-11-22T00:00:01Z"], ["2026-11-22", "never"]),
        ("DateGreaterThanEquals", "2026-11-22", ["2026-11-22"], ["2026-11-21"]),
        ("Bool", True, ["true", "True"], ["false", "yes"]),
        ("Bool", "false", ["false"], ["true"]),
        ("IpAddress", "10.0.0.0/8", ["10.255.0.1"], ["11.0.0.1", "here"]),
        ("IpAddress", "2001:db8::/32", ["2001:db8::1"], ["10.0.0.1"]),
        ("NotIpAddress", ["10.0.0.0/8", "192.0.2.7"], ["192.0.2.8"], ["10.0.0.1", "192.0.2.7"]),
        (
            "ArnLike",
            "arn:aws:sagemaker:*:111122223333:processing-job/*",
            [SOURCE],
            [
                SOURCE.replace("1111", "2222"),
                SOURCE.replace("processing", "training"),
                "arn:aws:sagemaker:eu-central-1:111122223333",
                "*",
                "",
            ],
        ),
        ("ArnEquals", "arn:aws:sagemaker:*:*:processing-job/st?el", [SOURCE], [SOURCE + "s"]),
        ("ArnNotLike", "arn:aws:s3:::*", [SOURCE], ["arn:aws:s3:::results"]),
        ("ArnNotEquals", SOURCE, ["arn:aws:s3:::results"], [SOURCE]),
    ],
)
def test_an_operator_holds_for_what_matches_and_for_nothing_else(
    operator: str, value: Any, matching: list[str], others: list[str]
) -> None:
    assert [
        text for text in matching if not meets(operator, "aws:key", value, {"aws:key": text})
    ] == []
    assert [text for text in others if meets(operator, "aws:key", value, {"aws:key": text})] == []


@pytest.mark.parametrize(
    "operator",
    [
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "NumericEquals",
        "NumericLessThan",
        "DateGreaterThan",
        "Bool",
        "IpAddress",
        "ArnLike",
        "ForAnyValue:StringLike",
        "ForAnyValue:StringNotEquals",
    ],
)
def test_a_condition_on_a_missing_key_is_not_met(operator: str) -> None:
    values = {
        "IpAddress": "0.0.0.0/0",
        "ArnLike": "*",
        "Bool": "true",
        "DateGreaterThan": "1970-01-01",
    }
    value = values.get(operator, "1")
    assert not meets(operator, "aws:key", value, {})


@pytest.mark.parametrize(
    "operator",
    [
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
        "StringNotLike",
        "NumericNotEquals",
        "ForAllValues:StringEquals",
        "ForAllValues:StringNotEquals",
        "StringEqualsIfExists",
        "NumericLessThanIfExists",
        "ForAnyValue:StringEqualsIfExists",
    ],
)
def test_a_negated_or_optional_condition_on_a_missing_key_is_met(operator: str) -> None:
    assert meets(operator, "aws:key", "1", {})


def test_an_optional_condition_counts_where_the_key_is_there() -> None:
    assert meets("StringEqualsIfExists", TEAM, "red", {TEAM: "red"})
    assert not meets("StringEqualsIfExists", TEAM, "red", {TEAM: "blue"})


def test_null_asks_whether_a_key_is_absent() -> None:
    assert meets("Null", TEAM, "true", {})
    assert not meets("Null", TEAM, "true", {TEAM: "red"})
    assert meets("Null", TEAM, False, {TEAM: "red"})
    assert not meets("Null", TEAM, "false", {})
    assert meets("Null", TAGS, "true", {TAGS: ()})


@pytest.mark.parametrize(
    ("operator", "tags", "met"),
    [
        ("ForAllValues:StringEquals", ("Team",), True),
        ("ForAllValues:StringEquals", ("Team", "Cost"), True),
        ("ForAllValues:StringEquals", ("Team", "Owner"), False),
        ("ForAllValues:StringEquals", (), True),
        ("ForAnyValue:StringEquals", ("Owner", "Team"), True),
        ("ForAnyValue:StringEquals", ("Owner",), False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAllValues:StringNotEquals", ("Owner",), True),
        ("ForAllValues:StringNotEquals", ("Owner", "Team"), False),
        ("ForAnyValue:StringNotEquals", ("Team", "Owner"), True),
        ("ForAnyValue:StringNotEquals", ("Team", "Cost"), False),
        ("ForAllValues:StringLike", ("Team", "Cost"), True),
    ],
)
def test_the_values_of_a_key_are_compared_all_or_any(
    operator: str, tags: tuple[str, ...], met: bool
) -> None:
    assert meets(operator, TAGS, ["Team", "Cost"], {TAGS: tags}) is met


def test_a_key_of_many_values_needs_a_qualifier() -> None:
    with pytest.raises(MissingQualifierError, match="write ForAnyValue:StringEquals or ForAll"):
        meets("StringEquals", TAGS, "Team", {TAGS: ("Team",)})


def test_every_condition_of_a_statement_has_to_be_met() -> None:
    conditions = {
        "StringEquals": {TEAM: "red", "aws:RequestedRegion": "eu-central-1"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    good: Keys = {
        TEAM: "red",
        "aws:RequestedRegion": "eu-central-1",
        "aws:SecureTransport": "true",
    }
    policy = allowing("*", Condition=conditions)
    assert evaluate(asking(context=good), [policy]).allowed
    for key in good:
        fewer = {name: value for name, value in good.items() if name != key}
        assert not evaluate(asking(context=fewer), [policy]).allowed
        assert not evaluate(asking(context={**good, key: "other"}), [policy]).allowed


def test_the_case_of_a_key_does_not_matter_but_that_of_its_value_does() -> None:
    assert meets("StringEquals", "AWS:resourcetag/TEAM", "red", {TEAM: "red"})
    assert not meets("StringEquals", "AWS:resourcetag/TEAM", "RED", {TEAM: "red"})


def test_a_tag_is_compared_with_the_tag_of_whoever_asks() -> None:
    def same(resource_tags: Keys) -> bool:
        return meets("StringEquals", TEAM, "${aws:PrincipalTag/Team}", resource_tags)

    assert same({TEAM: "red"})
    assert not same({TEAM: "blue"})
    assert not same({TEAM: "${aws:PrincipalTag/Team}"})
    assert not same({})


def test_a_variable_without_a_value_equals_nothing_not_even_nothing() -> None:
    missing = "${aws:PrincipalTag/Cost}"
    assert not meets("StringEquals", TEAM, missing, {TEAM: ""})
    assert not meets("StringLike", TEAM, missing, {TEAM: missing})
    assert meets("StringNotEquals", TEAM, missing, {TEAM: "red"})
    assert meets("StringEquals", TEAM, [missing, "red"], {TEAM: "red"})


def test_a_variable_may_have_a_default() -> None:
    assert meets("StringEquals", TEAM, "${aws:PrincipalTag/Cost, 'none'}", {TEAM: "none"})
    assert not meets("StringEquals", TEAM, "${aws:PrincipalTag/Team, 'none'}", {TEAM: "none"})


def test_wildcards_in_the_value_of_a_variable_are_plain_characters() -> None:
    keys: Keys = {"aws:PrincipalTag/Cost": "*", "s3:prefix": "argmin/team-b/x"}
    assert not meets("StringLike", "s3:prefix", "argmin/${aws:PrincipalTag/Cost}/*", keys)
    keys["s3:prefix"] = "argmin/*/x"
    assert meets("StringLike", "s3:prefix", "argmin/${aws:PrincipalTag/Cost}/*", keys)


def test_stars_and_question_marks_can_be_written_as_variables() -> None:
    assert meets("StringLike", TEAM, "r${*}d${?}${$}", {TEAM: "r*d?$"})
    assert not meets("StringLike", TEAM, "r${*}d", {TEAM: "red"})


def test_who_asks_is_known_without_being_told() -> None:
    by_name = allowing("*", Condition={"StringEquals": {"aws:username": "alice"}})
    assert evaluate(asking(principal=ALICE), [by_name]).allowed
    assert not evaluate(asking(principal=SESSION), [by_name]).allowed
    by_role = allowing("*", Condition={"ArnEquals": {"aws:PrincipalArn": SESSION.role_arn}})
    assert evaluate(asking(principal=SESSION), [by_role]).allowed
    assert not evaluate(asking(principal=ALICE), [by_role]).allowed
