"""From an image's reference to what a job's process sees as its root."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SOLVERS_REPOSITORY = "argmin/solvers"
SOLVERS_ENTRYPOINT = ("/opt/argmin/venv/bin/python", "-m", "argmin_solvers")
_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_PATH = "/opt/argmin/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEPT_ROOTS = 2


@dataclass(frozen=True)
class Root:
    """What stands for an image."""

    kind: Literal["image", "checkout"]
    folder: Path
    """The unpacked image, or the checkout."""
    entrypoint: tuple[str, ...] = SOLVERS_ENTRYPOINT
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = (("PATH", _PATH), ("PYTHONUNBUFFERED", "1"))
    user: str = ""
    workdir: str = "/"


def find_root(image: str, cache: Path, checkout: Path, checkout_images: tuple[str, ...]) -> Root:
    """The root for an image: the one that was built, else the checkout for argmin's solvers.

    Raises:
        LookupError: nobody knows the image.
    """
    reference = _ECR.sub("", image)
    archive = cache / "images" / f"{reference.replace('/', '-').replace(':', '-')}.tar"
    if archive.is_file():
        return _unpack_once(archive, cache / "aws" / "roots" / archive.stem)
    repository = reference.partition(":")[0].partition("@")[0]
    if repository == SOLVERS_REPOSITORY or image in checkout_images:
        return Root("checkout", checkout)
    raise LookupError(image)


def _unpack_once(archive: Path, folder: Path) -> Root:
    with _locked(folder.with_suffix(".lock")):
        if not (folder / "config.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _unpack(archive, folder)
            _forget_older(folder)
        config = json.loads((folder / "config.json").read_text()).get("config", {})
    return Root(
        "image",
        folder / "rootfs",
        tuple(config.get("Entrypoint") or ()),
        tuple(config.get("Cmd") or ()),
        tuple(_split(line) for line in config.get("Env") or ()),
        config.get("User") or "",
        config.get("WorkingDir") or "/",
    )


def _split(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key, value


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unpack(archive: Path, folder: Path) -> None:
    """Lay the layers of an archive, as `docker save` writes it, over each other."""
    rootfs = folder / "rootfs"
    rootfs.mkdir(parents=True)
    with tarfile.open(archive) as image:
        manifest: Any = json.load(_open(image, "manifest.json"))[0]
        for layer in manifest["Layers"]:
            with tarfile.open(fileobj=_open(image, layer)) as opened:
                for member in opened:
                    _lay(opened, member, rootfs)
        config = _open(image, manifest["Config"]).read()
    # Last: what has a configuration is whole.
    (folder / "config.json").write_bytes(config)


def _open(image: tarfile.TarFile, name: str) -> Any:
    found = image.extractfile(name)
    if found is None:
        raise ValueError(f"{image.name!r} is no image archive: {name} is no file")
    return found


def _lay(layer: tarfile.TarFile, member: tarfile.TarInfo, rootfs: Path) -> None:
    path = rootfs / member.name
    if path.name == _OPAQUE:
        for child in path.parent.iterdir():
            _remove(child)
    elif path.name.startswith(_WHITEOUT):
        _remove(path.with_name(path.name.removeprefix(_WHITEOUT)))
    else:
        if not member.isdir() or path.is_symlink():
            _remove(path)
        layer.extract(member, rootfs, numeric_owner=True, filter="fully_trusted")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()


def _forget_older(kept: Path) -> None:
    """Each change of the code makes a new image of a gigabyte: keep the newest."""
    roots = [path for path in kept.parent.iterdir() if (path / "config.json").exists()]
    for path in sorted(roots, key=os.path.getmtime)[:-KEPT_ROOTS]:
        shutil.rmtree(path, ignore_errors=True)
