"""The operator's and the solvers' images: built when their content changed, and then loaded."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tests.cluster.base_image import base_archive, base_key
from tests.cluster.cache import REPOSITORY, cache_root
from tests.cluster.commands import run, succeeds
from tests.cluster.packages import IMAGE_PACKAGES, ensure_packages
from tests.cluster.progress import step
from tests.cluster.provider import container_engine
from tests.cluster.state import locked

BUILD_TIMEOUT = 1800.0
# What each target of the Dockerfile copies in.
CONTENT = {
    "operator": ("Dockerfile", "requirements/operator.txt", "operator/argmin"),
    "solvers": (
        "Dockerfile",
        "requirements/solvers.txt",
        "operator/argmin",
        "solvers/argmin_solvers",
    ),
}
IGNORED_FOLDERS = {"__pycache__"}
# How this machine reaches its package index: mounted into the build, never part of an image.
HOST_CONFIGURATION = (Path("/etc/pip.conf"), Path("/etc/ssl/certs/ca-certificates.crt"))


class Images(BaseModel):
    """The references of the two images."""

    model_config = ConfigDict(frozen=True)

    operator: str
    solvers: str


def wanted_images(repository: Path = REPOSITORY) -> Images:
    """The references that the files of the checkout ask for, built or not."""
    keys = {target: content_key(repository, target) for target in CONTENT}
    return Images(**{target: f"argmin/{target}:dev-{key}" for target, key in keys.items()})


def build_archives(images: Images) -> list[Path]:
    """An archive for each image, built where the cache has none."""
    named = images.model_dump()
    return [_build_archive(target, named[target]) for target in CONTENT]


def content_key(repository: Path, target: str) -> str:
    """Twelve hexadecimal digits of all that goes into an image."""
    digest = hashlib.sha256(base_key().encode())
    for path in content_files(repository, CONTENT[target]):
        digest.update(str(path.relative_to(repository)).encode())
        digest.update(b"\0x" if path.stat().st_mode & 0o100 else b"\0-")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def content_files(repository: Path, parts: Iterable[str]) -> list[Path]:
    """The files of an image, sorted; what .dockerignore leaves out is left out."""
    found: list[Path] = []
    for part in parts:
        path = repository / part
        found += path.rglob("*") if path.is_dir() else [path]
    files = [path for path in found if path.is_file() or path.is_symlink()]
    return sorted(path for path in files if not IGNORED_FOLDERS & set(path.parts))


def _build_archive(target: str, reference: str) -> Path:
    archive = cache_root() / "images" / f"{reference.replace('/', '-').replace(':', '-')}.tar"
    with locked("images"):
        if not archive.exists():
            archive.parent.mkdir(parents=True, exist_ok=True)
            _build(target, reference, archive)
            _forget_older(archive, target)
    return archive


def _build(target: str, reference: str, archive: Path) -> None:
    draft = archive.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    engine = container_engine()
    if engine:
        with step(f"building {reference} with {engine}"):
            command = [engine, "build", "--target", target, "--tag", reference, "."]
            run(command, cwd=REPOSITORY, timeout=BUILD_TIMEOUT, merge_output=True)
            run([engine, "save", "--output", str(draft), reference], timeout=BUILD_TIMEOUT)
    else:
        ensure_packages(IMAGE_PACKAGES)
        base = _native_base()
        with step(f"building {reference} with buildah"):
            _buildah_build(target, reference, [f"--build-arg=BASE={base}", "."], REPOSITORY)
        with step(f"writing {archive.name}"):
            _buildah("push", reference, f"docker-archive:{draft}:{reference}")
    draft.rename(archive)


def _native_base() -> str:
    reference = f"localhost/argmin/base:{base_key()}"
    archive = base_archive()
    if not succeeds(_buildah_command("inspect", "--type", "image", reference)):
        recipe = archive.parent / "Dockerfile"
        recipe.write_text("FROM scratch\nADD rootfs.tar /\n")
        _buildah("bud", "--isolation=chroot", f"--tag={reference}", str(archive.parent))
    return reference


def _buildah_build(target: str, reference: str, rest: list[str], folder: Path) -> None:
    mounts = [f"--volume={path}:{path}:ro" for path in HOST_CONFIGURATION if path.exists()]
    options = ["--isolation=chroot", "--layers", "--pull-never", f"--target={target}"]
    _buildah("bud", *options, *mounts, f"--tag={reference}", *rest, folder=folder)


def _buildah(*arguments: str, folder: Path | None = None) -> None:
    command = _buildah_command(*arguments)
    run(command, cwd=folder, timeout=BUILD_TIMEOUT, merge_output=True)


def _buildah_command(*arguments: str) -> list[str]:
    """buildah with a storage of its own, in the cache, and mounts that end with it."""
    storage = cache_root() / "buildah"
    places = [f"--root={storage / 'root'}", f"--runroot={storage / 'run'}"]
    alone = ["unshare", "--mount", "--propagation", "private"]
    return [*alone, "buildah", *places, "--storage-driver=overlay", *arguments]


def _forget_older(kept: Path, target: str) -> None:
    """Keep the newest two of a target: each change of the code makes a new image."""
    pattern = f"argmin-{target}-dev-*.tar"
    archives = sorted(kept.parent.glob(pattern), key=lambda path: path.stat().st_mtime)
    for archive in archives[:-2]:
        reference = f"argmin/{target}:{archive.stem.removeprefix(f'argmin-{target}-')}"
        if shutil.which("buildah"):
            succeeds(_buildah_command("rmi", reference), timeout=60)
        archive.unlink()
