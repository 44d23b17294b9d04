"""Assuming a role needs the role's trust and, between accounts, the caller's own policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.iam import (
    Policy,
    PolicyKind,
    Principal,
    RoleAssumption,
    evaluate_assume_role,
)
from tests.unit.aws_iam.policies import (
    ACCOUNT,
    ALICE,
    OTHER_ACCOUNT,
    STRANGER,
    allowing,
    policy,
    statement,
)

ROLE = f"arn:aws:iam::{ACCOUNT}:role/teams/argmin-team"
ASSUME = ["sts:AssumeRole", "sts:TagSession"]
REFUSED = f"User: {ALICE.arn} is not authorized to perform: sts:{{}} on resource: {ROLE}"
SAGEMAKER = Principal("sagemaker.amazonaws.com")


def trusting(
    principal: Any, *, action: str | list[str] = ASSUME, effect: str = "Allow", **elements: Any
) -> Policy:
    named = statement(effect, action, None, Principal=principal, **elements)
    return policy(named, kind=PolicyKind.TRUST)


def assuming(caller: Principal = ALICE, **details: Any) -> RoleAssumption:
    return RoleAssumption(caller, ROLE, **details)


TRUSTS_ALICE = trusting({"AWS": ALICE.arn})


@pytest.mark.parametrize(
    ("trust", "identity", "allowed"),
    [
        (TRUSTS_ALICE, [], True),
        (trusting({"AWS": ACCOUNT}), [], False),
        (trusting({"AWS": ACCOUNT}), [allowing("sts:AssumeRole")], True),
        (trusting({"AWS": ACCOUNT}), [allowing("sts:AssumeRole", f"{ROLE}-2")], False),
        (trusting({"AWS": STRANGER.arn}), [allowing("sts:*")], False),
    ],
)
def test_in_one_account_the_trust_policy_or_both_let_a_caller_in(
    trust: Policy, identity: list[Policy], allowed: bool
) -> None:
    assert evaluate_assume_role(trust, assuming(), identity).allowed is allowed


@pytest.mark.parametrize(
    ("trust", "identity", "allowed"),
    [
        (trusting({"AWS": STRANGER.arn}), [], False),
        (trusting({"AWS": STRANGER.arn}), [allowing("sts:AssumeRole", ROLE)], True),
        (trusting({"AWS": OTHER_ACCOUNT}), [allowing("sts:AssumeRole", ROLE)], True),
        (TRUSTS_ALICE, [allowing("sts:AssumeRole", ROLE)], False),
    ],
)
def test_between_accounts_both_sides_have_to_allow(
    trust: Policy, identity: list[Policy], allowed: bool
) -> None:
    assert evaluate_assume_role(trust, assuming(STRANGER), identity).allowed is allowed


def test_a_role_that_does_not_trust_says_so() -> None:
    decision = evaluate_assume_role(trusting({"AWS": STRANGER.arn}), assuming())
    assert decision.message == (
        f"{REFUSED.format('AssumeRole')}"
        " because no role trust policy allows the sts:AssumeRole action"
    )


def test_a_role_that_denies_says_so() -> None:
    decision = evaluate_assume_role(trusting("*", effect="Deny"), assuming())
    assert decision.message == (
        f"{REFUSED.format('AssumeRole')} with an explicit deny in the role trust policy"
    )


def test_session_tags_are_a_permission_of_their_own() -> None:
    tagged = assuming(session_tags={"Team": "red"})
    assert evaluate_assume_role(TRUSTS_ALICE, tagged).allowed
    without = trusting({"AWS": ALICE.arn}, action="sts:AssumeRole")
    assert evaluate_assume_role(without, assuming()).allowed
    assert evaluate_assume_role(without, tagged).message == (
        f"{REFUSED.format('TagSession')}"
        " because no role trust policy allows the sts:TagSession action"
    )


def test_a_caller_whose_own_tags_are_passed_on_needs_to_tag_too() -> None:
    chained = Principal(ALICE.arn, tags={"Team": "red"}, transitive_tag_keys=("Team",))
    without = trusting({"AWS": ALICE.arn}, action="sts:AssumeRole")
    assert not evaluate_assume_role(without, assuming(chained)).allowed


def test_a_source_identity_is_a_permission_of_its_own() -> None:
    named = assuming(source_identity="alice")
    assert not evaluate_assume_role(TRUSTS_ALICE, named).allowed
    setting = trusting(
        {"AWS": ALICE.arn},
        action=["sts:AssumeRole", "sts:SetSourceIdentity"],
        Condition={"StringEquals": {"sts:SourceIdentity": "alice"}},
    )
    assert evaluate_assume_role(setting, named).allowed


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (
            {"StringEquals": {"sts:ExternalId": "secret"}},
            [{"external_id": "secret"}],
            [{}, {"external_id": "Secret"}],
        ),
        (
            {"StringEquals": {"aws:RequestTag/Team": ["red", "blue"]}},
            [{"session_tags": {"Team": "blue"}}],
            [{}, {"session_tags": {"Team": "green"}}, {"session_tags": {"Owner": "red"}}],
        ),
        (
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}},
            [{}, {"session_tags": {"Team": "green"}}],
            [{"session_tags": {"Team": "red", "Owner": "bob"}}],
        ),
        (
            {"ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Team"]}},
            [{"session_tags": {"Team": "red"}, "transitive_tag_keys": ("Team",)}],
            [{"session_tags": {"Owner": "bob"}, "transitive_tag_keys": ("Owner",)}],
        ),
        (
            {"StringEquals": {"aws:RequestTag/Team": "${aws:PrincipalTag/Team}"}},
            [{"session_tags": {"Team": "red"}}],
            [{"session_tags": {"Team": "blue"}}],
        ),
        (
            {"StringEquals": {"aws:RequestTag/Team": "${iam:ResourceTag/Team}"}},
            [{"session_tags": {"Team": "red"}, "role_tags": {"Team": "red"}}],
            [
                {"session_tags": {"Team": "red"}},
                {"session_tags": {"Team": "red"}, "role_tags": {"Team": "blue"}},
            ],
        ),
        (
            {"StringLike": {"sts:RoleSessionName": "argmin-*"}},
            [{"session_name": "argmin-1"}],
            [{"session_name": "other"}],
        ),
        (
            {"NumericLessThanEquals": {"sts:DurationSeconds": "3600"}},
            [{}, {"duration_seconds": 900}],
            [{"duration_seconds": 7200}],
        ),
    ],
)
def test_a_trust_policy_may_ask_for_more(
    condition: dict[str, Any], good: list[dict[str, Any]], bad: list[dict[str, Any]]
) -> None:
    trust = trusting({"AWS": ALICE.arn}, Condition=condition)
    assert [d for d in good if not evaluate_assume_role(trust, assuming(**d)).allowed] == []
    assert [d for d in bad if evaluate_assume_role(trust, assuming(**d)).allowed] == []


def test_a_service_is_let_in_on_behalf_of_the_resource_that_is_named() -> None:
    job = f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:processing-job/steel"
    trust = trusting(
        {"Service": SAGEMAKER.arn},
        action="sts:AssumeRole",
        Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{ACCOUNT}:*"}},
    )
    assert evaluate_assume_role(trust, assuming(SAGEMAKER, source_arn=job)).allowed
    for wrong in (None, job.replace(ACCOUNT, OTHER_ACCOUNT)):
        assert not evaluate_assume_role(trust, assuming(SAGEMAKER, source_arn=wrong)).allowed
    assert not evaluate_assume_role(trust, assuming(ALICE, source_arn=job)).allowed


def test_a_session_is_known_by_its_role_and_by_the_tags_of_both() -> None:
    session = assuming(
        session_name="argmin", session_tags={"Team": "red"}, role_tags={"Team": "", "Cost": "7"}
    ).session
    assert session.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/argmin-team/argmin"
    assert session.context["aws:PrincipalArn"] == ROLE
    assert session.tags == {"Team": "red", "Cost": "7"}


def test_a_transitive_tag_goes_on_to_the_next_role_and_cannot_be_changed() -> None:
    first = assuming(session_tags={"Team": "red"}, transitive_tag_keys=("Team",)).session
    second = assuming(first, session_tags={"Team": "blue", "Cost": "7"}).session
    assert second.tags == {"Team": "red", "Cost": "7"}
    assert second.transitive_tag_keys == ("Team",)
