"""Inputs from a store: whole, checked, and nowhere else than below their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from argmin.api.answer import ExitCode, Reason
from argmin.api.run import Download, Transfers
from argmin_solvers.artifacts.connection import PART_BYTES
from argmin_solvers.artifacts.downloads import fetch_inputs
from argmin_solvers.artifacts.retry import Persistence
from argmin_solvers.errors import RunError
from argmin_solvers.process.interruption import Interruption
from tests.aws.stores import Store, read_tree
from tests.aws.versitygw import Gateway

pytestmark = pytest.mark.aws

LARGE = 2 * PART_BYTES + 12345


def fetch(transfers: Transfers) -> None:
    interruption = Interruption()
    fetch_inputs(transfers, interruption, Persistence(interruption, 60, 0.2))


def refuse(transfers: Transfers, reason: Reason, message: str) -> RunError:
    with pytest.raises(RunError, match=message) as refusal:
        fetch(transfers)
    assert refusal.value.reason is reason
    return refusal.value


def test_a_key_becomes_the_file_of_that_path(store: Store, tmp_path: Path) -> None:
    store.put("models/2026/steel.lp", "Minimize\n")
    fetch(store.downloads(tmp_path / "in" / "model.lp", key="models/2026/steel.lp"))
    assert read_tree(tmp_path / "in") == {"model.lp": b"Minimize\n"}


def test_a_prefix_becomes_a_folder(store: Store, tmp_path: Path) -> None:
    files = {"a.csv": b"a", "deep/er/b.csv": b"b", "empty": b"", "späte Züge/ü.txt": "ü".encode()}
    for name, content in files.items():
        store.put(f"data/{name}", content)
    store.put("database", "a neighbour, whose key begins in the same way")
    fetch(store.downloads(tmp_path / "in", prefix="data"))
    assert read_tree(tmp_path / "in") == files


def test_a_prefix_may_end_with_its_slash(store: Store, tmp_path: Path) -> None:
    store.put("data/a", "a")
    fetch(store.downloads(tmp_path / "in", prefix="data/"))
    assert read_tree(tmp_path / "in") == {"a": b"a"}


def test_empty_folders_of_a_console_are_no_files(store: Store, tmp_path: Path) -> None:
    store.put("data/", b"")
    store.put("data/sub/", b"")
    store.put("data/sub/a", "a")
    fetch(store.downloads(tmp_path / "in", prefix="data"))
    assert read_tree(tmp_path / "in") == {"sub/a": b"a"}


def test_a_large_file_comes_in_parts_and_whole(store: Store, tmp_path: Path) -> None:
    content = os.urandom(LARGE)
    (tmp_path / "large").write_bytes(content)
    store.put_file("large.bin", tmp_path / "large")
    fetch(store.downloads(tmp_path / "in" / "large.bin", key="large.bin"))
    assert (tmp_path / "in" / "large.bin").read_bytes() == content


def test_a_missing_key_is_named(store: Store, tmp_path: Path) -> None:
    failure = refuse(
        store.downloads(tmp_path / "in", key="models/none.lp"),
        Reason.SOURCE_NOT_FOUND,
        rf"spec\.inputs\[data\]\.source\.s3: s3://{store.bucket}/models/none\.lp"
        rf" at {store.url} does not exist \(404",
    )
    assert failure.exit_code in ExitCode.PERMANENT


def test_an_empty_folder_is_named(store: Store, tmp_path: Path) -> None:
    refuse(
        store.downloads(tmp_path / "in", prefix="nothing/here"),
        Reason.SOURCE_NOT_FOUND,
        rf"s3://{store.bucket}/nothing/here .* holds no file: .* begin with nothing/here/",
    )


def test_a_folder_of_nothing_but_folders_is_empty(store: Store, tmp_path: Path) -> None:
    store.put("data/sub/", b"")
    refuse(
        store.downloads(tmp_path / "in", prefix="data"), Reason.SOURCE_NOT_FOUND, "holds no file"
    )


@pytest.mark.parametrize("field", ["key", "prefix"])
def test_a_missing_bucket_is_named(store: Store, field: str, tmp_path: Path) -> None:
    refuse(
        store.downloads(tmp_path / "in", bucket="no-such-bucket-of-ours", **{field: "data"}),
        Reason.SOURCE_NOT_FOUND,
        r"there is no bucket no-such-bucket-of-ours \(404 NoSuchBucket\)",
    )


def test_all_inputs_are_looked_for_before_any_is_fetched(store: Store, tmp_path: Path) -> None:
    store.put("there", "there")
    sources = [store.source(key="there"), store.source(key="not-there")]
    downloads = tuple(
        Download(name=str(source.key), source=source, path=str(tmp_path / "in" / str(source.key)))
        for source in sources
    )
    transfers = Transfers(downloads=downloads, credentials_root=str(store.credentials))
    refuse(transfers, Reason.SOURCE_NOT_FOUND, r"spec\.inputs\[not-there\]\.source\.s3: ")
    assert not (tmp_path / "in").exists()


def test_a_folder_that_is_a_file_too_is_refused(emulator_store: Store, tmp_path: Path) -> None:
    # Only a store without folders of its own can hold both.
    for key in ("data/a", "data/a/b"):
        emulator_store.put(key, "x")
    refuse(
        emulator_store.downloads(tmp_path / "in", prefix="data"),
        Reason.TRANSFER_FAILED,
        r"the keys 'a' and 'a/b' below it cannot both be files of a folder",
    )
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("key", ["data/../../etc/passwd", "data/./a", "data//a", "data/a/../b"])
def test_a_key_that_climbs_is_refused(emulator_store: Store, key: str, tmp_path: Path) -> None:
    emulator_store.put(key, "x")
    refuse(
        emulator_store.downloads(tmp_path / "in", prefix="data"),
        Reason.TRANSFER_FAILED,
        "below it is no path of a file",
    )
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("size", [1000, LARGE], ids=["small", "in parts"])
def test_a_file_that_was_damaged_in_the_store_is_refused(
    gateway_store: Store, shared_gateway: Gateway, size: int, tmp_path: Path
) -> None:
    (tmp_path / "whole").write_bytes(os.urandom(size))
    gateway_store.put_file("data/file", tmp_path / "whole")
    shared_gateway.damage(gateway_store.bucket, "data/file")
    for fields in ({"key": "data/file"}, {"prefix": "data"}):
        refuse(
            gateway_store.downloads(tmp_path / "in" / "it", **fields),
            Reason.TRANSFER_FAILED,
            r"checksum.* \(tried 3 times\)",
        )
        assert read_tree(tmp_path / "in") == {}
