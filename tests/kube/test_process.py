"""The operator as a process: how it starts, leads, hands over and ends."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest
import yaml

from tests.cluster.waiting import wait_until
from tests.kube.cli_cluster import write_kubeconfig
from tests.kube.process import PATIENCE, operator
from tests.kubectl import Kubectl, condition_of
from tests.refusals import MODEL

pytestmark = pytest.mark.kube


def holder(user: Kubectl) -> str:
    return str(user.get("lease", "argmin-operator")["spec"]["holderIdentity"])


def test_it_leads_works_and_ends_in_order_when_told_to(user: Kubectl, tmp_path: Path) -> None:
    with operator(user, tmp_path, "first") as first:
        first.wait_until_it_leads()
        assert holder(user) == "first"
        assert first.ask("/healthz")[0] == 200
        user.apply(
            {
                "apiVersion": "argmin.dev/v1alpha1",
                "kind": "OptimizationJob",
                "metadata": {"name": "steel"},
                "spec": {"model": MODEL},
            }
        )
        user.wait_for(
            "opt",
            "steel",
            lambda obj: condition_of(obj, "Reconciling").get("status") == "True",
            "is pending",
        )
        assert len(user.list("jobs")) == 1
        assert first.end() == 0
    assert holder(user) == ""
    for line in first.log.read_text().splitlines():
        assert json.loads(line)["level"] in ("info", "debug"), line


def test_a_second_one_stands_by_and_takes_over(user: Kubectl, tmp_path: Path) -> None:
    with operator(user, tmp_path, "first") as first:
        first.wait_until_it_leads()
        with operator(user, tmp_path, "second") as second:
            wait_until(lambda: second.ask("/readyz")[0] == 200, "the standby", timeout=PATIENCE)
            assert not second.leads
            assert first.end() == 0
            second.wait_until_it_leads()
            assert holder(user) == "second"


def test_it_takes_over_from_one_that_was_killed(user: Kubectl, tmp_path: Path) -> None:
    with operator(user, tmp_path, "first") as first:
        first.wait_until_it_leads()
        with operator(user, tmp_path, "second") as second:
            assert first.end(signal.SIGKILL) == -signal.SIGKILL
            second.wait_until_it_leads()
            assert holder(user) == "second"


def test_it_ends_with_an_error_when_somebody_takes_its_lease(user: Kubectl, tmp_path: Path) -> None:
    with operator(user, tmp_path, "first") as first:
        first.wait_until_it_leads()
        user.run("patch", "lease", "argmin-operator", "--type=merge",
                 '--patch={"spec": {"holderIdentity": "thief"}}')  # fmt: skip
        assert first.process.wait(PATIENCE) == 1
    said = first.log.read_text()
    assert said.splitlines()[-1].endswith("argmin-operator is held by thief")
    assert "Traceback" not in said
    assert holder(user) == "thief"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"ARGMIN_SOLVERS_IMAGE": ""},
            "argmin cannot start: ARGMIN_SOLVERS_IMAGE: is missing: write it",
        ),
        ({"ARGMIN_WORKERS": "many"}, "argmin cannot start: ARGMIN_WORKERS: Input should be a"),
        ({"KUBECONFIG": "/none"}, "argmin cannot start: cannot use the kubeconfig /none"),
    ],
)
def test_it_says_in_one_line_why_it_cannot_start(
    user: Kubectl, tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    with operator(user, tmp_path, "first", **variables) as first:
        assert first.process.wait(PATIENCE) == 1
    assert first.log.read_text().startswith(said)
    assert len(first.log.read_text().splitlines()) == 1


def test_it_says_which_right_it_lacks(user: Kubectl, tmp_path: Path) -> None:
    powerless = write_kubeconfig(
        tmp_path / "powerless", user.kubeconfig, user.run("create", "token", "default")
    )
    with operator(user, tmp_path, "first", KUBECONFIG=str(powerless)) as first:
        assert first.process.wait(PATIENCE) == 1
    last = first.log.read_text().splitlines()[-1]
    assert last.startswith("argmin stops: cannot get Lease")
    assert 'cannot get resource "leases"' in last
    assert last.endswith(f'in the namespace "{user.namespace}"')
    assert "Traceback" not in first.log.read_text()


def test_it_says_which_list_it_may_not_read(user: Kubectl, tmp_path: Path) -> None:
    leases = ["--verb=get,create,update", "--resource=leases.coordination.k8s.io"]
    user.run("create", "role", "leader", *leases)
    account = f"{user.namespace}:default"
    user.run("create", "rolebinding", "leader", "--role=leader", f"--serviceaccount={account}")
    blind = write_kubeconfig(
        tmp_path / "blind", user.kubeconfig, user.run("create", "token", "default")
    )
    with operator(user, tmp_path, "first", KUBECONFIG=str(blind)) as first:
        assert first.process.wait(PATIENCE) == 1
    last = first.log.read_text().splitlines()[-1]
    assert last.startswith("argmin stops: cannot list Job")
    assert 'cannot list resource "jobs"' in last
    assert "Traceback" not in first.log.read_text()
    assert holder(user) == ""


def test_it_says_that_a_port_is_taken(user: Kubectl, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with operator(user, tmp_path, "first", ARGMIN_ADMIN_PORT=port) as first:
            assert first.process.wait(PATIENCE) == 1
    last = first.log.read_text().splitlines()[-1]
    assert last.startswith("argmin stops:")
    assert port in last
    assert "Traceback" not in first.log.read_text()


def test_it_is_not_ready_without_an_api_server(user: Kubectl, tmp_path: Path) -> None:
    config = user.kubeconfig.read_text()
    server = yaml.safe_load(config)["clusters"][0]["cluster"]["server"]
    nowhere = tmp_path / "nowhere"
    nowhere.write_text(config.replace(server, "https://127.0.0.1:1"))
    with operator(user, tmp_path, "first", KUBECONFIG=str(nowhere)) as first:
        wait_until(lambda: first.ask("/readyz")[0] != 0, "an answer", timeout=PATIENCE)
        assert first.ask("/readyz") == (503, "cluster: the API server does not answer\ncache: ok\n")
        assert first.ask("/healthz")[0] == 200
        assert first.end() == 0
    assert "Traceback" not in first.log.read_text()
