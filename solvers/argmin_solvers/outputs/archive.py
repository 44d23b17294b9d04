"""Packs the outputs of a run into one archive that is the same every time, for the intake."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from argmin.api.answer import OutputFile, Reason
from argmin.api.files import Output
from argmin_solvers.errors import RunError
from argmin_solvers.outputs.files import OpenFile, changing, digest_output, open_files, unreadable
from argmin_solvers.process.log_capture import log


def pack_outputs(
    outputs: Iterable[Output], archive: Path, limit_bytes: int | None = None
) -> tuple[OutputFile, ...]:
    """Write all outputs into a gzip tar at `archive`, below the name of each.

    Equal files give an equal archive and equal digests, whenever and by whom they were written.
    Files are streamed, so that their size is bounded by the disk and not by the memory. A failure
    leaves no archive.

    Args:
        outputs: what to pack.
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
    packed_outputs = []
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
                        " compressed, which is what can be delivered without a store: keep fewer"
                        " or smaller files, or name a bucket in spec.artifacts",
                    )

            kept = _pack(output, tar, check_size)
            log.info("output %s: %d files, %d bytes", kept.name, kept.files, kept.bytes)
            packed_outputs.append(kept)
    return tuple(packed_outputs)


def _pack(output: Output, tar: tarfile.TarFile, check_size: Callable[[], None]) -> OutputFile:
    entries = []
    for opened in open_files(output):
        with opened.source:
            reader = _Reader(opened, check_size)
            member = tarfile.TarInfo(f"{output.name}/{opened.name}")
            member.size = opened.status.st_size
            member.mode = 0o644
            tar.addfile(member, reader)
        entries.append((opened.name, member.size, reader.digest))
    return OutputFile(
        name=output.name,
        files=len(entries),
        bytes=sum(size for _, size, _ in entries),
        digest=digest_output(entries),
    )


class _Reader:
    """A file on its way into the archive, whose digest is taken as it passes."""

    def __init__(self, opened: OpenFile, check_size: Callable[[], None]) -> None:
        self._opened = opened
        self._left = opened.status.st_size
        self._hash = hashlib.sha256()
        self._check_size = check_size

    @property
    def digest(self) -> str:
        """Of what was read so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def read(self, size: int = -1) -> bytes:
        opened = self._opened
        try:
            chunk = opened.source.read(self._left if size < 0 else min(size, self._left))
        except OSError as error:
            raise unreadable(opened.output, opened.path, error) from None
        if self._left and not chunk:
            raise changing(opened.output, opened.path)
        self._left -= len(chunk)
        self._hash.update(chunk)
        self._check_size()
        return chunk
