"""The base of the images where no registry is at hand: Debian with Python, by debootstrap."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from tests.cluster.cache import cache_root
from tests.cluster.commands import run
from tests.cluster.errors import ClusterError
from tests.cluster.progress import step
from tests.cluster.state import locked

SUITE = "bookworm"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
# Parts of the installing machine, or of no use in an image.
LEFT_OUT = (
    "./etc/hostname",
    "./etc/resolv.conf",
    "./var/cache/apt/archives/*.deb",
    "./var/lib/apt/lists/*",
    "./var/log/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
)
APT = Path("/etc/apt")


def base_key() -> str:
    """Changes when the base would be made differently."""
    recipe = " ".join([SUITE, *PACKAGES, *LEFT_OUT])
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def base_archive() -> Path:
    """The base's file tree as a tar file, made on first use."""
    archive = cache_root() / "images" / f"base-{base_key()}" / "rootfs.tar"
    with locked("base-image"):
        if not archive.exists():
            with step(f"making a Debian {SUITE} base with debootstrap (a minute, once)"):
                _make(archive)
    return archive


def apt_mirror(sources: str) -> str:
    """The first Debian archive in apt's sources, whichever of the two formats they have."""
    for line in sources.splitlines():
        words = line.split()
        candidates = words[1:] if words[:1] in (["deb"], ["URIs:"]) else []
        for word in candidates:
            if re.match(r"https?://\S*/debian/?$", word):
                return word
    raise ClusterError(f"no Debian archive in {APT}/sources.list*: debootstrap needs one")


def _make(archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        tree = Path(folder) / "rootfs"
        options = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
        # In its own namespaces, so that no /proc stays mounted if it is killed.
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        mirror = apt_mirror(_read_sources())
        run([*alone, "debootstrap", *options, SUITE, tree, mirror], timeout=900)
        draft = Path(folder) / "rootfs.tar"
        excluded = [f"--exclude={pattern}" for pattern in LEFT_OUT]
        run(["tar", "-C", tree, *excluded, "--numeric-owner", "-cf", draft, "."], timeout=300)
        draft.rename(archive)


def _read_sources() -> str:
    folder = APT / "sources.list.d"
    files = [APT / "sources.list", *folder.glob("*.sources"), *folder.glob("*.list")]
    return "\n".join(file.read_text() for file in files if file.exists())
