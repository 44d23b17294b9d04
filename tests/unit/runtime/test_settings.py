"""The operator's settings: what the environment may say, and how a slip is explained."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from argmin.runtime.controller.conditions import explain_invalid
from argmin.settings import Settings

IMAGE = {"ARGMIN_SOLVERS_IMAGE": "solvers:1"}


def test_the_solvers_image_is_all_that_must_be_said() -> None:
    settings = Settings.read(IMAGE)
    assert settings.solvers_image == "solvers:1"
    assert settings.namespaces == ()
    assert (settings.intake_port, settings.admin_port) == (8080, 8081)


def test_a_variable_that_is_set_to_nothing_counts_as_unset() -> None:
    settings = Settings.read({**IMAGE, "ARGMIN_WORKERS": "", "WATCH_NAMESPACES": ""})
    assert settings.workers == 16
    assert settings.namespaces == ()


def test_namespaces_are_a_list_with_commas_and_any_spaces() -> None:
    settings = Settings.read({**IMAGE, "WATCH_NAMESPACES": "team-a, team-b ,"})
    assert settings.namespaces == ("team-a", "team-b")


def test_default_resources_are_json_and_reach_every_namespace() -> None:
    settings = Settings.read(
        {**IMAGE, "ARGMIN_DEFAULT_RESOURCES": '{"limits": {"cpu": "1", "memory": "2Gi"}}'}
    )
    defaults = settings.policy_of("any").defaults
    assert defaults.image == "solvers:1"
    assert defaults.resources.limits == {"cpu": "1", "memory": "2Gi"}


def test_two_processes_of_one_machine_do_not_share_an_identity_by_accident() -> None:
    assert Settings.read({**IMAGE, "POD_NAME": "argmin-7"}).pod_name == "argmin-7"
    assert Settings.read(IMAGE).pod_name not in ("", "argmin-7")


def test_variables_that_kubernetes_makes_of_services_are_none_of_ours() -> None:
    assert Settings.read({**IMAGE, "ARGMIN_SERVICE_HOST": "10.0.0.1"}) == Settings.read(IMAGE)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "ARGMIN_SOLVERS_IMAGE: is missing: write it"),
        ({**IMAGE, "ARGMIN_WORKERS": "0"}, "ARGMIN_WORKERS: Input should be greater than or equal"),
        ({**IMAGE, "ARGMIN_WORKERS": "many"}, "ARGMIN_WORKERS: Input should be a valid integer"),
        ({**IMAGE, "ARGMIN_ADMIN_PORT": "70000"}, "ARGMIN_ADMIN_PORT: Input should be less than"),
        ({**IMAGE, "ARGMIN_LEASE_SECONDS": "1"}, "ARGMIN_LEASE_SECONDS: Input should be greater"),
        ({**IMAGE, "ARGMIN_RESYNC_SECONDS": "1"}, "ARGMIN_RESYNC_SECONDS: Input should be greater"),
        (
            {**IMAGE, "ARGMIN_LOG_LEVEL": "loud"},
            "ARGMIN_LOG_LEVEL: Input should be 'debug', 'info'",
        ),
        ({**IMAGE, "ARGMIN_LOG_FORMAT": "xml"}, "ARGMIN_LOG_FORMAT: Input should be 'json' or"),
        (
            {**IMAGE, "ARGMIN_DEFAULT_RESOURCES": "{"},
            'ARGMIN_DEFAULT_RESOURCES: write JSON, such as {"limits": {"cpu": "1"}}',
        ),
        (
            {**IMAGE, "ARGMIN_DEFAULT_RESOURCES": '{"limits": {"cpu": "lots"}}'},
            'ARGMIN_DEFAULT_RESOURCES.limits.cpu: write a quantity, such as "500m", 2 or 1Gi',
        ),
    ],
)
def test_a_slip_is_explained_by_the_name_of_its_variable(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError) as slip:
        Settings.read(environment)
    assert explain_invalid(slip.value).startswith(said)


def test_all_slips_are_named_at_once() -> None:
    with pytest.raises(ValidationError) as slip:
        Settings.read({"ARGMIN_WORKERS": "0", "ARGMIN_LOG_LEVEL": "loud"})
    said = explain_invalid(slip.value)
    for variable in ("ARGMIN_SOLVERS_IMAGE", "ARGMIN_WORKERS", "ARGMIN_LOG_LEVEL"):
        assert f"{variable}: " in said


def test_a_team_has_its_own_backend_and_store_and_the_rest_from_everybody() -> None:
    settings = Settings.read(
        {
            **IMAGE,
            "ARGMIN_DEFAULT_STORE": '{"bucket": "results"}',
            "ARGMIN_SAGEMAKER_DEFAULTS": '{"instanceType": "ml.m5.large", "tags": {"for": "all"},'
            ' "network": {"isolation": true}}',
            "ARGMIN_TEAMS": '{"team-a": {"backend": "sageMaker", "store": {"bucket": "a-results"},'
            ' "sageMaker": {"region": "eu-west-1", "tags": {"cost-centre": "a"},'
            ' "network": {"encryptTraffic": true}}}}',
        }
    )
    team, others = settings.policy_of("team-a").defaults, settings.policy_of("team-b").defaults
    assert (team.backend, others.backend) == ("sageMaker", "pods")
    assert team.store
    assert others.store
    assert (team.store.bucket, others.store.bucket) == ("a-results", "results")
    assert team.backend_settings.sage_maker.to_wire() == {
        "instanceType": "ml.m5.large",
        "region": "eu-west-1",
        "network": {
            "subnets": [],
            "securityGroupIds": [],
            "isolation": True,
            "encryptTraffic": True,
        },
        "tags": {"for": "all", "cost-centre": "a"},
    }
    assert others.backend_settings.sage_maker.region is None


def test_prices_are_decimals_by_instance_type() -> None:
    prices = '{"currency": "EUR", "perHour": {"ml.m5.large": "0.115"}}'
    settings = Settings.read({**IMAGE, "ARGMIN_PRICES": prices})
    assert settings.policy_of("any").defaults.prices.per_hour == {"ml.m5.large": "0.115"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ARGMIN_DEFAULT_BACKEND", "lambda", "write pods or sageMaker"),
        ("ARGMIN_DEFAULT_STORE", '{"prefix": "a"}', "ARGMIN_DEFAULT_STORE.bucket: is missing"),
        ("ARGMIN_TEAMS", '{"a": {"backend": "local"}}', "ARGMIN_TEAMS.a.backend: write pods or"),
        (
            "ARGMIN_TEAMS",
            '{"a": {"sageMaker": {"roleArn": "me"}}}',
            "ARGMIN_TEAMS.a.sageMaker.roleArn: write the ARN of a role",
        ),
        (
            "ARGMIN_POLICY",
            '{"allowed": {"images": ["registry.example*"]}}',
            "ARGMIN_POLICY.allowed.images[0]: write the host in full",
        ),
        ("ARGMIN_SAGEMAKER_DEFAULTS", "{", "ARGMIN_SAGEMAKER_DEFAULTS: write JSON, such as"),
        (
            "ARGMIN_SAGEMAKER_POLL_SECONDS",
            "0",
            "ARGMIN_SAGEMAKER_POLL_SECONDS: Input should be greater than or equal to 1",
        ),
    ],
)
def test_a_slip_in_what_holds_for_runs_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.read({**IMAGE, name: value})
    assert said in explain_invalid(caught.value)


def test_the_pace_of_calls_to_aws_is_a_setting() -> None:
    settings = Settings.read({**IMAGE, "ARGMIN_AWS_READS_PER_SECOND": "4.5"})
    rates = settings.delegation.rates
    assert (rates.reads, rates.writes) == (4.5, 2.0)


def test_the_interval_of_polls_is_a_setting() -> None:
    settings = Settings.read({**IMAGE, "ARGMIN_SAGEMAKER_POLL_SECONDS": "90"})
    assert settings.delegation.shortest_pause == timedelta(seconds=90)
