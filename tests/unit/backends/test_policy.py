"""What the policy of a namespace allows its runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from argmin.api.backend import BackendName, BackendSettings, SageMakerBackend
from argmin.api.pod import Resources
from argmin.api.sources import Source
from argmin.api.storage import S3Store
from argmin.backends.defaults import Defaults
from argmin.backends.field_paths import list_locations
from argmin.backends.policy import (
    Allowed,
    Limits,
    Policy,
    PolicySettings,
    apply_policy,
    list_violations,
    merge_settings,
)
from argmin.backends.run import Run, RunInput
from tests.unit.backends.runs import make_run

DEFAULTS = Defaults(image="argmin/solvers:1", intake_url="http://intake")
ROLE = "arn:aws:iam::111122223333:role/"


def ask(**fields: Any) -> Run:
    return make_run(**{"image": DEFAULTS.image, "inputs": (), **fields})


def on_sagemaker(**settings: Any) -> Run:
    own = BackendSettings(sage_maker=SageMakerBackend(**settings))
    return ask(backend=BackendName.SAGE_MAKER, backend_settings=own)


def allow(**lists: Any) -> Policy:
    return Policy(DEFAULTS, Allowed(**lists))


def limit(**limits: Any) -> Policy:
    return Policy(DEFAULTS, limits=Limits(**limits))


REFUSED = {
    "a backend": (
        on_sagemaker(),
        allow(backends=["pods"]),
        "spec.backend: sageMaker is not allowed in namespace team: allowed is pods",
    ),
    "an image": (
        ask(image="docker.io/somebody/solver"),
        allow(images=["registry.example/*", "mirror/solver:1"]),
        "spec.image: docker.io/somebody/solver is not allowed in namespace team: allowed is"
        " registry.example/*, mirror/solver:1",
    ),
    "a bucket": (
        ask(store=S3Store(bucket="elsewhere")),
        allow(buckets=["team-*"]),
        "spec.artifacts.s3.bucket: elsewhere is not allowed in namespace team: allowed is team-*",
    ),
    "a bucket of another server": (
        ask(store=S3Store(bucket="team-a", endpoint="https://store.example")),
        allow(buckets=["team-*"]),
        "spec.artifacts.s3.bucket: https://store.example/team-a is not allowed in namespace team:"
        " allowed is team-*",
    ),
    "a service account": (
        ask(service_account_name="admin"),
        allow(service_accounts=["solver"]),
        "spec.serviceAccountName: admin is not allowed in namespace team: allowed is solver",
    ),
    "a priority class": (
        ask(priority_class_name="system"),
        allow(priority_classes=["batch"]),
        "spec.priorityClassName: system is not allowed in namespace team: allowed is batch",
    ),
    "an instance type": (
        on_sagemaker(instance_type="ml.p5.48xlarge"),
        allow(instance_types=["ml.m5.*"]),
        "spec.backend.sageMaker.instanceType: ml.p5.48xlarge is not allowed in namespace team:"
        " allowed is ml.m5.*",
    ),
    "a role": (
        on_sagemaker(role_arn=f"{ROLE}admin"),
        allow(roles=[f"{ROLE}job-*"]),
        f"spec.backend.sageMaker.roleArn: {ROLE}admin is not allowed in namespace team: allowed is"
        f" {ROLE}job-*",
    ),
    "much memory": (
        ask(resources=Resources(limits={"memory": "9Gi"})),
        limit(memory="8Gi"),
        "spec.resources.limits.memory: 9Gi is too much in namespace team: write 8Gi at most",
    ),
    "no limit of CPU": (
        ask(resources=Resources()),
        limit(cpu=2),
        "spec.resources.limits.cpu is missing in namespace team: write 2 at most",
    ),
    "much time": (
        ask(deadline_seconds=601),
        limit(active_deadline_seconds=600),
        "spec.activeDeadlineSeconds: 601 is too much in namespace team: write 600 at most",
    ),
    "time without end": (
        ask(deadline_seconds=None),
        limit(active_deadline_seconds=600),
        "spec.activeDeadlineSeconds is missing in namespace team: write 600 at most",
    ),
}


@pytest.mark.parametrize(("run", "policy", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_allowed_is_named_with_its_field(
    run: Run, policy: Policy, message: str
) -> None:
    assert list_violations(run, policy) == (f"{message} (the policy of the namespace)",)
    assert list_violations(run, Policy(DEFAULTS)) == ()


IN_PODS = BackendSettings(sage_maker=SageMakerBackend(instance_type="ml.p5.48xlarge"))
ACCEPTED = {
    "the default image": (ask(), allow(images=["other"])),
    "a pattern": (ask(image="mirror/solver"), allow(images=["mirror/*"])),
    "the limit itself": (
        ask(resources=Resources(limits={"memory": "8192Mi"})),
        limit(memory="8Gi"),
    ),
    "the time itself": (ask(deadline_seconds=600), limit(active_deadline_seconds=600)),
    "limits of pods elsewhere": (on_sagemaker(), limit(memory="8Gi")),
    "settings of another backend": (
        ask(backend_settings=IN_PODS),
        allow(instance_types=["ml.m5.*"]),
    ),
}


@pytest.mark.parametrize(("run", "policy"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_allowed_is_no_violation(run: Run, policy: Policy) -> None:
    assert list_violations(run, policy) == ()


@pytest.mark.parametrize(
    ("asked", "most", "left"),
    [(None, None, None), (900, None, 900), (None, 600, 600), (900, 600, 600), (300, 600, 300)],
)
def test_no_run_has_more_time_than_is_allowed(
    asked: int | None, most: int | None, left: int | None
) -> None:
    run = ask(deadline_seconds=asked)
    policy = limit(active_deadline_seconds=most)
    restricted = apply_policy(run, policy)
    assert restricted.deadline_seconds == left
    assert restricted.violations == list_violations(run, policy)


def test_the_defaults_of_a_namespace_need_not_be_listed() -> None:
    given = SageMakerBackend(instance_type="ml.m5.large", role_arn=f"{ROLE}job")
    defaults = replace(
        DEFAULTS,
        store=S3Store(bucket="results"),
        backend_settings=BackendSettings(sage_maker=given),
    )
    run = replace(
        on_sagemaker(instance_type=given.instance_type, role_arn=given.role_arn),
        store=S3Store(bucket="results"),
    )
    none = Allowed(buckets=("no",), instance_types=("no",), roles=("no",), images=("no",))
    assert list_violations(run, Policy(defaults, none)) == ()


def read_from(**source: Any) -> Run:
    found = Source.model_validate({"s3": {"bucket": "results", **source}})
    return ask(inputs=(RunInput("plans", found),))


HOME = S3Store(bucket="results", prefix="team/argmin")


@pytest.mark.parametrize(
    ("run", "is_refused"),
    [
        (ask(store=HOME), False),
        (ask(store=HOME.enter("steel")), False),
        (ask(store=S3Store(bucket="results", prefix="team/argmin/")), False),
        (ask(store=S3Store(bucket="results", prefix="team/argmin-of-others")), True),
        (ask(store=S3Store(bucket="results", prefix="team")), True),
        (ask(store=S3Store(bucket="results")), True),
        (read_from(key="team/argmin/plan.mps"), False),
        (read_from(prefix="team/argmin"), False),
        (read_from(key="secrets/plan.mps"), True),
        (read_from(prefix="other/argmin"), True),
        (read_from(key="team/argmin/plan.mps", endpoint="https://store.example"), True),
    ],
)
def test_the_default_bucket_is_open_below_the_prefix_of_the_defaults_alone(
    run: Run, is_refused: bool
) -> None:
    policy = Policy(replace(DEFAULTS, store=HOME), Allowed(buckets=("no",)))
    assert bool(list_violations(run, policy)) == is_refused
    whole = Policy(replace(DEFAULTS, store=S3Store(bucket="results")), Allowed(buckets=("no",)))
    is_elsewhere = any(location.endpoint for _, location in list_locations(run))
    assert bool(list_violations(run, whole)) == is_elsewhere


def test_a_list_of_a_namespace_is_in_place_of_the_one_for_all_and_its_origin_is_named() -> None:
    general = PolicySettings.model_validate(
        {"allowed": {"images": ["a/*"], "buckets": ["b*"]}, "limits": {"cpu": 1}}
    )
    own = PolicySettings.model_validate({"allowed": {"images": ["c/*"], "buckets": []}})
    allowed, limits, origins = merge_settings(general, own, "team-a")
    assert (allowed.images, allowed.buckets, limits.cpu) == (("c/*",), (), "1")
    assert origins["images"] == "teams.team-a.policy.allowed.images"
    assert origins["cpu"] == "policy.limits.cpu"
    assert origins["active_deadline_seconds"] == "policy.limits.activeDeadlineSeconds"


@pytest.mark.parametrize("pattern", ["*.example", "a*b", "", "**"])
def test_a_star_stands_at_the_end_only(pattern: str) -> None:
    with pytest.raises(ValidationError):
        Allowed(images=(pattern,))


BAD = {
    "images": ["registry.example*", "argmin*", "/solvers*"],
    "buckets": [
        "https://minio.corp*",
        "https://minio.corp:90*",
        "https://*",
        "https:/*",
        "https:*",
    ],
}
GOOD = {
    "images": ["registry.example/*", "registry.example/team*", "registry.example:5000/a:1", "cbc"],
    "buckets": ["team*", "https://minio.corp/*", "https://minio.corp/team-*", "team"],
}


@pytest.mark.parametrize(("name", "pattern"), [(n, p) for n in BAD for p in BAD[n]])
def test_a_star_in_the_name_of_a_host_is_refused(name: str, pattern: str) -> None:
    with pytest.raises(ValidationError, match="host"):
        Allowed.model_validate({name: [pattern]})


@pytest.mark.parametrize(("name", "pattern"), [(n, p) for n in GOOD for p in GOOD[n]])
def test_a_star_after_the_name_of_a_host_is_a_pattern(name: str, pattern: str) -> None:
    assert getattr(Allowed.model_validate({name: [pattern]}), name) == (pattern,)


@pytest.mark.parametrize("endpoint", ["https://minio.corp", "https://minio.corp/"])
@pytest.mark.parametrize(
    ("pattern", "is_refused"),
    [
        ("https://minio.corp/team-*", False),
        ("https://minio.corp/team-a", False),
        ("https://minio.corp/other", True),
        ("http*", True),
        ("team-*", True),
    ],
)
def test_a_bucket_of_another_server_is_allowed_with_its_server_alone(
    endpoint: str, pattern: str, is_refused: bool
) -> None:
    run = ask(store=S3Store(bucket="team-a", endpoint=endpoint))
    assert bool(list_violations(run, allow(buckets=[pattern]))) == is_refused


VALUES = st.sampled_from(["abc", "abd", "bcd", "bca", "cde"])
LISTS = st.lists(st.sampled_from(["abc", "ab*", "b*", "cde"]), max_size=3)


@given(VALUES, VALUES, VALUES, LISTS, LISTS, LISTS)
def test_a_run_without_violations_asks_for_nothing_that_is_not_allowed(
    image: str,
    account: str,
    bucket: str,
    images: list[str],
    accounts: list[str],
    buckets: list[str],
) -> None:
    run = ask(image=f"mirror/{image}", service_account_name=account, store=S3Store(bucket=bucket))
    listed = [f"mirror/{pattern}" for pattern in images]
    policy = allow(images=listed, service_accounts=accounts, buckets=buckets)
    refused = {violation.partition(":")[0] for violation in list_violations(run, policy)}
    wanted = {
        "spec.image": (image, images),
        "spec.serviceAccountName": (account, accounts),
        "spec.artifacts.s3.bucket": (bucket, buckets),
    }
    for field, (value, patterns) in wanted.items():
        is_listed = any(
            value == pattern or (pattern[-1] == "*" and value[: len(pattern) - 1] == pattern[:-1])
            for pattern in patterns
        )
        assert (field in refused) == (bool(patterns) and not is_listed)
