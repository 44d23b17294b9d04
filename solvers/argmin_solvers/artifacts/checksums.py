"""The checksums that a store keeps of its objects, compared with what has arrived."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_CHUNK = 1024 * 1024


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc32:
    """zlib's CRC-32 in the manner of hashlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


_HASHES: Mapping[str, Callable[[], _Hash]] = {
    "SHA256": hashlib.sha256,
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "CRC32": _Crc32,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
}
"""Those that Python can compute at the speed of a disk; the others are left to sizes and tags."""

_OF_S3 = ("SHA256", "SHA1", "CRC32")


@dataclass(frozen=True)
class Checksum:
    """What an object's content comes to."""

    algorithm: str
    digest: bytes
    parts: int = 0
    """Number of the parts whose digests were digested again; 0 where it is of the whole."""

    def matches(self, file: Path, part_bytes: int | None) -> bool | None:
        """Whether a file has it; `None` where that cannot be told.

        Args:
            file: what has arrived.
            part_bytes: size of the parts, the last one apart.
        """
        if not self.parts:
            (digest,) = _digest_parts(file, self.algorithm, None)
            return digest == self.digest
        if part_bytes is None or -(-file.stat().st_size // part_bytes) != self.parts:
            return None  # parts of several sizes
        whole = _HASHES[self.algorithm]()
        for digest in _digest_parts(file, self.algorithm, part_bytes):
            whole.update(digest)
        return whole.digest() == self.digest


def read_checksum(head: Mapping[str, Any], *, trusts_etag: bool) -> Checksum | None:
    """The checksum in the answer to a HEAD; `None` where there is none that we know.

    Args:
        head: the answer.
        trusts_etag: whether the entity tag is the MD5 digest that Amazon makes it, as it is
            where no KMS key is at work; other servers make of it what they like.
    """
    etag, _, parts_of_etag = str(head.get("ETag", "")).strip('"').partition("-")
    for algorithm in _OF_S3:
        if text := head.get(f"Checksum{algorithm}"):
            encoded, _, parts = str(text).partition("-")
            if not parts and head.get("ChecksumType") != "FULL_OBJECT":
                parts = parts_of_etag  # some servers leave the number out
            return Checksum(algorithm, base64.b64decode(encoded), int(parts or 0))
    is_md5 = len(etag) == 32 and head.get("ServerSideEncryption") in (None, "AES256")
    if trusts_etag and is_md5 and "SSECustomerAlgorithm" not in head:
        return Checksum("MD5", bytes.fromhex(etag), int(parts_of_etag or 0))
    return None


def digest_file(file: Path) -> str:
    """`sha256:` and the digest of a file's content."""
    with file.open("rb") as source:
        return f"sha256:{hashlib.file_digest(source, 'sha256').hexdigest()}"


def _digest_parts(file: Path, algorithm: str, part_bytes: int | None) -> Iterator[bytes]:
    with file.open("rb") as source:
        while True:
            digest = _HASHES[algorithm]()
            left = part_bytes
            while chunk := source.read(_CHUNK if left is None else min(_CHUNK, left)):
                digest.update(chunk)
                left = None if left is None else left - len(chunk)
            yield digest.digest()
            if source.tell() >= file.stat().st_size:
                return
