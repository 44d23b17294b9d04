"""From keys to paths, and checksums of what has arrived."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argmin.api.storage import S3Object
from argmin_solvers.artifacts.checksums import read_checksum
from argmin_solvers.artifacts.locations import ObjectLocation, StoredObject, map_folder
from argmin_solvers.errors import RunError

PLACE = ObjectLocation(S3Object(bucket="bucket", prefix="in"), "in")

KEYS = st.lists(
    st.lists(st.sampled_from(["a", "b", "..", ".", "", "ü", "a\0"]), min_size=1, max_size=4).map(
        "/".join
    ),
    max_size=5,
)


def objects(*keys: str, size: int = 1) -> list[StoredObject]:
    return [StoredObject(f"in/{key}", size) for key in keys]


@given(KEYS)
def test_whatever_the_keys_no_file_lands_outside_or_upon_another(keys: list[str]) -> None:
    try:
        paths = [Path("/in") / path for path, _ in map_folder(PLACE, objects(*keys))]
    except RunError:
        return
    assert len(set(paths)) == len(paths) == len(set(keys))
    for path in paths:
        assert Path("/in") in path.parents
        assert ".." not in path.parts
        assert not set(path.parents) & set(paths)


def test_paths_come_in_order_and_without_their_prefix() -> None:
    found = list(map_folder(PLACE, objects("b", "a/c")))
    assert [path for path, _ in found] == ["a/c", "b"]
    assert [item.key for _, item in found] == ["in/a/c", "in/b"]


def test_a_marker_with_content_is_no_marker() -> None:
    with pytest.raises(RunError, match="'sub/' below it is no path of a file"):
        list(map_folder(PLACE, objects("sub/", size=3)))


CONTENT = bytes(range(256)) * 10
PART = 1000


def crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def parts_of(content: bytes) -> list[bytes]:
    return [content[start : start + PART] for start in range(0, len(content), PART)]


def encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


HEADS: dict[str, dict[str, Any]] = {
    "of the whole": {"ChecksumSHA256": encode(sha256(CONTENT)), "ChecksumType": "FULL_OBJECT"},
    "of the whole, in parts": {
        "ChecksumCRC32": encode(crc32(CONTENT)),
        "ChecksumType": "FULL_OBJECT",
        "ETag": '"00000000000000000000000000000000-3"',
    },
    "of the parts": {
        "ChecksumCRC32": encode(crc32(b"".join(map(crc32, parts_of(CONTENT))))) + "-3",
        "ChecksumType": "COMPOSITE",
    },
    "of the parts, without their number": {
        "ChecksumSHA256": encode(sha256(b"".join(map(sha256, parts_of(CONTENT))))),
        "ETag": '"00000000000000000000000000000000-3"',
    },
    "in the tag": {"ETag": f'"{hashlib.md5(CONTENT).hexdigest()}"'},
}


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
def test_a_checksum_tells_a_file_from_a_damaged_one(head: dict[str, Any], tmp_path: Path) -> None:
    checksum = read_checksum(head, trusts_etag=True)
    assert checksum is not None
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    assert checksum.matches(file, PART) is True
    file.write_bytes(CONTENT[:-1] + b"x")
    assert checksum.matches(file, PART) is False


def test_parts_of_several_sizes_tell_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    checksum = read_checksum(HEADS["of the parts"], trusts_etag=False)
    assert checksum is not None
    assert checksum.matches(file, 700) is None


@pytest.mark.parametrize(
    ("head", "trusts"),
    [
        ({"ETag": f'"{"0" * 32}"'}, False),
        ({"ETag": f'"{"0" * 32}"', "ServerSideEncryption": "aws:kms"}, True),
        ({"ETag": '"some-other-tag"'}, True),
        ({"ChecksumCRC64NVME": "AAAAAAAAAAA=", "ETag": '"x"'}, True),
        ({}, True),
    ],
    ids=["of another server", "by a key of KMS", "no digest", "one we cannot compute", "none"],
)
def test_what_is_no_checksum_is_not_taken_for_one(head: dict[str, Any], trusts: bool) -> None:
    assert read_checksum(head, trusts_etag=trusts) is None


def test_an_empty_file_has_a_checksum_too(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    checksum = read_checksum({"ChecksumSHA256": encode(sha256(b""))}, trusts_etag=False)
    assert checksum is not None
    assert checksum.matches(tmp_path / "empty", None) is True
