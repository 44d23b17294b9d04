"""The policies of the user guide allow what argmin does, nothing else, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws.iam import (
    Policy,
    PolicyKind,
    Principal,
    RoleAssumption,
    Statement,
    evaluate,
    evaluate_assume_role,
    read_policy,
)
from tests.aws.iam.published import (
    EXAMPLE,
    FOLDER,
    JOB_ROLE_PREFIX,
    NAMESPACE_TAG,
    TEAM_ROLE,
    find_placeholders,
    read_published,
)
from tests.unit.aws_iam.published_calls import (
    ACCOUNT,
    FORBIDDEN,
    JOB,
    NEEDED,
    OPERATOR,
    OURS,
    REGION,
    THEIRS,
    role,
)

FILES = {
    "operator-role": ["operator-role"],
    "team-role": ["team-role", "team-role-kms"],
    "job-role": ["job-role", "job-role-kms", "job-role-vpc"],
}
TRUSTS = ["team-role-trust", "job-role-trust"]
MOST_CHARACTERS = {PolicyKind.IDENTITY: 6144, PolicyKind.TRUST: 2048}
OTHER_ACCOUNT = "444455556666"


def find_true(role_name: str, policies: list[Policy], *, of: dict[str, Any]) -> set[str]:
    """The sentences about a role that its policies make true."""
    return {
        sentence
        for sentence, requests in of[role_name].items()
        if all(evaluate(request, policies).allowed for request in requests)
    }


def named(name: str) -> list[Policy]:
    return [read_published(file) for file in FILES[name]]


@pytest.mark.parametrize(
    ("role_name", "sentence"), [(name, text) for name in NEEDED for text in NEEDED[name]]
)
def test_a_role_can_do_what_argmin_needs(role_name: str, sentence: str) -> None:
    decisions = [evaluate(each, named(role_name)) for each in NEEDED[role_name][sentence]]
    assert [decision.explanation for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize(
    ("role_name", "sentence"), [(name, text) for name in FORBIDDEN for text in FORBIDDEN[name]]
)
def test_a_role_can_do_nothing_else(role_name: str, sentence: str) -> None:
    decisions = [evaluate(each, named(role_name)) for each in FORBIDDEN[role_name][sentence]]
    assert not all(decision.allowed for decision in decisions)


Change = tuple[str, dict[str, Any]]


def change_statement(policy: Policy, number: int, **elements: Any) -> dict[str, Any]:
    """The document of a policy with other elements in one statement; None takes one away."""
    document = policy.to_wire()
    changed = {**document["Statement"][number], **elements}
    changed = {element: value for element, value in changed.items() if value is not None}
    statements = [*document["Statement"]]
    statements[number] = changed
    return {**document, "Statement": statements}


def find_narrower(policy: Policy) -> Iterator[Change]:
    """The policy without one of its statements, actions or resources."""
    document = policy.to_wire()
    for number, statement in enumerate(policy.statement):
        others = [*document["Statement"][:number], *document["Statement"][number + 1 :]]
        if others:
            yield f"without {statement.sid}", {**document, "Statement": others}
        for element, texts in (("Action", statement.action), ("Resource", statement.resource)):
            for text in texts or ():
                rest = [other for other in texts or () if other != text]
                if rest:
                    yield (
                        f"{statement.sid} without {text}",
                        change_statement(policy, number, **{element: rest}),
                    )


def find_wider(policy: Policy) -> Iterator[Change]:
    """The policy without one of its conditions, or for every resource."""
    for number, statement in enumerate(policy.statement):
        for condition in statement.conditions:
            rest = drop_condition(statement, condition.operator, condition.key)
            yield (
                f"{statement.sid} without {condition.operator} {condition.key}",
                change_statement(policy, number, Condition=rest),
            )
        if statement.resource not in (None, ("*",)):
            yield f"{statement.sid} everywhere", change_statement(policy, number, Resource="*")


def drop_condition(statement: Statement, operator: str, key: str) -> dict[str, Any] | None:
    rest = {
        name: {k: v for k, v in keys.items() if (name, k) != (operator, key)}
        for name, keys in statement.condition.items()
    }
    return {name: keys for name, keys in rest.items() if keys} or None


def find_changes(find: Callable[[Policy], Iterable[Change]]) -> list[Any]:
    return [
        pytest.param(role_name, file, document, id=f"{file}: {what}")
        for role_name, files in FILES.items()
        for file in files
        for what, document in find(read_published(file))
    ]


def replace_policy(role_name: str, file: str, document: dict[str, Any]) -> list[Policy]:
    others = [read_published(other) for other in FILES[role_name] if other != file]
    return [*others, read_policy(document)]


@pytest.mark.parametrize(("role_name", "file", "document"), find_changes(find_narrower))
def test_nothing_can_be_taken_away(role_name: str, file: str, document: dict[str, Any]) -> None:
    policies = replace_policy(role_name, file, document)
    assert find_true(role_name, policies, of=NEEDED) < set(NEEDED[role_name])


@pytest.mark.parametrize(("role_name", "file", "document"), find_changes(find_wider))
def test_nothing_can_be_left_open(role_name: str, file: str, document: dict[str, Any]) -> None:
    policies = replace_policy(role_name, file, document)
    assert find_true(role_name, policies, of=FORBIDDEN)


@pytest.mark.parametrize("file", [file for files in FILES.values() for file in files])
def test_a_file_of_its_own_is_needed(file: str) -> None:
    role_name = next(name for name, files in FILES.items() if file in files)
    others = [read_published(other) for other in FILES[role_name] if other != file]
    assert find_true(role_name, others, of=NEEDED) < set(NEEDED[role_name])


def test_actions_are_spelled_out() -> None:
    policies = [policy for name in FILES for policy in named(name)]
    statements = [statement for policy in policies for statement in policy.statement]
    assert [each.sid for each in statements if "*" in "".join(each.action or ("*",))] == []


# The trust of the team's role

GOOD = RoleAssumption(OPERATOR, role(TEAM_ROLE), session_tags={NAMESPACE_TAG: OURS})
BAD = {
    "argmin for another namespace": replace(GOOD, session_tags={NAMESPACE_TAG: THEIRS}),
    "argmin for no namespace": replace(GOOD, session_tags={}),
    "argmin with a tag more": replace(GOOD, session_tags={NAMESPACE_TAG: OURS, "Admin": "yes"}),
    "a job": replace(GOOD, caller=JOB),
    "another role": replace(GOOD, caller=Principal(f"{OPERATOR.arn}2", role("admin"))),
    "SageMaker": replace(GOOD, caller=Principal("sagemaker.amazonaws.com")),
}
ANYBODY = [read_policy({"Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}})]
"""What lets a caller assume whatever trusts it."""


def let_in(trust: Policy) -> set[str]:
    """The bad assumptions that a trust policy lets in."""
    return {
        name
        for name, attempt in BAD.items()
        if evaluate_assume_role(trust, attempt, ANYBODY).allowed
    }


def test_the_role_of_a_team_trusts_argmin_for_its_namespace_and_nobody_else() -> None:
    trust = read_published("team-role-trust")
    assert evaluate_assume_role(trust, GOOD).allowed
    assert let_in(trust) == set()


def test_the_trust_of_the_team_can_be_neither_narrower_nor_wider() -> None:
    trust = read_published("team-role-trust")
    for _, document in find_narrower(trust):
        assert not evaluate_assume_role(read_policy(document, PolicyKind.TRUST), GOOD).allowed
    wider = [document for _, document in find_wider(trust)]
    assert len(wider) == 2
    for document in [*wider, change_statement(trust, 0, Principal="*")]:
        assert let_in(read_policy(document, PolicyKind.TRUST))


def test_a_team_in_an_account_of_its_own_needs_both_sides() -> None:
    abroad = RoleAssumption(
        OPERATOR, role(TEAM_ROLE, OTHER_ACCOUNT), session_tags={NAMESPACE_TAG: OURS}
    )
    trust = read_published("team-role-trust")
    permission = read_published("operator-role", {**EXAMPLE, "ACCOUNT": OTHER_ACCOUNT})
    assert evaluate_assume_role(trust, abroad, [permission]).allowed
    assert not evaluate_assume_role(trust, abroad).allowed
    home_only = read_published("operator-role")
    assert not evaluate_assume_role(trust, abroad, [home_only]).allowed


# The trust of the job's role

OUR_JOB = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:processing-job/steel-1"


def starts(trust: Policy, job: str | None, caller: str = "sagemaker.amazonaws.com") -> bool:
    """Whether a service gets the role of a job on behalf of a resource."""
    attempt = RoleAssumption(
        Principal(caller), role(JOB_ROLE_PREFIX + OURS), source_arn=job, role_tags=JOB.tags
    )
    return evaluate_assume_role(trust, attempt).allowed


@pytest.mark.parametrize(
    "job",
    [
        None,
        OUR_JOB.replace(ACCOUNT, OTHER_ACCOUNT),
        OUR_JOB.replace(REGION, "us-east-1"),
        OUR_JOB.replace("processing-job", "notebook-instance"),
    ],
)
def test_the_role_of_a_job_is_for_processing_jobs_of_the_account(job: str | None) -> None:
    trust = read_published("job-role-trust")
    assert starts(trust, OUR_JOB)
    assert not starts(trust, job)


def test_the_role_of_a_job_is_for_sagemaker_alone() -> None:
    trust = read_published("job-role-trust")
    assert not starts(trust, OUR_JOB, caller="ec2.amazonaws.com")
    attempt = RoleAssumption(OPERATOR, role(JOB_ROLE_PREFIX + OURS), source_arn=OUR_JOB)
    assert not evaluate_assume_role(trust, attempt, ANYBODY).allowed


# The files themselves


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_file_fits_what_iam_takes(path: Path) -> None:
    policy = read_published(path.stem)
    assert len(re.sub(r"\s", "", path.read_text())) < MOST_CHARACTERS[policy.kind]
    assert policy.has_variables
    assert [each.sid for each in policy.statement if not each.sid] == []


def test_every_file_is_held_to_its_role() -> None:
    known = {file for files in FILES.values() for file in files} | set(TRUSTS)
    assert {path.stem for path in FOLDER.glob("*.json")} == known


def test_every_placeholder_has_an_example() -> None:
    assert find_placeholders() == set(EXAMPLE)
