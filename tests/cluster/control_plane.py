"""The programs of the control plane: etcd, the API server, controllers, scheduler and DNS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.cluster.certificates import CertificateAuthority, KeyPair
from tests.cluster.configuration import CLUSTER_DOMAIN, audit_policy, corefile, kubeconfig
from tests.cluster.network import API_SERVICE_ADDRESS, POD_NETWORK, SERVICE_NETWORK

ISSUER = f"https://kubernetes.default.svc.{CLUSTER_DOMAIN}"
# Names the API server answers to from inside the cluster.
SERVICE_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
    "localhost",
)


@dataclass(frozen=True)
class Program:
    """A long-running program and what it is called in logs."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class ControlPlane:
    """Where the control plane listens and keeps its files."""

    folder: Path
    address: str
    port: int
    etcd_port: int = 2379
    etcd_peer_port: int = 2380

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.address}:{self.port}"

    @property
    def authority(self) -> CertificateAuthority:
        return CertificateAuthority(self.folder / "pki")

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    def kubeconfig_of(self, user: str) -> Path:
        """The kubeconfig of one component."""
        return self.folder / "kubeconfigs" / user


def write_api_server_files(plane: ControlPlane) -> None:
    """The authority, the API server's certificates, its audit policy and the admin's kubeconfig."""
    authority = plane.authority
    authority.create()
    hosts = [*SERVICE_NAMES, "127.0.0.1", str(API_SERVICE_ADDRESS), plane.address]
    authority.issue("api-server", "kube-apiserver", hosts=sorted(set(hosts)))
    authority.issue("kubelet-client", "kube-apiserver-kubelet", organization="system:masters")
    (plane.folder / "audit-policy.yaml").write_text(audit_policy())
    admin = authority.issue("admin", "argmin-admin", organization="system:masters")
    _write_private(plane.folder / "kubeconfig", _kubeconfig(plane, admin))


def write_controller_files(plane: ControlPlane) -> None:
    """The kubeconfigs of the controllers, the scheduler, the proxy and DNS, and the Corefile."""
    users = {
        "controller-manager": "system:kube-controller-manager",
        "scheduler": "system:kube-scheduler",
        "kube-proxy": "system:kube-proxy",
        "coredns": "argmin:coredns",
    }
    for name, user in users.items():
        write_client(plane, name, user)
    dns = corefile(plane.kubeconfig_of("coredns"), plane.address)
    (plane.folder / "Corefile").write_text(dns)


def write_client(
    plane: ControlPlane, name: str, user: str, organization: str | None = None
) -> None:
    """A client certificate for ``user`` and the kubeconfig ``name`` that holds it."""
    pair = plane.authority.issue(name, user, organization=organization)
    _write_private(plane.kubeconfig_of(name), _kubeconfig(plane, pair))


def api_server_programs(plane: ControlPlane, kube_apiserver: Path) -> list[Program]:
    """etcd and the API server: enough for whatever only stores and watches objects."""
    return [_etcd(plane), _api_server(plane, kube_apiserver)]


def controller_programs(plane: ControlPlane, kubernetes: Path, coredns: Path) -> list[Program]:
    """What turns stored objects into running pods; ``kubernetes`` is a folder."""
    manager = [
        str(kubernetes / "kube-controller-manager"),
        *_component_flags(plane, "controller-manager"),
        f"--root-ca-file={plane.authority.pair.certificate}",
        f"--service-account-private-key-file={plane.authority.service_account_key}",
        f"--cluster-signing-cert-file={plane.authority.pair.certificate}",
        f"--cluster-signing-key-file={plane.authority.pair.key}",
        f"--cluster-cidr={POD_NETWORK}",
        "--use-service-account-credentials",
        # The default of 20 requests a second makes it slow to start: an account a controller.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        # A lost node is noticed in 20 s and not in 50: tests wait for it.
        "--node-monitor-grace-period=20s",
        "--node-monitor-period=2s",
    ]
    scheduler = [str(kubernetes / "kube-scheduler"), *_component_flags(plane, "scheduler")]
    dns = [str(coredns), "-conf", str(plane.folder / "Corefile")]
    return [
        Program("kube-controller-manager", tuple(manager)),
        Program("kube-scheduler", tuple(scheduler)),
        Program("coredns", tuple(dns)),
    ]


def _component_flags(plane: ControlPlane, name: str) -> list[str]:
    # No authentication kubeconfig, for nobody asks them anything: with one they would give up
    # when they start before the API server.
    return [
        f"--kubeconfig={plane.kubeconfig_of(name)}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def _etcd(plane: ControlPlane) -> Program:
    client = f"http://127.0.0.1:{plane.etcd_port}"
    peer = f"http://127.0.0.1:{plane.etcd_peer_port}"
    argv = [
        "etcd",
        "--name=argmin",
        f"--data-dir={plane.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=argmin={peer}",
        # The data is thrown away with the cluster: speed counts, and survival does not.
        "--unsafe-no-fsync",
    ]
    return Program("etcd", tuple(argv))


def _api_server(plane: ControlPlane, kube_apiserver: Path) -> Program:
    pki = plane.authority.folder
    bind = "127.0.0.1" if plane.address == "127.0.0.1" else "0.0.0.0"
    argv = [
        str(kube_apiserver),
        f"--etcd-servers=http://127.0.0.1:{plane.etcd_port}",
        f"--bind-address={bind}",
        f"--advertise-address={plane.address}",
        f"--secure-port={plane.port}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'api-server.crt'}",
        f"--tls-private-key-file={pki / 'api-server.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'kubelet-client.crt'}",
        f"--kubelet-client-key={pki / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={plane.authority.service_account_key}",
        f"--service-account-signing-key-file={plane.authority.service_account_key}",
        f"--api-audiences={ISSUER}",
        f"--audit-policy-file={plane.folder / 'audit-policy.yaml'}",
        f"--audit-log-path={plane.audit_log}",
        "--audit-log-maxsize=2000",
        "--default-not-ready-toleration-seconds=5",
        "--default-unreachable-toleration-seconds=5",
    ]
    if bind == "127.0.0.1":
        # The kubernetes Service may not point at a loopback address; without nodes none needs it.
        argv.append("--endpoint-reconciler-type=none")
    return Program("kube-apiserver", tuple(argv))


def _kubeconfig(plane: ControlPlane, client: KeyPair) -> str:
    return kubeconfig(plane.server, plane.authority.pair.certificate, client)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
