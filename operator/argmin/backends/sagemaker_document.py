"""The job document of a run on SageMaker: with all files in it that no one else brings; pure."""

from __future__ import annotations

import base64
import posixpath
from collections.abc import Iterator, Mapping

from argmin.api.backend import SageMakerBackend
from argmin.api.common import ConfigMapKeyRef, EnvVar
from argmin.api.run import (
    EXIT_MESSAGE_LIMIT_BYTES,
    Download,
    InlineFile,
    ProgressChannel,
    RunDocument,
    Transfers,
    Upload,
)
from argmin.api.storage import S3Store
from argmin.backends.run import Run, RunInput
from argmin.backends.sagemaker_places import is_elsewhere
from argmin.backends.store_layout import locate_output

Contents = Mapping[ConfigMapKeyRef, bytes]
"""What the ConfigMaps hold that a run refers to."""


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
        UnicodeDecodeError: what it refers to is no text.
    """
    if variable.value_from is None:
        return variable.value or ""
    reference = variable.value_from.config_map_key_ref
    if reference is None:
        raise KeyError(variable.name)
    return contents[reference].decode()


def build_document(
    run: Run, settings: SageMakerBackend, place: S3Store, contents: Contents
) -> RunDocument:
    """The document of a run whose result goes to the folder `place`.

    Inline files and ConfigMaps are in it; nobody waits for it at the operator's intake; its
    progress is told in its log, and its answer must fit the exit message.
    """
    document = run.document
    paths = {_locate_expected(run, item): _locate_native(run, item) for item in run.inputs}
    model, script = document.model, document.script
    return document.model_copy(
        update={
            "run": run.name,
            "intake": None,
            "progress": ProgressChannel.LOG,
            "answer_limit_bytes": EXIT_MESSAGE_LIMIT_BYTES,
            "model": model and model.model_copy(update={"path": paths.get(model.path, model.path)}),
            "script": script
            and script.model_copy(update={"path": paths.get(script.path, script.path)}),
            "files": tuple(_list_files(run, contents)),
            "transfers": Transfers(
                downloads=tuple(_list_downloads(run, settings)),
                uploads=tuple(_list_uploads(run, settings, place)),
                region=settings.region,
            ),
        }
    )


def _folder(run: Run, item: RunInput) -> str:
    return posixpath.join(run.document.root, "input", item.name)


def _locate_expected(run: Run, item: RunInput) -> str:
    return posixpath.join(_folder(run, item), item.file)


def _locate_native(run: Run, item: RunInput) -> str:
    """Where SageMaker puts an object: into the input's folder, under the last part of its key."""
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


def _list_uploads(run: Run, settings: SageMakerBackend, place: S3Store) -> Iterator[Upload]:
    for output in run.document.outputs:
        if output.s3 is not None and is_elsewhere(output.s3, settings):
            target = locate_output(place, output)
            yield Upload(name=output.name, path=output.path, target=target)
