"""What holds for every kind on the command line, by its registration alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.cli.cluster.target import Target
from argmin.cli.commands.delete import delete_object
from argmin.cli.commands.get import show_objects
from argmin.cli.commands.plan import show_plan
from argmin.cli.commands.submit import submit_files
from argmin.cli.commands.watch import watch_object
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import build_views
from argmin.cli.manifests.object_names import ObjectName
from argmin.kinds import Registration
from argmin.plan import CONFIG_MAPS, Resource
from tests.contract.case import Case
from tests.contract.registry import CASES
from tests.kinds.campus import CAMPUS, Authority, CampusKind
from tests.kinds.errand import ERRAND, ErrandKind
from tests.kinds.kiosk import DEPLOYMENTS, KIOSK, KIOSKS, ROUTES, KioskKind
from tests.unit.cli.cluster import MemoryCluster, use_cluster

VIEWS = build_views(case.info for case in CASES)
HERE = Target()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryCluster:
    return use_cluster(monkeypatch, tmp_path, [view.resource for view in VIEWS])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_object_is_submitted_shown_watched_and_deleted_by_the_short_name_of_its_kind(
    case: Case,
    cluster: MemoryCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    metadata = {"name": case.manifest["metadata"]["name"], "uid": "u", "generation": 1}
    kind = {"apiVersion": case.info.api_version, "kind": case.info.name}
    file = tmp_path / "object.yaml"
    file.write_text(yaml.safe_dump({**kind, **case.manifest, "metadata": metadata}))
    assert submit_files([str(file)], HERE, "table", False, None, VIEWS) == ExitStatus.OK
    (key,) = cluster.objects
    name = ObjectName(f"{case.info.short_name}/{key.name}")

    end = {
        "type": case.info.lifecycle.success,
        "status": "True",
        "reason": "Done",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    cluster.objects[key]["status"] = {"observedGeneration": 1, "conditions": [end]}
    assert show_objects(name, HERE, "table", False, VIEWS) == ExitStatus.OK
    assert watch_object(name, HERE, "table", "9s", VIEWS) == ExitStatus.OK
    assert delete_object(name, HERE, "table", False, None, VIEWS) == ExitStatus.OK
    assert cluster.objects == {}
    assert key.name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("registration", "spec", "heading", "applied"),
    [
        (
            Registration(ERRAND, ErrandKind),
            {"text": "to post", "parts": 2},
            "Errand default/it",
            "apply Job default/it-",
        ),
        (
            Registration(CAMPUS, lambda given: CampusKind(given, Authority())),
            {"namespaces": ["east", "west"]},
            "Campus it",
            "apply Campus it",
        ),
    ],
    ids=["namespaced", "cluster-scoped"],
)
def test_a_plan_is_what_the_kind_decides(
    registration: Registration,
    spec: dict[str, Any],
    heading: str,
    applied: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    info = registration.info
    file = tmp_path / "object.yaml"
    manifest = {"apiVersion": info.api_version, "kind": info.name, "metadata": {"name": "it"}}
    file.write_text(yaml.safe_dump({**manifest, "spec": spec}))
    name = ObjectName(f"{info.short_name}/it")
    views = build_views([info])
    done = show_plan([str(file)], name, HERE, "table", True, views, [registration])
    assert done == ExitStatus.OK
    printed = capsys.readouterr().out
    assert printed.startswith(f"{heading}\n")
    assert f"\n  {applied}" in printed


@pytest.mark.parametrize(
    ("optional", "ready"),
    [((ROUTES,), "Starting"), ((), "HTTPRoute is not installed in this cluster")],
    ids=["installed", "missing"],
)
def test_a_plan_for_a_cluster_goes_by_the_optional_types_that_are_installed(
    optional: tuple[Resource, ...],
    ready: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_cluster(monkeypatch, tmp_path, [KIOSKS, DEPLOYMENTS, CONFIG_MAPS, *optional])
    file = write_kiosk(tmp_path)
    views, registry = build_views([KIOSK]), [Registration(KIOSK, KioskKind)]
    assert show_plan([file], None, HERE, "json", False, views, registry) == ExitStatus.OK
    plan = json.loads(capsys.readouterr().out)
    assert any(manifest["kind"] == "HTTPRoute" for manifest in plan["apply"]) is bool(optional)
    assert ready in str(plan["status"]["conditions"])


def test_a_plan_needs_the_types_that_are_not_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_cluster(monkeypatch, tmp_path, [KIOSKS, CONFIG_MAPS, ROUTES])
    views, registry = build_views([KIOSK]), [Registration(KIOSK, KioskKind)]
    with pytest.raises(CliError, match="cannot list Deployment"):
        show_plan([write_kiosk(tmp_path)], None, HERE, "json", False, views, registry)


def write_kiosk(folder: Path) -> str:
    """A file with a kiosk that wants a route."""
    file = folder / "kiosk.yaml"
    kind = {"apiVersion": KIOSK.api_version, "kind": KIOSK.name, "metadata": {"name": "corner"}}
    file.write_text(yaml.safe_dump({**kind, "spec": {"image": "server", "host": "a.example"}}))
    return str(file)
