"""The job document of a run on SageMaker, with all files that SageMaker cannot fetch; pure."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator, Mapping

from argmin.api.backend import SageMakerBackend
from argmin.api.pod import ConfigMapKeyRef, EnvVar
from argmin.api.run import (
    EXIT_MESSAGE_LIMIT_BYTES,
    Download,
    InlineFile,
    ProgressChannel,
    RunDocument,
    Transfers,
    Upload,
)
from argmin.api.storage import S3Bucket, S3Object, S3Store
from argmin.backends.run import Run, RunInput
from argmin.backends.store_layout import locate_output

Contents = Mapping[ConfigMapKeyRef, bytes]
"""Contents of the ConfigMaps that a run refers to."""


def list_references(run: Run) -> tuple[ConfigMapKeyRef, ...]:
    """The keys of ConfigMaps that a run refers to, each once: SageMaker cannot read them."""
    sources = (item.source.config_map_key_ref for item in run.inputs)
    variables = (v.value_from.config_map_key_ref for v in run.env if v.value_from)
    found = (reference for reference in (*sources, *variables) if reference)
    return tuple(dict.fromkeys(found))


def read_variable(variable: EnvVar, contents: Contents) -> str:
    """The value of an environment variable.

    Raises:
        KeyError: it refers to a ConfigMap that is not among the contents, or to a Secret.
        UnicodeDecodeError: the referenced value is not UTF-8.
    """
    if variable.value_from is None:
        return variable.value or ""
    reference = variable.value_from.config_map_key_ref
    if reference is None:
        raise KeyError(variable.name)
    return contents[reference].decode()


def build_document(
    run: Run, settings: SageMakerBackend, result_store: S3Store, contents: Contents
) -> RunDocument:
    """The document of a run whose result goes to the folder `result_store`.

    Inline files and ConfigMaps are embedded. The run does not use the operator's intake: it reports
    progress in its log, and its answer has to fit the exit message.
    """
    document = run.document
    paths = {_locate_expected(run, item): _locate_native(run, item) for item in run.inputs}
    path = document.task.path
    return document.model_copy(
        update={
            "run": run.name,
            "intake": None,
            "progress": ProgressChannel.LOG,
            "answer_limit_bytes": EXIT_MESSAGE_LIMIT_BYTES,
            "task": document.task.model_copy(update={"path": paths.get(path, path)}),
            "files": tuple(_list_files(run, contents)),
            "transfers": Transfers(
                downloads=tuple(_list_downloads(run, settings)),
                uploads=tuple(_list_uploads(run, settings, result_store)),
                region=settings.region,
            ),
        }
    )


def _folder(run: Run, item: RunInput) -> str:
    return posixpath.join(run.document.root, "input", item.name)


def _locate_expected(run: Run, item: RunInput) -> str:
    return posixpath.join(_folder(run, item), item.file)


def _locate_native(run: Run, item: RunInput) -> str:
    """The path of a downloaded object: in the input's folder, under the last part of its key."""
    source = item.source.s3
    if source is None or source.key is None:
        return _locate_expected(run, item)
    return posixpath.join(_folder(run, item), posixpath.basename(source.key))


def _list_files(run: Run, contents: Contents) -> Iterator[InlineFile]:
    for item in run.inputs:
        path = f"{item.name}/{item.file}"
        reference = item.source.config_map_key_ref
        if item.source.inline is not None:
            yield InlineFile(path=path, text=item.source.inline)
        elif reference is not None:
            yield _embed(path, contents[reference])


def _embed(path: str, content: bytes) -> InlineFile:
    try:
        return InlineFile(path=path, text=content.decode())
    except UnicodeDecodeError:
        return InlineFile(path=path, base64=base64.b64encode(content).decode())


def _list_downloads(run: Run, settings: SageMakerBackend) -> Iterator[Download]:
    for item in run.inputs:
        source = item.source.s3
        if source is not None and is_elsewhere(source, settings):
            path = _locate_native(run, item) if source.key else _folder(run, item)
            yield Download(name=item.name, source=source, path=path)


def _list_uploads(run: Run, settings: SageMakerBackend, result_store: S3Store) -> Iterator[Upload]:
    for output in run.document.outputs:
        if output.s3 is not None and is_elsewhere(output.s3, settings):
            target = locate_output(result_store, output)
            yield Upload(name=output.name, path=output.path, target=target)


def is_elsewhere(location: S3Bucket, settings: SageMakerBackend) -> bool:
    """Whether a location is outside Amazon S3 of the job's region: only the runner can use it."""
    is_abroad = location.region is not None and settings.region not in (None, location.region)
    return location.endpoint is not None or is_abroad


def write_uri(source: S3Object) -> str:
    """The `s3://` URI of a source."""
    # A folder ends with a slash, so that data/ does not match database/.
    path = source.key or f"{(source.prefix or '').rstrip('/')}/"
    return f"s3://{source.bucket}/{path}"
