"""The command line with kinds that it has never seen, on a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from argmin.api.conditions import READY, condition
from argmin.api.registry import KINDS
from argmin.cli.cluster.target import Target
from argmin.cli.commands.delete import delete_object
from argmin.cli.commands.get import show_objects
from argmin.cli.commands.submit import submit_files
from argmin.cli.commands.watch import watch_object
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import build_views
from argmin.cli.manifests.object_names import ObjectName
from tests.kinds.campus import CAMPUS
from tests.kinds.kiosk import KIOSK
from tests.kubectl import Kubectl, Object

pytestmark = pytest.mark.kube

VIEWS = build_views((*KINDS, KIOSK, CAMPUS))


def manifest(kind: str, name: str, **spec: object) -> Object:
    metadata = {"name": name}
    return {"apiVersion": KIOSK.api_version, "kind": kind, "metadata": metadata, "spec": spec}


@pytest.fixture
def name(user: Kubectl) -> str:
    """A name that nobody else gives to an object of the whole cluster."""
    return f"square-{user.namespace}"


@pytest.fixture
def target(user: Kubectl, administrator: Kubectl, name: str, tmp_path: Path) -> Iterator[Target]:
    """The cluster with a kiosk and a campus of that name, submitted from one file."""
    file = tmp_path / "objects.yaml"
    kiosk = manifest("Kiosk", name, image="server:1")
    campus = manifest("Campus", name, namespaces=[user.namespace])
    file.write_text(yaml.safe_dump_all([campus, kiosk]))
    target = Target(user.namespace, str(user.kubeconfig))
    assert submit_files([str(file)], target, "table", False, None, VIEWS) == ExitStatus.OK
    yield target
    administrator.run("delete", CAMPUS.plural, name, "--ignore-not-found")


def set_ready(user: Kubectl, plural: str, name: str) -> None:
    """Write the status, as the operator would."""
    generation = user.get(plural, name)["metadata"]["generation"]
    ready = condition(READY, True, "Open", "all is there", datetime.now(UTC), generation)
    status = {"observedGeneration": generation, "conditions": [ready.to_wire()]}
    patch = json.dumps({"status": status})
    user.run("patch", plural, name, "--subresource=status", "--type=merge", f"--patch={patch}")


def test_a_name_of_two_kinds_is_told_apart_by_the_kind_or_the_namespace(
    user: Kubectl, target: Target, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere = Target(None, target.kubeconfig)
    capsys.readouterr()
    assert show_objects(ObjectName(name), target, "json", False, VIEWS) == ExitStatus.OK
    assert json.loads(capsys.readouterr().out)["kind"] == "Kiosk"
    whole = ObjectName(f"camp/{name}")
    assert show_objects(whole, everywhere, "json", False, VIEWS) == ExitStatus.OK
    assert json.loads(capsys.readouterr().out)["kind"] == "Campus"
    with pytest.raises(CliError, match="a Campus belongs to the whole cluster"):
        show_objects(whole, target, "json", False, VIEWS)


def test_a_kind_that_serves_is_watched_until_it_is_ready(
    user: Kubectl, target: Target, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for plural, kind, at in (
        ("kiosks.argmin.dev", "kio", target),
        ("campuses.argmin.dev", "camp", Target(None, target.kubeconfig)),
    ):
        set_ready(user, plural, name)
        watched = ObjectName(f"{kind}/{name}")
        assert watch_object(watched, at, "table", "60s", VIEWS) == ExitStatus.OK
        assert f"{name}: Pending, Open: all is there" in capsys.readouterr().err


def test_both_are_deleted_by_their_names(user: Kubectl, target: Target, name: str) -> None:
    everywhere = Target(None, target.kubeconfig)
    for wanted, at in ((name, target), (f"Campus/{name}", everywhere)):
        assert delete_object(ObjectName(wanted), at, "table", True, "60s", VIEWS) == ExitStatus.OK
    assert user.find("kiosks.argmin.dev", name) is None
    assert user.find("campuses.argmin.dev", name) is None
