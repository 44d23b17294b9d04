"""The API server, with argmin's CRD, refuses what is wrong and says what to write instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argmin.api.answer import METRICS_LIMIT
from tests.cluster.waiting import wait_until
from tests.kubectl import Kubectl, KubectlError, Object
from tests.refusals import MODEL, REFUSALS, SCRIPT, Refusal

pytestmark = pytest.mark.kube

ACCEPTED: dict[str, dict[str, Any]] = {
    "a model alone": {"model": MODEL},
    "a script alone": {"script": SCRIPT},
    "a model from a ConfigMap": {
        "model": {"format": "lp", "source": {"configMapKeyRef": {"name": "models", "key": "a.lp"}}}
    },
    "a model in the image": {"model": {"format": "nl", "source": {"image": {"path": "/a.nl"}}}},
    "a model on a volume": {
        "model": {
            "format": "mps",
            "source": {"persistentVolumeClaim": {"claimName": "models", "path": "2026/a.mps"}},
        }
    },
    "a function of a Python model": {
        "model": {"format": "python", "function": "build", "source": {"inline": "def build(): ..."}}
    },
    "all limits": {
        "model": MODEL,
        "limits": {"time": "1h30m", "relativeGap": "1e-6", "absoluteGap": 0, "solutions": 1},
    },
    "options as text and as whole numbers": {
        "model": MODEL,
        "solver": {"name": "highs", "options": {"presolve": "off", "mip_max_nodes": 100}},
    },
    "an enumeration without a solver's name": {
        "model": {**MODEL, "format": "cp-sat"},
        "solutionPool": {"enumerateAll": True, "size": 10},
    },
    "everything about a proof": {
        "model": MODEL,
        "solver": {"name": "highs"},
        "proof": {"level": "CrossChecked", "time": "1m", "solver": "scip"},
    },
    "the solver's word alone": {"model": MODEL, "proof": {"level": "Claimed"}},
    "everything about pods": {
        "script": SCRIPT,
        "image": "registry.example/team/solvers:1",
        "imagePullSecrets": [{"name": "login"}],
        "env": [
            {"name": "REGION", "value": "north"},
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "licence", "key": "key"}}},
        ],
        "resources": {"requests": {"cpu": "500m"}, "limits": {"cpu": 2, "memory": "1Gi"}},
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "priorityClassName": "high",
        "outputs": [{"name": "data", "path": "/opt/ml/processing/data"}],
        "inputs": [{"name": "demand", "source": {"inline": "1,2"}}],
    },
    "files in object stores": {
        "model": {
            "format": "lp",
            "source": {"s3": {"bucket": "models", "key": "2026/a model.lp", "region": "eu-west-1"}},
        },
        "inputs": [
            {
                "name": "demand",
                "source": {
                    "s3": {
                        "bucket": "team.data",
                        "prefix": "demand/",
                        "endpoint": "http://10.0.0.7:9000",
                        "credentialsSecret": {"name": "keys"},
                    }
                },
            }
        ],
        "outputs": [{"name": "plan", "path": "/data", "s3": {"bucket": "plans", "prefix": "a/b/"}}],
        "artifacts": {"s3": {"bucket": "results", "kmsKeyId": "alias/team"}},
    },
    "pods as backend": {"model": MODEL, "backend": {"pods": {}}},
    "SageMaker by the namespace's defaults": {"model": MODEL, "backend": {"sageMaker": {}}},
    "everything about SageMaker": {
        "script": SCRIPT,
        "env": [{"name": "REGION", "value": "north"}],
        "outputs": [{"name": "plan", "path": "/opt/ml/processing/plan"}],
        "artifacts": {"s3": {"bucket": "results", "region": "us-gov-west-1"}},
        "backend": {
            "sageMaker": {
                "instanceType": "ml.m5.large",
                "instanceCount": 2,
                "volumeSizeGB": 30,
                "volumeKmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
                "outputKmsKeyId": "alias/team",
                "roleArn": "arn:aws:iam::123456789012:role/team/argmin-jobs",
                "assumeRoleArn": "arn:aws-cn:iam::123456789012:role/argmin",
                "region": "eu-west-1",
                "network": {
                    "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3d4e5f60718"],
                    "securityGroupIds": ["sg-0a1b2c3d"],
                    "isolation": True,
                    "encryptTraffic": True,
                },
                "maxRuntimeSeconds": 86400,
                "tags": {"cost centre": "4711", "team:owner": ""},
            }
        },
    },
    "a life cycle": {
        "model": MODEL,
        "suspend": True,
        "activeDeadlineSeconds": 3600,
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": 0,
    },
}


@pytest.fixture(scope="module")
def kubectl(administrator: Kubectl) -> Kubectl:
    """The API server with the CRD, as its administrator sees it."""
    return administrator.within("default")


def includes(found: object, wanted: object) -> bool:
    """Whether all that is wanted was found; defaults may have come to it."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(key in found and includes(found[key], wanted[key]) for key in wanted)
    return found == wanted


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.case)
def test_a_bad_spec_is_refused_at_apply_with_the_field_and_what_to_write(
    kubectl: Kubectl, refusal: Refusal
) -> None:
    with pytest.raises(KubectlError) as refused:
        kubectl.try_apply(refusal.manifest)
    said = str(refused.value)
    assert (refusal.server_message or refusal.message) in said
    assert refusal.field in said


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_good_spec_is_accepted_as_it_was_written(kubectl: Kubectl, case: str) -> None:
    manifest = Refusal(case, ACCEPTED[case], "", "", name="good").manifest
    assert includes(kubectl.try_apply(manifest), manifest)


def test_what_is_left_out_gets_its_default(kubectl: Kubectl) -> None:
    accepted = kubectl.try_apply(Refusal("", {"script": SCRIPT}, "", "", name="good").manifest)
    assert accepted["spec"]["backoffLimit"] == 3
    assert accepted["spec"]["suspend"] is False
    assert accepted["spec"]["script"]["command"] == ["python"]


def test_an_unknown_field_is_refused_by_its_path(kubectl: Kubectl) -> None:
    manifest = Refusal("", {"script": SCRIPT, "limit": {"time": "5m"}}, "", "", name="bad").manifest
    with pytest.raises(KubectlError, match=r"unknown field.*spec\.limit|spec\.limit: field not"):
        kubectl.try_apply(manifest)


def test_a_spec_can_be_changed_from_model_to_script_but_never_to_both(kubectl: Kubectl) -> None:
    manifest = Refusal("", {"model": MODEL}, "", "", name="turned").manifest
    kubectl.apply(manifest)
    kubectl.apply({**manifest, "spec": {"script": SCRIPT}})
    with pytest.raises(KubectlError, match=r"exactly one of spec\.model"):
        kubectl.run(
            "patch",
            "optimizationjobs.argmin.dev",
            "turned",
            "--type=merge",
            f"--patch={json.dumps({'spec': {'model': MODEL}})}",
        )


def _write_metrics(kubectl: Kubectl, name: str, count: int) -> None:
    metrics = [{"name": f"x_{n}", "value": "1"} for n in range(count)]
    patch = json.dumps({"status": {"metrics": metrics}})
    options = ("--subresource=status", "--type=merge", f"--patch={patch}")
    kubectl.run("patch", "optimizationjobs.argmin.dev", name, *options)


def _limit_metrics(kubectl: Kubectl, operation: Object) -> None:
    """Change the limit of `status.metrics` in the CRD."""
    path = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/metrics/maxItems"
    patch = json.dumps([{**operation, "path": path}])
    kubectl.run("patch", "crd", "optimizationjobs.argmin.dev", "--type=json", f"--patch={patch}")


def _is_taken(kubectl: Kubectl, name: str, count: int) -> bool:
    try:
        _write_metrics(kubectl, name, count)
    except KubectlError:
        return False
    return True


def test_a_status_with_more_metrics_than_today_holds_up_no_change_of_its_job(
    kubectl: Kubectl,
) -> None:
    """A CRD is upgraded under objects that an older argmin has written."""
    old, new = (Refusal("", {"model": MODEL}, "", "", name=n).manifest for n in ("old", "new"))
    kubectl.apply(old, new)
    assert not _is_taken(kubectl, "new", METRICS_LIMIT + 1)
    _limit_metrics(kubectl, {"op": "remove"})
    try:
        wait_until(
            lambda: _is_taken(kubectl, "old", METRICS_LIMIT + 1), "no limit to hold", timeout=30
        )
    finally:
        _limit_metrics(kubectl, {"op": "add", "value": METRICS_LIMIT})
    wait_until(
        lambda: not _is_taken(kubectl, "new", METRICS_LIMIT + 1), "the limit to hold", timeout=30
    )
    kubectl.apply({**old, "spec": {"model": MODEL, "suspend": True}})
    kept = kubectl.get("optimizationjobs.argmin.dev", "old")
    assert len(kept["status"]["metrics"]) == METRICS_LIMIT + 1


def test_a_status_under_its_older_names_is_kept(kubectl: Kubectl) -> None:
    older = {"job": "older-9afe625c", "runs": [{"name": "older-9afe625c-x", "phase": "Failed"}]}
    kubectl.apply(Refusal("", {"model": MODEL}, "", "", name="older").manifest)
    patch = json.dumps({"status": older})
    kubectl.run("patch", "opt", "older", "--subresource=status", "--type=merge", f"--patch={patch}")
    assert kubectl.get("opt", "older")["status"] == older
