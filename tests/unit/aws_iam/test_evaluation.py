"""What policies say together: tables of who may do what, and what the refusal reads like."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.aws.iam import Decision, Outcome, Policy, PolicyKind, Principal, Request, evaluate
from tests.unit.aws_iam.policies import (
    ACCOUNT,
    ALICE,
    JOB,
    OTHER_ACCOUNT,
    ROLE_ARN,
    SESSION,
    STRANGER,
    allowing,
    asking,
    denying,
    policy,
    statement,
)

STOP = "sagemaker:StopProcessingJob"
ALLOWS = allowing(STOP)
DENIES = denying(STOP)
REFUSED = f"User: {ALICE.arn} is not authorized to perform: {STOP} on resource: {JOB}"
IN_OTHER_ACCOUNT = JOB.replace(ACCOUNT, OTHER_ACCOUNT)
SPEAKS_OF_LISTING = allowing("sagemaker:ListTags")


def of_resource(name: str | dict[str, str], effect: str = "Allow") -> Policy:
    """A resource's own policy, for one principal."""
    return policy(statement(effect, STOP, Principal=name), kind=PolicyKind.RESOURCE)


def as_boundary(*policies: Policy) -> Policy:
    return policies[0].model_copy(update={"kind": PolicyKind.BOUNDARY})


def as_session(*policies: Policy) -> Policy:
    return policies[0].model_copy(update={"kind": PolicyKind.SESSION})


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [
        ("*", True),
        ("sagemaker:*", True),
        ("sagemaker:Stop*", True),
        ("SageMaker:stopprocessingjob", True),
        ("sagemaker:Stop?rocessingJob", True),
        (["s3:*", STOP], True),
        ("sagemaker:Stop", False),
        ("sagemaker:Describe*", False),
        ("s3:*", False),
        ("sagemaker:Stop?ProcessingJob", False),
    ],
)
def test_an_action_is_matched_whatever_the_case_of_its_letters(
    actions: str | list[str], allowed: bool
) -> None:
    assert evaluate(asking(), [allowing(actions)]).allowed is allowed


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        ("*", True),
        (JOB, True),
        (f"arn:aws:sagemaker:*:{ACCOUNT}:processing-job/*", True),
        ("arn:aws:sagemaker:*:*:*", True),
        ("arn:aws:sagemaker:*", True),
        ("arn:aws:sagemaker:eu-central-1:*", True),
        (f"arn:aws:sagemaker:eu-*-1:{ACCOUNT}:processing-job/st??l", True),
        ([f"{JOB}-2", JOB], True),
        (f"arn:aws:sagemaker:*:{ACCOUNT}:training-job/*", False),
        (f"arn:aws:sagemaker:us-*:{ACCOUNT}:processing-job/*", False),
        (f"arn:aws:sagemaker:*:{OTHER_ACCOUNT}:processing-job/*", False),
        (JOB.replace("steel", "Steel"), False),
        (JOB[:-1], False),
        ("arn:aws:sagemaker:*:processing-job/*:*:*", False),
        ("arn:aws:s3:::*", False),
    ],
)
def test_a_resource_is_matched_segment_by_segment(
    resources: str | list[str], allowed: bool
) -> None:
    assert evaluate(asking(), [allowing(STOP, resources)]).allowed is allowed


def test_a_wildcard_at_the_end_takes_colons_and_slashes_too() -> None:
    stream = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/aws/jobs:log-stream:steel/1"
    group = allowing("logs:*", f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/jobs:*")
    assert evaluate(asking("logs:GetLogEvents", stream), [group]).allowed
    key = "arn:aws:s3:::results/argmin/a:b/c d.json"
    bucket = allowing("s3:GetObject", "arn:aws:s3:::results/argmin/*.json")
    assert evaluate(asking("s3:GetObject", key), [bucket]).allowed


@pytest.mark.parametrize(
    ("principal", "key", "allowed"),
    [
        (ALICE, "home/red/x", True),
        (ALICE, "home/blue/x", False),
        (ALICE, "home/${aws:PrincipalTag/Team}/x", False),
        (Principal(ALICE.arn), "home//x", False),
        (Principal(ALICE.arn, tags={"Team": "*"}), "home/blue/x", False),
        (Principal(ALICE.arn, tags={"Team": "a:b"}), "home/a:b/x", True),
    ],
)
def test_a_resource_follows_the_tag_of_whoever_asks(
    principal: Principal, key: str, allowed: bool
) -> None:
    home = allowing("s3:GetObject", "arn:aws:s3:::results/home/${aws:PrincipalTag/Team}/*")
    request = asking("s3:GetObject", f"arn:aws:s3:::results/{key}", principal=principal)
    assert evaluate(request, [home]).allowed is allowed


def test_the_older_version_of_the_language_has_no_variables() -> None:
    old = policy(
        statement("Allow", STOP, JOB.replace("steel", "${aws:username}")), version="2008-10-17"
    )
    assert not evaluate(asking(STOP, JOB.replace("steel", "alice")), [old]).allowed
    assert evaluate(asking(STOP, JOB.replace("steel", "${aws:username}")), [old]).allowed


def test_not_action_and_not_resource_are_everything_else() -> None:
    but_s3 = policy({"Effect": "Allow", "NotAction": "s3:*", "NotResource": f"{JOB}-2"})
    assert evaluate(asking(), [but_s3]).allowed
    assert not evaluate(asking("s3:GetObject"), [but_s3]).allowed
    assert not evaluate(asking(STOP, f"{JOB}-2"), [but_s3]).allowed


@pytest.mark.parametrize(
    ("identity", "boundary", "session", "reason"),
    [
        ([], None, None, f"because no identity-based policy allows the {STOP} action"),
        (
            [SPEAKS_OF_LISTING],
            None,
            None,
            f"because no identity-based policy allows the {STOP} action",
        ),
        ([ALLOWS, DENIES], None, None, "with an explicit deny in an identity-based policy"),
        (
            [ALLOWS],
            as_boundary(SPEAKS_OF_LISTING),
            None,
            f"because no permissions boundary allows the {STOP} action",
        ),
        (
            [ALLOWS],
            as_boundary(DENIES),
            None,
            "with an explicit deny in a permissions boundary",
        ),
        (
            [ALLOWS],
            None,
            as_session(SPEAKS_OF_LISTING),
            f"because no session policy allows the {STOP} action",
        ),
        ([ALLOWS], None, as_session(DENIES), "with an explicit deny in a session policy"),
        (
            [],
            as_boundary(ALLOWS),
            as_session(ALLOWS),
            f"because no identity-based policy allows the {STOP} action",
        ),
    ],
)
def test_a_refusal_names_the_kind_of_policy_that_refused(
    identity: list[Policy], boundary: Policy | None, session: Policy | None, reason: str
) -> None:
    decision = evaluate(asking(), identity, boundary=boundary, session=session)
    assert decision.message == f"{REFUSED} {reason}"


def test_a_boundary_and_a_session_policy_that_allow_leave_the_decision_to_the_others() -> None:
    decision = evaluate(
        asking(), [ALLOWS], boundary=as_boundary(ALLOWS), session=as_session(ALLOWS)
    )
    assert (decision.outcome, decision.message) == (Outcome.ALLOWED, "")


@pytest.mark.parametrize(
    ("principal", "named", "identity", "allowed"),
    [
        (ALICE, {"AWS": ALICE.arn}, [], True),
        (ALICE, "*", [], True),
        (ALICE, {"AWS": ACCOUNT}, [], False),
        (ALICE, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, [ALLOWS], True),
        (ALICE, {"AWS": STRANGER.arn}, [], False),
        (SESSION, {"AWS": ROLE_ARN}, [], True),
        (SESSION, {"AWS": SESSION.arn}, [], True),
        (SESSION, {"AWS": SESSION.arn.replace("monday", "sunday")}, [], False),
        (SESSION, {"Service": "sagemaker.amazonaws.com"}, [], False),
        (STRANGER, {"AWS": STRANGER.arn}, [], False),
        (STRANGER, {"AWS": STRANGER.arn}, [ALLOWS], True),
        (STRANGER, {"AWS": OTHER_ACCOUNT}, [ALLOWS], True),
        (STRANGER, {"AWS": ACCOUNT}, [ALLOWS], False),
        (Principal("sagemaker.amazonaws.com"), {"Service": "sagemaker.amazonaws.com"}, [], True),
        (Principal("events.amazonaws.com"), {"Service": "sagemaker.amazonaws.com"}, [], False),
    ],
)
def test_a_resource_lets_in_whom_its_policy_names(
    principal: Principal, named: str | dict[str, str], identity: list[Policy], allowed: bool
) -> None:
    decision = evaluate(asking(principal=principal), identity, of_resource(named))
    assert decision.allowed is allowed


def test_without_a_policy_of_the_resource_nobody_comes_in_from_another_account() -> None:
    refused = evaluate(asking(principal=STRANGER), [ALLOWS])
    assert refused.message.endswith(f"because no resource-based policy allows the {STOP} action")
    assert not evaluate(asking(STOP, IN_OTHER_ACCOUNT), [ALLOWS]).allowed


def test_the_account_of_a_bucket_is_told_because_its_arn_does_not_say_it() -> None:
    key, allows = "arn:aws:s3:::results/x", allowing("s3:GetObject")
    assert evaluate(asking("s3:GetObject", key), [allows]).allowed
    elsewhere = asking("s3:GetObject", key, context={"aws:ResourceAccount": OTHER_ACCOUNT})
    assert not evaluate(elsewhere, [allows]).allowed


@pytest.mark.parametrize(
    ("named", "allowed"),
    [({"AWS": ROLE_ARN}, False), ({"AWS": SESSION.arn}, True), ("*", False)],
)
def test_limits_of_a_session_hold_unless_it_is_named_itself(
    named: str | dict[str, str], allowed: bool
) -> None:
    limit = as_session(SPEAKS_OF_LISTING)
    decision = evaluate(asking(principal=SESSION), [], of_resource(named), session=limit)
    assert decision.allowed is allowed


def test_a_key_of_kms_lets_nobody_in_whom_its_own_policy_does_not_name() -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234"
    decrypt, allows = asking("kms:Decrypt", key), allowing("kms:Decrypt")
    strict = policy(
        statement("Allow", "kms:*", Principal={"AWS": STRANGER.arn}), kind=PolicyKind.RESOURCE
    )
    usual = policy(
        statement("Allow", "kms:*", Principal={"AWS": ACCOUNT}), kind=PolicyKind.RESOURCE
    )
    assert not evaluate(decrypt, [allows], strict).allowed
    assert evaluate(decrypt, [allows], usual).allowed
    assert not evaluate(decrypt, [], usual).allowed


def test_a_deny_of_the_resource_wins() -> None:
    decision = evaluate(asking(), [ALLOWS], of_resource("*", effect="Deny"))
    assert decision.message == f"{REFUSED} with an explicit deny in a resource-based policy"


def test_everybody_but_the_named_are_denied_by_not_principal() -> None:
    mine = policy(
        statement("Deny", STOP, NotPrincipal={"AWS": ALICE.arn}), kind=PolicyKind.RESOURCE
    )
    assert evaluate(asking(), [ALLOWS], mine).allowed
    assert not evaluate(asking(principal=SESSION), [ALLOWS], mine).allowed


def test_every_resource_of_a_request_has_to_be_allowed() -> None:
    some = allowing(STOP, f"{JOB}*")
    both = asking(STOP, JOB, f"{JOB}-2")
    assert evaluate(both, [some]).allowed
    decision = evaluate(asking(STOP, JOB, f"{JOB}-2", f"{IN_OTHER_ACCOUNT}-3"), [some])
    assert (decision.outcome, decision.resource) == (
        Outcome.IMPLICITLY_DENIED,
        f"{IN_OTHER_ACCOUNT}-3",
    )


def test_a_deny_for_one_resource_is_told_before_a_missing_allow_for_another() -> None:
    decision = evaluate(asking(STOP, f"{JOB}-2", JOB), [denying(STOP, JOB)])
    assert (decision.outcome, decision.resource) == (Outcome.EXPLICITLY_DENIED, JOB)


def test_the_decision_holds_the_statement_that_decided() -> None:
    def decide(*policies: Policy) -> Decision:
        return evaluate(asking(), policies)

    named = policy(statement(Sid="Others", action="s3:*"), statement(Sid="Stop"))
    assert decide(named).statement == named.statement[1]
    assert decide(named, DENIES).statement == DENIES.statement[0]
    assert decide().statement is None


@pytest.mark.parametrize(
    ("policies", "request_", "explanation"),
    [
        (
            [
                allowing(
                    STOP,
                    Sid="Own",
                    Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}},
                )
            ],
            asking(context={"aws:ResourceTag/Team": "blue"}),
            "statement Own of the identity-based policy does not apply: its condition StringEquals"
            " aws:ResourceTag/Team 'red' is not met: aws:ResourceTag/Team is 'blue'",
        ),
        (
            [allowing(STOP, f"{JOB}-2")],
            asking(),
            "statement number 1 of the identity-based policy does not apply:"
            f" it says nothing of {JOB}",
        ),
    ],
)
def test_a_refusal_can_say_what_came_close(
    policies: Sequence[Policy], request_: Request, explanation: str
) -> None:
    decision = evaluate(request_, policies)
    assert decision.near_misses == (explanation,)
    assert decision.explanation == f"{decision.message}\n  {explanation}"
