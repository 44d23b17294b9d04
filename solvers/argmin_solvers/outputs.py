"""Collects the files a run wrote to its outputs, into one archive that is the same every time."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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


def collect_outputs(
    outputs: Iterable[Output], archive: Path, limit_bytes: int | None = None
) -> tuple[OutputFile, ...]:
    """Write all outputs into a gzip tar at `archive`, below the name of each.

    Equal files give an equal archive and equal digests, whenever and by whom they were written.
    Links and special files are left out: an output is what the program wrote. Files are streamed,
    so that their size is bounded by the disk and not by the memory. A failure leaves no archive.

    Args:
        outputs: what to collect.
        archive: where to.
        limit_bytes: size of the archive at which to give up; `None` is without limit.

    Raises:
        RunError: ProgramFailed where a file cannot be read; AnswerTooLarge; AnswerUndelivered
            where the archive cannot be written.
    """
    try:
        return _write_archive(outputs, archive, limit_bytes)
    except OSError as error:
        archive.unlink(missing_ok=True)
        raise RunError(
            Reason.UNDELIVERED,
            f"spec.outputs: the archive {archive} cannot be written: {error.strerror or error}",
        ) from None
    except RunError:
        archive.unlink(missing_ok=True)
        raise


def _write_archive(
    outputs: Iterable[Output], archive: Path, limit_bytes: int | None
) -> tuple[OutputFile, ...]:
    collected = []
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for output in outputs:

            def check_size(name: str = output.name) -> None:
                if limit_bytes is not None and raw.tell() > limit_bytes:
                    raise RunError(
                        Reason.ANSWER_TOO_LARGE,
                        f"spec.outputs.{name}: the outputs have more than {limit_bytes} bytes"
                        " compressed, which is what can be delivered: keep fewer or smaller files",
                    )

            kept = _collect(output, tar, check_size)
            log.info("output %s: %d files, %d bytes", kept.name, kept.files, kept.bytes)
            collected.append(kept)
    return tuple(collected)


def _collect(output: Output, tar: tarfile.TarFile, check_size: Callable[[], None]) -> OutputFile:
    digest = hashlib.sha256()
    files = size = 0
    for name, source, length in _files_of(output):
        with source:
            digest.update(f"{len(name)}:{name}:{length}:".encode("utf-8", "surrogateescape"))

            def note(chunk: bytes) -> None:
                digest.update(chunk)
                check_size()

            member = tarfile.TarInfo(f"{output.name}/{name}")
            member.size = length
            member.mode = 0o644
            tar.addfile(member, _Reader(source, length, note, f"{output.path}/{name}", output.name))
        files, size = files + 1, size + length
    return OutputFile(
        name=output.name, files=files, bytes=size, digest=f"sha256:{digest.hexdigest()}"
    )


@dataclass
class _Reader:
    """A file on its way into the archive, of which every chunk is noted."""

    source: BinaryIO
    left: int
    note: Callable[[bytes], None]
    path: str
    output: str

    def read(self, size: int = -1) -> bytes:
        try:
            chunk = self.source.read(self.left if size < 0 else min(size, self.left))
        except OSError as error:
            raise _unreadable(self.output, self.path, error) from None
        if self.left and not chunk:
            raise RunError(
                Reason.PROGRAM_FAILED,
                f"spec.outputs.{self.output}: {self.path} became shorter while it was read:"
                " let the program end what it started before it ends",
            )
        self.left -= len(chunk)
        self.note(chunk)
        return chunk


def _files_of(output: Output) -> Iterator[tuple[str, BinaryIO, int]]:
    """Regular files of an output, opened, with relative names and sizes, in sorted order."""
    for name in _names_below(output):
        path = f"{output.path}/{name}"
        try:
            opened = _open_regular(path)
        except OSError as error:
            raise _unreadable(output.name, path, error) from None
        if opened is None:
            log.info("output %s is not a regular file: left out", path)
            continue
        yield name, opened, os.fstat(opened.fileno()).st_size


def _names_below(output: Output) -> list[str]:
    """Names of all that is no folder, by the names of their folders."""

    def fail(error: OSError) -> None:
        if isinstance(error, FileNotFoundError) and error.filename == output.path:
            return  # the program removed the folder: it has no files
        raise _unreadable(output.name, str(error.filename), error) from None

    names = []
    for folder, folders, files in os.walk(output.path, onerror=fail, followlinks=False):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        names += [Path(folder, name).relative_to(output.path) for name in files + links]
    return [name.as_posix() for name in sorted(names)]


def _open_regular(path: str) -> BinaryIO | None:
    """The file, or `None` for what is none: a link is not followed, a pipe not waited for."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    # Looked at again once open: a process that is left behind may have put another in its place.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    return os.fdopen(number, "rb")


def _unreadable(output: str, path: str, error: OSError) -> RunError:
    return RunError(
        Reason.PROGRAM_FAILED,
        f"spec.outputs.{output}: {path} cannot be read: {error.strerror or error}",
    )
