"""What the runner downloads from and uploads to object stores; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from argmin.api.run import Download, Transfers, Upload
from argmin.api.storage import S3Bucket, S3Store
from argmin.backends.run import Run
from argmin.backends.store_layout import locate_result


def add_transfers(run: Run, store: S3Store | None) -> Run:
    """The run with its transfers: every input and output in a store, and its result.

    Args:
        run: a run without transfers.
        store: where results are stored; without one they are delivered to the intake.
    """
    transfers = Transfers(
        downloads=tuple(_list_downloads(run)),
        uploads=tuple(_list_uploads(run)),
        result=locate_result(run, store) if store else None,
    )
    return replace(run, document=run.document.model_copy(update={"transfers": transfers}))


def list_secrets(run: Run) -> tuple[str, ...]:
    """Names of the Secrets with the credentials of the run's transfers, each once, in order."""
    return tuple(
        sorted({p.credentials_secret.name for p in _list_locations(run) if p.credentials_secret})
    )


def _list_locations(run: Run) -> Iterator[S3Bucket]:
    transfers = run.document.transfers
    yield from (download.source for download in transfers.downloads)
    yield from (upload.target for upload in transfers.uploads)
    if transfers.result:
        yield transfers.result


def _list_downloads(run: Run) -> Iterator[Download]:
    for item in run.inputs:
        if item.source.s3:
            folder = posixpath.join(run.document.root, "input", item.name)
            path = posixpath.join(folder, item.file) if item.source.s3.key else folder
            yield Download(name=item.name, source=item.source.s3, path=path)


def _list_uploads(run: Run) -> Iterator[Upload]:
    for output in run.document.outputs:
        if output.s3:
            yield Upload(name=output.name, path=output.path, target=output.s3)
