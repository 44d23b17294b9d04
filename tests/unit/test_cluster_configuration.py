"""The files that the cluster's programs read."""

from pathlib import Path

import yaml

from tests.cluster.archives import full_reference
from tests.cluster.certificates import KeyPair
from tests.cluster.configuration import (
    audit_policy,
    cni_configuration,
    containerd_configuration,
    corefile,
    dns_objects,
    kube_proxy_configuration,
    kubeconfig,
    kubelet_configuration,
)
from tests.cluster.control_plane import ISSUER, ControlPlane, api_server_programs
from tests.cluster.kind import kind_configuration
from tests.cluster.network import ClusterNetwork
from tests.cluster.node import setup_commands

PAIR = KeyPair(Path("/pki/a.crt"), Path("/pki/a.key"))
AUTHORITY = Path("/pki/ca.crt")


def test_kubeconfig_has_one_current_context() -> None:
    document = yaml.safe_load(kubeconfig("https://10.213.0.11:6443", AUTHORITY, PAIR))

    assert document["current-context"] == document["contexts"][0]["name"]
    assert document["clusters"][0]["cluster"]["server"] == "https://10.213.0.11:6443"
    assert document["users"][0]["user"]["client-key"] == "/pki/a.key"


def test_audit_policy_records_each_request_once() -> None:
    policy = yaml.safe_load(audit_policy())

    assert policy["omitStages"] == ["RequestReceived"]
    assert policy["rules"][-1] == {"level": "Metadata"}


def test_kubelet_keeps_to_its_cgroup_and_lets_nobody_in_unnamed() -> None:
    text = kubelet_configuration(AUTHORITY, PAIR, "/argmin/one/one-1", Path("/resolv.conf"))
    document = yaml.safe_load(text)

    assert document["cgroupRoot"] == "/argmin/one/one-1"
    assert document["authentication"]["anonymous"] == {"enabled": False}
    assert document["enforceNodeAllocatable"] == []


def test_kube_proxy_leaves_host_wide_limits_alone() -> None:
    document = yaml.safe_load(kube_proxy_configuration(Path("/kubeconfig"), "one-1"))

    assert document["conntrack"] == {"maxPerCore": 0, "min": 0}


def test_containerd_asks_for_nothing_the_machine_may_lack() -> None:
    text = containerd_configuration(Path("/cni"))

    assert "restrict_oom_score_adj = true" in text
    assert 'conf_dir = "/cni"' in text


def test_pods_of_a_node_come_from_its_range() -> None:
    bridge = cni_configuration(ClusterNetwork(0), 2)["plugins"][0]

    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.2.0/24"}]]


def test_dns_listens_on_the_node_only() -> None:
    assert "bind 10.213.0.11" in corefile(Path("/kubeconfig"), "10.213.0.11")


def test_dns_service_points_at_the_node() -> None:
    objects = list(yaml.safe_load_all(dns_objects("10.213.0.11")))
    by_kind = {each["kind"]: each for each in objects}

    assert by_kind["Service"]["spec"]["clusterIP"] == "10.96.0.10"
    assert by_kind["EndpointSlice"]["endpoints"][0]["addresses"] == ["10.213.0.11"]


def test_api_server_on_loopback_advertises_no_endpoint() -> None:
    plane = ControlPlane(Path("/cluster"), "127.0.0.1", 4000, 4001, 4002)
    _, server = api_server_programs(plane, Path("/bin/kube-apiserver"))

    assert "--bind-address=127.0.0.1" in server.argv
    assert "--endpoint-reconciler-type=none" in server.argv
    assert f"--api-audiences={ISSUER}" in server.argv


def test_api_server_of_nodes_listens_everywhere_in_its_namespace() -> None:
    plane = ControlPlane(Path("/cluster"), "10.213.0.11", 6443)
    _, server = api_server_programs(plane, Path("/bin/kube-apiserver"))

    assert "--bind-address=0.0.0.0" in server.argv
    assert "--endpoint-reconciler-type=none" not in server.argv
    assert plane.server == "https://10.213.0.11:6443"


def test_node_makes_mounts_private_to_it_before_it_binds(tmp_path: Path) -> None:
    commands = setup_commands(tmp_path)

    assert commands[0] == ["mount", "--make-rshared", "/"]
    assert ["mount", "--bind", str(tmp_path / "log"), "/var/log"] in commands


def test_kernel_tunables_are_copies(tmp_path: Path) -> None:
    copy = tmp_path / "kernel" / "kernel" / "panic"
    copy.parent.mkdir(parents=True)
    copy.write_text("0")

    assert ["mount", "--bind", str(copy), "/proc/sys/kernel/panic"] in setup_commands(tmp_path)


def test_kind_has_the_audit_log_and_as_many_nodes_as_asked() -> None:
    document = kind_configuration(Path("/cluster"), 3)
    control = document["nodes"][0]
    patch = yaml.safe_load(control["kubeadmConfigPatches"][0])
    mounted = {mount["containerPath"] for mount in control["extraMounts"]}

    assert [node["role"] for node in document["nodes"]] == ["control-plane", "worker", "worker"]
    assert {volume["hostPath"] for volume in patch["apiServer"]["extraVolumes"]} == mounted


def test_short_image_names_are_docker_hub_names() -> None:
    assert full_reference("argmin/pause:1") == "docker.io/argmin/pause:1"
    assert full_reference("busybox:1") == "docker.io/library/busybox:1"
    assert full_reference("localhost/argmin/base:1") == "localhost/argmin/base:1"
    assert full_reference("registry.example:5000/a:1") == "registry.example:5000/a:1"
