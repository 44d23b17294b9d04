"""The field of a spec that a part of its run comes from, for messages; pure."""

from __future__ import annotations

from collections.abc import Iterator

from argmin.api.run import SOURCE_INPUT
from argmin.api.storage import S3Bucket, S3Object
from argmin.backends.run import Run, RunInput


def name_input(run: Run, item: RunInput) -> str:
    """The field of an input: of the model, of the script, or of a further one."""
    if item.name != SOURCE_INPUT:
        return f"spec.inputs[{item.name}]"
    return run.document.task.FIELD


def list_sources(run: Run) -> Iterator[tuple[str, S3Object]]:
    """What the run reads from stores, each with the field that names it."""
    for item in run.inputs:
        if item.source.s3:
            yield f"{name_input(run, item)}.source.s3", item.source.s3


def list_locations(run: Run) -> Iterator[tuple[str, S3Bucket]]:
    """Everything of a run in stores, each with the field that names it."""
    yield from list_sources(run)
    for output in run.document.outputs:
        if output.s3:
            yield f"spec.outputs[{output.name}].s3", output.s3
    if run.store:
        yield run.store_field, run.store


def name_secrets(run: Run) -> str:
    """Message with the Secrets of credentials that a run needs and their fields; empty for none."""
    fields: dict[str, list[str]] = {}
    for field, location in list_locations(run):
        if location.credentials_secret:
            fields.setdefault(location.credentials_secret.name, []).append(field)
    return " and ".join(
        f'Secret "{name}" ({", ".join(f"{field}.credentialsSecret" for field in named)})'
        for name, named in sorted(fields.items())
    )
