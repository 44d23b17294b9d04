"""The chart, rendered by Helm and judged by a real API server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.__main__ import LEASE_NAME
from argmin.api.base import LABEL_NAME
from argmin.backends.pods.job import build_labels
from argmin.backends.run import Owner
from argmin.optimization.build_run import OPTIMIZATION_JOBS
from argmin.settings import Settings
from tests import demo_sagemaker
from tests.aws.seed import BUCKET
from tests.cluster import api_server, audit_log_path, client_program
from tests.cluster.waiting import wait_until
from tests.kube.cli_cluster import write_kubeconfig
from tests.kube.process import operator
from tests.kubectl import Kubectl, KubectlError
from tests.refusals import MODEL

pytestmark = pytest.mark.kube

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "argmin"
SERVER = f"kube-chart-{os.getpid()}"
SYSTEM = "argmin-system"
OPERATOR = f"system:serviceaccount:{SYSTEM}:argmin"
EVERYTHING_ON = (
    "replicas=2",
    "metrics.serviceMonitor.enabled=true",
)

RBAC_KINDS = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")

Manifest = dict[str, Any]


class RenderError(Exception):
    pass


def render(*settings: str, release: str = "argmin") -> list[Manifest]:
    command = [
        str(client_program("helm")),
        "template",
        release,
        str(CHART),
        f"--namespace={SYSTEM}",
        "--kube-version=1.34.0",
        *(f"--set={setting}" for setting in settings),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RenderError(done.stderr)
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def rules_of(manifests: list[Manifest]) -> list[Manifest]:
    roles = of_kind(manifests, "ClusterRole", "Role")
    return [rule for role in roles for rule in role["rules"]]


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    with api_server(SERVER) as kubeconfig:
        administrator = Kubectl(kubeconfig, SYSTEM)
        for name in (SYSTEM, "team-a", "team-b"):
            administrator.apply(
                {
                    "apiVersion": "v1",
                    "kind": "Namespace",
                    "metadata": {
                        "name": name,
                        "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
                    },
                }
            )
        yield administrator


def apply(kubectl: Kubectl, manifests: list[Manifest], *options: str) -> None:
    """kubectl takes the objects of one namespace at a time."""
    namespaces = {manifest["metadata"].get("namespace", SYSTEM) for manifest in manifests}
    for namespace in sorted(namespaces):
        here = [m for m in manifests if m["metadata"].get("namespace", SYSTEM) == namespace]
        kubectl.within(namespace).run(
            "apply", "--filename=-", *options, stdin=yaml.safe_dump_all(here)
        )


def can_i(kubectl: Kubectl, user: str, verb: str, resource: str, name: str = "") -> bool:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "resourceAttributes": {"name": name, **_attributes(kubectl, verb, resource)},
        },
    }
    answer = kubectl.run("create", "--filename=-", "--output=json", stdin=json.dumps(review))
    return bool(json.loads(answer)["status"]["allowed"])


def _attributes(kubectl: Kubectl, verb: str, resource: str) -> dict[str, str]:
    plural, _, group = resource.partition(".")
    kind, _, subresource = plural.partition("/")
    return {
        "namespace": kubectl.namespace,
        "verb": verb,
        "group": group,
        "resource": kind,
        "subresource": subresource,
    }


def test_the_api_server_accepts_every_object_of_the_chart(kubectl: Kubectl) -> None:
    manifests = render("replicas=2", "watchNamespaces={team-a}")
    apply(kubectl, manifests, "--dry-run=server")


def test_the_operators_pod_passes_the_restricted_pod_security_standard(kubectl: Kubectl) -> None:
    manifests = render()
    apply(kubectl, of_kind(manifests, "ServiceAccount"))
    template = of_kind(manifests, "Deployment")[0]["spec"]["template"]
    pod: Manifest = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"]["name"] = "operator"
    create = ("create", "--dry-run=server", "--filename=-")
    kubectl.run(*create, stdin=yaml.safe_dump(pod))

    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        kubectl.run(*create, stdin=yaml.safe_dump(pod))


def test_unless_asked_otherwise_runs_reach_the_intake_and_nobody_else_does() -> None:
    manifests = render()
    (policy,) = of_kind(manifests, "NetworkPolicy")
    template = of_kind(manifests, "Deployment")[0]["spec"]["template"]
    selected = policy["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= template["metadata"]["labels"].items()
    ports = {p["name"] for c in template["spec"]["containers"] for p in c["ports"]}
    rules = {rule["ports"][0]["port"]: rule for rule in policy["spec"]["ingress"]}
    assert set(rules) == ports == {"intake", "admin"}
    (peer,) = rules["intake"]["from"]
    assert peer["namespaceSelector"] == {}
    (expression,) = peer["podSelector"]["matchExpressions"]
    assert expression == {"key": LABEL_NAME, "operator": "Exists"}
    owner = Owner(OPTIMIZATION_JOBS, "team", "steel", "uid")
    assert expression["key"] in build_labels(owner)
    assert not of_kind(render("networkPolicy.enabled=false"), "NetworkPolicy")


def test_the_root_file_system_of_the_operator_is_read_only() -> None:
    pod = of_kind(render(), "Deployment")[0]["spec"]["template"]["spec"]
    assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in pod["containers"])


@pytest.mark.parametrize("settings", [(), ("watchNamespaces={team-a,team-b}",)])
def test_no_role_has_wildcards_or_secrets(settings: tuple[str, ...]) -> None:
    rules = rules_of(render(*EVERYTHING_ON, *settings))
    assert rules
    for rule in rules:
        named = [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
        assert not [name for name in named if "*" in name or name.startswith("secrets")]


def test_the_operator_may_do_its_work_in_every_namespace_and_no_more(kubectl: Kubectl) -> None:
    apply(kubectl, of_kind(render(), *RBAC_KINDS))
    team = kubectl.within("team-b")
    for verb, resource in (
        ("watch", "optimizationjobs.argmin.dev"),
        ("patch", "optimizationjobs.argmin.dev"),  # our finalizer
        ("patch", "optimizationjobs/status.argmin.dev"),
        ("create", "jobs.batch"),
        ("delete", "jobs.batch"),
        ("list", "pods"),
        ("patch", "configmaps"),
    ):
        assert can_i(team, OPERATOR, verb, resource), f"{verb} {resource}"
    for verb, resource in (
        ("get", "secrets"),
        ("list", "secrets"),
        ("list", "configmaps"),
        ("create", "pods"),
        ("delete", "pods"),
        ("create", "pods/exec"),
        ("update", "optimizationjobs.argmin.dev"),
        ("get", "leases.coordination.k8s.io"),
        ("create", "rolebindings.rbac.authorization.k8s.io"),
    ):
        assert not can_i(team, OPERATOR, verb, resource), f"{verb} {resource}"
    leases = "leases.coordination.k8s.io"
    assert can_i(kubectl, OPERATOR, "update", leases, LEASE_NAME)
    assert not can_i(kubectl, OPERATOR, "update", leases, "somebody-elses")


def test_watched_namespaces_bound_what_the_operator_may_do(kubectl: Kubectl) -> None:
    bounded = f"system:serviceaccount:{SYSTEM}:bounded-argmin"
    manifests = render("watchNamespaces={team-a}", "userRoles.create=false", release="bounded")
    apply(kubectl, of_kind(manifests, *RBAC_KINDS))
    assert can_i(kubectl.within("team-a"), bounded, "create", "jobs.batch")
    assert not can_i(kubectl.within("team-b"), bounded, "create", "jobs.batch")
    assert not can_i(kubectl.within("team-b"), bounded, "list", "optimizationjobs.argmin.dev")
    assert can_i(kubectl, bounded, "create", "tokenreviews.authentication.k8s.io")


def test_an_operator_with_these_rights_works_and_asks_for_nothing_that_is_refused(
    kubectl: Kubectl, tmp_path: Path
) -> None:
    account = f"system:serviceaccount:{SYSTEM}:working-argmin"
    settings = ("watchNamespaces={team-a}", "userRoles.create=false")
    manifests = render(*settings, release="working")
    apply(kubectl, of_kind(manifests, "ServiceAccount", "CustomResourceDefinition", *RBAC_KINDS))
    kubectl.run("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
    team = kubectl.within("team-a")
    token = kubectl.run("create", "token", "working-argmin").strip()
    kubeconfig = write_kubeconfig(tmp_path / "kubeconfig", kubectl.kubeconfig, token)
    as_operator = Kubectl(kubeconfig, SYSTEM)
    with operator(as_operator, tmp_path, "working", WATCH_NAMESPACES="team-a") as process:
        process.wait_until_it_leads()
        job = {"metadata": {"name": "steel"}, "spec": {"model": MODEL}}
        team.apply({"apiVersion": "argmin.dev/v1alpha1", "kind": "OptimizationJob", **job})
        wait_until(lambda: bool(team.list("jobs")), "the Job", timeout=30)
        team.delete("opt", "steel")
    asked = list(requests_of(audit_log_path(SERVER), account))
    assert {"list", "watch", "patch"} <= {event["verb"] for event in asked}
    assert [e["requestURI"] for e in asked if e["responseStatus"].get("code") == 403] == []


def requests_of(log: Path, user: str) -> Iterator[Manifest]:
    for line in log.read_text().splitlines():
        event: Manifest = json.loads(line)
        if event["user"]["username"] == user:
            yield event


def test_an_editor_may_change_jobs_but_not_their_status(kubectl: Kubectl) -> None:
    apply(kubectl, of_kind(render(), *RBAC_KINDS))
    team = kubectl.within("team-a")
    team.run("create", "rolebinding", "editor", "--clusterrole=argmin-edit", "--user=ana")
    team.run("create", "rolebinding", "viewer", "--clusterrole=argmin-view", "--user=ben")
    assert can_i(team, "ana", "create", "optimizationjobs.argmin.dev")
    assert not can_i(team, "ana", "patch", "optimizationjobs/status.argmin.dev")
    assert can_i(team, "ben", "watch", "optimizationjobs.argmin.dev")
    assert not can_i(team, "ben", "delete", "optimizationjobs.argmin.dev")


def test_the_operator_reads_the_settings_that_the_chart_writes() -> None:
    manifests = render(
        "watchNamespaces={team-a,team-b}",
        "log.level=debug",
        "solversImage.repository=mirror/solvers",
        "solversImage.tag=v7",
        "defaultResources.limits.memory=3Gi",
        "policy.allowed.images={mirror/*}",
        "teams.team-b.policy.limits.activeDeadlineSeconds=600",
    )
    container = of_kind(manifests, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
    written = {entry["name"]: entry.get("value", "from-the-pod") for entry in container["env"]}
    settings = Settings.read(written)
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert [name for name in written if name not in aliases | {"ARGMIN_LOG_FORMAT"}] == []
    assert settings.namespaces == ("team-a", "team-b")
    assert settings.log_level == "debug"
    assert settings.policy_of("team-a").defaults.image == "mirror/solvers:v7"
    assert settings.policy_of("team-a").defaults.resources.limits["memory"] == "3Gi"
    assert settings.policy_of("team-a").defaults.resources.ephemeral_storage == "10Gi"
    policy = settings.policy_of("team-b")
    assert policy.allowed.images == ("mirror/*",)
    assert policy.limits.active_deadline_seconds == 600
    assert settings.policy_of("team-a").limits.active_deadline_seconds is None
    services = {manifest["metadata"]["name"] for manifest in of_kind(manifests, "Service")}
    assert settings.intake_url == f"http://argmin-intake.{SYSTEM}.svc:8080"
    assert "argmin-intake" in services


def test_the_demo_on_sagemaker_gives_no_bucket_to_pods_that_cannot_write_there() -> None:
    (deployment,) = of_kind(render(demo_sagemaker.STORE), "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    settings = Settings.read({e["name"]: e.get("value", "from-the-pod") for e in container["env"]})
    assert settings.policy_of("default").defaults.store is None
    store = settings.policy_of(demo_sagemaker.NAMESPACE).defaults.store
    assert store is not None
    assert store.bucket == BUCKET


def test_a_misspelt_value_is_refused_by_its_name() -> None:
    with pytest.raises(RenderError, match="replica' not allowed"):
        render("replica=2")
    with pytest.raises(RenderError, match="/log/level"):
        render("log.level=loud")


def test_the_crds_of_the_chart_are_the_generated_ones_and_are_kept() -> None:
    rendered = of_kind(render(), "CustomResourceDefinition")
    generated = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "crds").glob("*"))]
    assert [crd["spec"] for crd in rendered] == [crd["spec"] for crd in generated]
    for crd in rendered:
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_the_crds_can_be_left_to_somebody_else() -> None:
    assert not of_kind(render("crds.install=false"), "CustomResourceDefinition")


def test_a_single_operator_has_no_disruption_budget_to_block_a_drain() -> None:
    assert not of_kind(render("replicas=1"), "PodDisruptionBudget")
    assert of_kind(render("replicas=2"), "PodDisruptionBudget")


def test_every_object_carries_the_standard_labels() -> None:
    for manifest in render(*EVERYTHING_ON):
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "argmin"
        assert labels["app.kubernetes.io/instance"] == "argmin"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"


def test_helm_lint_finds_nothing_to_object_to() -> None:
    command = [str(client_program("helm")), "lint", str(CHART), "--strict", "--kube-version=1.34.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
