"""The locations of a run's files in an object store, the same for every backend; pure."""

from __future__ import annotations

from argmin.api.files import Output
from argmin.api.run import DOCUMENT_FILE, OUTPUTS_FOLDER
from argmin.api.storage import S3Store
from argmin.backends.run import Run


def locate_result(run: Run, store: S3Store) -> S3Store:
    """The folder of a run's result: `<prefix>/<namespace>/<name>/<run>`."""
    return store.enter(run.namespace, run.owner.name, run.name)


def locate_output(result: S3Store, output: Output) -> S3Store:
    """The folder of one output: its own `s3`, else `outputs/<name>` beside the result."""
    return output.s3 or result.enter(OUTPUTS_FOLDER, output.name)


def locate_document(result: S3Store) -> str:
    """Key of the job document, in the folder of the result."""
    return result.enter(DOCUMENT_FILE).prefix
