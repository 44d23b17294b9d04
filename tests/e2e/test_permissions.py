"""Who may do what: the operator by its role, and the pods of users with nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Provider
from tests.e2e.jobs import await_job, children_in, script_job
from tests.installation import NAMESPACE
from tests.kubectl import Kubectl, Object

OPERATOR = f"system:serviceaccount:{NAMESPACE}:argmin"
READS = {"get", "list", "watch"}
WRITES = {
    ("optimizationjobs", "status"): {"patch"},
    ("optimizationjobs", ""): {"patch", "delete"},
    ("jobs", ""): {"patch", "delete"},
    ("configmaps", ""): {"patch", "delete"},
    ("events", ""): {"create", "patch"},
    ("leases", ""): {"create", "update", "patch"},
    ("tokenreviews", ""): {"create"},
}
"""All that the operator ever writes: resource and subresource."""

LOOKS_AROUND = """
import os, pathlib
from argmin_solvers.script.report import report

def can_write(folder):
    return int(os.access(folder, os.W_OK))

status = dict(
    line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines()
)
report(
    objective=0,
    uid=os.getuid(),
    gid=os.getgid(),
    capabilities=int(status["CapEff"].strip(), 16),
    no_new_privileges=int(status["NoNewPrivs"].strip()),
    api_token=int(pathlib.Path("/var/run/secrets/kubernetes.io").exists()),
    writable_root=can_write("/") or can_write("/opt/argmin"),
    writable_tmp=can_write("/tmp"),
)
"""


@pytest.fixture
def audit_log(provider: Provider) -> Path:
    log = provider.audit_log()
    assert log is not None, f"the cluster {provider.name} keeps no audit log that can be read"
    return log


def requests_of(log: Path, user: str) -> Iterator[Object]:
    with log.open() as lines:
        for line in lines:
            if user in line:
                event: Object = json.loads(line)
                if event["user"]["username"] == user:
                    yield event


def test_the_operator_reads_no_secret_and_writes_only_what_is_its_own(
    kubectl: Kubectl, audit_log: Path
) -> None:
    kubectl.apply(script_job("watched", "print(1)", ttlSecondsAfterFinished=600))
    await_job(kubectl, "watched")

    seen = set()
    for event in requests_of(audit_log, OPERATOR):
        target = event.get("objectRef", {})
        resource = (target.get("resource", ""), target.get("subresource", ""))
        assert resource[0] != "secrets"
        assert event["verb"] in READS | WRITES.get(resource, set()), f"{event['verb']} {resource}"
        decision = event["annotations"]["authorization.k8s.io/decision"]
        assert decision == "allow", f"{event['verb']} {event['requestURI']}"
        seen.add((event["verb"], *resource))
    assert ("patch", "optimizationjobs", "status") in seen
    assert ("watch", "pods", "") in seen


def test_a_run_has_no_rights_no_root_and_nothing_to_write_but_its_own_folders(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("looks-around", LOOKS_AROUND))
    job = await_job(kubectl, "looks-around")
    assert {metric["name"]: metric["value"] for metric in job["status"]["metrics"]} == {
        "uid": "65532.0",
        "gid": "65532.0",
        "capabilities": "0.0",
        "no_new_privileges": "1.0",
        "api_token": "0.0",
        "writable_root": "0.0",
        "writable_tmp": "1.0",
    }


def test_runs_are_admitted_by_the_restricted_pod_security_standard(kubectl: Kubectl) -> None:
    label = "pod-security.kubernetes.io/enforce=restricted"
    kubectl.run("label", "namespace", kubectl.namespace, label)
    kubectl.apply(script_job("restricted", "print(1)"))
    await_job(kubectl, "restricted")
    assert children_in(kubectl)["Pod"]


def test_the_token_of_a_run_opens_only_the_intake_and_only_for_its_own_job(
    kubectl: Kubectl,
) -> None:
    kubectl.apply(script_job("honest", "print(1)"), script_job("forger", FORGES))
    job = await_job(kubectl, "forger")
    metrics = {metric["name"]: metric["value"] for metric in job["status"]["metrics"]}
    assert metrics == {"api_server": "401.0", "another_job": "403.0"}


FORGES = """
import json, os, pathlib, ssl, urllib.error, urllib.request
from argmin_solvers.script.report import report

document = json.loads(pathlib.Path("/opt/ml/processing/input/argmin/job.json").read_text())
token = pathlib.Path(document["intake"]["tokenPath"]).read_text()


def status_of(url, body=None):
    request = urllib.request.Request(url, data=body, headers={
        "Authorization": f"Bearer {token}", "Content-Type": "application/json",
    })
    try:
        context = ssl._create_unverified_context()
        return urllib.request.urlopen(request, context=context, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


part = "H4sIAAAAAAAAAwMAAAAAAAAAAAA="
forged = json.dumps({"owner": "honest", "parts": {"solution.json.gz": part}}).encode()
report(
    objective=0,
    api_server=status_of("https://kubernetes.default.svc/api"),
    another_job=status_of(document["intake"]["url"] + "/v1/results", forged),
)
"""
