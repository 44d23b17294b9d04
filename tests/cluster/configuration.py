"""The configuration files of the cluster's programs, rendered from plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.cluster.certificates import KeyPair
from tests.cluster.network import DNS_SERVICE_ADDRESS, POD_NETWORK, ClusterNetwork

CLUSTER_DOMAIN = "cluster.local"
PAUSE_IMAGE = "argmin/pause:1"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"


def kubeconfig(server: str, authority: Path, client: KeyPair) -> str:
    """A kubeconfig with one context, ``argmin``."""
    named = {"cluster": "argmin", "user": "argmin"}
    return _yaml(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "argmin",
            "contexts": [{"name": "argmin", "context": named}],
            "clusters": [
                {
                    "name": "argmin",
                    "cluster": {"server": server, "certificate-authority": str(authority)},
                }
            ],
            "users": [
                {
                    "name": "argmin",
                    "user": {
                        "client-certificate": str(client.certificate),
                        "client-key": str(client.key),
                    },
                }
            ],
        }
    )


def audit_policy() -> str:
    """Who did what to which object, once a request; the API server's talk to itself left out."""
    return _yaml(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "users": ["system:apiserver"]},
                {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*"]},
                {"level": "Metadata"},
            ],
        }
    )


def kubelet_configuration(authority: Path, serving: KeyPair, cgroup: str, resolver: Path) -> str:
    """A kubelet that reserves nothing, evicts nothing and leaves the host's swap alone."""
    return _yaml(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(authority)},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": cgroup,
            "clusterDNS": [str(DNS_SERVICE_ADDRESS)],
            "clusterDomain": CLUSTER_DOMAIN,
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "enforceNodeAllocatable": [],
            "evictionHard": {
                "memory.available": "50Mi",
                "nodefs.available": "1%",
                "nodefs.inodesFree": "1%",
                "imagefs.available": "1%",
            },
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "maxPods": 110,
            "nodeStatusReportFrequency": "10s",
            "nodeStatusUpdateFrequency": "4s",
            "oomScoreAdj": 0,
            "podLogsDir": "/var/log/pods",
            "resolvConf": str(resolver),
            "syncFrequency": "10s",
            "tlsCertFile": str(serving.certificate),
            "tlsPrivateKeyFile": str(serving.key),
        }
    )


def kube_proxy_configuration(kubeconfig_file: Path, node: str) -> str:
    """iptables mode; the host-wide connection-tracking limits stay as they are."""
    return _yaml(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(kubeconfig_file)},
            "clusterCIDR": str(POD_NETWORK),
            "conntrack": {"maxPerCore": 0, "min": 0},
            "hostnameOverride": node,
            "iptables": {"minSyncPeriod": "200ms"},
            "mode": "iptables",
            "oomScoreAdj": 0,
        }
    )


def containerd_configuration(cni_folder: Path) -> str:
    """containerd 1.6 on a kernel that may lack hugetlb, AppArmor and CAP_SYS_RESOURCE."""
    return f"""version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
disable_apparmor = true
disable_hugetlb_controller = true
tolerate_missing_hugetlb_controller = true
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{cni_folder}"
"""


def cni_configuration(network: ClusterNetwork, node: int) -> dict[str, Any]:
    """A bridge in the node for its pods; what leaves the pod network is masqueraded by the node."""
    return {
        "cniVersion": "0.4.0",
        "name": "argmin",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": False,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-addresses",
                    "ranges": [[{"subnet": str(network.pod_range(node))}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def corefile(kubeconfig_file: Path, address: str) -> str:
    """DNS for Services and pods; other names are refused at once, for pods have no way out."""
    return f""".:53 {{
    bind {address}
    errors
    ready {address}:8181
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig_file}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }}
    reload
}}
"""


def dns_objects(address: str) -> str:
    """The kube-dns Service, answered by the CoreDNS process of the first node, and its rights."""
    service_name = {"kubernetes.io/service-name": "kube-dns"}
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"clusterIP": str(DNS_SERVICE_ADDRESS), "ports": ports},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": service_name},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": ports,
    }
    return "---\n".join(map(_yaml, [*_dns_rights(), service, endpoints]))


def _dns_rights() -> list[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    watched = [
        {"apiGroups": [""], "resources": ["services", "namespaces", "endpoints", "pods"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"]},
    ]
    role = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "argmin:coredns"},
        "rules": [{**rule, "verbs": ["list", "watch"]} for rule in watched],
    }
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "argmin:coredns"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "argmin:coredns"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "argmin:coredns"}],
    }
    return [role, binding]


def _yaml(document: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(document, sort_keys=False)
    return text
