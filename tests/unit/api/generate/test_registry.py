"""One registration of a kind makes its CRD, its page and its roles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from argmin.api.generate import __main__ as generate
from argmin.api.generate.crd import build_crd
from argmin.api.generate.reference import render_reference
from argmin.api.generate.roles import render_roles
from argmin.api.optimization.info import OPTIMIZATION_JOB

TEAM = replace(
    OPTIMIZATION_JOB, name="Team", plural="teams", short_name="team", columns=(), namespaced=False
)


@pytest.fixture
def two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "KINDS", (OPTIMIZATION_JOB, TEAM))


def test_a_kind_of_the_whole_cluster_has_a_crd_of_that_scope() -> None:
    crd = build_crd(TEAM)
    assert crd["metadata"]["name"] == "teams.argmin.dev"
    assert crd["spec"]["scope"] == "Cluster"
    assert crd["spec"]["names"]["shortNames"] == ["team"]


def test_every_kind_has_its_tables_in_the_reference() -> None:
    page = render_reference((OPTIMIZATION_JOB, TEAM))
    for name in ("OptimizationJob", "Team"):
        assert f"### {name}: spec" in page
        assert f"### {name}: status" in page


def test_the_operator_may_write_the_status_of_every_kind() -> None:
    roles = yaml.safe_load(render_roles((OPTIMIZATION_JOB, TEAM)))
    assert roles["objects"] == ["optimizationjobs", "teams"]
    assert roles["statuses"] == ["optimizationjobs/status", "teams/status"]
    assert roles["finalizers"] == ["optimizationjobs/finalizers", "teams/finalizers"]


@pytest.mark.usefixtures("two_kinds")
def test_what_is_written_is_up_to_date_and_holds_a_file_a_kind(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert (tmp_path / "crds/argmin.dev_teams.yaml").exists()
    assert (tmp_path / "charts/argmin/files/crds/argmin.dev_teams.yaml").exists()
    assert "".join(generate.compare(tmp_path)) == ""


@pytest.mark.usefixtures("two_kinds")
def test_a_stale_file_and_one_of_no_kind_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate.write(tmp_path)
    monkeypatch.setattr(generate, "KINDS", (OPTIMIZATION_JOB,))
    (tmp_path / "crds/argmin.dev_optimizationjobs.yaml").write_text("kind: Stale\n")
    told = "".join(generate.compare(tmp_path))
    assert "-kind: Stale" in told
    assert "crds/argmin.dev_teams.yaml is of no kind" in told
    generate.write(tmp_path)
    assert not (tmp_path / "crds/argmin.dev_teams.yaml").exists()
