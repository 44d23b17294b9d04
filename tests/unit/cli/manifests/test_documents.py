"""Reading what users give: files, lists, ConfigMaps and Secrets; and what is wrong with them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from argmin.api.registry import KINDS
from argmin.cli.errors import CliError, ExitStatus
from argmin.cli.kinds.registry import VIEWS, build_views
from argmin.cli.kinds.view import KindView
from argmin.cli.manifests.documents import (
    Document,
    check_object,
    collect_sources,
    pick_document,
    read_documents,
)
from argmin.cli.manifests.object_names import ObjectName
from tests.unit.cli.lamps import LAMP_KIND, TORCH_KIND

JOB = """
apiVersion: argmin.dev/v1alpha1
kind: OptimizationJob
metadata: {name: steel}
spec:
  model: {format: mps, source: {inline: NAME}}
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def _write(text: str, name: str = "job.yaml") -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return _write


def manifest(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, **fields.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **fields}


def config_map(name: str, **fields: Any) -> Document:
    return Document(manifest("ConfigMap", name, **fields), "more.yaml, document 1")


def pick(
    documents: tuple[Document, ...], name: str | None, views: Sequence[KindView] = VIEWS
) -> tuple[Document, KindView]:
    return pick_document(documents, None if name is None else ObjectName(name), views)


def read_error(text: str, write: Any) -> str:
    with pytest.raises(CliError) as refused:
        check_object(*pick(read_documents([write(text)]), None))
    assert refused.value.status is ExitStatus.INVALID
    return refused.value.message


class TestFiles:
    def test_documents_keep_their_order_and_know_where_they_are_from(self, write: Any) -> None:
        file = write(f"---\n{JOB}---\n---\n{yaml.safe_dump(manifest('Secret', 'login'))}")
        documents = read_documents([file])
        assert [(d.kind, d.name) for d in documents] == [
            ("OptimizationJob", "steel"),
            ("Secret", "login"),
        ]
        assert documents[1].origin == f"{file}, document 3"

    def test_a_list_is_taken_apart(self, write: Any) -> None:
        items = [manifest("ConfigMap", "a"), manifest("ConfigMap", "b")]
        file = write(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
        assert [d.name for d in read_documents([file])] == ["a", "b"]

    def test_json_is_read_too(self, write: Any) -> None:
        file = write('{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}')
        assert read_documents([file])[0].name == "a"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a: b: c", ":1: not YAML: mapping values are not allowed here"),
            ("kind: A\nkind: B", ":2: not YAML: the key 'kind' is written twice"),
            ("kind: *nothing", ":1: not YAML: found undefined alias 'nothing'"),
            ("- 1", "document 1: not a Kubernetes object: write apiVersion, kind and metadata"),
            ("kind: ConfigMap", "apiVersion is missing: write it, such as argmin.dev/v1alpha1"),
            ("apiVersion: v1", "kind is missing: write it, such as OptimizationJob"),
        ],
    )
    def test_what_is_no_object_is_refused_with_its_line(
        self, text: str, message: str, write: Any
    ) -> None:
        assert message in read_error(text, write)

    def test_a_missing_file_is_named(self) -> None:
        with pytest.raises(CliError, match=r"^nowhere\.yaml: No such file or directory$"):
            read_documents(["nowhere.yaml"])

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "job.yaml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(CliError, match="not UTF-8 text"):
            read_documents([str(tmp_path / "job.yaml")])

    def test_no_file_at_all_is_refused(self) -> None:
        with pytest.raises(CliError, match="no file given"):
            read_documents([])

    @pytest.mark.parametrize(
        ("scalar", "value"),
        [
            ("2026-11-22", "2026-11-22"),
            ("12:30:45", "12:30:45"),
            ("1e-6", 1e-6),
            ("010", 8),
            ("0x1F", 31),
            ("1.5", 1.5),
            ("yes", True),
        ],
    )
    def test_scalars_are_what_kubernetes_takes_them_for(
        self, scalar: str, value: object, write: Any
    ) -> None:
        text = yaml.safe_dump(manifest("ConfigMap", "a")) + f"value: {scalar}\n"
        assert read_documents([write(text)])[0].manifest["value"] == value


class TestJobs:
    def test_the_only_job_is_picked(self, write: Any) -> None:
        assert pick(read_documents([write(JOB)]), None)[0].name == "steel"

    def test_one_of_several_jobs_is_picked_by_name(self, write: Any) -> None:
        documents = read_documents([write(f"{JOB}---{JOB.replace('steel', 'nurses')}")])
        assert pick(documents, "nurses")[0].name == "nurses"
        with pytest.raises(CliError, match="choose one with --name: steel, nurses"):
            pick(documents, None)
        with pytest.raises(CliError, match=r"is named nurse \(did you mean nurses\?\)"):
            pick(documents, "nurse")

    def test_a_job_that_is_there_twice_is_refused(self, write: Any) -> None:
        documents = read_documents([write(JOB, "a.yaml"), write(JOB, "b.yaml")])
        with pytest.raises(CliError, match=r"there twice, in .*a\.yaml, .* and .*b\.yaml"):
            pick(documents, "steel")

    def test_files_without_a_job_are_refused_with_what_they_hold(self, write: Any) -> None:
        other = JOB.replace("argmin.dev/v1alpha1", "other.example/v1")
        message = read_error(f"{other}---\n{yaml.safe_dump(manifest('ConfigMap', 'a'))}", write)
        assert message.endswith("they hold: other.example/v1 OptimizationJob, v1 ConfigMap")

    def test_another_version_is_refused_with_the_known_one(self, write: Any) -> None:
        message = read_error(JOB.replace("v1alpha1", "v2"), write)
        assert "apiVersion: write argmin.dev/v1alpha1" in message

    def test_an_invalid_job_is_refused_with_a_list_of_its_problems(self, write: Any) -> None:
        message = read_error(JOB + "  limits: {time: 10, relativGap: 0}\n", write)
        assert message.splitlines()[1:] == [
            "  spec.limits.relativGap: unknown field (did you mean relativeGap?)",
            "  spec.limits.time: write a positive duration with its unit, such as 90s, 10m or"
            " 1h30m; at most 99999h, 999999m or 99999999s",
        ]

    def test_a_name_with_its_kind_tells_namesakes_apart(self, write: Any) -> None:
        torch = manifest("Torch", "steel", apiVersion="argmin.dev/v1alpha1")
        documents = read_documents([write(f"{JOB}---\n{yaml.safe_dump(torch)}")])
        views = build_views((*KINDS, TORCH_KIND))
        assert pick(documents, "to/steel", views)[0].kind == "Torch"
        assert pick(documents, "opt/steel", views)[0].kind == "OptimizationJob"
        with pytest.raises(CliError, match="choose one with --name: opt/steel, to/steel"):
            pick(documents, "steel", views)
        message = "the files hold 2 OptimizationJobs and Torches: choose one with --name: opt/steel"
        with pytest.raises(CliError, match=message):
            pick(documents, None, views)

    def test_a_namespace_in_an_object_of_the_whole_cluster_is_refused(self) -> None:
        lamp = manifest("Lamp", "hall", apiVersion="argmin.dev/v1alpha1")
        lamp["metadata"]["namespace"] = "team"
        (view,) = build_views((LAMP_KIND,))
        with pytest.raises(CliError, match=r"metadata\.namespace: a Lamp belongs to the whole"):
            check_object(Document(lamp, "lamp.yaml"), view)


class TestSources:
    def test_text_and_binary_of_config_maps_and_secrets_are_decoded(self) -> None:
        packed = base64.b64encode(b"\xffraw").decode()
        documents = [
            config_map("models", data={"a.py": "x = 1\n"}, binaryData={"a.bin": packed}),
            Document(
                manifest("Secret", "login", data={"key": packed}, stringData={"user": "ö"}), "x"
            ),
        ]
        sources = collect_sources(documents, None, {})
        assert sources.config_maps == {"models": {"a.py": b"x = 1\n", "a.bin": b"\xffraw"}}
        assert sources.secrets == {"login": {"key": b"\xffraw", "user": "ö".encode()}}

    def test_objects_of_other_namespaces_are_out_of_reach(self) -> None:
        documents = [
            config_map("near", metadata={"namespace": "team"}),
            config_map("far", metadata={"namespace": "other"}),
            config_map("anywhere"),
        ]
        assert set(collect_sources(documents, "team", {}).config_maps) == {"near", "anywhere"}

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"data": {"a": 5}}, "data.a: write text, in quotes: '5'"),
            ({"data": {"../a": "x"}}, "'../a' is no key"),
            ({"data": {"..": "x"}}, "'..' is no key"),
            ({"data": ["a"]}, "data: write a mapping of names to text"),
            ({"binaryData": {"a": "%"}}, "binaryData.a: not base64"),
            ({"metadata": {"name": "A B"}}, "metadata.name: 'A B' is no name for an object"),
        ],
    )
    def test_what_an_api_server_would_refuse_is_refused(
        self, fields: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(CliError) as refused:
            collect_sources([config_map("a", **fields)], None, {})
        assert message in refused.value.message
