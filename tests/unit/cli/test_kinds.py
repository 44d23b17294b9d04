"""The commands with kinds that the command line has never seen: by their registration alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.registry import KINDS
from argmin.cli.cluster.target import Target
from argmin.cli.commands.delete import delete_object
from argmin.cli.commands.get import show_objects
from argmin.cli.commands.logs import print_logs
from argmin.cli.commands.result import show_result
from argmin.cli.commands.submit import submit_files
from argmin.cli.commands.watch import watch_object
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import build_views
from argmin.cli.manifests.object_names import ObjectName
from argmin.plan import Key, Manifest, Resource
from tests.refusals import MODEL
from tests.unit.cli.cluster import MemoryCluster, use_cluster
from tests.unit.cli.lamps import LAMP_KIND, TORCH_KIND

VIEWS = build_views((*KINDS, LAMP_KIND, TORCH_KIND))
JOBS, LAMPS, TORCHES = (view.resource for view in VIEWS)
HERE = Target()


def lit(kind: str, reason: str = "Lit", generation: int = 1) -> dict[str, Any]:
    condition = {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": "as asked",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {"state": kind, "observedGeneration": generation, "conditions": [condition]}
    return {"status": status}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryCluster:
    """A cluster with all three kinds, which every command finds."""
    return use_cluster(monkeypatch, tmp_path, (JOBS, LAMPS, TORCHES))


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """The lines that `argmin get` prints."""

    def _show(
        name: str | None = None, target: Target = HERE, *, all_namespaces: bool = False
    ) -> list[str]:
        wanted = None if name is None else ObjectName(name)
        assert show_objects(wanted, target, "table", all_namespaces, VIEWS) == ExitStatus.OK
        return capsys.readouterr().out.splitlines()

    return _show


class TestGet:
    def test_a_kind_is_shown_by_the_columns_of_its_registration(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(LAMPS, "hall", **lit("Ready"))
        heading, line = show("lp/hall")
        assert heading.split() == ["NAME", "STATE", "LIT", "BULB", "AGE"]
        assert line.split() == ["hall", "Ready", "Lit"]

    def test_all_kinds_are_shown_with_headings_and_empty_ones_are_left_out(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(LAMPS, "hall")
        cluster.add(TORCHES, "cave")
        lines = show()
        assert [line for line in lines if line.endswith("argmin.dev")] == [
            "lamps.argmin.dev",
            "torches.argmin.dev",
        ]
        assert any(line.startswith("hall") for line in lines)

    def test_one_kind_alone_has_no_heading(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(TORCHES, "cave")
        assert show()[0].split()[0] == "NAME"

    def test_of_all_namespaces_those_that_have_one_name_it(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(LAMPS, "hall")
        cluster.add(TORCHES, "cave", "other")
        _, lamps, _, _, _, torches, cave = show(all_namespaces=True)
        assert lamps.split()[0] == "NAME"
        assert torches.split()[:2] == ["NAMESPACE", "NAME"]
        assert cave.split() == ["other", "cave"]

    def test_a_namespace_leaves_out_what_belongs_to_the_whole_cluster(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(LAMPS, "hall")
        cluster.add(TORCHES, "cave")
        assert [line.split()[0] for line in show(target=Target("team"))] == ["NAME", "cave"]

    def test_nothing_anywhere_is_said_on_standard_error(
        self, cluster: MemoryCluster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        show_objects(None, HERE, "table", False, VIEWS)
        captured = capsys.readouterr()
        said = "No OptimizationJobs, Lamps and Torches in namespace team.\n"
        assert (captured.out, captured.err) == ("", said)

    def test_a_kind_that_is_not_installed_or_not_allowed_does_not_hide_the_others(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.served = (JOBS, TORCHES)
        cluster.forbidden = frozenset({JOBS.plural})
        cluster.add(TORCHES, "cave")
        assert show()[1].split() == ["cave"]
        assert show("cave")[1].split() == ["cave"]

    def test_where_no_kind_may_be_read_the_refusal_is_the_answer(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.forbidden = frozenset({JOBS.plural, LAMPS.plural, TORCHES.plural})
        for name in (None, "steel"):
            with pytest.raises(CliError, match="no right to optimizationjobs") as refused:
                show(name)
            assert refused.value.status is ExitStatus.UNREACHABLE

    def test_where_no_kind_is_installed_it_says_what_to_install(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.served = ()
        for name in (None, "steel"):
            with pytest.raises(CliError, match="helm install argmin"):
                show(name)


class TestNames:
    def test_a_bare_name_is_found_in_the_only_kind_that_has_it(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(JOBS, "steel", spec={"model": MODEL})
        cluster.add(TORCHES, "cave")
        assert show("cave")[1].split() == ["cave"]
        assert show("steel")[0].split()[:3] == ["NAME", "STATE", "OUTCOME"]

    def test_a_bare_name_of_two_objects_is_refused_with_both(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        cluster.add(LAMPS, "hall")
        cluster.add(TORCHES, "hall")
        with pytest.raises(CliError, match="of 2 objects: choose one of lp/hall, to/hall"):
            show("hall")
        assert show("Torch/hall")[1].split() == ["hall"]

    def test_a_name_that_nothing_has_is_not_found_with_the_kinds_that_were_searched(
        self, cluster: MemoryCluster, show: Callable[..., list[str]]
    ) -> None:
        with pytest.raises(CliError, match="no OptimizationJob, Lamp or Torch x in namespace team"):
            show("x")
        with pytest.raises(CliError, match=r"no Lamp x: see `argmin get`$") as missing:
            show("lp/x")
        assert missing.value.status is ExitStatus.NOT_FOUND

    def test_a_bare_name_among_one_kind_costs_one_call(
        self, cluster: MemoryCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = cluster.add(TORCHES, "cave")
        asked: list[Key] = []

        async def get(key: Key) -> Manifest | None:
            asked.append(key)
            return cluster.objects.get(key)

        monkeypatch.setattr(cluster, "get", get)
        monkeypatch.setattr(cluster, "list_all", None)
        show_objects(ObjectName("cave"), HERE, "json", False, build_views([TORCH_KIND]))
        assert asked == [key]


class TestWatch:
    @pytest.mark.parametrize(
        ("name", "kind", "code"),
        [
            ("lp/hall", "Ready", ExitStatus.OK),
            ("lp/hall", "Stalled", ExitStatus.FAILED),
            ("to/cave", "Complete", ExitStatus.OK),
            ("to/cave", "Failed", ExitStatus.FAILED),
        ],
    )
    def test_it_ends_as_the_lifecycle_of_the_kind_says(
        self,
        name: str,
        kind: str,
        code: ExitStatus,
        cluster: MemoryCluster,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        cluster.add(LAMPS, "hall", **lit("Ready", generation=0))
        cluster.add(TORCHES, "cave", **lit("Ready"))
        cluster.changes = [lit(kind, "Changed")]
        assert watch_object(ObjectName(name), HERE, "table", "9s", VIEWS) == code
        captured = capsys.readouterr()
        bare = name.partition("/")[2]
        assert captured.err.splitlines()[-1] == f"{bare}: {kind}, Changed: as asked"
        assert ["reason", "Changed:", "as", "asked"] in map(str.split, captured.out.splitlines())

    def test_an_object_that_is_deleted_meanwhile_is_not_found(self, cluster: MemoryCluster) -> None:
        cluster.add(LAMPS, "hall")
        cluster.changes = [None]
        with pytest.raises(CliError, match="Lamp hall was deleted"):
            watch_object(ObjectName("hall"), HERE, "table", "9s", VIEWS)


class TestDelete:
    @pytest.mark.parametrize(
        ("name", "printed"),
        [("lp/hall", "lamp.argmin.dev/hall"), ("cave", "torch.argmin.dev/cave")],
    )
    def test_an_object_is_deleted_by_its_kind(
        self,
        name: str,
        printed: str,
        cluster: MemoryCluster,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        cluster.add(LAMPS, "hall")
        cluster.add(TORCHES, "cave")
        assert delete_object(ObjectName(name), HERE, "table", False, None, VIEWS) == ExitStatus.OK
        assert capsys.readouterr().out == f"{printed} is being deleted\n"
        assert len(cluster.objects) == 1

    def test_what_was_reported_before_the_deletion_is_not_what_it_waits_for(
        self,
        cluster: MemoryCluster,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        running = lit("Reconciling", "Running")
        running["status"]["conditions"][0]["observedGeneration"] = 1
        stopping = lit("Reconciling", "Stopping")
        stopping["status"]["conditions"][0]["observedGeneration"] = 2
        key = cluster.add(TORCHES, "cave", **running)
        held = {**cluster.objects[key]["metadata"], "generation": 2, "finalizers": ["x/hold"]}
        cluster.objects[key]["metadata"] = held
        monkeypatch.setattr(cluster, "delete", keep)
        cluster.changes = [stopping, None]
        assert delete_object(ObjectName("cave"), HERE, "table", True, "9s", VIEWS) == ExitStatus.OK
        assert capsys.readouterr().err.splitlines() == [
            "cave: waits for x/hold",
            "cave: as asked",
        ]


async def keep(*_: object) -> None:
    """A deletion that waits for a finalizer."""


class TestSubmit:
    @pytest.fixture
    def submit(self, cluster: MemoryCluster, tmp_path: Path) -> Callable[..., ExitStatus]:
        def _submit(*documents: dict[str, Any], wait: bool = False) -> ExitStatus:
            file = tmp_path / "objects.yaml"
            file.write_text(yaml.safe_dump_all(documents))
            return submit_files([str(file)], HERE, "table", wait, None, VIEWS)

        return _submit

    def test_objects_of_every_kind_are_applied_after_what_they_use(
        self,
        submit: Callable[..., ExitStatus],
        cluster: MemoryCluster,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "wick"}}
        cluster.served = (JOBS, LAMPS, TORCHES, Resource("v1", "ConfigMap", "configmaps"))
        assert submit(manifest("Torch", "cave"), manifest("Lamp", "hall"), config_map) == 0
        assert capsys.readouterr().out.splitlines() == [
            "configmap/wick applied",
            "lamp/hall applied",
            "torch/cave applied",
        ]
        hall = cluster.objects[LAMPS.key("", "hall")]
        cave = cluster.objects[TORCHES.key("team", "cave")]
        places = [manifest["metadata"].get("namespace") for manifest in (hall, cave)]
        assert places == [None, "team"]

    def test_an_object_is_read_as_strictly_as_its_kind_says(
        self, submit: Callable[..., ExitStatus], cluster: MemoryCluster
    ) -> None:
        with pytest.raises(CliError, match=r"Lamp hall is not valid:\n  spec\.lumen: unknown"):
            submit(manifest("Lamp", "hall", spec={"lumen": 1}))
        assert cluster.objects == {}

    def test_a_kind_that_is_not_installed_is_named(
        self, submit: Callable[..., ExitStatus], cluster: MemoryCluster
    ) -> None:
        cluster.served = (JOBS,)
        with pytest.raises(CliError, match=r"does not know lamps\.argmin\.dev: install argmin"):
            submit(manifest("Lamp", "hall"))


def manifest(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argmin.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {},
        **fields,
    }


def test_a_kind_without_runs_has_neither_log_nor_result(cluster: MemoryCluster) -> None:
    cluster.add(LAMPS, "hall")
    with pytest.raises(CliError, match="a Lamp has no run of its own"):
        print_logs(ObjectName("hall"), HERE, "table", False, VIEWS)
    with pytest.raises(CliError, match="a Lamp has no run of its own"):
        show_result(ObjectName("hall"), HERE, "table", None, VIEWS)


def test_one_object_as_json_is_the_object_and_all_are_a_list(
    cluster: MemoryCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    key = cluster.add(LAMPS, "hall")
    show_objects(ObjectName("hall"), HERE, "json", False, VIEWS)
    assert json.loads(capsys.readouterr().out) == cluster.objects[key]
    show_objects(None, HERE, "json", False, VIEWS)
    assert json.loads(capsys.readouterr().out)["items"] == [cluster.objects[key]]
