"""Laws that hold for all policies and requests."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.aws.iam import Context, Outcome, Principal, Request, evaluate, read_policy
from tests.aws.iam.patterns import match_arn, match_text, resolve

TEAMS = st.sampled_from(["red", "blue", "*", ""])
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:ReceiveMessage"])
RESOURCES = st.sampled_from(["arn:aws:s3:::red/a", "arn:aws:s3:::blue/a", "arn:aws:s3:::*/a"])
CONTEXTS = st.dictionaries(st.sampled_from(["aws:ResourceTag/Team", "s3:prefix"]), TEAMS)
TEXTS = st.text(alphabet="ab:/*?.[", max_size=12)

CONDITIONS = st.dictionaries(
    st.sampled_from(
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringEqualsIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotLike",
        ]
    ),
    st.dictionaries(
        st.sampled_from(["aws:ResourceTag/Team", "s3:prefix", "aws:PrincipalTag/Team"]),
        st.sampled_from(["red", "${aws:PrincipalTag/Team}", "*", "b?ue"]),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)


def some_statements(effects: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(effects),
            "Action": st.sampled_from(["*", "s3:*", "S3:getobject", "sqs:Receive*"]),
            "Resource": st.sampled_from(
                ["*", "arn:aws:s3:::red/*", "arn:aws:s3:::${aws:PrincipalTag/Team}/*"]
            ),
            "Condition": CONDITIONS,
        }
    )


STATEMENTS = some_statements(["Allow", "Deny"])
ALLOWS = some_statements(["Allow"])
REQUESTS = st.builds(
    lambda action, resource, context, tags: Request(
        Principal("arn:aws:iam::111122223333:user/alice", tags=tags),
        action,
        (resource,),
        Context(context),
    ),
    ACTIONS,
    RESOURCES,
    CONTEXTS,
    st.dictionaries(st.just("Team"), TEAMS),
)


def decide(request: Request, *statements: dict[str, Any]) -> Outcome:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return evaluate(request, [read_policy(document)] if statements else []).outcome


@given(REQUESTS, st.lists(STATEMENTS, max_size=4), STATEMENTS)
def test_a_deny_that_applies_always_wins(
    request: Request, statements: list[dict[str, Any]], denying: dict[str, Any]
) -> None:
    applies = decide(request, {**denying, "Effect": "Allow"}) is Outcome.ALLOWED
    outcome = decide(request, *statements, {**denying, "Effect": "Deny"})
    if applies:
        assert outcome is Outcome.EXPLICITLY_DENIED
    else:
        assert outcome is decide(request, *statements)


@given(REQUESTS, st.lists(STATEMENTS, max_size=4), ALLOWS)
def test_taking_an_allow_away_never_allows_more(
    request: Request, statements: list[dict[str, Any]], allowing: dict[str, Any]
) -> None:
    if decide(request, *statements) is Outcome.ALLOWED:
        assert decide(request, *statements, allowing) is Outcome.ALLOWED


@given(REQUESTS, st.lists(STATEMENTS, max_size=4))
def test_nothing_is_allowed_that_no_statement_allows(
    request: Request, statements: list[dict[str, Any]]
) -> None:
    alone = [decide(request, each) for each in statements if each["Effect"] == "Allow"]
    if decide(request, *statements) is Outcome.ALLOWED:
        assert Outcome.ALLOWED in alone


@given(REQUESTS, st.lists(STATEMENTS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(
    request: Request, statements: list[dict[str, Any]], chance: Any
) -> None:
    shuffled = list(statements)
    chance.shuffle(shuffled)
    assert decide(request, *shuffled) is decide(request, *statements)


@given(REQUESTS, ALLOWS, CONDITIONS)
def test_a_further_condition_never_allows_more(
    request: Request, allowing: dict[str, Any], more: dict[str, Any]
) -> None:
    stricter = {**allowing, "Condition": {**more, **allowing["Condition"]}}
    if decide(request, stricter) is Outcome.ALLOWED:
        assert decide(request, allowing) is Outcome.ALLOWED


@given(REQUESTS, ALLOWS, ALLOWS)
def test_a_boundary_allows_only_what_both_allow(
    request: Request, identity: dict[str, Any], limit: dict[str, Any]
) -> None:
    policies = [
        read_policy({"Version": "2012-10-17", "Statement": each}) for each in (identity, limit)
    ]
    both = evaluate(request, policies[:1], boundary=policies[1]).allowed
    assert both == all(evaluate(request, [policy]).allowed for policy in policies)


@given(TEXTS, st.data())
def test_a_wildcard_matches_what_it_was_made_from(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for wildcard in ("*", "?" * (end - start)):
        pattern = resolve(f"{escape(text[:start])}{wildcard}{escape(text[end:])}", Context())
        assert pattern is not None
        assert match_text(pattern, text)


@given(TEXTS, TEXTS)
def test_a_text_without_wildcards_matches_itself_alone(text: str, other: str) -> None:
    pattern = resolve(escape(text), Context())
    assert pattern is not None
    assert match_text(pattern, other) == (text == other)


@given(
    st.lists(st.text(alphabet="ab/*", max_size=4), min_size=6, max_size=6),
    st.integers(0, 3),
)
def test_an_early_wildcard_stands_for_one_segment_and_not_for_two(
    parts: list[str], position: int
) -> None:
    arn = ":".join(parts)
    segments = [escape(part) for part in parts]
    one = resolve(":".join([*segments[:position], "*", *segments[position + 1 :]]), Context())
    two = resolve(":".join([*segments[:position], "*", *segments[position + 2 :]]), Context())
    assert one is not None
    assert two is not None
    assert match_arn(one, arn)
    assert not match_arn(two, arn)


@given(TEXTS, TEXTS)
def test_the_value_of_a_variable_is_taken_as_it_is(value: str, other: str) -> None:
    pattern = resolve("${aws:PrincipalTag/Team}", Context({"aws:PrincipalTag/Team": value}))
    assert pattern is not None
    assert match_text(pattern, other) == (value == other)


def escape(text: str) -> str:
    """The text as a pattern that matches it alone."""
    return "".join(f"${{{letter}}}" if letter in "*?$" else letter for letter in text)
