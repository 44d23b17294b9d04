"""Collects the files a run wrote to its outputs, into one archive that is the same every time."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from argmin.api.files import Output
from argmin.api.outcome import OutputFile, Reason
from argmin_solvers.failure import RunError
from argmin_solvers.runlog import log


def prepare_outputs(outputs: Iterable[Output]) -> None:
    """Make the folders that programs expect to find.

    Raises:
        RunError: ProgramFailed, where a folder cannot be made.
    """
    for output in outputs:
        try:
            Path(output.path).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                Reason.PROGRAM_FAILED,
                f"spec.outputs.{output.name}: the folder {output.path} cannot be made:"
                f" {error.strerror}",
            ) from None


def collect_outputs(outputs: Iterable[Output], archive: Path) -> tuple[OutputFile, ...]:
    """Write all outputs into a gzip tar at `archive`, below the name of each.

    Equal files give an equal archive and equal digests, whenever and by whom they were written.
    Links and special files are left out: an output is what the program wrote.
    """
    collected = []
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for output in outputs:
            kept = _collect(output, tar)
            log.info("output %s: %d files, %d bytes", kept.name, kept.files, kept.bytes)
            collected.append(kept)
    return tuple(collected)


def _collect(output: Output, tar: tarfile.TarFile) -> OutputFile:
    digest = hashlib.sha256()
    files = size = 0
    for name, path in _files_of(Path(output.path)):
        content = path.read_bytes()
        digest.update(f"{len(name)}:{name}:{len(content)}:".encode("utf-8", "surrogateescape"))
        digest.update(content)
        member = tarfile.TarInfo(f"{output.name}/{name}")
        member.size = len(content)
        member.mode = 0o644
        tar.addfile(member, io.BytesIO(content))
        files, size = files + 1, size + len(content)
    return OutputFile(
        name=output.name, files=files, bytes=size, digest=f"sha256:{digest.hexdigest()}"
    )


def _files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Regular files below the folder with their relative names, in sorted order."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            if not path.is_dir() or path.is_symlink():
                log.info("output %s is not a regular file: left out", path)
            continue
        yield path.relative_to(folder).as_posix(), path
