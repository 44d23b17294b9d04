"""Bringing an image archive into a node's containerd, but only the layers that it lacks.

A change of code makes a new image of a gigabyte, of which all but some kilobytes are in the node
already. So the archive is rewritten on its way as an OCI layout without the known layers.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.cluster.archives import full_reference
from tests.cluster.commands import CommandError, run
from tests.cluster.node import containerd_command

IMPORT_TIMEOUT = 600.0
GZIP_MAGIC = b"\x1f\x8b"
OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Blob:
    """Some bytes and the name that containerd knows them by."""

    media_type: str
    digest: str
    size: int

    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


def load_archive(init: int, archive: Path) -> None:
    """Import an archive of ``docker save`` into the node whose process 1 is ``init``."""
    with tarfile.open(archive) as opened:
        if _has_compressed_layers(opened):
            # Their digests are not in the archive, so they cannot be compared.
            command = containerd_command(init, "images", "import", str(archive))
            run(command, timeout=IMPORT_TIMEOUT)
            return
        present = set(run(containerd_command(init, "content", "list", "-q")).split())
        _import(containerd_command(init, "images", "import", "-"), opened, present)


def _import(command: Sequence[str], opened: tarfile.TarFile, present: set[str]) -> None:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if process.stdin is None or process.stderr is None:
        raise ValueError("the pipes are missing")
    try:
        with process.stdin as pipe:
            write_layout(opened, present, pipe)
    except BrokenPipeError:
        pass  # the program's own message, below, says why
    message = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    if process.wait(timeout=IMPORT_TIMEOUT) != 0:
        raise CommandError(f"containerd did not take the image:\n{message.strip()}")


def write_layout(archive: tarfile.TarFile, present: set[str], output: IO[bytes]) -> None:
    """Write the image of ``archive`` as an OCI layout, without the blobs in ``present``."""
    entry = _read_json(archive, "manifest.json")[0]
    config = _read(archive, entry["Config"])
    diff_ids = json.loads(config)["rootfs"]["diff_ids"]
    members = [archive.getmember(name) for name in entry["Layers"]]
    layers = [
        Blob(f"{OCI}.layer.v1.tar", digest, member.size)
        for digest, member in zip(diff_ids, members, strict=True)
    ]
    manifest = _manifest(_blob("config.v1+json", config), layers)
    index = _index(_blob("manifest.v1+json", manifest), full_reference(entry["RepoTags"][0]))
    with tarfile.open(fileobj=output, mode="w|") as layout:
        _add(layout, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(layout, "index.json", index)
        for content in (manifest, config):
            _add(layout, _place(_digest(content)), content)
        for blob, member in zip(layers, members, strict=True):
            if blob.digest not in present:
                copy = tarfile.TarInfo(_place(blob.digest))
                copy.size = member.size
                layout.addfile(copy, archive.extractfile(member))


def _manifest(config: Blob, layers: Sequence[Blob]) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return json.dumps(document).encode()


def _index(manifest: Blob, reference: str) -> bytes:
    named = {**manifest.descriptor(), "annotations": {"io.containerd.image.name": reference}}
    return json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()


def _has_compressed_layers(archive: tarfile.TarFile) -> bool:
    names = _read_json(archive, "manifest.json")[0]["Layers"]
    return any(_read(archive, name, 2) == GZIP_MAGIC for name in names)


def _blob(kind: str, content: bytes) -> Blob:
    return Blob(f"{OCI}.{kind}", _digest(content), len(content))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _place(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _add(layout: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    layout.addfile(member, io.BytesIO(content))


def _read(archive: tarfile.TarFile, name: str, size: int = -1) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise CommandError(f"the image archive has no file {name}")
    return stream.read(size)


def _read_json(archive: tarfile.TarFile, name: str) -> Any:
    return json.loads(_read(archive, name))
