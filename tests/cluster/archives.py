"""Image archives as ``docker save`` writes them: what is in one, and the one of the pause image."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

from tests.cluster.configuration import PAUSE_IMAGE

CATATONIT = Path("/usr/bin/catatonit")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def archive_reference(archive: Path) -> str:
    """The full name of the first image in an archive, as container runtimes list it."""
    with tarfile.open(archive) as opened:
        member = opened.extractfile("manifest.json")
        if member is None:
            raise ValueError(f"{archive} is no image archive: its manifest.json is no file")
        manifest = json.load(member)
    return full_reference(manifest[0]["RepoTags"][0])


def full_reference(reference: str) -> str:
    """``argmin/pause:1`` is short for ``docker.io/argmin/pause:1``."""
    first, _, rest = reference.partition("/")
    if not rest:
        return f"docker.io/library/{reference}"
    names_a_host = "." in first or ":" in first or first == "localhost"
    return reference if names_a_host else f"docker.io/{reference}"


def write_pause_image(archive: Path) -> None:
    """Write the image of the process that holds a pod's namespaces: a static catatonit alone.

    By hand, so that a cluster comes up without a build tool; in one step, so that no half-written
    file is taken for it.
    """
    layer = _tar({"pause": CATATONIT.read_bytes()}, mode=0o755)
    machine = platform.machine()
    config = {
        "architecture": ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Entrypoint": ["/pause", "-P"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [PAUSE_IMAGE], "Layers": ["layer.tar"]}]
    files = {
        "manifest.json": json.dumps(manifest).encode(),
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer,
    }
    draft = archive.with_suffix(".draft")
    draft.write_bytes(_tar(files, mode=0o644))
    draft.replace(archive)


def _tar(files: dict[str, bytes], *, mode: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
